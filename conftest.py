"""What runs on one Python only: tests that start whole devices, whole runs or shell scripts. And a Ctrl-C that is heard, and no timing of
examples."""

import gc
import signal
from pathlib import Path

import pytest
from hypothesis import settings

# What is imported and collected stays: looking for garbage in it would be a third of a worker's start.
gc.disable()

TESTS = Path(__file__).parent / "tests"
WHOLE = ("docs", "emulated", "scripts", "system")

# How long an example takes says how busy the machine is.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")

# A shell lets what it starts in the background ignore SIGINT, and children inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them `once`, before -m chooses."""
    for item in items:
        if item.path.is_relative_to(TESTS) and is_whole(item.path.relative_to(TESTS)):
            item.add_marker("once")


def pytest_collection_finish() -> None:
    """From here on there is garbage."""
    gc.freeze()
    gc.enable()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are counted: some are made anew by each worker, and all must give a test the same name."""
    return argname if isinstance(val, bytes) else None


def is_whole(path: Path) -> bool:
    """By folder, or by a name that ends so."""
    return path.parts[0] in WHOLE or path.stem.endswith("emulated")
