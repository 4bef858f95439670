"""Sessions that a device gives by tokens: can a token be guessed, are its cookies guarded, and does the session end?"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.action import Surface
from harness.model.base import Frozen
from harness.model.counting import counted
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import STANDARD_LOG_INS
from harness.model.secret import Credential
from harness.probes import device
from harness.probes.actions import login, session
from harness.probes.actions.outcome import State
from harness.probes.actions.recipe import WebSession, target_of
from harness.probes.session_doors import USE, doors_of, state_at
from harness.probes.session_values import COOKIE, Value, by_cookies, carried, joined, made_up, unsigned, values_of
from harness.probes.shared_logins import hasty
from harness.probes.token_figures import NOTHING, figures_of, parts_of
from harness.probes.token_hashes import Known, looks_hashed
from harness.transports.http import HttpRequest, SetCookie, exchange
from harness.transports.templates import NOT_TRIED

QUICK_TOKENS = 24
TOKENS_MIN = 20  # of fewer nothing is said
HELD = 4
HINTS = 2  # one log-in and one use show how; two hundred would hide it
PAUSES_S = (0.0, 5.0, 30.0, 60.0)
LATE_S = 5.0
COARSE_S = 60.0  # many cameras look for idle sessions once a minute
LOOKS = 4
WHY_MOST, NAME_MOST = 300, 100
MARGIN_S = 0.02


class Cookie(Frozen):
    """A cookie that carries a session, and which of its guards are missing."""

    name: str
    lacks: tuple[str, ...]


class Tokens(Frozen):
    """Log-ins one after another, of which `fresh` worked; `bits`: what the device compares of their tokens and nobody can know beforehand.

    `elsewhere`: does one work from another address of ours, which no criterion forbids. `not_begun`: why there are none, `stopped`: why
    there are no more.
    """

    surface: Surface
    asked: str
    wanted: int
    not_begun: str = ""
    tokens: int = 0
    fresh: int = 0
    stopped: str = ""
    bits: float = 0.0
    repeats: int = 0
    rule: str = ""
    looked_at: str = ""
    doubt: str = ""
    cookies: tuple[Cookie, ...] = ()
    elsewhere: State = "unclear"

    def guessable(self, bits_min: float) -> bool:
        """Too short, given twice, or made by a rule; undecided where too few were seen."""
        self._begun()
        if self.repeats or self.rule:
            return True
        if self.tokens < TOKENS_MIN:
            raise Undecided(f"{self.asked}: only {counted(self.tokens, 'token')} came: {self.stopped}")
        if self.doubt and self.bits >= bits_min:
            raise Undecided(f"{self.asked}: {self.doubt}")
        return self.bits < bits_min

    @property
    def bare(self) -> bool:
        """Is a cookie of the session without a guard?"""
        self._begun()
        return any(cookie.lacks for cookie in self.cookies)

    @property
    def whole(self) -> bool:
        """As many as wanted, each of which worked."""
        return not self.not_begun and not self.stopped and self.tokens == self.wanted == self.fresh

    def _begun(self) -> None:
        if self.not_begun:
            raise Undecided(f"{self.asked}: {self.not_begun}")


class Ended(Frozen):
    """A session after it should have ended: what it still opens, at once and after the next log-in. `unclear`: why nothing is said."""

    surface: Surface
    asked: str
    still_open: tuple[str, ...] = ()
    unclear: str = ""
    after_s: float = 0.0

    @property
    def outlived(self) -> bool:
        """Undecided where nothing is said."""
        if self.unclear and not self.still_open:
            raise Undecided(f"{self.asked}: {self.unclear}")
        return bool(self.still_open)


class Unused(Frozen):
    """Sessions that nobody used, of one surface: one until the idle time that the producer declares, one until the bound."""

    declared: Ended
    bound: Ended

    @property
    def asked(self) -> str:
        """How reports name it."""
        return (self.bound if self.bound.still_open else self.declared).asked

    @property
    def outlived(self) -> bool:
        """Did one live until the bound?"""
        return self.bound.outlived

    @property
    def as_declared(self) -> bool:
        """Did one end when the producer says?"""
        return not self.declared.outlived


@acts("login")
def issuers(bench: Bench, who: Credential) -> tuple[Surface, ...]:
    """Surfaces of page and interface whose log-in opens a session; also those on which nobody knows how to log in."""
    pages = (
        surface
        for surface in login.surfaces_of(bench)
        if surface.interface not in STANDARD_LOG_INS and surface.interface in ("page", "api")
    )
    return tuple(surface for surface in pages if not bench.profile.recipe("log_in", surface.id) or _issues(bench, surface, who))


@acts("login")
def collect(bench: Bench, surface: Surface, who: Credential, tokens: float) -> Tokens:
    """Log in so often, use each session once, look which parts of its token the device compares."""
    wanted = int(tokens)
    asked = f"{wanted} log-ins on {surface.id}"
    missing = next((action for action in ("log_in", "use_session") if not bench.profile.recipe(action, surface.id)), None)
    if missing:
        return Tokens(surface=surface, asked=asked, wanted=wanted, not_begun=f"no recipe actions.{missing}.{surface.id} in the profile")
    return _Collector(bench, surface, who, asked, wanted).run()


@acts("login")
def log_out(bench: Bench, surface: Surface, who: Credential) -> Ended:
    """Log in, log out, and use the token again: at once, and after somebody has logged in anew."""
    asked = f"use of a session of {surface.id} after its log-out"
    live = fresh(bench, surface, who)
    doors = doors_of(bench, surface, live)
    outcome = session.log_out(bench, surface.id, replace(live))  # what the log-out gives anew is not taken over
    if outcome.state == "refused":
        return Ended(surface=surface, asked=asked, unclear=f"the log-out was refused: {outcome.why}")
    return ended(bench, surface, who, live, doors, asked)


@acts("login")
def leave_unused(bench: Bench, surfaces: Sequence[Surface], who: Credential, idle_s_max: float) -> tuple[Unused, ...]:
    """On all surfaces at once two sessions are left alone, and another of the same account is used meanwhile."""
    if hasty(bench) or not surfaces:
        return tuple(_not_waited(surface) for surface in surfaces)
    declared, left = bench.profile.ixit.session.idle_s, [_Left(bench, surface, who) for surface in surfaces]
    first = min(declared or idle_s_max, idle_s_max)
    _wait_beside(bench, left, first + COARSE_S, first / LOOKS)
    early = [each.end(each.early, first + COARSE_S) for each in left]
    _wait_beside(bench, left, idle_s_max + LATE_S - first - COARSE_S, first / LOOKS)
    bound = [each.end(each.late, max(first + COARSE_S, idle_s_max + LATE_S)) for each in left]
    if not declared:
        early = [_unclear(each.surface, "the profile's ixit.session.idle_s does not say when a session ends") for each in left]
    return tuple(Unused(declared=ended, bound=late) for ended, late in zip(early, bound, strict=True))


def _not_waited(surface: Surface) -> Unused:
    ended = _unclear(surface, "effort quick does not wait for sessions to end on a real clock; --effort full does")
    return Unused(declared=ended, bound=ended)


def _unclear(surface: Surface, why: str) -> Ended:
    return Ended(surface=surface, asked=f"use of a session of {surface.id} after the idle time", unclear=why)


@dataclass
class _Collector:
    """Log-ins on one surface, and what their sessions carry."""

    bench: Bench
    surface: Surface
    who: Credential
    asked: str
    wanted: int
    seen: list[WebSession] = field(default_factory=list)
    held: list[WebSession] = field(default_factory=list)
    fresh: int = 0
    spans: list[tuple[float, float]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    doubt: str = ""

    def run(self) -> Tokens:
        """All of it."""
        stopped, hints = "", len(self.bench.hints)
        while len(self.seen) < self.wanted and not stopped:
            stopped = self._enough() or self._one()
            del self.bench.hints[hints + HINTS :]
        told = self._judge(stopped) if self.held else self._none(stopped)
        self._leave(0)
        del self.bench.hints[hints + HINTS :]
        return told

    def _enough(self) -> str:
        """At effort quick a few are."""
        if self.bench.effort != "quick" or len(self.seen) < QUICK_TOKENS:
            return ""
        self.bench.spare(f"{len(self.seen)} of {self.wanted} log-ins")
        return f"effort quick logs in {QUICK_TOKENS} times; --effort full does so as often as the catalogue says"

    def _one(self) -> str:
        """One more session, used once; what stops it, if something does."""
        why = ""
        for pause in PAUSES_S[: 1 if hasty(self.bench) else None]:
            self.bench.wait(pause)
            entry = login.log_in(self.bench, self.surface, self.who)
            if isinstance(entry.live, WebSession):
                self.spans.append((entry.outcome.sent_at, entry.outcome.answered_at))
                self.times.append(entry.outcome.answered_at + self._advanced())
                self._take(entry.live)
                return ""
            why = entry.outcome.why if entry.outcome.state != "granted" else "its log-in opens no session"
            self._leave(0)
        return f"after {counted(len(self.seen), 'log-in')}: {why}"[:WHY_MOST]

    def _take(self, live: WebSession) -> None:
        self.seen.append(live)
        self.held.append(live)
        self.fresh += self._state(live) == "granted"
        self._leave(HELD)

    def _leave(self, few: int) -> None:
        """Cameras hold few sessions: older ones are left as a person would."""
        while len(self.held) > few:
            live = self.held.pop(0)
            with suppress(NotPossible, Undecided):
                session.log_out(self.bench, self.surface.id, live)

    def _judge(self, stopped: str) -> Tokens:
        live = self.held[-1]
        if self._state(WebSession()) == "granted":
            return self._none(f"the recipe actions.use_session.{self.surface.id} is granted without a session")
        looked_at = tuple(value for value in values_of(self.seen) if self._is_looked_at(live, value))
        forged, cookies, elsewhere = self._unsigned(live), self._cookies(live, looked_at), self._elsewhere(live)
        tokens = [joined(each, looked_at) for each in self.seen]
        figures = figures_of(tokens, self._known(tokens), self.times)
        rule = figures.rule or forged
        doubled = len(self.seen) - len({tuple(carried(each).items()) for each in self.seen})
        bits = f"{figures.bits:.0f} bits{' without the time that is in them' if figures.timed else ''}"
        found = (bits, f"{doubled} given twice" if doubled else "", rule)
        return Tokens(
            surface=self.surface,
            asked=f"{self.asked}: {', '.join(filter(None, found))}",
            wanted=self.wanted,
            tokens=len(self.seen),
            fresh=self.fresh,
            stopped=stopped,
            bits=round(figures.bits, 1),
            repeats=doubled,
            rule=rule,
            looked_at=", ".join(map(str, looked_at)),
            doubt=self.doubt,
            cookies=cookies,
            elsewhere=elsewhere,
        )

    def _unsigned(self, live: WebSession) -> str:
        """A token that says of itself that nobody signed it can be made by anybody."""
        forged = unsigned(live)
        return "taken without its signature (alg none)" if forged and self._state(forged) == "granted" else ""

    def _none(self, why: str) -> Tokens:
        return Tokens(surface=self.surface, asked=self.asked, wanted=self.wanted, not_begun=why)

    def _is_looked_at(self, live: WebSession, value: Value) -> bool:
        """With this part made up it is not let in; the real one still is, or the refusal may have been another's."""
        if self._state(made_up(live, (value,))) == "granted":
            return False
        if self._state(live) != "granted":
            self.doubt = self.doubt or f"after a token with {value} made up was shown, the real one is no longer taken"
        return True

    def _cookies(self, live: WebSession, looked_at: Sequence[Value]) -> tuple[Cookie, ...]:
        """Those that carry the session: by themselves, or beside others and nowhere else."""
        needed = {value.name for value in looked_at}
        elsewhere = " ".join(text for name, text in carried(live).items() if not name.startswith(f"{COOKIE} "))
        carrying = (
            cookie
            for cookie in live.cookies
            if cookie.value and ((f"{COOKIE} {cookie.name}" in needed and cookie.value not in elsewhere) or self._opens(cookie))
        )
        return tuple(Cookie(name=cookie.name[:NAME_MOST], lacks=self._lacks(cookie)) for cookie in carrying)

    def _opens(self, cookie: SetCookie) -> bool:
        return self._state(WebSession((("Cookie", f"{cookie.name}={cookie.value}"),))) == "granted"

    def _lacks(self, cookie: SetCookie) -> tuple[str, ...]:
        """Over TLS it must not go out without."""
        recipe = self.bench.profile.recipe("log_in", self.surface.id)
        over_tls = recipe is not None and target_of(self.bench, recipe.steps[-1].service).tls
        missing = {"HttpOnly": not cookie.http_only, "Secure": over_tls and not cookie.secure}
        return tuple(name for name, lacks in missing.items() if lacks)

    def _elsewhere(self, live: WebSession) -> State:
        if not self.bench.sources:
            return "unclear"
        return _state(replace(self.bench, access=self.bench.access.from_address(self.bench.sources[0])), self.surface, live)

    def _state(self, live: WebSession) -> State:
        return _state(self.bench, self.surface, live)

    def _known(self, tokens: Sequence[str]) -> Known:
        """Names, and the time of a token by our clock, by one that was advanced, and by the device's own where it shows that."""
        if not looks_hashed(part for token in tokens for part in parts_of(token)):
            return NOTHING
        (begin, end), advanced = min(self.spans, key=lambda span: span[1] - span[0]), self._advanced()
        ours = [(begin + ahead - MARGIN_S, end + ahead + MARGIN_S) for ahead in dict.fromkeys((0.0, advanced))]
        shown = self._shown_ahead()
        theirs = [(begin + shown[0], end + shown[1])] if shown else []
        first = self.spans[0][0]
        around = (first, first + advanced, *(first + ahead for ahead in shown))
        return Known(self._names(), around, (*ours, *theirs))

    def _advanced(self) -> float:
        return self.bench.clock.now() - time.monotonic()

    def _names(self) -> tuple[tuple[str, str], ...]:
        """Of account, unit, card and place, where they are known; asking the unit may end the sessions that are open."""
        account, card = (
            self.bench.access.login(self.who, NOT_TRIED),
            self.bench.sample.mac or device.mac_of(self.bench.sample.address) or "",
        )
        facts: dict[str, str] = {}
        with suppress(Undecided):
            facts = device.facts(self.bench)
        found = {
            "user name": account.user if account else "",
            "serial number": facts.get("serial", ""),
            "card's address": card,
            "card's address without colons": card.replace(":", ""),
            "card's address in capitals": card.replace(":", "").upper(),
            "address": self.bench.sample.address,
        }
        return tuple((what, name) for what, name in found.items() if name)

    def _shown_ahead(self) -> tuple[float, ...]:
        """How far the clock of its Date header is ahead of ours, at least and at most; nothing where it shows none."""
        recipe = self.bench.profile.recipe("log_in", self.surface.id)
        try:
            reply = exchange(self.bench.access, target_of(self.bench, recipe.steps[-1].service if recipe else ""), HttpRequest("GET", "/"))
        except (NotPossible, Undecided):
            return ()
        with suppress(ValueError, OverflowError):
            shown = parsedate_to_datetime(reply.header("Date") or "").timestamp()
            return shown - reply.answered_at, shown + 1 - reply.sent_at
        return ()


