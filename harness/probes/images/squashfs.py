"""Understands what squashfs-tools say of a file system: a list of its entries, and then the bytes of its files, one behind the other."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from harness.probes.images.region import CHUNK, Budget, Damaged, Entry, Kind, Region, name_of
from harness.transports.unsquash import Unpacking, unpacking

MAGIC = b"hsqs"
_LINE_MAX = 1 << 14
_BEGIN = b"# START OF DATA"
_LINE = re.compile(rb"((?:[^\s\\]|\\.)+) ([DRSCBPFIL])(?: (.*))?", re.DOTALL)
_KINDS: dict[bytes, Kind] = {b"R": "file", b"D": "folder", b"S": "link"}


class Squashfs:
    """One file system."""

    def __init__(self, region: Region, budget: Budget) -> None:
        self._region, self._budget = region, budget
        head = region.read(0, 96)
        if head[:4] != MAGIC or int.from_bytes(head[28:30], "little") != 4:
            raise Damaged("it is no squashfs of version 4")
        self.size = int.from_bytes(head[40:48], "little")
        if self.size > region.size:
            raise Damaged(f"it says to be {self.size} bytes long and has {region.size}")

    def entries(self, troubles: list[str]) -> Iterator[Entry]:
        """Everything in it; what cannot be read is added to `troubles`. Files come in the order of their bytes."""
        with unpacking(self._region.file, self._region.offset) as child:
            files, links = [], []
            for line in self._lines(child, troubles):
                self._budget.entry()
                try:
                    path, kind, rest = _understood(line)
                except ValueError:
                    troubles.append(f"an entry that cannot be understood: {name_of(line[:120])}")
                    continue
                if kind == b"R":
                    size, begin = (int(word) for word in rest[-2:])
                    files.append((begin, size, Entry(path, "file", size, int(rest[1], 8), int(rest[2]))))
                elif kind == b"L":
                    links.append(path)
                else:
                    target = name_of(rest[4]).replace("\\x2f", "/") if kind == b"S" and len(rest) > 4 else ""
                    mode, owner = (int(rest[1], 8), int(rest[2])) if len(rest) > 2 else (0, 0)
                    yield Entry(path, _KINDS.get(kind, "other"), 0, mode, owner, target)
            yield from (Entry(path, "file", 0, 0, 0, "another name of a file in it") for path in links)
            yield from self._files(child, sorted(files, key=lambda each: each[0]))
            if child.stdout.read(1):
                troubles.append("there is more in it than its list says")
            if why := child.ended():
                troubles.append(why)

    def _lines(self, child: Unpacking, troubles: list[str]) -> Iterator[bytes]:
        while line := child.stdout.readline(_LINE_MAX):
            if line.startswith(_BEGIN):
                child.stdout.readline(_LINE_MAX)
                return
            if line.rstrip(b"\n") != b"#":
                yield line.removesuffix(b"\n")
        troubles.append("its list of entries has no end")

    def _files(self, child: Unpacking, files: list[tuple[int, int, Entry]]) -> Iterator[Entry]:
        """What nobody reads of a file is passed over, so that the next one begins where it should."""
        at = 0
        for begin, size, entry in files:
            if begin != at:
                raise Damaged(f"/{entry.path}: its bytes are not where the list says")
            left = [size]
            yield replace(entry, content=partial(self._content, child, left))
            for _ in self._content(child, left):
                pass
            at += size

    def _content(self, child: Unpacking, left: list[int]) -> Iterator[bytes]:
        while left[0] > 0:
            data = child.stdout.read(min(CHUNK, left[0]))
            if not data:
                raise Damaged(f"{left[0]} bytes of it could not be unpacked; {child.ended() or 'nothing more came'}")
            self._budget.take(len(data))
            left[0] -= len(data)
            yield data


def _understood(line: bytes) -> tuple[str, bytes, list[bytes]]:
    """Path, kind and the other words of a line; a ValueError where it is none."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(line)
    raw = re.sub(rb"\\(.)", rb"\1", match[1], flags=re.DOTALL)
    rest = (match[3] or b"").split(b" ", 4 if match[2] == b"S" else -1)
    if match[2] == b"R" and (len(rest) < 6 or not all(word.isdigit() for word in rest[-2:])):
        raise ValueError(line)
    return "/".join(map(name_of, raw.strip(b"/").split(b"/"))), match[2], rest
