"""Partition tables as chips and cards have them: GPT on the flash, MBR on a card."""

import struct
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

SECTOR = 512
MIB = 1 << 20
_LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4").bytes_le
_ENTRIES, _ENTRY = 128, 128
_TABLE = _ENTRIES * _ENTRY // SECTOR
_HEADER = struct.Struct("<8s4sIIIQQQQ16sQIII")


@dataclass(frozen=True)
class Part:
    """One partition, in bytes."""

    name: str
    offset: int
    size: int


def gpt(parts: Sequence[Part], size: int) -> tuple[bytes, bytes]:
    """What stands at the begin, and at the end, of a chip of this size."""
    last = size // SECTOR - 1
    entries = b"".join(map(_entry, parts)).ljust(_ENTRIES * _ENTRY, b"\0")
    first = _header(1, last, 2, last, entries)
    second = _header(last, 1, last - _TABLE, last, entries)
    return mbr(Part("", SECTOR, size - SECTOR), kind=0xEE) + first + entries, entries + second


def mbr(part: Part, *, kind: int) -> bytes:
    """A table of one partition."""
    row = struct.pack("<B3sB3sII", 0, b"\xff\xff\xff", kind, b"\xff\xff\xff", part.offset // SECTOR, part.size // SECTOR)
    return bytes(446) + row.ljust(64, b"\0") + b"\x55\xaa"


def _entry(part: Part) -> bytes:
    first, last = part.offset // SECTOR, (part.offset + part.size) // SECTOR - 1
    own = uuid.uuid5(uuid.NAMESPACE_DNS, f"{part.name}.camlabel.example").bytes_le
    return _LINUX + own + struct.pack("<QQQ", first, last, 0) + part.name.encode("utf-16-le").ljust(72, b"\0")


def _header(here: int, other: int, table: int, last: int, entries: bytes) -> bytes:
    disk = uuid.uuid5(uuid.NAMESPACE_DNS, "flash.camlabel.example").bytes_le
    fields = (here, other, 2 + _TABLE, last - _TABLE - 1, disk, table, _ENTRIES, _ENTRY, zlib.crc32(entries))
    blank = _HEADER.pack(b"EFI PART", b"\0\0\1\0", _HEADER.size, 0, 0, *fields)
    return _HEADER.pack(b"EFI PART", b"\0\0\1\0", _HEADER.size, zlib.crc32(blank), 0, *fields).ljust(SECTOR, b"\0")
