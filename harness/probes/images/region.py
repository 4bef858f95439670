"""A part of an image, read at places: never beyond its end, and never more in all than was allowed."""

import os
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["file", "folder", "link", "other"]
CHUNK = 1 << 18
ENTRIES_MAX = 200_000
BYTES_MAX = 1 << 31
SECONDS_MAX = 120.0
DEPTH_MAX = 48
NAME_MAX = 4096


class Damaged(Exception):
    """The bytes are not what a file system would have there; the message says what."""


class TooMuch(Exception):
    """More than is read of one image: what follows was not looked at."""


@dataclass
class Budget:
    """What reading one image may cost, whatever it says of itself."""

    entries: int = ENTRIES_MAX
    bytes: int = BYTES_MAX
    seconds: float = SECONDS_MAX
    _began: float = field(default_factory=time.monotonic)

    def entry(self) -> None:
        """One more file, folder or link."""
        self.entries -= 1
        if self.entries < 0:
            raise TooMuch(f"more than {ENTRIES_MAX} entries")
        self.tick()

    def take(self, length: int) -> None:
        """So many bytes of content."""
        self.bytes -= length
        if self.bytes < 0:
            raise TooMuch(f"more than {BYTES_MAX >> 20} MiB of content")
        self.tick()

    def tick(self) -> None:
        """Is there time left?"""
        if time.monotonic() - self._began > SECONDS_MAX or time.monotonic() - self._began > self.seconds:
            raise TooMuch(f"reading took longer than {self.seconds:g} s")


@dataclass(frozen=True)
class Region:
    """`size` bytes from `offset` of an open file."""

    file: int
    offset: int
    size: int

    def read(self, at: int, length: int) -> bytes:
        """Exactly these bytes; Damaged where they are not there."""
        if at < 0 or length < 0 or at + length > self.size:
            raise Damaged(f"it points to byte {at + length} of {self.size}")
        data = os.pread(self.file, length, self.offset + at)
        if len(data) != length:
            raise Damaged(f"the image ends at byte {at + len(data)}")
        return data

    def fields(self, layout: struct.Struct, at: int) -> tuple[Any, ...]:
        """Numbers at a place."""
        return layout.unpack(self.read(at, layout.size))

    def head(self, length: int) -> bytes:
        """The first bytes, fewer where it is shorter."""
        return os.pread(self.file, min(length, self.size), self.offset)

    def first(self, most: int) -> Iterator[bytes]:
        """The first bytes, piece by piece."""
        return Region(self.file, self.offset, min(most, self.size)).chunks()

    def behind(self, at: int) -> "Region":
        """What comes from there on; padding to a whole block of 4 KiB belongs to what is before."""
        begin = min(self.size, -(-at // 4096) * 4096)
        return Region(self.file, self.offset + begin, self.size - begin)

    def chunks(self) -> Iterator[bytes]:
        """All of it, piece by piece."""
        for at in range(0, self.size, CHUNK):
            data = os.pread(self.file, min(CHUNK, self.size - at), self.offset + at)
            if not data:
                return
            yield data


def _nothing() -> Iterator[bytes]:
    yield from ()


@dataclass(frozen=True)
class Entry:
    """One file, folder or link. `content` gives the bytes of a file and may raise Damaged or TooMuch; it is read at once or never."""

    path: str
    kind: Kind
    size: int = 0
    mode: int = 0
    owner: int = 0
    target: str = ""
    content: Callable[[], Iterator[bytes]] = _nothing


def name_of(raw: bytes) -> str:
    """A name of the device as text: what is no letter is shown as its code, a slash inside a name too."""
    text = raw[:NAME_MAX].decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() and each != "/" else f"\\x{ord(each):02x}" for each in text)
