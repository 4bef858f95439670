"""Guessing on purpose: many wrong passwords on one surface, what stops them, for how long, and whether the owner gets back in."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from typing import Literal

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Surface, Undone
from harness.model.base import Frozen
from harness.model.errors import CamlabelError, NotRestored, Undecided
from harness.model.impact import above
from harness.model.profile import BruteForce
from harness.model.secret import Credential
from harness.probes import viewers
from harness.probes.actions import login, unasked
from harness.probes.actions.by_rtsp import Guesses
from harness.probes.actions.outcome import Outcome, State
from harness.probes.actions.perform import perform
from harness.probes.actions.recipe import WebSession
from harness.probes.actions.unasked import BASIC, PLAIN, SPELT, Other
from harness.probes.device import answers_again
from harness.probes.shared_logins import hasty

Ask = Callable[[], Outcome]
Way = Literal["one connection", "new connections", "new addresses", "said to be forwarded", "log-ins of another account between"] | Other
NEW_CONNECTIONS: Way = "new connections"
NEW_ADDRESSES: Way = "new addresses"
FORWARDED: Way = "said to be forwarded"
BETWEEN: Way = "log-ins of another account between"
BETWEEN_EACH = 2
OTHERS: tuple[Way, ...] = (*SPELT, BASIC, PLAIN)
FORWARDED_BY = ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "Client-IP")
HOUR_S = 3600.0
SHORT_OF = 0.98  # a lock is looked at just before its bound
MARGIN_S = 5.0
POLL_S = 15.0
RETRIES = 3
UNDECLARED_S = (600.0, 3600.0)
GUESSES_MAX = 100_000


class Plan(Frozen):
    """Where, and how guesses are spread."""

    surface: Surface
    way: Way

    def __str__(self) -> str:
        return f"{self.surface.id}, {self.way}"


class Bounds(Frozen):
    """How many guesses, and the bounds that say when to look: failures before a lock, its length, guesses an hour."""

    attempts: int
    max_failures: int
    lock_s_min: float
    per_hour: float


class Siege(Frozen):
    """One siege: `failures` were answered as ordinary refusals before the limit acted, all of them where it never did.

    `held_s`: the right password was still refused so long after; `per_hour`: guesses that were answered in an hour, as measured or as
    the lock's length bounds it; `owner_back`: was the owner let in again after the lock time. `not_begun`: it was locked before.
    """

    surface: Surface
    way: Way
    asked: str
    not_begun: str = ""
    guesses: int = 0
    failures: int = 0
    guessed_right: bool = False
    acted: bool = False
    held_s: float = 0.0
    per_hour: float | None = None
    owner_back: State = "unclear"
    answers: tuple[str, ...] = ()
    first_why: str = ""
    took_s: float = 0.0

    def stops_by(self, bound: float) -> bool:
        """Did the limit act by so many failures, and hold for all guesses that followed?"""
        self._begun()
        return self.acted and self.failures <= bound

    def below(self, per_hour: float) -> bool:
        """Is the sustained rate so low? Undecided where locks may grow and do not show."""
        self._begun()
        if self.per_hour is None:
            raise Undecided(f"{self.asked}: the lock is shorter than its bound, and whether it grows does not show in the answers")
        return self.per_hour <= per_hour

    @property
    def let_back(self) -> bool:
        """Undecided when the owner's log-in got no clear answer."""
        self._begun()
        if self.owner_back == "unclear":
            raise Undecided(f"{self.asked}: after the lock time the owner gets no clear answer")
        return self.owner_back == "granted"

    def _begun(self) -> None:
        if self.not_begun:
            raise Undecided(f"{self.asked}: not begun: {self.not_begun}")


class LetIn(Undone):
    """How the owner was let in again."""

    how: str


@reads()
def plans(bench: Bench) -> tuple[Plan, ...]:
    """Every declared surface, with how guesses are spread: on one connection where it carries many, on new ones, from our addresses,
    and on pages from addresses that each request only says it was forwarded for."""
    ways: tuple[Way, ...] = (NEW_CONNECTIONS, NEW_ADDRESSES) if bench.sources else (NEW_CONNECTIONS,)
    more: dict[str, tuple[Way, ...]] = {"rtsp": ("one connection", *ways), "page": (*ways, FORWARDED)}
    return tuple(Plan(surface=surface, way=way) for surface in login.surfaces_of(bench) for way in more.get(surface.interface, ways))


