"""An image as a whole: its parts, what is in each, and every file that can be read."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.model.errors import NotPossible
from harness.model.storage import Volume
from harness.probes.images.ext import Ext
from harness.probes.images.fat import Fat
from harness.probes.images.region import Budget, Damaged, Entry, Region, TooMuch
from harness.probes.images.squashfs import Squashfs
from harness.probes.images.tables import Part, is_empty, kind_of, parts

READERS: dict[str, type[Squashfs] | type[Ext] | type[Fat]] = {"squashfs": Squashfs, "ext": Ext, "fat": Fat}
TROUBLES_MAX = 20


@dataclass
class Reading:
    """One part that is read. `troubles` is complete when all entries were taken."""

    part: Part
    kind: str
    region: Region
    budget: Budget
    troubles: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """Every file, folder and link; what could not be read is in `troubles`."""
        reader = READERS.get(self.kind)
        if reader is None:
            if self.kind != "empty":
                self.troubles.append(f"what is in it is not read here: {self.kind}")
            return
        try:
            system = reader(self.region, self.budget)
            yield from system.entries(self.troubles)
            if not is_empty(self.region.behind(system.size)):
                self.troubles.append(f"behind its end at byte {system.size} is something else")
        except (Damaged, TooMuch, NotPossible) as trouble:
            self.troubles.append(str(trouble))

    def content(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of a file, as far as they can be read; what is missing is in `troubles`."""
        try:
            yield from entry.content()
        except (Damaged, TooMuch) as trouble:
            self.troubles.append(f"/{entry.path}: {trouble}")


@contextmanager
def opened(image: Path) -> Iterator[Region]:
    """An image, to be read at places."""
    descriptor = os.open(image, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield Region(descriptor, 0, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)


def readings(image: Region, troubles: list[str], budget: Budget | None = None) -> Iterator[Reading]:
    """Part by part, with one budget for all."""
    shared = budget or Budget()
    for part in parts(image, troubles):
        region = Region(image.file, part.offset, part.size)
        yield Reading(part, kind_of(region), region, shared)


def survey(image: Region, troubles: list[str]) -> tuple[Volume, ...]:
    """Everything read once."""
    return tuple(_volume(reading) for reading in readings(image, troubles))


def explained(image: Region, volumes: tuple[Volume, ...]) -> float:
    """The share of the image that was read as files, or holds nothing; gaps between parts count by what is in them."""
    understood = sum(volume.size for volume in volumes if volume.kind == "empty" or (volume.kind in READERS and not volume.troubles))
    at = 0
    for volume in sorted(volumes, key=lambda each: each.offset):
        understood += _gap(image, at, volume.offset)
        at = volume.offset + volume.size
    understood += _gap(image, at, image.size)
    return understood / image.size if image.size else 0.0


def outside(image: Region, volumes: tuple[Volume, ...]) -> int:
    """Bytes between and behind the parts that hold something and that no table tells of; those before the first are the boot loader's."""
    spans = sorted((volume.offset, volume.offset + volume.size) for volume in volumes)
    at, found = min((begin for begin, _ in spans), default=image.size), 0
    for begin, end in (*spans, (image.size, image.size)):
        found += max(0, begin - at) - _gap(image, at, begin)
        at = max(at, end)
    return found


def _gap(image: Region, begin: int, end: int) -> int:
    """Up to two MiB beside partitions belong to the table; more is looked at."""
    size = max(0, end - begin)
    return size if size <= 2 << 20 or is_empty(Region(image.file, image.offset + begin, size)) else 0


def _volume(reading: Reading) -> Volume:
    files = size = 0
    for entry in reading.entries():
        if entry.kind == "file":
            files += 1
            size += sum(map(len, reading.content(entry)))
    digest = hashlib.sha256()
    for chunk in reading.region.chunks():
        digest.update(chunk)
    return Volume(
        name=reading.part.name,
        kind=reading.kind,
        offset=reading.part.offset,
        size=reading.part.size,
        sha256=digest.hexdigest(),
        files=files,
        content=size,
        troubles=tuple(reading.troubles[:TROUBLES_MAX]),
    )
