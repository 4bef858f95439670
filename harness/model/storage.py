"""What is stored in a unit, as copies of its chip and card show it."""

from typing import Literal

from harness.model.base import Frozen

Medium = Literal["flash", "card"]
MEDIA: tuple[Medium, ...] = ("flash", "card")
READABLE = ("squashfs", "ext", "fat", "empty")
WRITABLE = ("ext", "fat")


class Volume(Frozen):
    """One part of an image. `kind` is a file system that is read, `empty`, or the name of what is not; `troubles` what could not be."""

    name: str
    kind: str
    offset: int
    size: int
    sha256: str
    files: int = 0
    content: int = 0
    troubles: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Was everything in it read?"""
        return self.kind in READABLE and not self.troubles


class Copy(Frozen):
    """An image that was taken of a medium of a unit: `file` lies among the run's private copies. `explained` is a share of the image,
    `outside` the bytes between and behind the parts that hold something."""

    asked: str
    unit: str
    medium: Medium
    file: str
    how: str
    size: int
    sha256: str
    taken: float
    volumes: tuple[Volume, ...] = ()
    troubles: tuple[str, ...] = ()
    explained: float = 0.0
    outside: int = 0

    @property
    def whole(self) -> bool:
        """Was every part read, down to the last file?"""
        return bool(self.volumes) and not self.unread

    @property
    def unread(self) -> tuple[str, ...]:
        """What of it was not read, in words."""
        parts = (f"{each.name or self.medium}: {'; '.join(each.troubles) or each.kind}" for each in self.volumes if not each.whole)
        more = (f"{self.outside} bytes outside of all parts hold something",) if self.outside else ()
        return (*self.troubles, *more, *parts)
