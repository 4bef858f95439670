"""Evidence lies under its digest and cannot be changed unnoticed."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from harness.journal.artefacts import Artefacts, get
from harness.model.errors import RecordLost, UsageError

FULL = """
import resource, signal, sys
from pathlib import Path
from harness.journal.artefacts import Artefacts
from harness.model.errors import RecordLost
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    Artefacts(Path(sys.argv[1])).put(b"x" * 5000)
except RecordLost as error:
    print(error)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "artefacts"


def test_the_name_is_the_digest(folder: Path) -> None:
    store = Artefacts(folder)
    name = store.put(b"evidence")
    assert name == hashlib.sha256(b"evidence").hexdigest() == store.put(b"evidence")
    store.sync()
    store.sync()
    assert get(folder, name) == b"evidence"
    assert [path.name for path in folder.iterdir()] == [name]


def test_many_are_synced(folder: Path) -> None:
    store = Artefacts(folder)
    names = {store.put(bytes([number])) for number in range(50)}
    store.sync()
    assert {path.name for path in folder.iterdir()} == names


def test_a_changed_artefact_is_refused(folder: Path) -> None:
    name = Artefacts(folder).put(b"evidence")
    (folder / name).write_bytes(b"evidencE")
    with pytest.raises(UsageError, match=f"{name}: the content does not match its name"):
        get(folder, name)


def test_a_missing_artefact_is_refused(folder: Path) -> None:
    name = Artefacts(folder).put(b"evidence")
    (folder / name).unlink()
    with pytest.raises(UsageError, match=f"{name}: this artefact is missing"):
        get(folder, name)


@pytest.mark.parametrize("left", [b"", b"evidenc\0", b"evi"])
def test_what_a_power_cut_left_is_written_again(folder: Path, left: bytes) -> None:
    """Also when its size is right."""
    name = Artefacts(folder).put(b"evidence")
    (folder / name).write_bytes(left)
    assert Artefacts(folder).put(b"evidence") == name
    assert get(folder, name) == b"evidence"


def test_a_full_disk_loses_the_record(folder: Path) -> None:
    told = subprocess.run([sys.executable, "-c", FULL, str(folder)], capture_output=True, text=True, check=True)
    assert told.stdout == "an artefact cannot be written: File too large\n"
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == []


def test_a_folder_that_is_gone_loses_the_record(folder: Path) -> None:
    store = Artefacts(folder)
    name = store.put(b"evidence")
    (folder / name).unlink()
    with pytest.raises(RecordLost, match="an artefact cannot be written"):
        store.sync()
    with pytest.raises(RecordLost):
        Artefacts(folder / "no" / "such")
