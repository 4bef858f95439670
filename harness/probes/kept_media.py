"""What a device has put into its storage between two copies of it: new files, and what those with pictures show."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.errors import Undecided
from harness.model.privacy import Shown
from harness.model.storage import Copy, Volume
from harness.probes.images import volumes
from harness.probes.scene import Scene, known
from harness.probes.snapshot_picture import kind_of
from harness.probes.storage import file_of, place_of
from harness.transports.decoder import frames

SHOWN_MAX, FILE_MAX, FILES_MAX = 40, 16 << 20, 20_000
SOUND = (b"RIFF", b"ID3", b"OggS", b"fLaC", b"\xff\xf1", b"\xff\xf9", b"#!AMR")


@dataclass(frozen=True)
class Kept:
    """One file; of a long one the beginning."""

    where: str
    data: bytes
    size: int
    digest: bytes


@reads()
def new_media(bench: Bench, before: Sequence[Copy], after: Sequence[Copy]) -> tuple[Shown, ...]:
    """Pictures, film and sound in files that are new or changed; one line says that there is none. What was not read is unclear."""
    scene = known(bench)
    if scene is None:
        raise Undecided("what the device sees was not learned in this process")
    found: list[Shown] = []
    for old, new in zip(before, after, strict=True):
        if old.sha256 == new.sha256:
            continue
        changed = _changed_parts(old, new)
        found += [Shown(way=f"{new.medium}: {each}", kind="stored", seen="unclear", why="not read") for each in _unread(new, changed)]
        for kept in _new_files(bench, old, new, {each.offset for each in changed}):
            found += _shown(bench, scene, kept)
    bench.note_retry_hint(f"files with pictures in {', '.join(f'private/images/{taken.file}' for taken in after)}")
    media = " and ".join(each.medium for each in after)
    return tuple(found[:SHOWN_MAX]) or (Shown(way=f"what is new on {media}", kind="stored"),)


def _changed_parts(old: Copy, new: Copy) -> tuple[Volume, ...]:
    same = {(each.offset, each.sha256) for each in old.volumes}
    return tuple(each for each in new.volumes if (each.offset, each.sha256) not in same)


def _unread(new: Copy, changed: Sequence[Volume]) -> Iterator[str]:
    """What changed, or may have, and was not read."""
    yield from new.troubles
    yield from (f"{each.name or 'a part'}: {'; '.join(each.troubles) or each.kind}" for each in changed if not each.whole)
    if new.outside:
        yield f"{new.outside} bytes outside of all parts"


def _new_files(bench: Bench, old: Copy, new: Copy, offsets: set[int]) -> Iterator[Kept]:
    """Those of these parts whose content was not there before under the same name."""
    before = {kept.where: kept.digest for kept in _files(bench, old, offsets)}
    for kept in itertools.islice(_files(bench, new, offsets), FILES_MAX):
        if before.get(kept.where) != kept.digest:
            yield kept


def _files(bench: Bench, taken: Copy, offsets: set[int]) -> Iterator[Kept]:
    with volumes.opened(file_of(bench, taken)) as image:
        for reading in volumes.readings(image, []):
            for entry in reading.entries() if reading.part.offset in offsets else ():
                if entry.kind == "file":
                    where = place_of(entry, reading, taken)
                    yield _kept(where, reading.content(entry))


def _kept(where: str, content: Iterator[bytes]) -> Kept:
    digest, data, size = hashlib.sha256(), bytearray(), 0
    for chunk in content:
        digest.update(chunk)
        size += len(chunk)
        data += chunk[: FILE_MAX - len(data)]
    return Kept(where, bytes(data), size, digest.digest())


def _shown(bench: Bench, scene: Scene, kept: Kept) -> Iterator[Shown]:
    """What a file shows; nothing of a file that is no medium."""
    if not kind_of(kept.data) and not kept.data.startswith(SOUND):
        return
    with bench.access.device_time():
        grids = frames(kept.data, "")
    if grids:
        yield scene.shown(kept.where, "stored", grids, kept.size)
    else:
        yield Shown(way=kept.where, kind="stored", seen="unclear", size=kept.size, why="it could not be decoded")
