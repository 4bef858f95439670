"""The reset button of a device, as a bench can press it."""

from typing import Protocol

LONG_PRESS_S = 10.0


class ResetButton(Protocol):
    """Something that presses it for us."""

    @property
    def way(self) -> str:
        """In words, for people."""
        ...

    def press(self, seconds: float) -> None:
        """Hold it so long, and come back when the device runs again. Raises NotPossible or Undecided."""
        ...
