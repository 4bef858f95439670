"""Stored recordings and pictures by their links: who can open one, for how long, and what altered ones open."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, get_args

import jmespath
from jmespath.exceptions import JMESPathError

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.api import Recorded
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.recipe import NO_SESSION
from harness.model.secret import Credential
from harness.probes import viewers
from harness.probes.actions import session as sessions
from harness.probes.actions.login import session_of
from harness.probes.actions.outcome import Decided, Outcome, State
from harness.probes.actions.perform import perform
from harness.probes.actions.recipe import Play, WebSession, target_of
from harness.probes.function_keys import NOTHING, Asker, memory_of
from harness.probes.function_paths import Method, variants
from harness.probes.link_answers import judged, owners_state
from harness.probes.link_changes import OUTSIDE, Links, climbing, later, neighbours, otherwise, path_of, swapped, without
from harness.probes.session_values import Value
from harness.probes.shared_logins import hasty
from harness.probes.token_figures import figures_of
from harness.probes.token_hashes import Known
from harness.transports.http import Headers, HttpReply, HttpRequest, exchange, text_of
from harness.transports.templates import NOT_TRIED, Variables

How = Literal["without a session", "after log-out", "after its life", "altered"]
FOREIGN: tuple[How, ...] = get_args(How)
MISSING = "/camlabel-no-such-link.mp4"
PART: Headers = (("Range", "bytes=0-65535"),)  # as players ask
LATE_S, PAUSE_S, RECORDED_S = 5.0, 1.0, 20.0
LISTED_MOST, HINTS = 500, 3
EVENTS_QUICK = 4
WAITED_S = 4 * 3600.0
ENOUGH = 20  # of fewer links nothing is said
IDLE_S = 600.0  # where no time-out of sessions is declared


class Made(Decided):
    """Is there a recording that its owner finds?"""


class Opened(Frozen):
    """One try."""

    how: str
    state: State
    why: str


class Used(Frozen):
    """All tries of one sort at one kind of links; `note` says why there was none."""

    asked: str
    opened: tuple[Opened, ...]
    note: str = ""

    @property
    def served(self) -> bool:
        """Did one open? Undecided where an answer is unclear."""
        if any(each.state == "granted" for each in self.opened):
            return True
        unclear = next((each for each in self.opened if each.state == "unclear"), None)
        if unclear is not None:
            raise Undecided(f"{self.asked}, {unclear.how}: {unclear.why}")
        return False


class Chance(Frozen):
    """Links one after another: what of them is compared and nobody can know beforehand; `bound`: good in a session only.

    `source` says where they came from.
    """

    asked: str
    wanted: int
    bound: bool = False
    number: int = 0
    bits: float = 0.0
    rule: str = ""
    looked_at: str = ""
    source: str = "were given"

    def guessable(self, bits_min: float) -> bool:
        """Too short, or made by a rule; undecided where too few were seen."""
        if self.bound:
            return False
        if self.number < min(ENOUGH, self.wanted):
            raise Undecided(f"{self.asked}: only {self.number} {self.source}")
        return bool(self.rule) or self.bits < bits_min

    @property
    def whole(self) -> bool:
        """As many as wanted."""
        return self.bound or self.number >= self.wanted


class Held(Decided):
    """A link that an account was given, and that it opened; kept with its session under `live`."""

    kind: Recorded
    live: str = ""


@dataclass(frozen=True)
class _Link:
    """A link that opened for who was given it; `others` were in the same list, `body` is what came."""

    kind: Recorded
    session: WebSession
    path: str
    others: tuple[str, ...]
    body: bytes
    nothing: dict[tuple[str, Headers], HttpReply] = field(default_factory=dict)


@acts("change")
def make(bench: Bench) -> Made:
    """Have the device record twice, and wait until each kind of links is listed."""
    kinds = bench.profile.ixit.api.recordings
    told = []
    for _ in range(2):
        with suppress(NotPossible):
            done = perform(bench, "trigger_event")
            told.append(f"{done.way} {done.state}")
        bench.wait(PAUSE_S)
    waited, missing = 0.0, _unlisted(bench, kinds)
    while missing and waited < RECORDED_S:
        bench.wait(PAUSE_S)
        waited, missing = waited + PAUSE_S, _unlisted(bench, kinds)
    why = f"event: {', '.join(told) or 'no way is known to trigger one'}" + (f"; nothing listed of {missing}" if missing else "")
    return Made(state="unclear" if missing or not kinds else "granted", why=why, asked="a recording")


@acts("login")
def open_as_owner(bench: Bench, kind: Recorded) -> Decided:
    """A fresh link, opened in the session that got it."""
    link = _fresh(bench, kind, bench.credential("owner"))
    _leave(bench, link)
    return Decided(state="granted", why=f"{len(link.body)} bytes", asked=f"{kind.asked} as owner")


@acts("login")
def use(bench: Bench, kind: Recorded, how: How) -> Used:
    """Open one as somebody who has no right to it."""
    hints = len(bench.hints)
    used = _TRIES[how](bench, kind)
    del bench.hints[hints : max(hints, len(bench.hints) - HINTS)]
    return used


@acts("login")
def use_as_other(bench: Bench, kind: Recorded) -> Used:
    """Open the owner's link in the session of another account, unless the profile gives that account recordings too."""
    asked, viewer = f"{kind.asked} in the session of another account", viewers.credential(bench)
    theirs = _session(bench, kind, viewer)
    outcome, paths = _list(bench, kind, theirs)
    if outcome.state == "unclear":
        raise Undecided(f"{asked}: whether it is given a list is unclear: {outcome.why}")
    if paths or (kind.role == "viewer" and outcome.state == "granted"):
        may = kind.role == "viewer"
        listed = Opened(how="the list itself", state="granted", why=f"{outcome.why}; the profile gives it to the owner only")
        return Used(asked=asked, opened=() if may else (listed,), note="the account may see recordings" if may else "")
    if kind.life_s is not None:
        return Used(asked=asked, opened=(), note=f"opens by itself for {kind.life_s:g} s, as stated")
    link = _fresh(bench, kind, bench.credential("owner"))
    keys = (("as it is", theirs.headers), ("a part", (*theirs.headers, *PART)))
    opened = [_opened(bench, link, link.path, key, theirs) for key in keys]
    _leave(bench, link)
    return _used(asked, opened)


