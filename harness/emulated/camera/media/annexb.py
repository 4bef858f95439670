"""H.264 as an encoder writes it (Annex B) into pictures."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

IDR, SPS, PPS = 5, 7, 8
_DELIMITER = b"\x00\x00\x00\x01\x09"  # the encoder starts each picture with an access unit delimiter
_START = re.compile(b"\x00\x00\x00?\x01")
_MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Picture:
    """One picture: its network abstraction layer units, without start codes."""

    units: tuple[bytes, ...]

    @property
    def keyframe(self) -> bool:
        """Can decoding start here?"""
        return any(kind(unit) == IDR for unit in self.units)


def kind(unit: bytes) -> int:
    """The type of a unit."""
    return unit[0] & 0x1F


class Splitter:
    """Cuts a byte stream into pictures; a picture is out when the next one starts."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Picture]:
        """All pictures that are complete now."""
        *done, self._rest = (self._rest + data)[-_MOST_BYTES:].split(_DELIMITER)
        for piece in done:
            units = tuple(unit for unit in _START.split(piece)[1:] if unit)
            if units:
                yield Picture(units)