@dataclass
class _Left:
    """Two sessions of one surface that nobody uses, and one that somebody does."""

    bench: Bench
    surface: Surface
    who: Credential

    def __post_init__(self) -> None:
        self.early, self.late, self.busy = (fresh(self.bench, self.surface, self.who) for _ in range(3))
        self.doors = {id(live): doors_of(self.bench, self.surface, live) for live in (self.early, self.late)}

    def use_other(self) -> None:
        """Somebody of the same account is busy."""
        _state(self.bench, self.surface, self.busy)

    def end(self, live: WebSession, after_s: float) -> Ended:
        """Look at one of them."""
        asked = f"use of a session of {self.surface.id} after {after_s:g} s without use"
        return ended(self.bench, self.surface, self.who, live, self.doors[id(live)], asked, after_s=after_s)


def _issues(bench: Bench, surface: Surface, who: Credential) -> bool:
    """Does a log-in open a session that the device itself gave? One that is not let in is not left out."""
    recipe = bench.profile.recipe("log_in", surface.id)
    template = recipe.session if recipe else None
    if template and (template.auth or any("password" in text for text in (*template.headers.values(), *template.cookies.values()))):
        return False
    entry = login.log_in(bench, surface, who)
    return entry.outcome.state != "granted" or isinstance(entry.live, WebSession)


