"""Looks for values in images: as they are, in every common encoding, reversed, as plain digests, and under a simple XOR."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.gate.masking import encodings
from harness.probes.captures.search import Search

KEY_MAX = 4  # bytes of a repeating XOR key
SHORTEST = 8
_ALIKE = 5  # a value of fewer different letters says nothing once it is a row of differences


@dataclass(frozen=True)
class Hit:
    """A value by its label, how it was spelled (empty: as it is), and where."""

    label: str
    spelled: str
    place: str


def spellings(value: str) -> dict[bytes, str]:
    """Every form that is looked for as it stands."""
    found = dict(encodings(value))
    plain = value.encode()
    found.setdefault(plain[::-1], "reversed")
    for name in ("md5", "sha1", "sha256", "sha512"):
        found.setdefault(hashlib.new(name, plain).digest(), f"{name}, raw")
    return found


class Needles:
    """`values` by label; those that are too short to be told from chance are in `short`."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.short = tuple(label for label, value in values.items() if len(value.encode()) < SHORTEST)
        self._values = {label: value for label, value in values.items() if label not in self.short}
        self._overlap = 0
        self._forms: dict[bytes, tuple[str, str]] = {}
        for label, value in self._values.items():
            self._forms |= {form: (label, kind) for form, kind in spellings(value).items() if form not in self._forms}
        self._overlap = max(map(len, self._forms), default=1) - 1
        self._search = Search(self._values, spellings) if self._values else None
        raw = {label: value.encode() for label, value in self._values.items()}
        self._hidden = [(label, step, differences(value, step)) for label, value in raw.items() for step in _steps(value)]

    def look(self, chunks: Iterator[bytes], place: str) -> tuple[Hit, ...]:
        """Everything in this stream of bytes, each form once."""
        found: dict[Hit, None] = {}
        before = b""
        for chunk in chunks:
            data = before + chunk
            before = data[-self._overlap :]
            if data.strip(b"\0"):
                found |= dict.fromkeys(self._in(data, place))
        return tuple(found)

    def _in(self, data: bytes, place: str) -> Iterator[Hit]:
        if self._search is None:
            return
        self._search.found.clear()
        self._search.look(data + b"\0" * (-len(data) % 8), place)
        yield from (Hit(found.label, found.encoding, place) for found in self._search.found)
        rows = {step: differences(data, step) for step in {step for _, step, _ in self._hidden}}
        for label, step, row in self._hidden:
            at = rows[step].find(row)
            if at >= 0 and data[at : at + 1] != self._values[label].encode()[:1]:
                yield Hit(label, "XOR with a constant" if step == 1 else f"XOR with {step} bytes", place)


def _steps(raw: bytes) -> Iterator[int]:
    """How long a repeating key may be so that enough of the value shows."""
    for step in range(1, KEY_MAX + 1):
        if len(raw) - step >= 6 and tells(differences(raw, step)):
            yield step


def tells(row: bytes) -> bool:
    """Is a row of differences more than chance or a run?"""
    return len(set(row)) >= _ALIKE


def differences(data: bytes, step: int) -> bytes:
    """Each byte against the one `step` before it: a repeating key of that length falls out."""
    length = len(data) - step
    if length <= 0:
        return b""
    left = int.from_bytes(data[:length], "little")
    return (left ^ int.from_bytes(data[step:], "little")).to_bytes(length, "little")
