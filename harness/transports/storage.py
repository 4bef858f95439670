"""What takes images of a unit's flash chip and of its card. The lab implements it; a probe finds it on its bench, or None."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.model.storage import Medium


@dataclass(frozen=True)
class Taken:
    """A file that nobody writes to any more, and how it was come by, in words."""

    file: Path
    how: str


class Storage(Protocol):
    """A clip, a socket, a card reader, or files that somebody else made."""

    @property
    def media(self) -> tuple[Medium, ...]:
        """What can be taken here."""
        ...

    @property
    def folder(self) -> Path:
        """Where the images of this run lie."""
        ...

    def take(self, medium: Medium) -> Taken:
        """An image as of now. Raises NotPossible where this bench cannot, UsageError where its reader is broken."""
        ...