def fresh(bench: Bench, surface: Surface, who: Credential) -> WebSession:
    """A new session; Undecided where the log-in opens none. No probe by itself."""
    entry = login.log_in(bench, surface, who)
    if entry.outcome.granted and isinstance(entry.live, WebSession):
        return entry.live
    raise Undecided(f"{entry.outcome.asked} opened no session: {entry.outcome.why}")


def ended(
    bench: Bench, surface: Surface, who: Credential, live: WebSession, doors: Sequence[str], asked: str, *, after_s: float = 0.0
) -> Ended:
    """Through each door, then again after a new log-in, which must work, so that a refusal is not the device's state of that moment.

    No probe by itself.
    """
    first = {door: state_at(bench, surface, door, live) for door in doors}
    anew = fresh(bench, surface, who)
    works = {door: state_at(bench, surface, door, anew) for door in doors}
    again = {door: state_at(bench, surface, door, live) for door in doors}
    with suppress(NotPossible, Undecided):
        session.log_out(bench, surface.id, anew)
    cookies = by_cookies(live)
    still = [door for door in doors if first[door] == "granted"]
    still += ["the cookies of the log-in alone"] if cookies and not still and _state(bench, surface, cookies) == "granted" else []
    still += [f"{door} after the next log-in" for door in doors if again[door] == "granted" and door not in still]
    unclear = [door for door in doors if "unclear" in (first[door], again[door]) or works[door] != "granted"]
    why = f"no clear answer at {', '.join(unclear)}" if unclear else ""
    return Ended(
        surface=surface, asked=f"{asked}: {', '.join(still)}" if still else asked, still_open=tuple(still), unclear=why, after_s=after_s
    )


def _state(bench: Bench, surface: Surface, live: WebSession) -> State:
    return state_at(bench, surface, USE, live)


def _wait_beside(bench: Bench, left: Sequence[_Left], seconds: float, every: float) -> None:
    """Time passes, and other sessions of the same accounts are used."""
    while seconds > 0:
        pause = min(seconds, max(every, 1.0))
        bench.wait(pause)
        seconds -= pause
        for each in left:
            each.use_other()
