"""Whole runs of the command, as a user starts them."""

import pytest

from tests.system.command import Finished, camlabel


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """One run on the sound camera."""
    return camlabel("run", "--json", "--out", str(tmp_path_factory.mktemp("sound")))
