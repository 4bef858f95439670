"""Device time: the host's clock at power-on, then steady; only `advance` moves it otherwise."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable


class Timer:
    """Something that is due at one moment of device time."""

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self._action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Never fire."""
        self._action = None

    def fire(self) -> None:
        """Act once, unless cancelled."""
        action, self._action = self._action, None
        if action is not None:
            action()


class Clock:
    """The one clock of a unit; sessions, locks, nonces and streams all age by it."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._wake: asyncio.TimerHandle | None = None
        self._advancing = asyncio.Lock()

    def now(self) -> float:
        """Seconds since 1970, device time."""
        return time.monotonic() + self._offset

    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Act once after so many seconds of device time."""
        timer = Timer(self.now() + seconds, action)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        self._rearm()
        return timer

    async def advance(self, seconds: float) -> None:
        """Move on, timer by timer: each fires at its own moment, in order, before the next."""
        async with self._advancing:
            target = self.now() + seconds
            while self._timers and self._timers[0][0] <= target:
                self._skip_to(self._timers[0][0])
                self._fire_due()
                await asyncio.sleep(0)
            self._skip_to(target)
            self._rearm()

    def _skip_to(self, moment: float) -> None:
        self._offset += max(0.0, moment - self.now())

    def _fire_due(self) -> None:
        while self._timers and self._timers[0][0] <= self.now():
            heapq.heappop(self._timers)[2].fire()
        self._rearm()

    def _rearm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
        self._wake = None
        if self._timers:
            delay = max(0.0, self._timers[0][0] - self.now())
            self._wake = asyncio.get_running_loop().call_later(delay, self._fire_due)