@acts("login")
def further_plans(bench: Bench, surface: Surface, who: Credential) -> tuple[Plan, ...]:
    """Where the device takes this password, and no wrong one, under a name spelt otherwise or by a scheme that it did not ask for: so it
    can be guessed too."""
    if surface not in login.reachable(bench):
        return ()
    return tuple(Plan(surface=surface, way=way) for way in unasked.others(bench, surface, who) if _is_taken(bench, surface, who, way))


def plan_of(surface: Surface, way: Way) -> Plan:
    """Guesses on one surface in one way. No probe by itself."""
    return Plan(surface=surface, way=way)


def bounds_of(attempts: float, max_failures: float, lock_s_min: float, per_hour: float) -> Bounds:
    """Thresholds of the catalogue. No probe by itself."""
    return Bounds(attempts=int(attempts), max_failures=int(max_failures), lock_s_min=lock_s_min, per_hour=per_hour)


def from_several(plans: Sequence[Plan]) -> bool:
    """Is it guessed from several addresses of ours? No probe by itself."""
    return any(plan.way == NEW_ADDRESSES for plan in plans)


@acts("login")
def let_owner_in(bench: Bench, plan: Plan, who: Credential, bounds: Bounds) -> LetIn:
    """Wait for the lock to end; one that does not is ended by a restart, where the bench permits one."""
    surface = plan.surface
    if _left_out(bench, surface) or surface not in login.reachable(bench):
        return LetIn(how="nothing was guessed")
    if login.let_in(bench, surface, who).state == "granted":
        return LetIn(how="let in at once")
    bench.wait(_lock_s(bench, surface, bounds.lock_s_min) + MARGIN_S)
    if login.let_in(bench, surface, who).state == "granted":
        return LetIn(how="let in after the lock time")
    if not _restarted(bench):
        if not _is_declared(bench, surface) and _outwaited(bench, surface, who):
            return LetIn(how="let in after a lock that is not declared")
        raise NotRestored(
            f"the owner stays locked out on {surface.id} after {bounds.attempts} guesses; restart or reset the device, then settle"
        )
    if login.let_in(bench, surface, who).state != "granted":
        raise NotRestored(f"the owner stays locked out on {surface.id} after a restart; reset the device by hand, then settle")
    return LetIn(how="let in after a restart")


@acts("login", undo=let_owner_in, besieges=True)
def besiege(bench: Bench, plan: Plan, who: Credential, bounds: Bounds) -> Siege:
    """Guess as fast as it answers, spread in this way; then show the right password in the lock, near its bound, and after it."""
    if _left_out(bench, plan.surface):
        left_out = "effort quick does not wait for locks on a real clock, so it locks nobody out; --effort full does"
        return Siege(surface=plan.surface, way=plan.way, asked=f"wrong passwords on {plan}", not_begun=left_out)
    with bench.access.siege(plan.surface.id, who), ExitStack() as held:
        return _Besieger(bench, plan.surface, who, plan.way, held).run(bounds)


