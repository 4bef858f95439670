"""IP packets put together from their pieces, with bounded memory; what came first wins where pieces overlap."""

from collections.abc import Iterator

from harness.probes.captures.layers import Datagram

OPEN_MAX = 64
WHOLE_MAX = 1 << 16
PIECES_MAX = 128
_Key = tuple[bytes, bytes, int]


class Fragments:
    """Packets of which pieces came. `incomplete` counts those that never became whole."""

    def __init__(self) -> None:
        self._open: dict[_Key, _Pieces] = {}
        self.incomplete = 0

    def add(self, part: Datagram) -> Iterator[Datagram]:
        """The packets that this piece makes whole, or pushes out: of these the beginning, which names the ports."""
        if part.piece is None:
            yield part
            return
        key = (part.source, part.target, part.piece[0])
        pieces = self._open.setdefault(key, _Pieces())
        pieces.add(part, *part.piece[1:])
        if pieces.is_whole:
            yield self._open.pop(key).datagram()
        elif len(self._open) > OPEN_MAX:
            yield from self._give_up(next(iter(self._open)))

    def finish(self) -> Iterator[Datagram]:
        """The beginnings of what is still open."""
        for key in tuple(self._open):
            yield from self._give_up(key)

    def _give_up(self, key: _Key) -> Iterator[Datagram]:
        pieces = self._open.pop(key)
        self.incomplete += 1
        if pieces.first is not None:
            yield pieces.datagram()


class _Pieces:
    def __init__(self) -> None:
        self.first: Datagram | None = None
        self._parts: dict[int, bytes] = {}
        self._length: int | None = None

    def add(self, part: Datagram, place: int, more: bool) -> None:
        if place == 0 and self.first is None:
            self.first = part
        if not more and self._length is None:
            self._length = place + len(part.payload)
        if place + len(part.payload) <= WHOLE_MAX and len(self._parts) < PIECES_MAX:
            self._parts.setdefault(place, part.payload)

    @property
    def is_whole(self) -> bool:
        return self.first is not None and self._length is not None and len(self._together()) >= self._length

    def datagram(self) -> Datagram:
        """What stands together from the beginning on."""
        assert self.first is not None  # noqa: S101 - asked before
        return self.first._replace(payload=self._together()[: self._length], piece=None)

    def _together(self) -> bytes:
        whole = b""
        for place, data in sorted(self._parts.items()):
            if place > len(whole):
                break
            whole += data[len(whole) - place :]
        return whole
