"""What a device is delivered with: each decision that is its user's, read where it can be and seen by its effect."""

from collections.abc import Callable, Iterator

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.decision import KINDS, Kind, UserDec
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.recipe import NO_SESSION
from harness.model.secret import NOBODY
from harness.model.vocabulary import State
from harness.probes import capture, first_use
from harness.probes.actions.login import session_of
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.device import alive
from harness.transports.http import HttpRequest, Target, exchange
from harness.transports.tcp import connect
from harness.transports.templates import NOT_TRIED, Variables

__all__ = ["KINDS", "Decisions", "Look", "decisions", "look"]

MINUTE_S, CONNECT_S = 60.0, 2.0
MEDIA, LOG_INS = ("rtsp", "snapshot"), ("use_session", "identity")


class Decisions(Frozen):
    """The table user_dec, as far as it protects."""

    rows: tuple[UserDec, ...]

    def of(self, state: State) -> tuple[UserDec, ...]:
        """Those that exist in a state."""
        return tuple(each for each in self.rows if not each.state or state in each.state)

    def covers(self, kind: Kind) -> bool:
        """Is one of them of this kind?"""
        return any(each.kind == kind for each in self.rows)


class Sight(Frozen):
    """One way of seeing a decision; `safe` None: it did not tell."""

    how: str
    safe: bool | None
    why: str


class Look(Frozen):
    """Everything that was seen of one decision in one state."""

    asked: str
    decision: UserDec
    sights: tuple[Sight, ...]

    @property
    def safe(self) -> bool:
        """Is the choice that protects made? One sight against it is enough; without any for it, undecided."""
        told = [each.safe for each in self.sights]
        if False in told:
            return False
        if True not in told:
            raise Undecided(f"{self.asked}: {'; '.join(f'{each.how}: {each.why}' for each in self.sights) or 'nothing shows it'}")
        return True


@reads()
def decisions(bench: Bench) -> Decisions:
    """Those of the profile that protect something."""
    rows = tuple(each for each in bench.profile.ixit.user_dec if each.kind is not None)
    if not rows:
        raise Undecided("the profile's table user_dec names no decision with a kind; what can be switched should stand there")
    return Decisions(rows=rows)


@acts("change")
def look(bench: Bench, decision: UserDec, state: State) -> Look:
    """Read it, as its owner where there is one, and look for its effect."""
    return Look(asked=f"{decision}, {state}", decision=decision, sights=tuple(_sights(bench, decision, state)))


def _sights(bench: Bench, decision: UserDec, state: State) -> Iterator[Sight]:
    if decision.setting:
        yield _settled("read", lambda: _read(bench, decision, state))
    if decision.shown_by is not None:
        see = _SEEN[decision.shown_by]
        yield _settled(decision.shown_by, lambda: see(bench, decision))


def _settled(how: str, see: Callable[[], Sight]) -> Sight:
    """What cannot be seen here is no sight of it."""
    try:
        return see()
    except (Undecided, NotPossible) as doubt:
        return Sight(how=how, safe=None, why=str(doubt))


def _read(bench: Bench, decision: UserDec, state: State) -> Sight:
    for way, recipe in bench.profile.actions.get("read_settings", {}).items():
        if decision.setting not in recipe.steps[-1].take:
            continue
        if state != "normal" and recipe.inside != NO_SESSION:
            return Sight(how="read", safe=None, why="only its owner reads it, and there is none yet")
        owner = bench.credential("owner")
        session = WebSession() if recipe.inside == NO_SESSION else session_of(bench, recipe.inside or way, owner)
        variables = Variables({"user": (owner, NOT_TRIED)}, plain={"address": bench.sample.address})
        played = Play(bench, recipe, variables, f"read the settings by {way}", session, secret_takes=False).run()
        value = played.facts.get(decision.setting)
        if value is None:
            return Sight(how="read", safe=None, why=f"the answer does not tell it: {played.outcome.why}")
        return Sight(how="read", safe=value.strip().lower() == decision.secure.strip().lower(), why=f"it is {value[:60]}")
    raise NotPossible(f"read_settings: no recipe takes {decision.setting}")


def _port(bench: Bench, decision: UserDec) -> Sight:
    """Open is on."""
    if decision.port is None:
        raise Undecided("the profile does not say which port it opens")
    if bench.sample.address.startswith("127.") or bench.sample.address == "::1":
        raise NotPossible("the device shares its address with this computer: its ports cannot be told from others")
    port = bench.sample.port(decision.port)
    bench.note_retry_hint(f"nc -vz {bench.sample.address} {port}")
    try:
        with connect(bench.access, bench.sample.address, port, within=CONNECT_S):
            return Sight(how="port", safe=False, why=f"port {port} takes connections")
    except DeviceSilent:
        if not alive(bench):
            raise
        return Sight(how="port", safe=True, why=f"port {port} takes none")


def _media(bench: Bench, _: UserDec) -> Sight:
    """Streams and pictures that nobody is to get."""
    return _asked_as_nobody(bench, "media", [each for each in first_use.requests(bench) if each.kind in MEDIA])


def _login(bench: Bench, _: UserDec) -> Sight:
    """What a session is used for, without one."""
    return _asked_as_nobody(bench, "login", [each for each in first_use.requests(bench) if each.kind == "action" and each.name in LOG_INS])


def _asked_as_nobody(bench: Bench, how: str, requests: list[first_use.Request]) -> Sight:
    told = [first_use.ask(bench, each, NOBODY) for each in requests]
    given = [each for each in told if each.state == "granted"]
    unclear = [each for each in told if each.state == "unclear"]
    if given:
        return Sight(how=how, safe=False, why=f"given to nobody: {', '.join(str(each.request) for each in given)}")
    if unclear or not told:
        return Sight(how=how, safe=None, why="; ".join(f"{each.request}: {each.why}" for each in unclear) or "there was nothing to ask")
    return Sight(how=how, safe=True, why=f"refused to nobody: {', '.join(str(each.request) for each in told)}")


def _tls(bench: Bench, decision: UserDec) -> Sight:
    """Its service answers over TLS, and not without."""
    where = bench.address(decision.service)
    try:
        plain = exchange(bench.access, Target(where.host, where.port, tls=False), HttpRequest("GET", "/"))
        if 200 <= plain.status < 300:
            return Sight(how="tls", safe=False, why=f"port {where.port} serves without TLS: status {plain.status}")
    except Undecided:  # it speaks something else there, or nothing: which is what is wanted
        pass
    over = exchange(bench.access, Target(where.host, where.port, tls=True), HttpRequest("GET", "/"))
    return Sight(how="tls", safe=True, why=f"port {where.port} answers over TLS: status {over.status}")


def _mapping(bench: Bench, _: UserDec) -> Sight:
    """A minute is given for it, then all that it ever sent is looked through."""
    bench.wait(MINUTE_S)
    seen = capture.mappings(bench)
    if seen.found:
        return Sight(how="mapping", safe=False, why="; ".join(seen.found))
    return Sight(how="mapping", safe=None if seen.lost else True, why="; ".join(seen.lost[:3]) or "the router was asked for no port")


_SEEN: dict[str, Callable[[Bench, UserDec], Sight]] = {
    "port": _port,
    "media": _media,
    "login": _login,
    "tls": _tls,
    "mapping": _mapping,
}