@dataclass
class _Besieger:
    bench: Bench
    surface: Surface
    who: Credential
    way: Way
    held: ExitStack
    answers: list[Outcome] = field(default_factory=list)
    shown: int = 0

    def run(self, bounds: Bounds) -> Siege:
        began, attempts, lock_s_min, per_hour = self.bench.clock.now(), bounds.attempts, bounds.lock_s_min, bounds.per_hour
        bound = min(bounds.max_failures, self._declared.failures if self._declared else bounds.max_failures)
        if (before := self._right()).state != "granted":
            return self._not_begun(before)
        guesses = self._guesses()
        for _ in range(bound):
            self.answers.append(next(guesses))
        stopped_at, inside = self.bench.clock.now(), self._right()
        for _ in range(attempts - bound):
            self.answers.append(next(guesses))
        acted = inside.state != "granted" and self._right().state != "granted"
        failures = self._failures(bound) if acted else len(self.answers)
        held_s, rate = self._hold(stopped_at, failures, lock_s_min, per_hour, guesses) if acted else (0.0, self._rate_of(began))
        back = self._back(lock_s_min) if acted else self._state(self._right())
        counted = {state: sum(each.state == state for each in self.answers) for state in ("granted", "refused", "unclear")}
        return Siege(
            surface=self.surface,
            way=self.way,
            asked=f"{len(self.answers)} wrong passwords on {self.surface.id}, {self.way}",
            guesses=len(self.answers),
            failures=failures,
            guessed_right=bool(counted["granted"]),
            acted=acted and not counted["granted"],
            held_s=round(held_s, 1),
            per_hour=None if rate is None else round(min(rate, GUESSES_MAX), 1),
            owner_back=back,
            answers=tuple(f"{state}: {number}" for state, number in counted.items() if number),
            first_why=self.answers[0].why[:200],
            took_s=round(self.bench.clock.now() - began, 1),
        )

    def _not_begun(self, before: Outcome) -> Siege:
        """What is locked already tells nothing of what locks it."""
        return Siege(
            surface=self.surface,
            way=self.way,
            asked=f"wrong passwords on {self.surface.id}, {self.way}",
            not_begun=f"the owner was not let in before: {before.why[:200]}",
        )

    @property
    def _declared(self) -> BruteForce | None:
        mechanism = self.bench.profile.surface(self.surface.id)
        return mechanism.brute_force if mechanism else None

    def _guesses(self) -> Iterator[Outcome]:
        """Each another password; from one connection, from new ones, or from our addresses in turn."""
        benches = [self.bench]
        if self.way == NEW_ADDRESSES:
            benches = [replace(self.bench, access=self.bench.access.from_address(source)) for source in self.bench.sources]
        on_rtsp = {id(bench): self.held.enter_context(Guesses(bench, self.surface)) for bench in benches if self._on_rtsp}
        for number in range(1, GUESSES_MAX):
            bench = benches[number % len(benches)]
            yield self._asked(lambda b=bench, n=number: self._guess(b, self.who.guess(n), on_rtsp))  # type: ignore[misc]

    def _guess(self, bench: Bench, who: Credential, on_rtsp: dict[int, Guesses]) -> Outcome:
        if self.way == FORWARDED:
            return self._forwarded(bench, who)
        if self.way in OTHERS:
            return self._otherwise(who)
        if self.way == BETWEEN and who.version % BETWEEN_EACH == 0:
            self._asked(lambda: login.let_in(bench, self.surface, viewers.credential(bench)))
        if not self._on_rtsp:
            return login.let_in(bench, self.surface, who)
        return on_rtsp[id(bench)].guess(who, anew=self.way != "one connection")

    def _otherwise(self, who: Credential) -> Outcome:
        """As the device did not ask for it, each time in another spelling where that is the way."""
        self.shown += 1
        return shown_otherwise(self.bench, self.surface, who, self.way, self.shown)

    def _forwarded(self, bench: Bench, who: Credential) -> Outcome:
        """Each guess says that it comes from another address."""
        recipe = bench.profile.recipe("log_in", self.surface.id)
        if recipe is None:
            return login.let_in(bench, self.surface, who)
        headers = tuple((name, f"198.51.{who.version // 250 % 250}.{who.version % 250 + 1}") for name in FORWARDED_BY)
        return replace(login.play_of(bench, self.surface, recipe, who), session=WebSession(headers=headers, shown=headers)).run().outcome

    @property
    def _on_rtsp(self) -> bool:
        return self.surface.interface == "rtsp"

    def _right(self) -> Outcome:
        """The right password as its owner shows it; where that is refused, also as the guesser shows passwords."""
        own = self._own()
        if self.way not in OTHERS or own.state == "granted":
            return own
        return self._asked(lambda: self._otherwise(self.who))

    def _own(self) -> Outcome:
        """From where the owner is: one of the same household as the guesser."""
        if not self._on_rtsp:
            return self._asked(lambda: login.let_in(self.bench, self.surface, self.who))
        with Guesses(self.bench, self.surface) as once:
            return self._asked(lambda: once.guess(self.who, anew=True))

    def _asked(self, ask: Ask) -> Outcome:
        """Silence is an answer to a guesser."""
        try:
            return ask()
        except Undecided as undecided:
            return Outcome(state="unclear", why=str(undecided), asked=f"log in on {self.surface.id}")

    def _failures(self, bound: int) -> int:
        """Guesses that were answered as a wrong password is, where a lock shows; else as many as were sent before it was proven."""
        plain = next((number for number, each in enumerate(self.answers) if each.state != "refused"), None)
        return bound if plain is None else min(plain, len(self.answers))

    def _hold(
        self, since: float, failures: int, lock_s_min: float, per_hour: float, guesses: Iterator[Outcome]
    ) -> tuple[float, float | None]:
        """Is the lock as long as the bounds want? If not, guess on for an hour, as far as the answers tell guesses from locks."""
        bound = max(lock_s_min, failures * HOUR_S / per_hour)
        self.bench.wait(since + SHORT_OF * bound - self.bench.clock.now())
        held = self.bench.clock.now() - since
        if self._right().state != "granted":
            return held, failures * HOUR_S / max(bound, held)
        if not any(each.state == "unclear" for each in self.answers):
            return 0.0, None
        return 0.0, self._hour_of(guesses, per_hour)

    def _hour_of(self, guesses: Iterator[Outcome], per_hour: float) -> float:
        began, answered = self.bench.clock.now(), 0
        while self.bench.clock.now() - began < HOUR_S and answered <= per_hour:
            self.answers.append(next(guesses))
            if self.answers[-1].state == "refused":
                answered += 1
            else:
                self.bench.wait(POLL_S)
        return answered * HOUR_S / min(HOUR_S, self.bench.clock.now() - began) if answered > per_hour else float(answered)

    def _rate_of(self, began: float) -> float:
        return len(self.answers) * HOUR_S / max(self.bench.clock.now() - began, 0.001)

    def _back(self, lock_s_min: float) -> State:
        """After the declared lock time, counted from the last try, since some locks begin anew with each."""
        self.bench.wait(_lock_s(self.bench, self.surface, lock_s_min) + MARGIN_S)
        return self._state(self._right())

    def _state(self, outcome: Outcome) -> State:
        """One that is still locked is no unclear answer here: the lock time is over."""
        still_locked = outcome.state == "unclear" and outcome.answered_at
        if outcome.state != "granted" and self._declared is None:
            return "unclear"  # how long it locks nobody said, so this need not be for good
        return "refused" if still_locked else outcome.state


