"""The unit's flash: named files, each written whole or not at all."""

import fcntl
import os
import shutil
from pathlib import Path

_LOCK = ".lock"


class FlashBusy(Exception):
    """Another process runs on this flash."""


class Flash:
    """A directory of small files; a power cut leaves each of them old or new, never torn."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self._lock = self._take_lock()
        for leftover in directory.glob("*.tmp"):
            leftover.unlink()

    def path(self, name: str) -> Path:
        """Where a file lies."""
        return self.directory / name

    def read(self, name: str) -> bytes | None:
        """A file's content, None before it was ever written."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Replace a file atomically; on return it is on the medium."""
        temporary = self.path(f"{name}.tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path(name))
        self._sync_directory()

    def remove(self, name: str) -> None:
        """Delete one file, if it is there."""
        self.path(name).unlink(missing_ok=True)
        self._sync_directory()

    def erase(self, *, keep: frozenset[str]) -> None:
        """Delete everything but these files; on return it is gone from the medium."""
        for path in self.directory.iterdir():
            if path.name not in {*keep, _LOCK}:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        self._sync_directory()

    def close(self) -> None:
        """Let another process run on this flash."""
        os.close(self._lock)

    def _take_lock(self) -> int:
        lock = os.open(self.path(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise FlashBusy(f"{self.directory} is in use by another process") from None
        return lock

    def _sync_directory(self) -> None:
        directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
