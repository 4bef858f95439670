"""Files that are whole or absent after a kill or a power cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.model.errors import RecordLost


@contextmanager
def lost_unless_written(what: str) -> Iterator[None]:
    """Trouble of the file system inside is RecordLost."""
    try:
        yield
    except OSError as error:
        raise RecordLost(f"{what} cannot be written: {error.strerror or error}") from error


def write_durably(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write to a temporary file, sync, rename, sync the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    write_whole(temporary, data, mode)
    sync(temporary)
    temporary.rename(path)
    sync(path.parent)


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Create or replace a file with exactly these bytes; a short write is an OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        write_all(descriptor, data)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes, however many `os.write` takes at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def sync(path: Path) -> None:
    """fsync a file or folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
