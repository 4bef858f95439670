"""Reads FAT12, FAT16 and FAT32 file systems, whole or broken."""

import struct
from collections.abc import Iterator
from functools import partial

from harness.probes.images.region import CHUNK, DEPTH_MAX, Budget, Damaged, Entry, Region, name_of

_RECORD = 32
_FOLDER, _LABEL, _LONG = 0x10, 0x08, 0x0F
_FOLDER_MAX = 1 << 21


def looks_like(head: bytes) -> bool:
    """A boot sector of FAT: the sizes are possible, and there are one or two tables."""
    if len(head) < 512 or head[510:512] != b"\x55\xaa" or head[0] not in {0xEB, 0xE9}:
        return False
    sector, cluster, reserved, tables = struct.unpack("<HBHB", head[11:17])
    return sector in {512, 1024, 2048, 4096} and cluster and not cluster & (cluster - 1) and reserved > 0 and tables in {1, 2}


class Fat:
    """One file system."""

    def __init__(self, region: Region, budget: Budget) -> None:
        self._region, self._budget = region, budget
        head = region.read(0, 512)
        if not looks_like(head):
            raise Damaged("the boot sector is none")
        sector, per, reserved, tables, roots, small, _, short = struct.unpack("<HBHBHHBH", head[11:24])
        (large,) = struct.unpack("<I", head[32:36])
        (long,) = struct.unpack("<I", head[36:40])
        length = short or long
        self._cluster = sector * per
        self._table = reserved * sector
        self._root = self._table + tables * length * sector
        self._root_size = roots * _RECORD
        self._data = self._root + self._root_size
        self.size = (small or large) * sector
        self._clusters = max(0, (self.size - self._data) // self._cluster)
        self._bits = 12 if self._clusters < 4085 else 16 if self._clusters < 65525 else 32
        self._first = struct.unpack("<I", head[44:48])[0] if not roots else 0
        if not length or not self._clusters or self._cluster > 1 << 20:
            raise Damaged("the boot sector has impossible sizes")

    def entries(self, troubles: list[str]) -> Iterator[Entry]:
        """Everything that is not deleted; what cannot be read is added to `troubles`."""
        seen = {self._first}
        folders: list[tuple[str, int, int]] = [("", self._first, 0)]
        while folders:
            path, cluster, depth = folders.pop()
            try:
                records = self._records(cluster)
            except Damaged as damage:
                troubles.append(f"folder /{path}: {damage}")
                continue
            for name, attributes, first, size in records:
                self._budget.entry()
                below = f"{path}/{name}" if path else name
                if not attributes & _FOLDER:
                    yield Entry(below, "file", size, 0o644, 0, "", partial(self._content, first, size))
                    continue
                yield Entry(below, "folder", 0, 0o755)
                if first in seen or depth >= DEPTH_MAX:
                    troubles.append(f"/{below}: the folder is inside itself, or too deep")
                else:
                    seen.add(first)
                    folders.append((below, first, depth + 1))

    def _records(self, cluster: int) -> list[tuple[str, int, int, int]]:
        """Name, attributes, first cluster and size of what is in a folder."""
        data = self._region.read(self._root, self._root_size) if not cluster else b"".join(self._content(cluster, None))
        found, long = [], b""
        for at in range(0, len(data) - _RECORD + 1, _RECORD):
            record = data[at : at + _RECORD]
            if not record[0]:
                break
            attributes = record[11]
            if record[0] == 0xE5 or (attributes & _LABEL and attributes != _LONG):
                long = b""
            elif attributes == _LONG:
                long = record[1:11] + record[14:26] + record[28:32] + (b"" if record[0] & 0x40 else long)
            else:
                high, low, size = struct.unpack("<H4xHI", record[20:32])
                name, long = _name(record, long), b""
                if name not in {".", ".."}:
                    found.append((name, attributes, low | (high << 16 if self._bits == 32 else 0), size))
        return found

    def _content(self, cluster: int, size: int | None) -> Iterator[bytes]:
        """A chain of clusters; without a size until its end, as folders are."""
        left = _FOLDER_MAX if size is None else size
        seen: set[int] = set()
        while left > 0:
            if cluster in seen or not 2 <= cluster < self._clusters + 2:
                if size is None and cluster >= self._end:
                    return
                raise Damaged(f"its chain of clusters leads to {cluster}")
            seen.add(cluster)
            length = min(self._cluster, left)
            self._budget.take(length)
            for at in range(0, length, CHUNK):
                yield self._region.read(self._data + (cluster - 2) * self._cluster + at, min(CHUNK, length - at))
            left -= length
            cluster = self._next(cluster) if left else cluster

    @property
    def _end(self) -> int:
        return {12: 0xFF8, 16: 0xFFF8, 32: 0x0FFFFFF8}[self._bits]

    def _next(self, cluster: int) -> int:
        if self._bits == 12:
            (pair,) = struct.unpack("<H", self._region.read(self._table + cluster * 3 // 2, 2))
            return int(pair) >> 4 if cluster & 1 else int(pair) & 0xFFF
        width = self._bits // 8
        value = int.from_bytes(self._region.read(self._table + cluster * width, width), "little")
        return value & 0x0FFFFFFF


def _name(record: bytes, long: bytes) -> str:
    if long:
        text = long.decode("utf-16-le", "replace").split("\0")[0].rstrip("\uffff")
        return name_of(text.encode("utf-8", "replace"))
    stem, ending = record[:8].rstrip(b" "), record[8:11].rstrip(b" ")
    stem = b"\xe5" + stem[1:] if stem[:1] == b"\x05" else stem
    stem, ending = stem.lower() if record[12] & 0x08 else stem, ending.lower() if record[12] & 0x10 else ending
    raw = stem + (b"." + ending if ending else b"")
    return name_of(raw.decode("cp437").encode())
