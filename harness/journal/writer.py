"""The journal's one writer: append-only JSON lines, each chained to the one before, a new segment for each process."""

import fcntl
import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.journal.chain import GENESIS, canonical, digest, head, link
from harness.journal.files import lost_unless_written, sync, write_all
from harness.journal.reader import read, segments
from harness.model.errors import RecordLost, UsageError

_WHAT = "the journal"


class Journal:
    """Appends to `<folder>/<n>.jsonl`, a segment that did not exist before; a torn tail of an earlier one is never touched.

    Raises RecordLost when it cannot be written; after that nothing more is. UsageError when another process writes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()  # an interrupt just after it was taken must not lock us out for ever
        self._file, self._previous, self._next = -1, GENESIS, 0
        self._lost = self._in_doubt = False
        with lost_unless_written(_WHAT), ExitStack() as held:
            folder.mkdir(exist_ok=True)
            sync(folder.parent)
            held.callback(os.close, _alone_with(folder))
            held.callback(self._close_segment)
            self._begin_segment()
            self._held = held.pop_all()

    @property
    def next(self) -> int:
        """The number that the next line gets."""
        return self._next

    def append(self, kind: str, body: Mapping[str, Any], *, durable: bool = True) -> int:
        """Append one line and return its number; `durable` lines are on disk when this returns. Raises RecordLost on a full disk."""
        if taken := {"kind", "at"} & body.keys():
            raise ValueError(f"a journal line's {' and '.join(sorted(taken))} is the journal's own")
        spelled = canonical({"kind": kind, "at": datetime.now(UTC).isoformat(timespec="milliseconds"), **body})
        checksum = digest(spelled)
        with self._lock:
            self._settle_doubt()
            number = self._next
            self._write(head(number, self._previous, checksum) + spelled + b"}\n", durable=durable)
            self._previous, self._next, self._in_doubt = link(self._previous, checksum), number + 1, False
            return number

    def close(self) -> None:
        """Sync and close the segment, let others write."""
        with lost_unless_written(_WHAT), self._held:
            os.fsync(self._file)

    def _settle_doubt(self) -> None:
        """After an interrupt nobody knows whether the last line is whole: go on as another process would."""
        if self._lost:
            raise RecordLost("the journal could not be written before; nothing is recorded any more")
        if self._in_doubt:
            with lost_unless_written(_WHAT):
                self._begin_segment()

    def _begin_segment(self) -> None:
        lines = read(self._folder)
        self._previous, self._next = (lines[-1].hash, len(lines)) if lines else (GENESIS, 0)
        path = self._folder / f"{len(segments(self._folder))}.jsonl"
        self._close_segment()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        sync(self._folder)

    def _close_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, line: bytes, *, durable: bool) -> None:
        self._in_doubt = True
        try:
            with lost_unless_written(_WHAT):
                write_all(self._file, line)
                if durable:
                    os.fdatasync(self._file)
        except RecordLost:
            self._lost = True
            raise


def _alone_with(folder: Path) -> int:
    """Hold the folder for this process, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise UsageError(f"{folder.parent}: another process is at work on this run; wait for its end") from None
    except OSError:
        pass
    return descriptor
