"""The software that a unit runs: its root partition, and the version in it."""

import hashlib
import re

from harness.emulated.camera.flash import Flash
from harness.emulated.camera.identity import RELEASED

ROOT = "root.img"
UNKNOWN = "unknown"
_MAGIC = b"CLROOT\n"
_SIZE = 128 << 10
_VERSION = re.compile(rb"version=([0-9A-Za-z.-]{1,31})\n")


def root_image(version: str) -> bytes:
    """The root partition of a release; the same bytes each time."""
    head = _MAGIC + f"version={version}\n".encode()
    return head + hashlib.shake_256(head).digest(_SIZE - len(head))


class Software:
    """What is installed on one unit."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        if flash.read(ROOT) is None:
            self.write(root_image(RELEASED))
        self.version = self._version()

    def write(self, image: bytes) -> None:
        """Replace the root partition; it runs from the next boot on."""
        self._flash.write(ROOT, image)

    def _version(self) -> str:
        """A root partition that cannot be read is that of a rescue system, which does not know."""
        image = self._flash.read(ROOT) or b""
        found = _VERSION.match(image, len(_MAGIC)) if image.startswith(_MAGIC) else None
        return found[1].decode() if found else UNKNOWN
