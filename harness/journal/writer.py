"""The journal's one writer: append-only JSON lines, each chained to the one before, a new segment for each process."""

import json
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.journal.chain import GENESIS, canonical, digest, link
from harness.journal.files import sync, write_all
from harness.journal.reader import read
from harness.model.errors import RecordLost


class Journal:
    """Appends to `<folder>/<n>.jsonl`, a segment that did not exist before; a torn tail of an earlier one is never touched."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        lines = read(folder) if any(folder.iterdir()) else []
        self._previous = lines[-1].hash if lines else GENESIS
        self._next = lines[-1].n + 1 if lines else 0
        self._lock = threading.Lock()
        segment = len(list(folder.glob("*.jsonl")))
        self._file = os.open(folder / f"{segment}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        sync(folder)

    @property
    def next(self) -> int:
        """The number that the next line gets."""
        return self._next

    def append(self, kind: str, body: Mapping[str, Any], *, durable: bool = True) -> int:
        """Append one line and return its number; `durable` lines are on disk when this returns. Raises RecordLost on a full disk."""
        with self._lock:
            number = self._next
            whole = {"kind": kind, "at": datetime.now(UTC).isoformat(timespec="milliseconds"), **body}
            checksum = digest(whole)
            head = json.dumps({"n": number, "prev": self._previous, "digest": checksum})[:-1].encode()
            self._write(head + b', "body": ' + canonical(whole) + b"}\n", durable=durable)
            self._previous = link(self._previous, checksum)
            self._next += 1
            return number

    def _write(self, line: bytes, *, durable: bool) -> None:
        try:
            write_all(self._file, line)
            if durable:
                os.fdatasync(self._file)
        except OSError as error:
            raise RecordLost(f"the journal cannot be written: {error.strerror}") from error

    def close(self) -> None:
        """Sync and close the segment."""
        os.fsync(self._file)
        os.close(self._file)
