"""Reads a journal and refuses it when a line was changed, lost or moved."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.journal.chain import GENESIS, digest, head, link
from harness.model.errors import UsageError


@dataclass(frozen=True)
class Line:
    """One journal line: its number, its hash (carried by the next line) and its body."""

    n: int
    hash: str
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        """What the line records."""
        return str(self.body["kind"])


def read(folder: Path) -> list[Line]:
    """All whole lines of all segments, oldest first.

    Raises UsageError `file:line: …` where the chain is broken. A torn last line of a segment is what a kill leaves and is passed over.
    """
    lines: list[Line] = []
    previous = GENESIS
    for path in segments(folder):
        for line in _segment(path, len(lines), previous):
            lines.append(line)
            previous = line.hash
    return lines


def segments(folder: Path) -> list[Path]:
    """The segment files in order; UsageError when one is missing."""
    names = sorted(folder.glob("*.jsonl"), key=lambda path: (len(path.stem), path.stem))
    for number, path in enumerate(names):
        if path.stem != str(number):
            raise UsageError(f"{folder / f'{number}.jsonl'}: this segment of the journal is missing; the record is not whole")
    return names


def _segment(path: Path, first: int, previous: str) -> Iterator[Line]:
    raw = path.read_bytes().split(b"\n")
    for index, text in enumerate(raw[:-1]):
        line = _line(f"{path}:{index + 1}", text, first + index, previous)
        previous = line.hash
        yield line


def _line(where: str, text: bytes, number: int, previous: str) -> Line:
    """The line if it is, byte for byte, what the writer wrote."""
    try:
        whole = json.loads(text)
        body, carried, checksum, found = whole["body"], whole["prev"], whole["digest"], whole["n"]
        body["kind"]
        start = head(number, previous, str(checksum))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(f"{where}: this is not a journal line ({type(error).__name__}); the record was changed or damaged") from error
    if found != number or carried != previous:
        raise UsageError(f"{where}: this line does not follow the one before it; a line was changed, removed or moved")
    if not text.startswith(start) or digest(text[len(start) : -1]) != checksum:
        raise UsageError(f"{where}: the body does not match its digest; this line was changed")
    return Line(number, link(previous, checksum), body)
