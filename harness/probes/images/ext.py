"""Reads ext2, ext3 and ext4 file systems, whole or broken: by inode, so that no name leads anywhere."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from harness.probes.images.region import CHUNK, DEPTH_MAX, Budget, Damaged, Entry, Kind, Region, name_of

MAGIC_AT, MAGIC = 0x438, b"\x53\xef"
_ROOT = 2
_SUPER = struct.Struct("<13IHH")
_INODE = struct.Struct("<HHIIIIIHHIII60s8xI")
_EXTENTS, _INLINE = 0x80000, 0x10000000
_EXTENT_HEAD, _EXTENT = struct.Struct("<HHHHI"), struct.Struct("<IHHI")
_EXTENT_MAGIC, _EXTENT_DEPTH_MAX, _UNWRITTEN = 0xF30A, 5, 0x8000
_IS_64BIT, _META_BG, _UNSETTLED = 0x80, 0x10, 0x4
_LONGEST = 1 << 44
_KINDS: dict[int, Kind] = {0x8: "file", 0x4: "folder", 0xA: "link"}
_FLAG_ENCRYPTED = 0x800


@dataclass(frozen=True)
class Inode:
    """One inode, understood."""

    number: int
    mode: int
    owner: int
    size: int
    flags: int
    map: bytes

    @property
    def kind(self) -> Kind:
        """What it is."""
        return _KINDS.get(self.mode >> 12, "other")


class Ext:
    """One file system."""

    def __init__(self, region: Region, budget: Budget) -> None:
        self._region, self._budget = region, budget
        values = region.fields(_SUPER, 1024)
        self._inodes, self._blocks, self._first = int(values[0]), int(values[1]), int(values[5])
        self._block_of_group, self._inodes_of_group = values[8], values[10]
        if region.read(MAGIC_AT, 2) != MAGIC or values[6] > 6:
            raise Damaged("the superblock is none")
        self._block = 1024 << int(values[6])
        self._inode_size = struct.unpack("<H", region.read(1024 + 88, 2))[0] or 128
        self._needs = struct.unpack("<I", region.read(1024 + 96, 4))[0]
        wide = struct.unpack("<H", region.read(1024 + 254, 2))[0] if self._needs & _IS_64BIT else 32
        self._group_size = wide if wide in {32, 64} else 32
        if not self._inodes_of_group or not self._block_of_group or not 128 <= self._inode_size <= self._block:
            raise Damaged("the superblock has impossible sizes")
        if self._needs & _META_BG:
            raise Damaged("its group descriptors are spread over the groups, which is not read here")
        self.name = name_of(region.read(1024 + 120, 16).split(b"\0")[0])

    @property
    def size(self) -> int:
        """Bytes that it says to be long."""
        return self._blocks * self._block

    def entries(self, troubles: list[str]) -> Iterator[Entry]:
        """Everything below the root; what cannot be read is added to `troubles`."""
        if self._needs & _UNSETTLED:
            troubles.append("its journal holds changes that were not written to their place, and is not read")
        seen = {_ROOT}
        folders = [("", _ROOT, 0)]
        while folders:
            path, number, depth = folders.pop()
            try:
                children = list(self._listed(self._inode(number)))
            except Damaged as damage:
                troubles.append(f"folder /{path}: {damage}")
                continue
            for name, child in children:
                self._budget.entry()
                below = f"{path}/{name}" if path else name
                inode = self._known(below, child, troubles)
                if inode is None:
                    continue
                yield self._entry(below, inode)
                if inode.kind == "folder":
                    if child in seen or depth >= DEPTH_MAX:
                        troubles.append(f"/{below}: the folder is inside itself, or too deep")
                    else:
                        seen.add(child)
                        folders.append((below, child, depth + 1))

    def _known(self, path: str, number: int, troubles: list[str]) -> Inode | None:
        try:
            inode = self._inode(number)
        except Damaged as damage:
            troubles.append(f"/{path}: {damage}")
            return None
        if inode.flags & _FLAG_ENCRYPTED:
            troubles.append(f"/{path}: it is encrypted")
        return inode

    def _entry(self, path: str, inode: Inode) -> Entry:
        target = ""
        if inode.kind == "link":
            target = name_of(self._link(inode)).replace("\\x2f", "/")
        return Entry(path, inode.kind, inode.size, inode.mode & 0o7777, inode.owner, target, partial(self._content, inode))

    def _link(self, inode: Inode) -> bytes:
        if inode.size < 60:
            return inode.map[: inode.size]
        try:
            return b"".join(self._content(inode))[:4096] if inode.size <= 4096 else b"?"
        except Damaged:
            return b"?"

    def _inode(self, number: int) -> Inode:
        if not 1 <= number <= self._inodes:
            raise Damaged(f"there is no inode {number}")
        group, index = divmod(number - 1, self._inodes_of_group)
        at = (self._first + 1) * self._block + group * self._group_size
        table = struct.unpack("<I", self._region.read(at + 8, 4))[0]
        if self._group_size == 64:
            table |= struct.unpack("<I", self._region.read(at + 40, 4))[0] << 32
        fields = self._region.fields(_INODE, table * self._block + index * self._inode_size)
        mode, owner, low, flags, blocks, high = fields[0], fields[1], fields[2], fields[10], fields[12], fields[13]
        size = low | high << 32 if mode >> 12 == 8 else low
        if size > _LONGEST:
            raise Damaged(f"inode {number} says to be {size} bytes long")
        return Inode(number, mode, owner, size, flags, blocks)

    def _listed(self, folder: Inode) -> Iterator[tuple[str, int]]:
        """Names and inodes of a folder; Damaged where its records do not follow each other."""
        if folder.kind != "folder":
            raise Damaged("it is no folder")
        if folder.size > 1 << 26:
            raise Damaged(f"a folder of {folder.size} bytes")
        data = folder.map[4:] if folder.flags & _INLINE else b"".join(self._content(folder))
        for begin in range(0, len(data), self._block):
            yield from _records(data[begin : begin + self._block])

    def _content(self, inode: Inode) -> Iterator[bytes]:
        """Holes are zeros, as whoever reads the file sees them."""
        if inode.flags & _INLINE:
            if inode.size > len(inode.map):
                raise Damaged("what does not fit into its inode is not read here")
            yield inode.map[: inode.size]
            return
        if not inode.size:
            return
        pieces = self._extents(inode.map, 0, set()) if inode.flags & _EXTENTS else self._mapped(inode)
        left, at = inode.size, 0
        for logical, physical, count in pieces:
            begin = logical * self._block
            if begin < at:
                raise Damaged("its blocks overlap")
            yield from self._zeros(min(begin - at, left))
            left -= min(begin - at, left)
            for chunk in self._run(physical, min(count * self._block, left)):
                left -= len(chunk)
                yield chunk
            at = begin + count * self._block
            if left <= 0:
                return
        yield from self._zeros(left)

    def _run(self, physical: int, length: int) -> Iterator[bytes]:
        if not physical:
            yield from self._zeros(length)
            return
        for done in range(0, length, CHUNK):
            size = min(CHUNK, length - done)
            self._budget.take(size)
            yield self._region.read(physical * self._block + done, size)

    def _zeros(self, length: int) -> Iterator[bytes]:
        while length > 0:
            size = min(CHUNK, length)
            self._budget.take(size)
            yield bytes(size)
            length -= size

    def _extents(self, node: bytes, level: int, seen: set[int]) -> Iterator[tuple[int, int, int]]:
        magic, count, _, depth, _ = _EXTENT_HEAD.unpack_from(node)
        if magic != _EXTENT_MAGIC or level > _EXTENT_DEPTH_MAX or 12 + 12 * count > len(node):
            raise Damaged("its tree of extents is none")
        for number in range(count):
            logical, second, third, fourth = _EXTENT.unpack_from(node, 12 + 12 * number)
            if not depth:
                length = second - _UNWRITTEN if second > _UNWRITTEN else second
                yield logical, 0 if second > _UNWRITTEN else fourth | third << 32, length
                continue
            block = fourth_of(node, number)
            self._budget.tick()
            if block in seen:
                raise Damaged("its tree of extents is inside itself")
            seen.add(block)
            yield from self._extents(self._region.read(block * self._block, self._block), level + 1, seen)

    def _mapped(self, inode: Inode) -> Iterator[tuple[int, int, int]]:
        """Twelve blocks, then blocks of blocks."""
        needed, logical = -(-inode.size // self._block), 0
        pointers = struct.unpack("<15I", inode.map)
        for pointer in pointers[:12]:
            if logical >= needed:
                return
            yield logical, pointer, 1
            logical += 1
        each = self._block // 4
        for level, pointer in enumerate(pointers[12:], 1):
            if logical >= needed:
                return
            yield from self._indirect(pointer, level, logical, needed)
            logical += each**level

    def _indirect(self, block: int, level: int, logical: int, needed: int) -> Iterator[tuple[int, int, int]]:
        self._budget.tick()
        below = (self._block // 4) ** (level - 1)
        if not block:
            yield logical, 0, min(below * self._block // 4, needed - logical)
            return
        for pointer in struct.unpack(f"<{self._block // 4}I", self._region.read(block * self._block, self._block)):
            if logical >= needed:
                return
            if level == 1:
                yield logical, pointer, 1
            else:
                yield from self._indirect(pointer, level - 1, logical, needed)
            logical += below


def fourth_of(node: bytes, number: int) -> int:
    """The block that an inner record of a tree of extents points to."""
    low, high = struct.unpack_from("<IH", node, 12 + 12 * number + 4)
    return int(low) | int(high) << 32


def _records(block: bytes) -> Iterator[tuple[str, int]]:
    at = 0
    while at + 8 <= len(block):
        inode, length, size = struct.unpack_from("<IHB", block, at)
        if length < 8 or at + length > len(block) or size > length - 8:
            raise Damaged("its records do not follow each other")
        raw = block[at + 8 : at + 8 + size]
        if inode and raw not in {b".", b".."} and size:
            yield name_of(raw), inode
        at += length
