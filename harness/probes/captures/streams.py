"""One direction of a TCP connection put in order, with bounded memory. What came first wins; who sends other bytes later is told."""

from collections.abc import Callable
from heapq import heappop, heappush

WAITING_MAX = 1 << 18
PIECES_MAX = 1024
_WRAP = 1 << 32
_HALF = 1 << 31
_KEEP_ALIVE = b"\0"  # some send it in the place of the last byte, to be answered
Sink = Callable[[bytes | None], None]  # None: here something is missing


class Stream:
    """Hands bytes on in order. `holes` counts places where bytes are missing for good; the first `keep` bytes are compared with repeats."""

    __slots__ = ("_arrived", "_at", "_keep", "_kept", "_number", "_waiting", "_waits", "holes", "repeated_otherwise", "sink")

    def __init__(self, sink: Sink | None, keep: int = 0) -> None:
        self.sink = sink
        self.holes = 0
        self.repeated_otherwise = False
        self._number: int | None = None  # of the next byte, as TCP counts
        self._at = 0  # of the next byte, as we count
        self._waiting: list[tuple[int, int, bytes]] = []
        self._arrived = self._waits = 0
        self._keep, self._kept = keep, bytearray()

    def begins_at(self, number: int) -> None:
        """The number of the first byte, as SYN told it."""
        if self._number is None:
            self._number = number % _WRAP

    def add(self, number: int, data: bytes) -> None:
        """Bytes with the number of the first of them."""
        if self._number is None:
            self._number = number
        ahead = (number - self._number) % _WRAP
        place = self._at + (ahead if ahead < _HALF else ahead - _WRAP)
        if place > self._at:
            self._wait(place, data)
        elif place == self._at - 1 and data == _KEEP_ALIVE:
            return
        else:
            self._take(place, data)
            self._take_waiting()

    def finish(self) -> None:
        """Hand on what still waits behind a hole."""
        while self._waiting:
            self._skip()

    def _take(self, place: int, data: bytes) -> None:
        """Bytes at the next place or before it: what of them is new is handed on."""
        behind = self._at - place
        if behind:
            self._compare(place, data[:behind])
            data = data[behind:]
        if not data:
            return
        if len(self._kept) < self._keep:
            self._kept += data[: self._keep - len(self._kept)]
        if self.sink is not None:
            self.sink(data)
        self._at += len(data)
        self._number = ((self._number or 0) + len(data)) % _WRAP

    def _take_waiting(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._at:
            place, _, data = heappop(self._waiting)
            self._waits -= len(data)
            self._take(place, data)

    def _wait(self, place: int, data: bytes) -> None:
        self._arrived += 1
        heappush(self._waiting, (place, self._arrived, data))
        self._waits += len(data)
        while self._waits > WAITING_MAX or len(self._waiting) > PIECES_MAX:
            self._skip()

    def _skip(self) -> None:
        """Go on behind a hole; nothing that comes later is compared."""
        self.holes += 1
        if self.sink is not None:
            self.sink(None)
        self._keep = 0
        self._kept.clear()
        missing = self._waiting[0][0] - self._at
        self._at += missing
        self._number = ((self._number or 0) + missing) % _WRAP
        self._take_waiting()

    def _compare(self, place: int, data: bytes) -> None:
        """Sent again: the same bytes?"""
        if 0 <= place < len(self._kept):
            known = self._kept[place : place + len(data)]
            self.repeated_otherwise |= known != data[: len(known)]
