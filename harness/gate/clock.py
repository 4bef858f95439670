"""Waiting. On a real camera it waits; on an emulated one it advances that camera's clock."""

import time
from collections.abc import Callable
from typing import Literal, Protocol


class Clock(Protocol):
    """Device time, in seconds from any origin."""

    way: Literal["waited", "advanced"]

    def now(self) -> float:
        """Seconds; includes what was advanced."""
        ...

    def wait(self, seconds: float) -> None:
        """Let device time pass."""
        ...

    def settle(self) -> None:
        """Let the device do what it was asked up to now, where it can be told to; no device time passes."""
        ...


class RealClock:
    """Waits as long as it takes."""

    way: Literal["waited", "advanced"] = "waited"

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, seconds))

    def settle(self) -> None:
        """Nobody can tell it."""


class AdvancedClock:
    """Advances the clock of an emulated camera instead of waiting; short waits are real, since media flow in real time."""

    way: Literal["waited", "advanced"] = "advanced"

    def __init__(self, advance: Callable[[float], None], shortest: float = 0.5) -> None:
        self._advance = advance
        self._shortest = shortest
        self._ahead = 0.0

    def now(self) -> float:
        """Monotonic seconds plus all that was advanced."""
        return time.monotonic() + self._ahead

    def wait(self, seconds: float) -> None:
        """Advance, or sleep when it is shorter than the shortest advance."""
        if seconds < self._shortest:
            time.sleep(max(0.0, seconds))
            return
        self._advance(seconds)
        self._ahead += seconds

    def settle(self) -> None:
        """Advance by nothing: that waits for all that the device is doing."""
        self._advance(0.0)
