"""What probes find on their bench for a unit's serial line and its power; the lab brings both, or None where the bench has none."""

from dataclasses import dataclass
from typing import Literal, Protocol

Way = Literal["commands", "emulated", "operator"]


@dataclass(frozen=True)
class Chunk:
    """What one read gave; `at` is the wall clock when it had come, in seconds since 1970."""

    at: float
    data: bytes


@dataclass(frozen=True)
class Window:
    """A part of what was heard, by its place in the recording: from byte `begin` up to, not with, byte `end`."""

    begin: int
    end: int
    chunks: tuple[Chunk, ...]

    @property
    def data(self) -> bytes:
        """All of it in one piece."""
        return b"".join(chunk.data for chunk in self.chunks)


class Console(Protocol):
    """One serial line, recorded from before power-on to the end of the run. All methods raise UsageError once the port has broken."""

    @property
    def url(self) -> str:
        """The port as the bench names it."""
        ...

    @property
    def baud(self) -> int:
        """The rate at which it listens and sends."""
        ...

    @property
    def lost(self) -> int:
        """Bytes that were heard and could not be kept: the recording has an end."""
        ...

    def set_baud(self, baud: int) -> None:
        """Go on at another rate; NotPossible where the port has no such rate."""
        ...

    def mark(self) -> int:
        """How many bytes were heard up to now: the begin of a later window."""
        ...

    def window(self, begin: int, end: int | None = None) -> Window:
        """What was heard from a mark on, a bounded part at a time: go on at the window's end."""
        ...

    def wait(self, beyond: int, within: float) -> bool:
        """Wait until more than `beyond` bytes were heard; False when the time passed without."""
        ...

    def send(self, data: bytes) -> None:
        """Send; DeviceSilent when the port does not take it in time."""
        ...


class Power(Protocol):
    """The supply of one unit. Whether it really went off is for the probe to see: a command that ended well proves nothing."""

    @property
    def way(self) -> Way:
        """Who switches."""
        ...

    @property
    def off_s(self) -> float:
        """How long it stays off, so that it is really off."""
        ...

    def off(self) -> None:
        """Cut it. Raises NotPossible when nobody can, UsageError when the bench's command fails."""
        ...

    def on(self) -> None:
        """Give it; returns at once, while the device still starts."""
        ...
