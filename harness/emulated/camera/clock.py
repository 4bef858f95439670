"""Device time: the host's clock at power-on, then steady; `advance` moves it, and a time server sets what it shows."""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

HURRY = 6  # so many times shorter silent peers are waited for while time is being moved on
_SETTLE_S = 10.0
_log = logging.getLogger(__name__)


class Timer:
    """Something that is due at one moment of the device's uptime."""

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self._action: Callable[[], None] | None = action

    @property
    def cancelled(self) -> bool:
        """Will it do nothing?"""
        return self._action is None

    def cancel(self) -> None:
        """Never fire."""
        self._action = None

    def fire(self) -> None:
        """Act once, unless cancelled."""
        action, self._action = self._action, None
        if action is not None:
            action()


class Clock:
    """The one clock of a unit: `uptime` only runs forward, and timers, sessions and locks age by it; `now` is what it shows."""

    def __init__(self) -> None:
        self._skipped = 0.0
        self._shown = time.time() - time.monotonic()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._wake: asyncio.TimerHandle | None = None
        self._advancing = asyncio.Lock()
        self._more = False
        self._works: set[asyncio.Task[None]] = set()

    def uptime(self) -> float:
        """Seconds that only count up."""
        return time.monotonic() + self._skipped

    def now(self) -> float:
        """Seconds since 1970, as the device believes."""
        return self.uptime() + self._shown

    def set(self, now: float) -> None:
        """Show another time of day; timers are not touched by it."""
        self._shown = now - self.uptime()

    def call_later(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Act once after so many seconds of device time."""
        timer = Timer(self.uptime() + seconds, action)
        heapq.heappush(self._timers, (timer.due, next(self._order), timer))
        self._rearm()
        return timer

    def work(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something that takes a moment, such as talking to a server; time is not moved on before it is done."""
        task = asyncio.create_task(doing)
        self._works.add(task)
        task.add_done_callback(self._works.discard)
        return task

    def patience(self, seconds: float) -> float:
        """How long to wait for a peer, in real seconds: shorter while time is being moved on."""
        return seconds / HURRY if self._more or self._advancing.locked() else seconds

    def due(self) -> float | None:
        """Seconds until the next timer, None without one."""
        while self._timers and self._timers[0][2].cancelled:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0][0] - self.uptime()) if self._timers else None

    async def advance(self, seconds: float, *, more: bool = False) -> None:
        """Move on, timer by timer: each fires at its own moment, and what it set going is finished before the next.

        `more` is soon to follow: what becomes due by itself meanwhile is in as much of a hurry.
        """
        async with self._advancing:
            self._more = more
            await self.settled()
            target = self.uptime() + seconds
            while (due := self.due()) is not None and self._timers[0][0] <= target:
                self._skip(due)
                self._fire_due()
                await self.settled()
            self._skip(target - self.uptime())
            self._rearm()

    async def settled(self) -> None:
        """Wait until nothing is being done; not for ever."""
        await asyncio.sleep(0)
        deadline = time.monotonic() + _SETTLE_S
        while self._works and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait(self._works, timeout=left)
            await asyncio.sleep(0)
        if self._works:
            _log.warning("time goes on though something is still being done")

    async def forget(self) -> None:
        """Drop all timers and stop all that is being done: the device restarts."""
        self._timers.clear()
        others = self._works - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _skip(self, seconds: float) -> None:
        self._skipped += max(0.0, seconds)

    def _fire_due(self) -> None:
        while self._timers and self._timers[0][0] <= self.uptime():
            heapq.heappop(self._timers)[2].fire()
        self._rearm()

    def _rearm(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
        self._wake = None
        if self._timers:
            delay = max(0.0, self._timers[0][0] - self.uptime())
            self._wake = asyncio.get_running_loop().call_later(delay, self._fire_due)
