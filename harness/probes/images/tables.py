"""Where the file systems of an image are: by its partition table, else by their first bytes."""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from harness.probes.images import ext, fat, squashfs
from harness.probes.images.region import CHUNK, Damaged, Region, name_of

SECTOR = 512
PARTS_MAX = 128
_STEP = 512
_GPT, _PROTECTIVE, _EXTENDED = b"EFI PART", 0xEE, (0x05, 0x0F, 0x85)
_FOREIGN = {  # recognised, and not read here
    b"UBI#": "ubi",
    b"\x31\x18\x10\x06": "ubifs",
    b"\x85\x19": "jffs2",
    b"\x45\x3d\xcd\x28": "cramfs",
    b"-rom1fs-": "romfs",
    b"sqsh": "squashfs of another byte order",
    b"\x27\x05\x19\x56": "uImage",
    b"\xd0\x0d\xfe\xed": "device tree or FIT",
    b"\x1f\x8b\x08": "gzip",
    b"LUKS\xba\xbe": "LUKS",
}


@dataclass(frozen=True)
class Part:
    """A part of an image; `name` is what the table calls it."""

    name: str
    offset: int
    size: int


def parts(image: Region, troubles: list[str]) -> list[Part]:
    """By GPT, else MBR, else what a search for file systems finds; all of it where there is nothing."""
    try:
        found = _by_table(image)
    except Damaged as damage:
        troubles.append(f"the partition table: {damage}")
        found = []
    inside: list[Part] = []
    for part in sorted(found, key=lambda each: each.offset):
        if part.offset + part.size > image.size:
            troubles.append(f"partition {part.name} reaches beyond the end of the image")
        elif inside and part.offset < inside[-1].offset + inside[-1].size:
            troubles.append(f"partitions {inside[-1].name} and {part.name} overlap")
        else:
            inside.append(part)
    return inside or [Part("", *each) for each in searched(image)] or [Part("", 0, image.size)]


def kind_of(region: Region) -> str:
    """What is in it: `squashfs`, `ext`, `fat`, `empty`, a name of what is not read here, or `unknown`."""
    head = region.head(4096)
    if head.startswith(squashfs.MAGIC):
        return "squashfs"
    if head[ext.MAGIC_AT : ext.MAGIC_AT + 2] == ext.MAGIC:
        return "ext"
    if fat.looks_like(head):
        return "fat"
    if foreign := next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), ""):
        return foreign
    return "empty" if is_empty(region) else "unknown"


def is_empty(region: Region) -> bool:
    """Nothing but zeros, or nothing but erased bytes."""
    return all(not chunk.strip(b"\0") or not chunk.strip(b"\xff") for chunk in region.chunks())


def searched(image: Region) -> Iterator[tuple[int, int]]:
    """File systems in a chip without a table: from each to the next. Only beginnings of sectors are looked at."""
    starts = list(_starts(image))
    for number, (begin, size) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else image.size
        if not number and begin:
            yield 0, begin
        yield begin, min(size, end - begin) if size else end - begin
        if size and begin + size < end:
            yield begin + size, end - begin - size


def _starts(image: Region) -> Iterator[tuple[int, int]]:
    """Places and lengths; what is inside another one is part of it."""
    after, count = 0, 0
    for at in range(0, image.size, CHUNK):
        data = image.read(at, min(CHUNK + 2048, image.size - at))
        for here in range(0, min(CHUNK, len(data)), _STEP):
            if at + here >= after and count < PARTS_MAX and (size := _length(data[here : here + 2048])):
                after, count = at + here + size, count + 1
                yield at + here, size


def _length(head: bytes) -> int:
    """What a file system says to be long, 0 where none begins."""
    if head.startswith(squashfs.MAGIC) and head[28:30] == b"\4\0":
        return -(-int.from_bytes(head[40:48], "little") // 4096) * 4096
    if len(head) >= 1120 and head[ext.MAGIC_AT : ext.MAGIC_AT + 2] == ext.MAGIC and head[1048] <= 6 and not any(head[1049:1052]):
        return int.from_bytes(head[1028:1032], "little") << (10 + head[1048])
    if fat.looks_like(head):
        small, large = struct.unpack("<H", head[19:21])[0], struct.unpack("<I", head[32:36])[0]
        return int(small or large) * int.from_bytes(head[11:13], "little")
    return 0


def _by_table(image: Region) -> list[Part]:
    head = image.head(2 * SECTOR)
    if head[SECTOR : SECTOR + 8] == _GPT:
        return list(_gpt(image))
    if head[510:512] != b"\x55\xaa" or fat.looks_like(head[:SECTOR]):
        return []
    rows = [struct.unpack("<B3xB3xII", head[446 + 16 * number : 462 + 16 * number]) for number in range(4)]
    if any(boot not in {0, 0x80} for boot, *_ in rows):
        return []
    if any(kind in _EXTENDED for _, kind, _, count in rows if count):
        raise Damaged("extended partitions are not read here")
    used = [(number, first, count) for number, (_, kind, first, count) in enumerate(rows, 1) if count and kind not in {0, _PROTECTIVE}]
    return [Part(f"partition {number}", first * SECTOR, count * SECTOR) for number, first, count in used]


def _gpt(image: Region) -> Iterator[Part]:
    table, count, size = struct.unpack("<QII", image.read(SECTOR + 72, 16))
    if not 1 <= count <= 1024 or not 128 <= size <= 4096:
        raise Damaged(f"it says to have {count} entries of {size} bytes")
    for number in range(count):
        entry = image.read(table * SECTOR + number * size, 128)
        if uuid.UUID(bytes_le=entry[:16]).int:
            first, last = struct.unpack("<QQ", entry[32:48])
            if last < first:
                raise Damaged(f"entry {number + 1} ends before it begins")
            name = name_of(entry[56:128].decode("utf-16-le", "replace").split("\0")[0].encode("utf-8", "replace"))
            yield Part(name or f"partition {number + 1}", first * SECTOR, (last - first + 1) * SECTOR)
