"""Evidence by content: `artefacts/<sha256>`."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.journal.files import sync, write_whole
from harness.model.errors import RecordLost, UsageError

_SYNCS_AT_ONCE = 16  # the file system commits them together


class Artefacts:
    """Stores bytes under their SHA-256. They are durable after `sync`, which the gate calls before a verdict is written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._pending: list[Path] = []

    def put(self, data: bytes) -> str:
        """Store and return the digest in hex."""
        name = hashlib.sha256(data).hexdigest()
        path = self._folder / name
        if not path.exists() or path.stat().st_size != len(data):
            self._write(path, data)
        return name

    def _write(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f".{path.name}")
        try:
            write_whole(temporary, data)
            temporary.rename(path)
        except OSError as error:
            raise RecordLost(f"an artefact cannot be written: {error.strerror}") from error
        self._pending.append(path)

    def sync(self) -> None:
        """Make all that was put durable."""
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
