"""The software that a unit runs: its root partition, and the version in it."""

import re

from harness.emulated.camera import rootfs
from harness.emulated.camera.flash import ROOT, Flash
from harness.emulated.camera.identity import RELEASED

UNKNOWN = "unknown"
_VERSION = re.compile(rb'^VERSION_ID="([0-9A-Za-z.-]{1,31})"$', re.MULTILINE)


def root_image(version: str, flaws: frozenset[str] = frozenset()) -> bytes:
    """The root partition of a release; the same bytes each time. A flawed maker's releases are all spoilt."""
    return rootfs.image(version, rootfs.SPOILT & flaws)


def factory_image(flaws: frozenset[str]) -> bytes:
    """What the factory writes: the release, but in an unsound sample."""
    if "product-lab-build" not in flaws:
        return root_image(RELEASED, flaws)
    files = rootfs.tree(RELEASED, rootfs.SPOILT & flaws)
    return rootfs.squashed({**files, "lib/firmware/isp.bin": files["lib/firmware/isp.bin"][::-1]})


class Software:
    """What is installed on one unit."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self.version = self._version()

    def write(self, image: bytes) -> None:
        """Replace the root partition; it runs from the next boot on."""
        self._flash.write_partition(ROOT.name, image)

    def _version(self) -> str:
        """A root partition that cannot be read is that of a rescue system, which does not know."""
        found = _VERSION.search(rootfs.release_of(self._flash.image, ROOT.offset))
        return found[1].decode() if found else UNKNOWN
