"""Something that is done again and again, and sooner while it fails."""

import logging
from collections.abc import Awaitable, Callable

from harness.emulated.camera.clock import Clock, Timer
from harness.emulated.camera.network.unreachable import Unreachable

BACK_OFF_S = (5.0, 15.0, 45.0, 135.0, 300.0)
_log = logging.getLogger(__name__)

Doing = Callable[[], Awaitable[None]]


class Job:
    """Runs every so many seconds, or once when asked; after a failure again by BACK_OFF_S until it succeeds."""

    def __init__(self, clock: Clock, name: str, do: Doing, every: float | None, recovered: Doing) -> None:
        self._clock, self.name, self._do, self._every, self._recovered = clock, name, do, every, recovered
        self._timer: Timer | None = None
        self._running = self._wanted = False
        self.failures = 0

    def now(self) -> None:
        """Run at once; once more when it runs already."""
        self._clock.work(self.run())

    async def run(self) -> None:
        """The same, and wait until it is done."""
        self._wanted = True
        if self._running:
            return
        self._running = True
        try:
            while self._wanted:
                self._wanted = False
                await self._once()
        finally:
            self._running = False

    async def _once(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        try:
            await self._do()
        except Unreachable as problem:
            wait: float | None = BACK_OFF_S[min(self.failures, len(BACK_OFF_S) - 1)]
            self.failures += 1
            _log.warning("%s: %s; again in %.0f s", self.name, problem, wait)
        else:
            wait, failed, self.failures = self._every, self.failures, 0
            if failed:
                await self._recovered()
        if wait is not None:
            self._timer = self._clock.call_later(wait, self.now)
