"""Evidence by content: `artefacts/<sha256>`."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.journal.files import lost_unless_written, sync, write_whole
from harness.model.errors import UsageError

_SYNCS_AT_ONCE = 16  # the file system commits them together
_WHAT = "an artefact"


class Artefacts:
    """Stores bytes under their SHA-256. They are durable after `sync`, which the gate calls before a verdict is written."""

    def __init__(self, folder: Path) -> None:
        with lost_unless_written(_WHAT):
            folder.mkdir(exist_ok=True)
        self._folder = folder
        self._lock = threading.RLock()
        self._stored: set[str] = set()
        self._pending: list[Path] = []

    def put(self, data: bytes) -> str:
        """Store and return the digest in hex. Raises RecordLost on a full disk."""
        name = hashlib.sha256(data).hexdigest()
        with self._lock, lost_unless_written(_WHAT):
            if name not in self._stored:
                self._write(self._folder / name, data)
                self._stored.add(name)
        return name

    def _write(self, path: Path, data: bytes) -> None:
        """Also over what an earlier process left, which may be damaged and not durable."""
        temporary = path.with_name(f".{path.name}")
        write_whole(temporary, data)
        temporary.rename(path)
        self._pending.append(path)

    def sync(self) -> None:
        """Make all that was put durable. Raises RecordLost."""
        with self._lock, lost_unless_written(_WHAT):
            if self._pending:
                with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
                    list(pool.map(sync, self._pending))
                sync(self._folder)
            self._pending.clear()


def get(folder: Path, name: str) -> bytes:
    """The bytes of an artefact; UsageError when they are missing or are not what they were."""
    path = folder / name
    if not path.is_file():
        raise UsageError(f"{path}: this artefact is missing; the record is not whole")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != name:
        raise UsageError(f"{path}: the content does not match its name; this artefact was changed")
    return data
