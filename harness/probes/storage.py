"""What is stored in a unit: images of its chip and its card, taken as a lab takes them, and what is in them."""

import hashlib
import time
from functools import lru_cache
from pathlib import Path

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.errors import NotPossible, Undecided
from harness.model.storage import Copy, Medium
from harness.probes.images import volumes
from harness.probes.images.region import Entry


@reads()
def media(bench: Bench) -> tuple[Medium, ...]:
    """What can be taken here; the flash is first."""
    if bench.storage is None or "flash" not in bench.storage.media:
        raise NotPossible("no reader of the flash on the bench; name one in the bench file as flash: {command: …}")
    return bench.storage.media


@acts("listen")
def copy(bench: Bench, medium: Medium = "flash") -> Copy:
    """An image as of now, and the parts, file systems and files that are in it. It is kept among the run's private images."""
    storage = bench.storage
    if storage is None or medium not in storage.media:
        raise NotPossible(f"no reader of the {medium} on the bench; name one in the bench file as {medium}: {{command: …}}")
    began = time.time()
    with bench.access.device_time():
        taken = storage.take(medium)
    troubles: list[str] = []
    with volumes.opened(taken.file) as image:
        found = volumes.survey(image, troubles)
        bench.note_retry_hint(f"unsquashfs -l -o OFFSET, debugfs -R 'ls -l' IMAGE?offset=OFFSET, of private/images/{taken.file.name}")
        return Copy(
            asked=f"{medium} of {bench.sample.name}",
            unit=bench.sample.name,
            medium=medium,
            file=taken.file.name,
            how=taken.how,
            size=image.size,
            sha256=_digest(taken.file),
            taken=began,
            volumes=found,
            troubles=tuple(troubles),
            outside=volumes.outside(image, found),
            explained=round(volumes.explained(image, found), 4),
        )


def place_of(entry: Entry, reading: volumes.Reading, taken: Copy) -> str:
    """How a file of a copy is named for people."""
    return f"/{entry.path} of {reading.part.name or taken.medium} ({taken.medium})"


def file_of(bench: Bench, taken: Copy) -> Path:
    """Where an image of this run lies; Undecided when it is not the one that was taken. No probe by itself."""
    path = bench.storage.folder / taken.file if bench.storage else Path(taken.file)
    if not path.is_file() or path.stat().st_size != taken.size or _digest(path) != taken.sha256:
        raise Undecided(f"{taken.file} is not the image any more that was taken of the {taken.medium}")
    return path


def _digest(path: Path) -> str:
    about = path.stat()
    return _digest_of(path, (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns))


@lru_cache(maxsize=256)
def _digest_of(path: Path, _: tuple[int, ...]) -> str:
    """A file that nobody has touched since is not read again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
