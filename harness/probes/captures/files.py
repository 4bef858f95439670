"""Frames out of capture files, pcap and pcapng, one after the other: a file that is cut or damaged gives what stands before that.

Not by dpkt: it hands out a frame that the file cuts as if it were whole, reads every interface with the clock of the first, and
does not tell of dropped frames.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from harness.model.errors import UsageError

FRAME_MAX = 1 << 20
BLOCK_MAX = 1 << 24
INTERFACES_MAX = 1024
_READ_AHEAD = 1 << 20
_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1e6),
    b"\xa1\xb2\xc3\xd4": (">", 1e6),
    b"\x4d\x3c\xb2\xa1": ("<", 1e9),
    b"\xa1\xb2\x3c\x4d": (">", 1e9),
}
_SECTION, _INTERFACE, _PACKET, _SIMPLE, _STATISTICS, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 5, 6
_ENDS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_TIME_SCALE, _TIME_OFFSET, _INTERFACE_DROPS, _SYSTEM_DROPS = 9, 14, 5, 7


class Frame(NamedTuple):
    """One frame: its number in the file, seconds since 1970, kind of link, bytes, and how long it was on the cable."""

    number: int
    at: float
    link: int
    data: bytes
    size: int


@dataclass
class CaptureFile:
    """One file that is read once. What is wrong with it is known when it has been read."""

    path: Path
    cut: str = ""
    drops: int = 0
    frames: int = 0

    def __iter__(self) -> Iterator[Frame]:
        """Every whole frame. UsageError when this is no capture file."""
        try:
            with self.path.open("rb", buffering=_READ_AHEAD) as file:
                magic = file.read(4)
                if magic in _PCAP:
                    yield from _Pcap(self, file, *_PCAP[magic])
                elif magic == _SECTION.to_bytes(4, "big"):
                    yield from _PcapNg(self, file)
                elif magic:
                    raise UsageError(f"{self.path}: is no capture file; give one in the form pcap or pcapng")
                else:
                    self.cut = "the file is empty"
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be read ({error.strerror}); give a capture file in the form pcap or pcapng") from error

    @property
    def lost(self) -> Iterator[str]:
        """Why there may have been more on the cable than was read."""
        if self.cut:
            yield f"{self.path.name}: {self.cut}; {self.frames} frames before that were read"
        if self.drops:
            yield f"{self.path.name}: {self.drops} frames were dropped while it was recorded"


@dataclass
class _Pcap:
    read: CaptureFile
    file: BinaryIO
    order: str
    scale: float

    def __iter__(self) -> Iterator[Frame]:
        head = self.file.read(20)
        if len(head) < 20:
            self.read.cut = "the file is cut in its header"
            return
        link = struct.unpack(f"{self.order}I", head[16:])[0] & 0xFFFF
        header, take, scale, read = struct.Struct(f"{self.order}IIII"), self.file.read, self.scale, self.read
        while record := take(16):
            if len(record) < 16:
                read.cut = "the file is cut in the header of a frame"
                return
            seconds, fraction, length, size = header.unpack(record)
            if length > FRAME_MAX:
                read.cut = "a frame says that it is longer than any is"
                return
            data = take(length)
            if len(data) < length:
                read.cut = "the file is cut in the middle of a frame"
                return
            read.frames += 1
            yield Frame(read.frames, seconds + fraction / scale, link, data, size)


@dataclass
class _Interface:
    link: int
    scale: float = 1e-6
    offset: int = 0
    longest: int = 0
    drops: int = 0


@dataclass
class _PcapNg:
    """Sections, each with interfaces of its own; blocks of kinds that are not known are passed over."""

    read: CaptureFile
    file: BinaryIO
    order: str = "<"
    interfaces: list[_Interface] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame]:
        try:
            yield from self._blocks()
        except struct.error:
            self.read.cut = "the file is damaged in the middle of a block"
        self._count_drops()

    def _blocks(self) -> Iterator[Frame]:
        self.file.seek(0)
        while head := self.file.read(8):
            if len(head) < 8:
                self.read.cut = "the file is cut in the header of a block"
                return
            section = head[:4] == _SECTION.to_bytes(4, "big")
            if section and not self._section():
                return
            kind, length = struct.unpack(f"{self.order}II", head)
            body = self._body(kind, length - 4 if section else length)
            if body is None:
                return
            if kind not in (_ENHANCED, _PACKET, _SIMPLE):
                self._other(kind, body)
            elif frame := self._frame(kind, body):
                yield frame
            else:
                return

    def _section(self) -> bool:
        """A new section has interfaces and an order of bytes of its own."""
        order = _ENDS.get(self.file.read(4))
        if order is None:
            self.read.cut = "a section does not say its order of bytes"
            return False
        self._count_drops()
        self.order, self.interfaces = order, []
        return True

    def _body(self, kind: int, length: int) -> bytes | None:
        if not 8 <= length <= BLOCK_MAX or length % 4:
            self.read.cut = f"the file is damaged: a block of kind {kind} says that it is {length} bytes long"
            return None
        body = self.file.read(length - 8)
        if len(body) < length - 8:
            self.read.cut = "the file is cut in the middle of a frame"
            return None
        return body[:-4]

    def _frame(self, kind: int, body: bytes) -> Frame | None:
        at = 0.0
        if kind == _SIMPLE:
            number, size = 0, struct.unpack_from(f"{self.order}I", body)[0]
            length, begin = min(size, self._interface(0).longest or size, len(body) - 4), 4
        else:
            form = "IIIII" if kind == _ENHANCED else "HHIIII"
            number, *drops, high, low, length, size = struct.unpack_from(f"{self.order}{form}", body)
            self.read.drops += sum(count for count in drops if count != 0xFFFF)
            interface, begin = self._interface(number), 20
            at = interface.offset + (high << 32 | low) * interface.scale
        data = body[begin : begin + length]
        if len(data) < length:
            self.read.cut = "a frame is longer than the block that holds it"
            return None
        self.read.frames += 1
        return Frame(self.read.frames, at, self._interface(number).link, data, size)

    def _interface(self, number: int) -> _Interface:
        if number >= len(self.interfaces):
            raise struct.error("a frame of an interface that was not described")
        return self.interfaces[number]

    def _other(self, kind: int, body: bytes) -> None:
        if kind == _INTERFACE and len(self.interfaces) < INTERFACES_MAX:
            link, _, longest = struct.unpack_from(f"{self.order}HHI", body)
            self.interfaces.append(_Interface(link, longest=longest))
            for code, value in self._options(body[8:]):
                _describe(self.interfaces[-1], code, value, self.order)
        elif kind == _STATISTICS:
            interface = self._interface(struct.unpack_from(f"{self.order}I", body)[0])
            drops = [struct.unpack(f"{self.order}Q", v)[0] for c, v in self._options(body[12:]) if c in _DROPS and len(v) == 8]
            interface.drops = max(interface.drops, sum(drops))

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 4 <= len(data):
            code, length = struct.unpack_from(f"{self.order}HH", data, at)
            if not code:
                return
            yield code, data[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4

    def _count_drops(self) -> None:
        self.read.drops += sum(interface.drops for interface in self.interfaces)
        self.interfaces = []


_DROPS = (_INTERFACE_DROPS, _SYSTEM_DROPS)


def _describe(interface: _Interface, code: int, value: bytes, order: str) -> None:
    if code == _TIME_SCALE and len(value) == 1:
        power = value[0] & 0x7F
        interface.scale = 2.0**-power if value[0] & 0x80 else 10.0**-power
    elif code == _TIME_OFFSET and len(value) == 8:
        interface.offset = struct.unpack(f"{order}q", value)[0]
