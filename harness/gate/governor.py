"""One budget for all traffic to a device: rate, concurrency, failed log-ins; less of it where the device has shown that it stands less."""

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from harness.gate.clock import Clock
from harness.gate.tolerance import Course, Tolerance
from harness.model.bench import GovernorLimits
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.profile import BruteForce

T = TypeVar("T")
PATIENCE_S = 30.0
LATELY_S = 10.0
SUSPECTED = 8  # connections that are listened to before anything is said, after one that came to nothing
LISTEN_S = 0.05
LOOK_S = 1.0


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
    """The bench's limits are the most; `tolerance` is what the device has shown to stand of them. `brute_force` says per surface how many
    failures in which time the device takes before it locks."""

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
        self.tolerance = Tolerance(limits.concurrent)
        self._pace = threading.Condition()
        self._holders: list[int] = []
        self._begun: deque[float] = deque(maxlen=4096)
        self._moved_at = -math.inf
        self._suspected = 0
        self._disturbing = 0
        self._away_since = 0.0
        self._given_up: set[str] = set()
        self._here = threading.local()
        self._logging_in = threading.RLock()
        self._free_at = 0.0
        self._failed: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._waited = 0.0
        self._besieged: set[tuple[str, str]] = set()
        self.may_besiege = False
        self.spent = Spent()

    @contextmanager
    def admit(self) -> Iterator[Callable[[], None]]:
        """Hold for the life of one connection; waits for a slot and for its turn. Gives what is to be called when the device takes it."""
        with self.spent.on("paced"):
            self._take_slot()
        holder = threading.get_ident()
        try:
            with self.spent.on("paced"):
                course = self._wait_turn()
            yield lambda: self._stood(course)
        finally:
            with self._pace:
                self._holders.remove(holder)
                self._moved_at = time.monotonic()
                self._pace.notify_all()

    @contextmanager
    def lease(self) -> Iterator[float]:
        """One slot for a burst of short connections at a rate of its own, which a device that went down once is spared; others wait
        their turn beside it."""
        with self.admit():
            yield min(self._limits.scan_per_s, self.tolerance.per_s)

    def insisting(self, what: str, attempt: Callable[[], T], fell: Callable[[T], bool]) -> T:
        """Its outcome; one that came to nothing is attempted again, more gently, where that may help. Lessons are kept.

        What raises DeviceSilent has come to nothing too. `what` names all attempts of a kind. Inside of another it is a plain attempt.
        While something runs that changes the device, which may restart then, nothing is learned, and a calm device is asked once.
        """
        if getattr(self._here, "insists", False) or (self._disturbing and not self.tolerance.fragile):
            return attempt()
        self._here.insists = True
        try:
            return self._insisting(what, attempt, fell)
        finally:
            self._here.insists, self._here.pause = False, 0.0

    @property
    def alone(self) -> bool:
        """Is at most one connection open, to a device of which nothing bad is known? Then a port that refuses means it."""
        return len(self._holders) <= 1 and not self.tolerance.fragile

    def suspect(self, what: str) -> None:
        """A connection ended without a word: was it what we said, or is the device unwell? The next ones are listened to first, unless this
        is what this port always does when asked so."""
        if not self.tolerance.went_mute(what):
            self._suspected = SUSPECTED

    def spoke(self, what: str) -> None:
        """A connection brought a word."""
        self.tolerance.spoke(what)

    @property
    def listen_first_s(self) -> float:
        """How long a new connection is listened to, whether it is ended before anything was said."""
        if self.tolerance.fragile:
            return LISTEN_S
        self._suspected = max(0, self._suspected - 1)
        return LISTEN_S if self._suspected else 0.0

    def outlast(self, what: str) -> bool:
        """A port refuses that took connections before: wait a moment, for a device that has gone down comes back, and ask it less from now
        on. False when that is not worth it: what runs may have switched it off, or the same was waited for in vain."""
        with self._pace:
            if self._disturbing or not self.tolerance.is_known(what) or what in self._given_up:
                return False
            since = time.monotonic() - LATELY_S
            self._keep(self.tolerance.went_away(sum(at > since for at in self._begun) / LATELY_S))
            self._away_since = self._away_since or time.monotonic()
            if time.monotonic() + LOOK_S - self._away_since > self._limits.away_s:
                self._given_up.add(what)
                return False
        time.sleep(LOOK_S)
        return True

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
    def permitting(self, *, besieges: bool, disturbs: bool) -> Iterator[None]:
        """Hold while an act runs: only one that is marked for it may besiege, and one that disturbs teaches nothing of the device."""
        before, self.may_besiege = self.may_besiege, besieges
        self._disturbing += disturbs
        try:
            yield
        finally:
            self.may_besiege = before
            self._disturbing -= disturbs

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

    def remember(self, body: Mapping[str, Any]) -> None:
        """What an earlier process learned."""
        self.tolerance.restore(body)

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

    def _take_slot(self) -> None:
        """Nobody waits for what only he himself could give back."""
        me, until = threading.get_ident(), time.monotonic() + self._patience_s
        with self._pace:
            while len(self._holders) >= (most := min(self._limits.concurrent, self.tolerance.at_once)):
                left = until - time.monotonic()
                if left <= 0 or all(each == me for each in self._holders) or not self._pace.wait(left):
                    of = "of the bench's budget" if most == self._limits.concurrent else "that the device stands"
                    raise NotPossible(f"all {most} connections {of} are in use")
            self._holders.append(me)

    def _wait_turn(self) -> Course:
        """The gap that the device wants is one of rest: nothing begins and nothing ends in it."""
        gap = max(self.tolerance.gap_s, getattr(self._here, "pause", 0.0))
        with self._pace:
            now = time.monotonic()
            rate = min(self._limits.connections_per_s, self.tolerance.per_s)
            self._free_at = max(now, self._free_at + max(1.0 / rate, gap), self._moved_at + gap)
            wait = self._free_at - now
        if wait > 0:
            time.sleep(wait)
        with self._pace:
            now = time.monotonic()
            course = Course(len(self._holders), now - self._moved_at)
            self._begun.append(now)
            self._moved_at = now
        self._here.course = course
        return course

    def _stood(self, course: Course) -> None:
        with self._pace:
            self._away_since = 0.0
            self.tolerance.stood(course)

    def _insisting(self, what: str, attempt: Callable[[], T], fell: Callable[[T], bool]) -> T:
        first = self._attempted(attempt, fell)
        if first.fell is None:
            self.tolerance.answered(what)
            return first.result()
        for pause in self.tolerance.pauses(what):
            self._here.pause = pause
            again = self._attempted(attempt, fell)
            if again.fell is None:
                self.tolerance.answered(what)
                self._learn(first.fell, self._here.course)
                return again.result()
        self.tolerance.in_vain(what)
        return first.result()

    def _attempted(self, attempt: Callable[[], T], fell: Callable[[T], bool]) -> "_Attempted[T]":
        self._here.course = None
        try:
            outcome = attempt()
        except DeviceSilent as silence:
            return _Attempted(silence=silence, fell=self._here.course)
        return _Attempted(outcome, fell=self._here.course if fell(outcome) else None)

    def _learn(self, fell: Course, stood: Course) -> None:
        with self._pace:
            self._keep("" if self._disturbing else self.tolerance.learn(fell, stood))

    def _keep(self, lesson: str) -> None:
        if lesson:
            self._record("learned", {"lesson": lesson, **self.tolerance.told()}, durable=False)


@dataclass(frozen=True)
class _Attempted(Generic[T]):
    """`fell` is the course of the connection that came to nothing."""

    outcome: T | None = None
    silence: DeviceSilent | None = None
    fell: Course | None = None

    def result(self) -> T:
        """What it came to, raised or returned."""
        if self.silence is not None:
            raise self.silence
        return cast("T", self.outcome)
