"""The SD card in the unit's slot: one partition with a FAT file system, written by mtools."""

import os
import re
from contextlib import suppress
from pathlib import Path

from harness.emulated.camera.partitions import MIB, Part, mbr
from harness.emulated.camera.tools import ToolFailed, in_memory, run

SIZE = 32 * MIB
PART = Part("", MIB, SIZE - MIB)
_FAT16 = 0x0E
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}){0,3}")


class Card:
    """A card whose image is a file. A new one is formatted; what is on it stays when the unit is switched off, or reset."""

    def __init__(self, image: Path) -> None:
        self.image = image
        self._at = f"{image}@@{PART.offset}"
        if not image.exists():
            self.format()

    def format(self) -> None:
        """Make it anew; nothing of what was on it is left."""
        temporary = self.image.with_suffix(".tmp")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(mbr(PART, kind=_FAT16))
            file.truncate(SIZE)
        run("mformat", "-i", f"{temporary}@@{PART.offset}", "-T", str(PART.size // 512), "-h", "16", "-s", "63", "-v", "CAMERA", "::")
        temporary.replace(self.image)

    def names(self) -> tuple[str, ...]:
        """All files, by their path."""
        try:
            listed = run("mdir", "-i", self._at, "-b", "-/", "::").stdout.decode(errors="replace").splitlines()
        except ToolFailed:  # as it says of an empty one
            return ()
        return tuple(sorted(line.removeprefix("::/") for line in listed if line and not line.endswith("/")))

    def read(self, name: str) -> bytes | None:
        """A file's content, None where there is none."""
        try:
            return run("mcopy", "-i", self._at, f"::/{_checked(name)}", "-").stdout
        except ToolFailed:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write one file, in the place of another if there is one; raises ToolFailed when the card is full."""
        for folder in (name[:at] for at, letter in enumerate(_checked(name)) if letter == "/"):
            with suppress(ToolFailed):  # it is there already
                run("mmd", "-i", self._at, "-D", "s", f"::/{folder}")
        content = in_memory(data)
        try:
            run("mcopy", "-i", self._at, "-D", "o", "-o", f"/proc/self/fd/{content}", f"::/{name}", files=(content,))
        finally:
            os.close(content)

    def delete(self, name: str) -> None:
        """Take a file out of its folder; its clusters are free then, and keep what was in them."""
        run("mdel", "-i", self._at, f"::/{_checked(name)}")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:60]!r} is no name for a file on the card")
    return name