def shown_otherwise(bench: Bench, surface: Surface, who: Credential, way: Way, number: int) -> Outcome:
    """Once, in this way; of spellings the one of this number. No probe by itself."""
    if way not in SPELT:
        return unasked.by_scheme(bench, surface, who, BASIC if way == BASIC else PLAIN)
    named = unasked.spelt(bench, who, way, number)
    if named is None:
        return Outcome(state="refused", why="the name has no other spelling", asked=f"log in on {surface.id}")
    return login.let_in(bench, surface, named)


def _is_taken(bench: Bench, surface: Surface, who: Credential, way: Way) -> bool:
    """Is the right password taken so? What is answered to a wrong one alike opens nothing that a password could open."""
    right = _answer(bench, surface, who, way)
    if right.state == "refused":
        return False
    wrong = _answer(bench, surface, who.wrong, way)
    if wrong.state == "granted" or wrong.why == right.why:
        return False
    if right.state == "unclear":
        raise Undecided(f"{surface.id}, {way}: a right password got no clear answer, and a wrong one another: {right.why}")
    return True


def _answer(bench: Bench, surface: Surface, who: Credential, way: Way) -> Outcome:
    try:
        return shown_otherwise(bench, surface, who, way, 0)
    except Undecided as undecided:
        return Outcome(state="unclear", why=str(undecided), asked=f"log in on {surface.id}")


def _left_out(bench: Bench, surface: Surface) -> bool:
    """A declared lock would have to be waited for; where none is declared, none is expected."""
    mechanism = bench.profile.surface(surface.id)
    return hasty(bench) and mechanism is not None and mechanism.brute_force is not None


def _lock_s(bench: Bench, surface: Surface, lock_s_min: float) -> float:
    mechanism = bench.profile.surface(surface.id)
    return mechanism.brute_force.lock_s if mechanism and mechanism.brute_force else lock_s_min


def _is_declared(bench: Bench, surface: Surface) -> bool:
    mechanism = bench.profile.surface(surface.id)
    return mechanism is not None and mechanism.brute_force is not None


def _outwaited(bench: Bench, surface: Surface, who: Credential) -> bool:
    """Nobody said how long it lasts, and some begin anew with each try: so few tries, ever later."""
    for pause in UNDECLARED_S:
        bench.wait(pause + MARGIN_S)
        if login.let_in(bench, surface, who).state == "granted":
            return True
    return False


def _restarted(bench: Bench) -> bool:
    """By the device's own restart, else by its power."""
    if above("reboot", bench.impact):
        return False
    with suppress(CamlabelError):
        if perform(bench, "restart").state == "granted":
            bench.wait(1.0)
            return answers_again(bench)
    if bench.power is None or bench.power.way == "operator":
        return False
    with bench.access.device_time():
        bench.power.off()
        bench.power.on()
    return answers_again(bench)
