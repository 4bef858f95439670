"""The pytest plugin; this room alone knows pytest. Without a profile, a bench, an emulated device or a run it does, and imports, nothing.

Order of events of a run: settings → inputs and plan → private world (emulated devices) → collection, checked against the
static registry → lab, gate, prelude → for each case: identity, begin, body, undo, verdict → end, record, reports, seal.
"""

from pathlib import Path

import pytest

ASKS = ("profile", "bench", "emulate", "resume", "rejudge")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of a run; `camlabel run` fills the same."""
    group = parser.getgroup("camlabel", "camlabel: test a connected camera")
    group.addoption("--profile", type=Path, help="device profile (what the producer declares)")
    group.addoption("--bench", type=Path, help="bench file (addresses, wiring, passwords)")
    group.addoption("--emulate", metavar="DEVICE", help="run against an emulated device: fast, foreign-NAME")
    group.addoption("--flaw", action="append", default=[], help="make the emulated camera unsound in this way (several: comma or repeat)")
    group.addoption("--level", default="leading", help="asked level: basic, enhanced or leading (default)")
    group.addoption("--effort", default="quick", help="quick (default) or full; what quick leaves out stays undecided")
    group.addoption("--overlay", type=Path, help="the lab's own levels and thresholds")
    group.addoption("--select", default="", metavar="ID,…", help="only these requirements")
    group.addoption("--out", type=Path, default=Path("runs"), help="folder for runs (default: runs)")
    group.addoption("--resume", type=Path, metavar="RUN", help="go on with a run that was cut")
    group.addoption("--rejudge", type=Path, metavar="RUN", help="judge a run again from its journal, without the device")
    group.addoption("--testcases", type=Path, action="append", default=[], metavar="DIR", help="a lab's own cases beside ours")
    group.addoption("--undecided-as", choices=("error", "skipped"), default="error", help="what ERROR and INCONCLUSIVE are in JUnit")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Open the run, before anything else happens."""
    if not _asked(config):
        return None
    from harness.runner.hooks import open_run  # noqa: PLC0415 - other people's pytest runs must not pay for it

    return open_run(config)


def pytest_configure(config: pytest.Config) -> None:
    """Make the hooks of the run known."""
    if _asked(config):
        from harness.runner.hooks import register  # noqa: PLC0415

        register(config)


def _asked(config: pytest.Config) -> bool:
    return any(getattr(config.option, name, None) for name in ASKS)
