"""One budget for all traffic to a device: rate, concurrency, failed log-ins."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.gate.clock import Clock
from harness.model.bench import GovernorLimits
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import BruteForce

PATIENCE_S = 30.0


@dataclass
class Spent:
    """Seconds of the main thread: `transports` inside transports, `paced` waiting for the budget; an inner purse pauses the outer one."""

    transports: float = 0.0
    paced: float = 0.0
    _open: list[str] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def on(self, purse: str) -> Iterator[None]:
        """Count the time inside; other threads run beside it and are not counted."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._charge()
        self._open.append(purse)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        now = time.monotonic()
        if self._open:
            setattr(self, self._open[-1], getattr(self, self._open[-1]) + now - self._since)
        self._since = now


class Governor:
    """Fixed limits; `brute_force` says per surface how many failures in which time the device takes before it locks."""

    def __init__(
        self,
        limits: GovernorLimits,
        clock: Clock,
        brute_force: Mapping[str, BruteForce],
        record: Callable[..., Any],
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._brute_force = brute_force
        self._record = record
        self._patience_s = patience_s
        self._slots = threading.BoundedSemaphore(limits.concurrent)
        self._pace = threading.RLock()
        self._logging_in = threading.RLock()
        self._free_at = 0.0
        self._failed: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._waited = 0.0
        self._besieged: set[tuple[str, str]] = set()
        self.may_besiege = False
        self.spent = Spent()

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold for the life of one connection; waits for a free slot and for its turn."""
        with self.spent.on("paced"):
            if not self._slots.acquire(timeout=self._patience_s):
                raise NotPossible(f"all {self._limits.concurrent} connections of the bench's budget are in use")
        try:
            with self.spent.on("paced"):
                self._wait_turn()
            yield
        finally:
            self._slots.release()

    @contextmanager
    def lease(self) -> Iterator[float]:
        """One slot for a burst of short connections at a rate of its own; others wait their turn beside it."""
        with self.admit():
            yield self._limits.scan_per_s

    def may_fail_log_in(self, surface: str, account: str) -> None:
        """Count one log-in that is expected to fail; waits so that the device never locks the account.

        Raises Undecided when that would take longer in all than the bench allows.
        """
        bound = self._brute_force.get(surface)
        if bound is None:
            return
        with self._logging_in:
            failed = self._failed[surface, account]
            while (surface, account) not in self._besieged and (wait := self._until_room(failed, bound)):
                self._wait(wait, bound)
            failed.append(self._clock.now())
        self._record("tried", {"surface": surface, "account": account, "wall": time.time()}, durable=False)

    @contextmanager
    def permitting(self, besieges: bool) -> Iterator[None]:
        """Hold while an act runs: only one that is marked for it may besiege."""
        before, self.may_besiege = self.may_besiege, besieges
        try:
            yield
        finally:
            self.may_besiege = before

    @contextmanager
    def siege(self, surface: str, account: str) -> Iterator[None]:
        """Count failures on this account without waiting; what comes after waits for them as for any others."""
        if not self.may_besiege:
            raise NotPossible("an act that is not marked for it would lock the account")
        self._besieged.add((surface, account))
        try:
            yield
        finally:
            self._besieged.discard((surface, account))

    def restore(self, body: Mapping[str, Any]) -> None:
        """Count a failed log-in of an earlier process: recovery must not lock the camera over several resumes."""
        age = max(0.0, time.time() - float(body["wall"]))
        self._failed[str(body["surface"]), str(body["account"])].append(self._clock.now() - age)

    def rest(self) -> None:
        """Where time is advanced, until no failure counts any more: a wait amid a case would outlast the streams that it holds open."""
        now = self._clock.now()
        counted = ((self._brute_force.get(surface), failed) for (surface, _), failed in self._failed.items() if failed)
        ends = [failed[-1] + bound.window_s + 1.0 for bound, failed in counted if bound]
        if self._clock.way == "advanced" and (left := max(ends, default=now) - now) > 0:
            with self.spent.on("paced"):
                self._clock.wait(left)
            self._failed.clear()

    def _until_room(self, failed: deque[float], bound: BruteForce) -> float:
        """Seconds until one more failure is safe: two are left for what we do not know of."""
        while failed and failed[0] <= self._clock.now() - bound.window_s:
            failed.popleft()
        if len(failed) < max(1, bound.failures - 2):
            return 0.0
        return failed[0] + bound.window_s - self._clock.now() + 1.0

    def _wait(self, seconds: float, bound: BruteForce) -> None:
        if self._waited + seconds > self._limits.failed_login_wait_max_s and self._clock.way == "waited":
            raise Undecided(
                f"the failed log-in budget is spent: {bound.failures} in {bound.window_s:g} s lock the account, and the bench allows "
                f"{self._limits.failed_login_wait_max_s:g} s of waiting (governor.failed_login_wait_max_s)"
            )
        self._waited += seconds
        with self.spent.on("paced"):
            self._clock.wait(seconds)

    def _wait_turn(self) -> None:
        with self._pace:
            now = time.monotonic()
            self._free_at = max(now, self._free_at + 1.0 / self._limits.connections_per_s)
            wait = self._free_at - now
        if wait > 0:
            time.sleep(wait)
