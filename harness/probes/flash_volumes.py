"""The partitions of a unit's flash that hold software, by their digests: file systems and images that nobody writes to in use."""

import hashlib
from pathlib import Path

from harness.gate.bench import Bench
from harness.probes.images.region import Region
from harness.probes.images.tables import kind_of, parts
from harness.probes.images.volumes import opened

SOFTWARE = ("squashfs", "squashfs of another byte order", "cramfs", "romfs", "uImage", "device tree or FIT", "gzip")
Volumes = tuple[tuple[str, str], ...]


def volumes(bench: Bench) -> Volumes:
    """Name and SHA-256 of each; none where nothing reads the flash here. No probe by itself.

    Partitions that the profile names as `staging` are left out: what is not verified yet may lie there.
    """
    storage = bench.storage
    if storage is None or "flash" not in storage.media:
        return ()
    staging = {name for row in bench.profile.ixit.upd_mech for name in row.staging}
    with bench.access.device_time():
        image = storage.take("flash").file
    try:
        return tuple((name, digest) for name, digest in digests(image) if name not in staging)
    finally:
        image.unlink()


def holding(bench: Bench, payload: bytes) -> bool | None:
    """Does a software partition begin with these bytes? None where nothing reads the flash. No probe by itself."""
    if bench.storage is None or "flash" not in bench.storage.media:
        return None
    with bench.access.device_time():
        image = bench.storage.take("flash").file
    try:
        with opened(image) as whole:
            return any(_begins(Region(whole.file, part.offset, part.size), payload) for part in parts(whole, []))
    finally:
        image.unlink()


def _begins(region: Region, payload: bytes) -> bool:
    return len(payload) <= region.size and region.read(0, len(payload)) == payload


def digests(image: Path) -> Volumes:
    """Of an image as a file."""
    found = []
    with opened(image) as whole:
        for part in parts(whole, []):
            region = Region(whole.file, part.offset, part.size)
            if kind_of(region) in SOFTWARE:
                digest = hashlib.sha256()
                for chunk in region.chunks():
                    digest.update(chunk)
                found.append((part.name or f"at byte {part.offset}", digest.hexdigest()))
    return tuple(found)
