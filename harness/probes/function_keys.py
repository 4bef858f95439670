"""Who asks for a function: its owner, or somebody with no session, an empty, made-up, half or ended one, or in a guise."""

import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import AuthMech
from harness.model.secret import Secret
from harness.probes.actions import login
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.shared_logins import hasty
from harness.transports.auth import Authorizer, Challenge
from harness.transports.http import Headers, HttpReply, HttpRequest, Target, exchange
from harness.transports.templates import Variables

NOTHING, EMPTY, MADE_UP, CUT, ENDED = "nothing", "an empty token", "a made-up token", "a token cut short", "a session that has ended"
BEYOND_IDLE, BEYOND_IDLE_S = 1.02, 5.0
KEPT = "functions"
_LABEL = re.compile("⟦[^⟧]*⟧")
NO_VALUES = ("null", "undefined", "0")  # what programs write where a token should stand
FROM_ITSELF: Headers = (
    *((name, "127.0.0.1") for name in ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "X-Remote-IP", "X-Originating-IP")),
    *((name, "127.0.0.1") for name in ("Client-IP", "True-Client-IP", "CF-Connecting-IP")),
    ("Forwarded", "for=127.0.0.1;host=localhost"),
    ("X-Forwarded-Host", "localhost"),
)
PRODUCERS_PROGRAM = "xmlset_roodkcableoj28840ybtide"  # opened several makers' devices in 2013
COOKIES: tuple[str, Headers] = (
    "cookies that other cameras take for a log-in",
    (("Cookie", "uid=admin; user=admin; userName=admin; admin=1; isAdmin=1; isLogin=1; login=1; authenticated=1"),),
)
_MADE_UP = (("realm", ""), ("nonce", secrets.token_hex(16)), ("qop", "auth"))
_EMPTY_LOG_INS: tuple[Headers, ...] = (
    (("Authorization", "Basic Og=="),),
    (("Authorization", 'Digest username="", realm="", nonce="", uri="", response=""'),),
)


@dataclass
class Memory:
    """What was learned of one service in this process; lives in the gate."""

    session: WebSession | None = None
    ended: Headers | None = None
    ended_told: str = ""
    answers: dict[str, object] = field(default_factory=dict)
    volatile: frozenset[str] | None = None


def memory_of(bench: Bench, service: str) -> Memory:
    """Of one log_intf entry."""
    return bench.remembered(f"{KEPT}-{service}", Memory)