@acts("login")
def hold(bench: Bench, kind: Recorded) -> Held:
    """A link that the viewer is given and opens."""
    asked = f"{kind.asked} as viewer"
    try:
        link = _fresh(bench, kind, viewers.credential(bench))
    except Undecided as doubt:
        return Held(state="unclear", why=str(doubt), asked=asked, kind=kind)
    return Held(state="granted", why=f"{len(link.body)} bytes", asked=asked, kind=kind, live=bench.keep("link", link))


@acts("login")
def use_again(bench: Bench, held: Held) -> Decided:
    """The same link once more, by itself and in its session."""
    link = bench.live(held.live)
    assert isinstance(link, _Link)  # noqa: S101 - nothing else is kept under this name
    used = _used(held.asked, list(_bare_and_inside(bench, link, link.path)))
    worst = next((each for state in ("granted", "unclear") for each in used.opened if each.state == state), used.opened[0])
    return Decided(state=worst.state, why=f"{worst.how}: {worst.why}", asked=f"{held.asked}, {worst.how}")


@acts("change")
def collect(bench: Bench, kind: Recorded, links: float) -> Chance:
    """So many links of one recording; where each recording keeps its link, of many recordings."""
    wanted, asked = int(links), f"{int(links)} {kind.asked}"
    link = _fresh(bench, kind, bench.credential("owner"))
    hints = len(bench.hints)
    bare = _opened(bench, link, link.path, (NOTHING, ()))
    if bare.state == "unclear":
        raise Undecided(f"{asked}, {bare.how}: {bare.why}")
    if bare.state == "refused":
        _leave(bench, link)
        return Chance(asked=f"{asked}: good in a session only", wanted=wanted, bound=True)
    given = Links(_gathered(bench, link, wanted))
    looked_at = _looked_at(bench, link, given)
    owner = bench.access.login(bench.credential("owner"), NOT_TRIED)
    names = (("user name", owner.user),) if owner else ()
    figures = figures_of(given.joined(looked_at), Known(names, _around(bench))) if looked_at else None
    bits, rule = (figures.bits, figures.rule) if figures else (0.0, "")
    del bench.hints[hints + HINTS :]
    _leave(bench, link)
    return Chance(
        asked=f"{asked}: {bits:.0f} bits{f', {rule}' if rule else ''}",
        wanted=wanted,
        number=len(set(given.paths)),
        bits=round(bits, 1),
        rule=rule,
        looked_at=", ".join(map(str, looked_at)),
    )


def newest(bench: Bench, kind: Recorded) -> bytes:
    """The whole of what the owner's newest link leads to, empty where none is listed; no probe by itself."""
    session = _session(bench, kind, bench.credential("owner"))
    _, paths = _list(bench, kind, session)
    reply = _get(bench, kind, paths[0], session.headers, session) if paths else None
    _leave(bench, _Link(kind, session, "", (), b""))
    return reply.body if reply is not None and 200 <= reply.status < 300 else b""


