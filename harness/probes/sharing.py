"""Sharing with a second person: the owner gives it, sees who has it, and ends it; what the second person then still gets."""

import json

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import JsonValue

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.api import ApiEndpoint
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.recipe import NO_SESSION
from harness.probes import viewers
from harness.probes.actions.login import session_of
from harness.probes.actions.outcome import Decided, Outcome, State
from harness.probes.actions.recipe import Play, WebSession, is_locked_out
from harness.probes.viewers import Removed
from harness.transports.http import HttpRequest, Target, exchange
from harness.transports.templates import NOT_TRIED, Variables

KEPT = "viewers-session"
GONE = (401, 403, 404, 410)


class Shared(Decided):
    """Was it given, or ended?"""

    way: str


class Listed(Decided):
    """Granted when the owner's list of people names the viewer."""

    names: tuple[str, ...] = ()


class Piece(Decided):
    """One thing that a viewer may get, asked in a session from before."""

    path: str


@reads()
def ways(bench: Bench) -> tuple[str, ...]:
    """How the owner can share; NotPossible without any."""
    return viewers.ways(bench, "add_viewer")


@acts("change")
def take_away(bench: Bench, way: str) -> Removed:
    """No viewer is left."""
    return Removed(found=f"shared by {way}; {viewers.make_sure_removed(bench).found}")


@acts("change", undo=take_away)
def share(bench: Bench, way: str) -> Shared:
    """Make the viewer's account by one way."""
    return _shared(viewers.add(bench, way), way)


@acts("change")
def take_another_away(bench: Bench, way: str) -> Removed:
    """No second one is left."""
    return Removed(found=f"shared by {way}; {viewers.make_sure_removed(bench, viewers.another(bench)).found}")


@acts("change", undo=take_another_away)
def share_with_another(bench: Bench, way: str) -> Shared:
    """Make a second viewer's account too; refused where a device takes one only."""
    return _shared(viewers.add(bench, way, guest=viewers.another(bench)), way)


@acts("change")
def end(bench: Bench, way: str) -> Shared:
    """The owner ends it: by the way of the same name, else by the first."""
    known = viewers.ways(bench, "remove_viewer")
    chosen = way if way in known else known[0]
    return _shared(viewers.remove(bench, chosen), chosen)


@acts("login")
def listed(bench: Bench, guests: int = 1) -> Listed:
    """Does the owner see the viewer in the list of people, and the second one, where there are two?"""
    way = viewers.ways(bench, "list_viewers")[0]
    recipe, owner = bench.profile.actions["list_viewers"][way], bench.credential("owner")
    session = WebSession() if recipe.inside == NO_SESSION else session_of(bench, recipe.inside or way, owner)
    variables = Variables({"user": (owner, NOT_TRIED)}, plain={"address": bench.sample.address})
    played = Play(bench, recipe, variables, "list the people", session).run()
    asked = "the viewer in the owner's list of people"
    if played.outcome.state != "granted":
        return Listed(state="unclear", why=f"the list was not given: {played.outcome.why}", asked=asked)
    names = names_in(played.exchanges[-1].reply.body, _expression(bench))
    people = (viewers.credential(bench), viewers.another(bench))[:guests]
    logins = [bench.access.login(who, NOT_TRIED) for who in people]
    there = sum(login is not None and login.user in names for login in logins)
    why = f"{there} of {guests} among {len(names)} names"
    return Listed(state="granted" if there == guests else "refused", why=why, asked=asked, names=names)


@acts("login")
def open_session(bench: Bench) -> tuple[Piece, ...]:
    """Log the viewer in on the interface and ask for everything that a viewer may get; the session is kept."""
    way = next(iter(bench.profile.actions.get("log_in", {})), None)
    if way is None:
        raise NotPossible("no way is known to log in on the interface: no recipe actions.log_in in the profile")
    bench.keep(KEPT, session_of(bench, way, viewers.credential(bench)))
    return _pieces(bench)


@reads()
def pieces(bench: Bench) -> tuple[Piece, ...]:
    """The same things again, in the session from before."""
    return _pieces(bench)


def names_in(body: bytes, expression: str) -> tuple[str, ...]:
    """The names in an answer; Undecided where there is no list."""
    try:
        found: JsonValue = jmespath.search(expression, json.loads(body))
    except (ValueError, RecursionError, JMESPathError) as problem:
        raise Undecided(f"the list of people cannot be read as the profile says: {problem}") from None
    if not isinstance(found, list):
        raise Undecided(f"there is no list of names at {expression!r} in the answer")
    return tuple(str(name)[:64] for name in found[:500])


def _pieces(bench: Bench) -> tuple[Piece, ...]:
    rows = [each for each in bench.profile.ixit.api.endpoints if each.role == "viewer" and each.does == "read"]
    if not rows:
        raise Undecided("the profile's table api names nothing that a viewer may read (role: viewer)")
    session = _latest(bench)
    return tuple(_piece(bench, row, session) for row in rows)


def _piece(bench: Bench, row: ApiEndpoint, session: WebSession) -> Piece:
    default, path = bench.profile.http_service, row.path
    where = bench.address(row.service or (default.id if default else ""))
    asked = f"GET {path} in the viewer's session"
    try:
        target = Target(where.host, where.port, where.tls)
        reply = exchange(bench.access, target, HttpRequest("GET", path, session.headers), authorizer=session.authorizer)
    except DeviceSilent as silence:
        return Piece(state="unclear", why=str(silence), asked=asked, path=path)
    state: State = "granted" if reply.status in row.granted or (200 <= reply.status < 300 and not row.granted) else "unclear"
    if (reply.status in GONE or 300 <= reply.status < 400) and not is_locked_out(reply):
        state = "refused"
    return Piece(state=state, why=f"status {reply.status}", asked=asked, path=path)


def _latest(bench: Bench) -> WebSession:
    number, found = 1, None
    while True:
        try:
            found = bench.live(f"{KEPT}#{number}")
        except Undecided:
            break
        number += 1
    if not isinstance(found, WebSession):
        raise Undecided("the viewer has no session from before")
    return found


def _expression(bench: Bench) -> str:
    """`bind.sharing.viewers`: where the names are in the answer of `actions.list_viewers`."""
    table = bench.profile.ixit.free.get("bind")
    sharing = table.get("sharing") if isinstance(table, dict) else None
    expression = sharing.get("viewers") if isinstance(sharing, dict) else None
    if not isinstance(expression, str):
        raise Undecided("the profile's table bind does not say where the list names people (sharing.viewers)")
    return expression


def _shared(outcome: Outcome, way: str) -> Shared:
    return Shared(state=outcome.state, why=outcome.why, asked=outcome.asked, way=way)
