"""Whole runs of the command, as a user starts them."""

from pathlib import Path

import pytest

from tests.system.command import IN_A_HURRY, Finished, camlabel


@pytest.fixture(scope="session")
def sound_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sound run."""
    return tmp_path_factory.mktemp("sound")


@pytest.fixture(scope="session")
def sound(sound_out: Path) -> Finished:
    """One run on the sound camera."""
    return camlabel("run", "--json", *IN_A_HURRY, "--out", str(sound_out))