def lists_of(bench: Bench) -> Iterator[tuple[Recorded, str, tuple[str, ...]]]:
    """Of each kind, what the list says to its owner and the links in it; no probe by itself."""
    for kind in bench.profile.ixit.api.recordings:
        session = _session(bench, kind, bench.credential("owner"))
        _, paths, text = _listed(bench, kind, session)
        _leave(bench, _Link(kind, session, "", (), b""))
        yield kind, text, paths


def _without(bench: Bench, kind: Recorded) -> Used:
    asked = f"{kind.asked} without a session"
    if kind.life_s is not None:
        return Used(asked=asked, opened=(), note=f"opens by itself for {kind.life_s:g} s, as stated")
    service = _service(bench, kind)
    memory_of(bench, service).session = None  # one that ended meanwhile could not be cut to something that is taken
    asker = Asker(bench, service)
    keys = [(f"{NOTHING}, a part", PART), *asker.false_keys(), *asker.guises()]
    link = _fresh(bench, kind, bench.credential("owner"))
    opened = [_opened(bench, link, link.path, key) for key in keys]
    opened += [_opened(bench, link, path, (f"{NOTHING}, {words}", ())) for path, words in variants(link.path)]
    opened.append(_opened(bench, link, link.path, (f"{NOTHING}, by POST", ()), method="POST"))
    _leave(bench, link)
    return _used(asked, opened)


def _after_log_out(bench: Bench, kind: Recorded) -> Used:
    asked = f"{kind.asked} after log-out"
    if kind.outlives_log_out:
        return Used(asked=asked, opened=(), note=f"opens by itself for {kind.life_s:g} s, as stated, also after log-out")
    link = _fresh(bench, kind, bench.credential("owner"))
    if link.session.authorizer is not None:
        return Used(asked=asked, opened=(), note="HTTP's own log-in goes with each request, and has no log-out")
    outcome = sessions.log_out(bench, _way(bench, kind), link.session)
    if outcome.state != "granted":
        raise Undecided(f"{asked}: the log-out was not granted: {outcome.why}")
    return _used(asked, list(_bare_and_inside(bench, link, link.path)))


def _after_life(bench: Bench, kind: Recorded) -> Used:
    """Link and session are used meanwhile: it must not end with its session, nor live longer for being used. A fresh one comes after."""
    asked = f"{kind.asked} after its life"
    if kind.life_s is None:
        return Used(asked=asked, opened=(), note="has no life of its own: is good in a session only")
    if kind.life_s > WAITED_S:
        raise Undecided(f"{asked}: {kind.life_s:g} s are longer than is waited for")
    if hasty(bench):
        raise Undecided(f"{asked}: effort quick does not wait for it on a real clock; --effort full does")
    link = _fresh(bench, kind, bench.credential("owner"))
    bare = _opened(bench, link, link.path, (NOTHING, ())).state == "granted"
    session = WebSession() if bare else link.session
    left, pause = kind.life_s + LATE_S, max(min(bench.profile.ixit.session.idle_s or IDLE_S, kind.life_s) / 3, PAUSE_S)
    while left > 0:
        bench.wait(min(left, pause))
        left -= pause
        outcome, _ = _list(bench, kind, link.session)
        if outcome.state != "granted":
            raise Undecided(f"{asked}: its session ended before: {outcome.why}")
        if left > 0:
            _opened(bench, link, link.path, ("meanwhile", session.headers), session)
    altered = (("as it is", link.path), *later(link.path))
    tries = [(how, path, part) for how, path in altered for part in ((), PART)[: 2 if path == link.path else 1]]
    opened = [_opened(bench, link, path, (how, (*session.headers, *part)), session) for how, path, part in tries]
    _fresh(bench, kind, bench.credential("owner"), link.session)
    _leave(bench, link)
    return _used(asked, opened)


def _altered(bench: Bench, kind: Recorded) -> Used:
    """By itself, and where a link names a file also in its session: that opens no files of the system."""
    link = _fresh(bench, kind, bench.credential("owner"))
    given = Links((link.path, *_first(bench, kind, link.session), *link.others))
    looked_at = _looked_at(bench, link, given)
    if not given.values:
        raise Undecided(f"{kind.asked}: only one link was given, so nothing tells what varies")
    tried = [("all that varies made up", otherwise(link.path, given.values))]
    tried += [*neighbours(link.path, looked_at), *without(link.path, looked_at)]
    tried += [each for other in link.others[:1] for each in swapped(link.path, other, looked_at)]
    opened = [_opened(bench, link, path, (how, ())) for how, path in tried if path != link.path]
    opened += [_outside(bench, link, file, path, session) for file, path in climbing(link.path) for session in (None, link.session)]
    _leave(bench, link)
    return _used(f"{kind.asked}, altered", opened)


