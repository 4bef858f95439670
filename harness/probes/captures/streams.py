"""One direction of a TCP connection put in order, with bounded memory. What came first wins; who sends other bytes later is told."""

from collections.abc import Callable

WAITING_MAX = 1 << 18
PIECES_MAX = 1024
_WRAP = 1 << 32
_HALF = 1 << 31
Sink = Callable[[bytes | None], None]  # None: here something is missing


class Stream:
    """Hands bytes on in order. `holes` counts places where bytes are missing for good."""

    __slots__ = ("_kept", "_waiting", "_waits", "expected", "holes", "repeated_otherwise", "sink")

    def __init__(self, sink: Sink | None, keep: int = 0) -> None:
        self.sink = sink
        self.expected: int | None = None
        self.holes = 0
        self.repeated_otherwise = False
        self._waiting: dict[int, bytes] = {}
        self._waits = 0
        self._kept: tuple[int, bytearray, int] | None = None if not keep else (-1, bytearray(), keep)

    def begins_at(self, number: int) -> None:
        """The number of the first byte, as SYN told it."""
        if self.expected is None:
            self.expected = number % _WRAP

    def add(self, number: int, data: bytes) -> None:
        """Bytes with the number of the first of them."""
        if self.expected is None:
            self.expected = number
        ahead = (number - self.expected) % _WRAP
        if ahead == 0:
            self._on(data)
        elif ahead < _HALF:
            self._wait(number, data)
        else:
            self._again(number, data, _WRAP - ahead)

    def finish(self) -> None:
        """Hand on what still waits behind a hole."""
        while self._waiting:
            self._skip()

    def _on(self, data: bytes) -> None:
        while True:
            self._remember(data)
            if self.sink is not None:
                self.sink(data)
            self.expected = ((self.expected or 0) + len(data)) % _WRAP
            if not self._waiting:
                return
            data = self._next()
            if not data:
                return

    def _next(self) -> bytes:
        """What waits for just this place, or overlaps it."""
        expected = self.expected or 0
        for number in sorted(self._waiting, key=lambda each: (each - expected + _HALF) % _WRAP):
            behind = (expected - number) % _WRAP
            if behind >= _HALF:
                return b""
            data = self._waiting.pop(number)
            self._waits -= len(data)
            if behind:
                self._compare(number, data[:behind])
            if behind < len(data):
                return data[behind:]
        return b""

    def _wait(self, number: int, data: bytes) -> None:
        before = self._waiting.get(number)
        if before is not None:
            common = min(len(before), len(data))
            self.repeated_otherwise |= before[:common] != data[:common]
            data = before + data[common:]
        self._waiting[number] = data
        self._waits += len(data) - len(before or b"")
        while self._waits > WAITING_MAX or len(self._waiting) > PIECES_MAX:
            self._skip()

    def _skip(self) -> None:
        """Go on behind a hole."""
        expected = self.expected or 0
        number = min(self._waiting, key=lambda each: (each - expected) % _WRAP)
        self.holes += 1
        if self.sink is not None:
            self.sink(None)
        self._kept = None
        self.expected = number
        data = self._waiting.pop(number)
        self._waits -= len(data)
        self._on(data)

    def _again(self, number: int, data: bytes, behind: int) -> None:
        self._compare(number, data[:behind])
        if behind < len(data):
            self._on(data[behind:])

    def _remember(self, data: bytes) -> None:
        if self._kept is not None:
            start, kept, most = self._kept
            if start < 0:
                self._kept = (self.expected or 0, kept, most)
            if len(kept) < most:
                kept.extend(data[: most - len(kept)])

    def _compare(self, number: int, data: bytes) -> None:
        """Sent again: the same bytes?"""
        if self._kept is None:
            return
        start, kept, _ = self._kept
        at = (number - start) % _WRAP
        if start >= 0 and at < len(kept):
            common = min(len(data), len(kept) - at)
            self.repeated_otherwise |= kept[at : at + common] != data[:common]
