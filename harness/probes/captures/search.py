"""Planted values in what was sent, in every common encoding, also across packets; memory does not grow with the capture.

A form that is long enough holds a machine word at an even place wherever it stands, so each word of the data is looked up in a set
once; only where one is found are the forms themselves looked for.
"""

import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from harness.gate.masking import encodings

WIDTHS = (8, 4)  # bytes of a machine word
BLOCK = 1 << 14
HELD_MAX = 1 << 23
FOUND_MAX = 10_000


class Found(NamedTuple):
    """A value in what was sent: its label, the encoding (empty: as it is), and where."""

    label: str
    encoding: str
    place: str


class Search:
    """`values` by label. `found` are the places so far."""

    def __init__(self, values: Mapping[str, str], spellings: Callable[[str], dict[bytes, str]] = encodings) -> None:
        self.found: dict[Found, int] = {}
        self.labels = frozenset(values)
        self._forms: dict[bytes, tuple[str, str]] = {}
        for label, value in values.items():
            for form, kind in spellings(value).items():
                self._forms.setdefault(form, (label, kind))
        shortest = min(map(len, self._forms), default=0)
        self._width = next((width for width in WIDTHS if shortest >= 2 * width - 1), 0)
        if not self._width:
            raise ValueError("a value of fewer than 7 characters cannot be searched for")
        self._longest = max(map(len, self._forms))
        self._by_word: dict[int, list[bytes]] = {}
        for form in self._forms:
            for at in range(self._width):
                word = int.from_bytes(form[at : at + self._width], sys.byteorder)
                self._by_word.setdefault(word, []).append(form)
        self._words = frozenset(self._by_word)
        self._held: dict[int, _Stream] = {}
        self._holding = 0

    def stream(self, place: str) -> Callable[[bytes | None], None]:
        """Takes a stream piece by piece; None where bytes are missing."""
        return _Stream(self, place).take

    def look(self, data: bytes, place: str) -> None:
        """Find all forms in these bytes."""
        end = len(data) - len(data) % self._width
        words = memoryview(data)[:end].cast("Q") if self._width == 8 else memoryview(data)[:end].cast("I")
        if self._words.isdisjoint(words):
            return
        for word in self._words.intersection(words):
            for form in self._by_word[word]:
                if form in data and len(self.found) < FOUND_MAX:
                    found = Found(*self._forms[form], place)
                    self.found[found] = self.found.get(found, 0) + 1

    def hold(self, stream: "_Stream", more: int) -> None:
        """A stream keeps bytes until they make a block; together they keep no more than HELD_MAX."""
        self._held[id(stream)] = stream
        self._holding += more
        while self._holding > HELD_MAX and self._held:
            next(iter(self._held.values())).look()

    def let_go(self, stream: "_Stream", length: int) -> None:
        """These were looked at."""
        self._holding -= length
        self._held.pop(id(stream), None)

    def finish(self) -> None:
        """Look at all that is still kept."""
        for stream in tuple(self._held.values()):
            stream.look()

    @property
    def overlap(self) -> int:
        """How much of what was looked at may be the beginning of a form."""
        return self._longest - 1


class _Stream:
    __slots__ = ("_before", "_buffer", "_place", "_search", "_size")

    def __init__(self, search: Search, place: str) -> None:
        self._search, self._place = search, place
        self._before = b""
        self._buffer: list[bytes] = []
        self._size = 0

    def take(self, data: bytes | None) -> None:
        """The next bytes."""
        if data is None:
            self.look()
            self._before = b""
            return
        self._buffer.append(data)
        self._size += len(data)
        self._search.hold(self, len(data))
        if self._size >= BLOCK:
            self.look()

    def look(self) -> None:
        """Look at what came since, and at the end of what was before."""
        data = self._before + b"".join(self._buffer)
        length, self._size = self._size, 0
        self._buffer.clear()
        self._search.let_go(self, length)
        self._search.look(data, self._place)
        self._before = data[-self._search.overlap :]