_TRIES: dict[How, Callable[[Bench, Recorded], Used]] = {
    "without a session": _without,
    "after log-out": _after_log_out,
    "after its life": _after_life,
    "altered": _altered,
}


def _used(asked: str, opened: Sequence[Opened]) -> Used:
    """Refusals of one sort are told once."""
    granted = next((each for each in opened if each.state == "granted"), None)
    shown = {(each.how.partition(":")[0], each.state, each.why): each for each in opened}
    return Used(asked=f"{asked}: {granted.how}" if granted else asked, opened=tuple(shown.values()))


def _fresh(bench: Bench, kind: Recorded, who: Credential, within: WebSession | None = None) -> _Link:
    """The newest link, seen to open for who was given it: by itself or in its session."""
    session = within or _session(bench, kind, who)
    outcome, paths = _list(bench, kind, session)
    if not paths:
        raise Undecided(f"{kind.asked}: none is listed for {who.role}: {outcome.why}")
    reply = _get(bench, kind, paths[0], (*session.headers, *PART), session)
    state, why = owners_state(reply, _get(bench, kind, MISSING, (*session.headers, *PART), session))
    if state != "granted":
        raise Undecided(f"{kind.asked}: the newest does not open for {who.role}: {why}")
    return _Link(kind, session, paths[0], tuple(path for path in paths[1:] if path != paths[0]), reply.body)


def _list(bench: Bench, kind: Recorded, session: WebSession) -> tuple[Outcome, tuple[str, ...]]:
    """What the recipe's last answer is, and the links in it."""
    return _listed(bench, kind, session)[:2]


def _listed(bench: Bench, kind: Recorded, session: WebSession) -> tuple[Outcome, tuple[str, ...], str]:
    """The same, and its text."""
    recipe = bench.profile.actions["list_recordings"][kind.listed_by]
    variables = Variables({"user": (bench.credential("owner"), NOT_TRIED)}, plain={"address": bench.sample.address})
    played = Play(bench, recipe, variables, f"list recordings by {kind.listed_by}", session).run()
    links = _links_in(kind, played.exchanges[-1].reply) if played.outcome.state == "granted" else ()
    target = target_of(bench, kind.service)
    hosts = (target.host, target.authority, f"{target.host}:{target.port}")
    paths = [path_of(link, hosts) for link in links]
    if None in paths:
        raise Undecided(f"{kind.asked}: a link leads to another host than the device, or is none")
    return played.outcome, tuple(path for path in paths if path is not None), text_of(played.exchanges[-1].reply.body)


def _links_in(kind: Recorded, reply: HttpReply) -> tuple[str, ...]:
    """As the profile says; Undecided where the answer is cut off or is none of JSON."""
    if reply.truncated:
        raise Undecided(f"{kind.asked}: the list was cut off")
    if kind.regex:
        return tuple(found[1] for found in re.finditer(kind.regex, text_of(reply.body)) if found[1])[:LISTED_MOST]
    try:
        found = jmespath.search(kind.links, json.loads(reply.body))
    except (ValueError, RecursionError, JMESPathError) as problem:
        raise Undecided(f"{kind.asked}: the list cannot be read as the profile says: {problem}") from None
    return tuple(each for each in found if isinstance(each, str) and each)[:LISTED_MOST] if isinstance(found, list) else ()


def _session(bench: Bench, kind: Recorded, who: Credential) -> WebSession:
    way = _way(bench, kind)
    return WebSession() if way == NO_SESSION else session_of(bench, way, who)


def _way(bench: Bench, kind: Recorded) -> str:
    """The log-in in whose session links are listed."""
    recipe = bench.profile.recipe("list_recordings", kind.listed_by)
    if recipe is None:
        raise NotPossible(f"no way is known to list {kind.asked}: no recipe actions.list_recordings.{kind.listed_by} in the profile")
    return recipe.inside or kind.listed_by


def _service(bench: Bench, kind: Recorded) -> str:
    default = bench.profile.http_service
    return kind.service or (default.id if default else "")