@dataclass(frozen=True)
class Asker:
    """Asks one service."""

    bench: Bench
    service: str

    @property
    def target(self) -> Target:
        """Where it is."""
        where = self.bench.address(self.service)
        return Target(where.host, where.port, where.tls)

    def as_nobody(self, request: HttpRequest, headers: Headers = ()) -> HttpReply:
        """With nothing but these headers."""
        return exchange(self.bench.access, self.target, self._with(request, headers))

    def as_owner(self, request: HttpRequest) -> HttpReply:
        """With a session of the owner's, opened anew where it has ended; by HTTP's own log-in where the service has that."""
        owner, mechanism = self.bench.credential("owner"), self._mechanism()
        if mechanism is None:
            raise Undecided(f"the profile says of no log-in that opens the service {self.service}: auth_mech[].service")
        if mechanism.interface == "http":
            return exchange(self.bench.access, self.target, request, authorizer=Authorizer(self.bench.access, owner, mechanism.id))
        memory = memory_of(self.bench, self.service)
        if memory.session is not None:
            reply = exchange(self.bench.access, self.target, self._with(request, memory.session.headers))
            if reply.status != 401:
                return reply
        memory.session = login.session_of(self.bench, mechanism.id, owner)
        return exchange(self.bench.access, self.target, self._with(request, memory.session.headers))

    def false_keys(self) -> tuple[tuple[str, Headers], ...]:
        """Everything that is no valid session, by name."""
        always = ((NOTHING, ()), COOKIES, *((f"an empty log-in, {headers[0][1].split()[0]}", headers) for headers in _EMPTY_LOG_INS))
        mechanism = self._mechanism()
        if mechanism is None or mechanism.interface == "http":
            return always
        ended, session = self._ended(), self._session(mechanism)
        words = ((f"the word {word} for a token", self._changed(session, partial(_instead, word))) for word in NO_VALUES)
        keys = (*always, (EMPTY, self._changed(session, _emptied)), *words, (MADE_UP, self._changed(session, _alike)))
        return (*keys, (CUT, self._changed(session, _cut)), *(((ENDED, ended),) if ended else ()))

    def guises(self) -> tuple[tuple[str, Headers], ...]:
        """As who a request can say that it comes, with no session: the device itself, its own page, its producer's program."""
        own = (("Origin", self.target.url("")), ("Referer", self.target.url("/")), ("Sec-Fetch-Site", "same-origin"))
        return (
            (f"{NOTHING}, as if sent by the device itself", FROM_ITSELF),
            (f"{NOTHING}, as if it were asked for by a name of its own", (("Host", "localhost"),)),
            (f"{NOTHING}, as if sent by its own page", (*own, ("X-Requested-With", "XMLHttpRequest"))),
            (f"{NOTHING}, as if sent by a producer's program", (("User-Agent", PRODUCERS_PROGRAM),)),
        )

    def named_keys(self, path: str) -> tuple[tuple[str, Headers], ...]:
        """The owner's name without its password by HTTP's own log-ins, asked for or not. Each may count towards a lock."""
        mechanism, owner = self._mechanism(), self.bench.credential("owner")
        if mechanism is None:
            return ()
        shown = (("", owner.listed("")), (" and a wrong password", owner.wrong))
        found: list[tuple[str, Headers]] = []
        for (words, who), scheme in (*((each, "basic") for each in shown), (shown[0], "digest")):
            authorizer = Authorizer(self.bench.access, who, mechanism.id, (scheme,))
            authorizer.challenge = Challenge(scheme=scheme, parameters=_MADE_UP if scheme == "digest" else ())
            found.append((f"{NOTHING} but the owner's name{words}, {scheme}", (("Authorization", authorizer.header("GET", path) or ""),)))
        return tuple(found)

    def _mechanism(self) -> AuthMech | None:
        """The log-in of this service that a session, or HTTP itself, is known for."""
        known = self.bench.profile.actions.get("log_in", {})
        mine = [each for each in self.bench.profile.ixit.auth_mech if each.service == self.service]
        return next((each for each in mine if each.id in known or each.interface == "http"), None)

    def _session(self, mechanism: AuthMech) -> WebSession:
        """One that is kept, else a new one."""
        memory = memory_of(self.bench, self.service)
        if memory.session is None:
            memory.session = login.session_of(self.bench, mechanism.id, self.bench.credential("owner"))
        return memory.session

    def _changed(self, session: WebSession, change: Callable[[str], str]) -> Headers:
        """The same headers with another text where a secret stands."""
        reveal = self.bench.access.reveal
        return tuple((name, _LABEL.sub(lambda found: change(reveal(Secret(label=found[0]))), value)) for name, value in session.shown)

    def _ended(self) -> Headers | None:
        """Of a session that was left alone for longer than it lives, and is seen to be dead; None where that cannot be had."""
        memory, mechanism = memory_of(self.bench, self.service), self._mechanism()
        idle = self.bench.profile.ixit.session.idle_s
        if memory.ended_told or mechanism is None:
            return memory.ended
        if idle is None or self.bench.profile.recipe("use_session", mechanism.id) is None:
            memory.ended_told = "nothing tells how long a session lives, or whether it still does"
            return None
        if hasty(self.bench):
            memory.ended_told = "effort quick does not wait until a session ends; --effort full does"
            return None
        session = login.session_of(self.bench, mechanism.id, self.bench.credential("owner"))
        memory.session = None  # it would end too, and what is cut from it would prove nothing
        try:
            self.bench.wait(idle * BEYOND_IDLE + BEYOND_IDLE_S)
            dead = self._is_dead(mechanism.id, session)
        except NotPossible as why:
            memory.ended_told = str(why)
            return None
        memory.ended = session.headers if dead else None
        memory.ended_told = "ended" if dead else "a session that was left alone did not end, so that there is none that has"
        return memory.ended

    def _is_dead(self, way: str, session: WebSession) -> bool:
        recipe = self.bench.profile.recipe("use_session", way)
        if recipe is None:
            return False
        variables = Variables(plain={"address": self.bench.sample.address})
        return Play(self.bench, recipe, variables, "use a session that was left alone", session).run().outcome.state == "refused"

    def _with(self, request: HttpRequest, headers: Headers) -> HttpRequest:
        return HttpRequest(request.method, request.path, (*headers, *request.headers), request.body)


def _emptied(_: str) -> str:
    return ""


def _instead(word: str, _: str) -> str:
    return word


def _cut(value: str) -> str:
    return value[: len(value) * 3 // 4]


def _alike(value: str) -> str:
    """Chance of the same shape."""
    return "".join(map(_alike_character, value))


def _alike_character(character: str) -> str:
    for kind in ("0123456789", "abcdef", string.ascii_lowercase, string.ascii_uppercase):
        if character in kind:
            return secrets.choice(kind)
    return character
