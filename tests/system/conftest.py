"""Whole runs of the command, as a user starts them."""

import fcntl
import json
import os
from dataclasses import astuple
from pathlib import Path

import pytest

from tests.system.command import IN_A_HURRY, Finished, camlabel


@pytest.fixture(scope="session")
def sound_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sound run, one for all workers of a test run."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "sound"
    shared.mkdir(exist_ok=True)
    return shared


@pytest.fixture(scope="session")
def sound(sound_out: Path) -> Finished:
    """One run on the sound camera; who comes first makes it."""
    told = sound_out.with_suffix(".json")
    with sound_out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(astuple(camlabel("run", "--json", *IN_A_HURRY, "--out", str(sound_out)))))
    return Finished(*json.loads(told.read_text()))