def _leave(bench: Bench, link: _Link) -> None:
    """Cameras hold few sessions."""
    with suppress(NotPossible, Undecided, DeviceSilent):
        sessions.log_out(bench, _way(bench, link.kind), link.session)


def _unlisted(bench: Bench, kinds: Sequence[Recorded]) -> str:
    """Which kinds list nothing to their owner."""
    found = []
    for kind in kinds:
        session = _session(bench, kind, bench.credential("owner"))
        _, paths = _list(bench, kind, session)
        found += [] if paths else [kind.id]
        _leave(bench, _Link(kind, session, "", (), b""))
    return ", ".join(found)


def _first(bench: Bench, kind: Recorded, session: WebSession) -> tuple[str, ...]:
    """The newest as a list gives it now."""
    return _list(bench, kind, session)[1][:1]


def _gathered(bench: Bench, link: _Link, wanted: int) -> tuple[str, ...]:
    """The same recording's links from list to list; where it keeps its link, those of all recordings, and of more of them."""
    bench.doing.text = f"{link.kind.asked}: links are gathered"
    given = [link.path, *_first(bench, link.kind, link.session)]
    if len(set(given)) > 1:
        while len(given) < wanted and (more := _first(bench, link.kind, link.session)):
            given += more
        return tuple(given[:wanted])
    found = dict.fromkeys((*link.others[::-1], link.path))
    for _ in range(EVENTS_QUICK if hasty(bench) else wanted):
        if len(found) >= wanted or perform(bench, "trigger_event").state != "granted":
            break
        bench.wait(PAUSE_S)
        found |= dict.fromkeys(reversed(_list(bench, link.kind, link.session)[1]))
    return tuple(found)[-wanted:]


def _around(bench: Bench) -> tuple[float, float]:
    """By our clock, and by one that was advanced."""
    now = time.time()
    return now, now + bench.clock.now() - time.monotonic()


def _looked_at(bench: Bench, link: _Link, given: Links) -> tuple[Value, ...]:
    """Parts without which a link does not open by itself."""
    opens = {value: _opened(bench, link, otherwise(link.path, (value,)), (f"{value} made up", ())) for value in given.values}
    unclear = next((each for each in opens.values() if each.state == "unclear"), None)
    if unclear is not None:
        raise Undecided(f"{link.kind.asked}, {unclear.how}: {unclear.why}")
    return tuple(value for value, each in opens.items() if each.state == "refused")


def _bare_and_inside(bench: Bench, link: _Link, path: str) -> Iterator[Opened]:
    for how, session in (("by itself", WebSession()), ("in its session", link.session)):
        yield _opened(bench, link, path, (how, session.headers), session)
        yield _opened(bench, link, path, (f"{how}, a part", (*session.headers, *PART)), session)


def _opened(
    bench: Bench, link: _Link, path: str, key: tuple[str, Headers], session: WebSession | None = None, method: Method = "GET"
) -> Opened:
    how, headers = key
    try:
        reply = _get(bench, link.kind, path, headers, session, method)
        if (method, headers) not in link.nothing:
            link.nothing[method, headers] = _get(bench, link.kind, MISSING, headers, session, method)
        state, why = judged(reply, link.body, link.nothing[method, headers])
    except DeviceSilent as silence:
        return Opened(how=how, state="unclear", why=str(silence))
    if state == "granted":
        bench.note_retry_hint(HttpRequest(method, path, headers if headers in ((), PART) else ()).curl(target_of(bench, link.kind.service)))
    return Opened(how=how, state=state, why=why)


def _outside(bench: Bench, link: _Link, file: str, path: str, session: WebSession | None) -> Opened:
    """Is a file of the system given? Nothing else that comes says so, nor a connection that is cut; that links open is asked afterwards."""
    how = f"/{file} {'in its session' if session else 'by itself'}: {path}"
    try:
        reply = _get(bench, link.kind, path, session.headers if session else (), session)
    except DeviceSilent as silence:
        return Opened(how=how, state="refused", why=str(silence))
    given = 200 <= reply.status < 300 and OUTSIDE[file].search(reply.body[:65536]) is not None
    if given:
        bench.note_retry_hint(HttpRequest("GET", path).curl(target_of(bench, link.kind.service)))
    return Opened(how=how, state="granted" if given else "refused", why=f"status {reply.status}{', the file' if given else ''}")


def _get(bench: Bench, kind: Recorded, path: str, headers: Headers, session: WebSession | None = None, method: Method = "GET") -> HttpReply:
    request = HttpRequest(method, path, headers)
    return exchange(bench.access, target_of(bench, kind.service), request, authorizer=session.authorizer if session else None)
