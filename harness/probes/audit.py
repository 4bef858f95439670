"""The log of security events: have each happen, then read what is recorded of it, and who may read it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Undone
from harness.model.audit import EventKind, Result
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.recipe import NO_SESSION, Recipe
from harness.model.secret import NOBODY, Credential
from harness.probes import device, viewers
from harness.probes.actions import change, restore
from harness.probes.actions.login import let_in, reachable, session_of
from harness.probes.actions.outcome import Decided, Outcome, name_of
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.audit_records import Caused, Record, new_since, recorded, records_in
from harness.transports.templates import NOT_TRIED, Variables
from harness.transports.udp import own_addresses

__all__ = ["Cause", "Caused", "Records", "cause", "causes", "read", "read_as", "readers", "reset"]

KEPT, FRESH_MOST = "audit-session", 200
PATIENCE_S = (0.0, 1.0, 3.0)  # a device may write its log a moment later
NO_PACKAGE = b"camlabel: this is no package of the producer's\n" * 64
NEEDS: dict[EventKind, tuple[str, ...]] = {
    "user added": ("multi_user", "sharing"),
    "user removed": ("multi_user", "sharing"),
    "update": ("local_update",),
}


class Cause(Frozen):
    """What is to happen, by which way or on which surface."""

    kind: EventKind
    result: Result
    way: str
    turn: int

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.kind} {self.result}, {self.way}, {self.turn + 1}"


class Records(Decided):
    """Was somebody given the log?"""


class PutRight(Undone):
    """Passwords, settings and accounts are as before."""

    found: str


@reads()
def causes(bench: Bench, times: float) -> tuple[Cause, ...]:
    """Every event that this device can be made to log, each so often, as far as possible also one that is refused."""
    if not bench.profile.ixit.log.records:
        raise Undecided("the profile's table log does not say where the records are (records); it is needed here")
    found = [cause for turn in range(int(times)) for cause in _once(bench, turn)]
    return tuple(sorted(found, key=lambda each: each.turn))


@acts("change")
def put_right(bench: Bench, cause: Cause) -> PutRight:
    """What this event changed is changed back, where it still is otherwise."""
    if cause.kind == "password":
        restored = restore.restore(bench, bench.credential("owner"))
        return PutRight(found=f"password {restored.found}")
    if cause.kind in ("user added", "user removed"):
        return PutRight(found=viewers.make_sure_removed(bench).found)
    if cause.kind == "setting":
        return PutRight(found=_recipe(bench, "change_setting", tuple(bench.profile.actions["change_setting"])[-1]).why)
    return PutRight(found="nothing to put right")


@acts("change", undo=put_right)
def cause(bench: Bench, cause: Cause) -> Caused:
    """Have it happen once; what is new in the log after it. A setting is put otherwise first: what changes nothing is no event."""
    if cause.kind == "setting":
        for way in [each for each in bench.profile.actions["change_setting"] if each != cause.way][-1:]:
            _recipe(bench, "change_setting", way)
    before, began = _log(bench), _right_time(bench)
    try:
        state, why = _DO[cause.kind](bench, cause, bench.credential("owner"))
    except DeviceSilent:
        raise
    except Undecided as doubt:
        state, why = "unclear", str(doubt)
    result: Result = "granted" if state == "granted" else cause.result  # what should have been refused and was not is recorded as that
    event = Caused(
        asked=cause.asked,
        kind=cause.kind,
        result=result,
        actor=_user(bench),
        source=next(iter(own_addresses(bench.sample.address)), ""),
        began=began,
        ended=_right_time(bench),
        happened=state == result,
        why=why,
        table=bench.profile.ixit.log,
    )
    return event.model_copy(update={"fresh": _fresh(bench, before, event)})


@acts("reset")
def reset(bench: Bench) -> Caused:
    """Reset the device by the first way that it has, set it up again, and read the log as its new owner."""
    way = next(iter(device.resets_of(bench)), None)
    if way is None:
        raise NotPossible("the bench has no way to reset the device")
    before, began = _log(bench), _right_time(bench)
    done = device.reset(bench, way)
    event = Caused(
        asked=f"reset by {way}",
        kind="reset",
        result="granted",
        actor="",
        source="",
        began=began,
        ended=_right_time(bench),
        happened=done.state == "granted",
        why=done.why,
        table=bench.profile.ixit.log,
    )
    device.bring_to(bench, "normal")
    return event.model_copy(update={"fresh": _fresh(bench, before, event)})


@acts("login")
def read(bench: Bench, who: Credential) -> Records:
    """Read the log, as this account or as nobody."""
    return _read(bench, who)


@reads()
def readers(bench: Bench) -> tuple[str, ...]:
    """Who else has an account, where there may be others; else nobody."""
    return (viewers.VIEWER, NOBODY.which) if _offered(bench, "user added") else (NOBODY.which,)


@acts("change")
def remove_viewer(bench: Bench, who: str) -> PutRight:
    """No viewer is left."""
    return PutRight(found=viewers.make_sure_removed(bench).found if who == viewers.VIEWER else "nobody was there")


@acts("change", undo=remove_viewer)
def read_as(bench: Bench, who: str) -> Records:
    """Read the log as nobody, or with a viewer's account that is made for it."""
    if who != viewers.VIEWER:
        return _read(bench, NOBODY)
    made = viewers.add(bench)
    if made.state != "granted":
        raise Undecided(f"no viewer's account was made: {made.why}")
    return _read(bench, viewers.credential(bench))


def _once(bench: Bench, turn: int) -> Iterator[Cause]:
    """In an order in which each can happen: who is removed was added."""
    surfaces = [surface.id for surface in reachable(bench)]
    for result in ("granted", "refused"):
        yield from (Cause(kind="log-in", result=result, way=surface, turn=turn) for surface in surfaces)
    known = change.ways(bench)
    yield from (Cause(kind="password", result="granted", way=way, turn=turn) for way in known)
    yield from (Cause(kind="password", result="refused", way=way, turn=turn) for way in known if _shows_current(bench, way))
    if _offered(bench, "user added"):
        yield Cause(kind="user added", result="granted", way=viewers.ways(bench, "add_viewer")[0], turn=turn)
        yield Cause(kind="user removed", result="granted", way=viewers.ways(bench, "remove_viewer")[0], turn=turn)
    yield from (Cause(kind="setting", result="granted", way=way, turn=turn) for way in viewers.ways(bench, "change_setting"))
    if _offered(bench, "update"):
        yield Cause(kind="update", result="refused", way=viewers.ways(bench, "offer_update")[0], turn=turn)


def _offered(bench: Bench, kind: EventKind) -> bool:
    return any(bench.profile.has(capability) for capability in NEEDS[kind])


def _shows_current(bench: Bench, way: str) -> bool:
    """A recipe that shows the present password can be shown a wrong one, in a session of the owner's."""
    recipe = bench.profile.recipe("change_password", way)
    return recipe is not None and "current" in recipe.model_dump_json()


def _log_in(bench: Bench, cause: Cause, owner: Credential) -> tuple[str, str]:
    surface = next(each for each in reachable(bench) if each.id == cause.way)
    done = let_in(bench, surface, owner if cause.result == "granted" else owner.wrong)
    return done.state, done.why


def _password(bench: Bench, cause: Cause, owner: Credential) -> tuple[str, str]:
    if cause.result == "granted":
        done = change.change(bench, cause.way, owner, cause.turn)
        return done.state, done.why
    (tried,) = change.look_again(bench, owner, (change.try_unproven(bench, cause.way, owner, owner.wrong, cause.turn),))
    return tried.state, tried.why


def _user_added(bench: Bench, cause: Cause, _: Credential) -> tuple[str, str]:
    done = viewers.add(bench, cause.way)
    return done.state, done.why


def _user_removed(bench: Bench, cause: Cause, _: Credential) -> tuple[str, str]:
    done = viewers.remove(bench, cause.way)
    return done.state, done.why


def _setting(bench: Bench, cause: Cause, _: Credential) -> tuple[str, str]:
    done = _recipe(bench, "change_setting", cause.way)
    return done.state, done.why


def _update(bench: Bench, cause: Cause, _: Credential) -> tuple[str, str]:
    done = _recipe(bench, "offer_update", cause.way, package=NO_PACKAGE)
    return done.state, done.why


_DO: dict[EventKind, Callable[[Bench, Cause, Credential], tuple[str, str]]] = {
    "log-in": _log_in,
    "password": _password,
    "user added": _user_added,
    "user removed": _user_removed,
    "setting": _setting,
    "update": _update,
}


def _recipe(bench: Bench, action: "str", way: str, package: bytes = b"") -> Outcome:
    recipes = next(recipes for name, recipes in bench.profile.actions.items() if name == action)
    recipe, owner = recipes[way], bench.credential("owner")
    session = WebSession() if recipe.inside == NO_SESSION else session_of(bench, recipe.inside or way, owner)
    plain = {"address": bench.sample.address, "version": "0", "size": str(len(package)), "sha256": "0" * 64, "md5": "0" * 32}
    variables = Variables({"user": (owner, NOT_TRIED)}, plain=plain, package=package)
    return Play(bench, recipe, variables, f"{action} by {way}", session).run().outcome


def _read(bench: Bench, who: Credential) -> Records:
    recipe = _log_recipe(bench)
    session = WebSession() if who == NOBODY else session_of(bench, recipe.inside or _log_way(bench), who)
    outcome, given = _given(bench, session)
    asked = f"read the log as {name_of(bench, who)}"
    return Records(state=outcome.state, why=f"{outcome.why}; {len(given)} records", asked=asked)


def _log(bench: Bench) -> tuple[Record, ...]:
    """As its owner, in a session that is kept, so that reading adds nothing to it."""
    kept = _kept(bench)
    for _ in range(2):
        if kept.session is None:
            kept.session = session_of(bench, _log_recipe(bench).inside or _log_way(bench), bench.credential("owner"))
        outcome, given = _given(bench, kept.session)
        if outcome.state == "granted":
            return given
        kept.session = None
    raise Undecided(f"the owner is not given the log: {outcome.why}")


def _fresh(bench: Bench, before: tuple[Record, ...], event: Caused) -> tuple[Record, ...]:
    """New records; one that is not there yet is waited for a little."""
    fresh: tuple[Record, ...] = ()
    for pause in PATIENCE_S:
        bench.wait(pause)
        fresh = new_since(before, _log(bench))
        if recorded(event.kind, event.result, fresh, event.table):
            break
    return fresh[-FRESH_MOST:]


def _given(bench: Bench, session: WebSession) -> tuple[Outcome, tuple[Record, ...]]:
    variables = Variables({"user": (bench.credential("owner"), NOT_TRIED)}, plain={"address": bench.sample.address})
    played = Play(bench, _log_recipe(bench), variables, "read the log", session).run()
    body = played.exchanges[-1].reply.body
    return played.outcome, records_in(body, bench.profile.ixit.log) if played.outcome.state == "granted" else ()


def _log_way(bench: Bench) -> str:
    way = next(iter(bench.profile.actions.get("read_log", {})), None)
    if way is None:
        raise NotPossible("no way is known to read the log: no recipe actions.read_log in the profile")
    return way


def _log_recipe(bench: Bench) -> Recipe:
    way = _log_way(bench)
    return bench.profile.actions["read_log"][way]


@dataclass
class _Kept:
    """The owner's session in which the log is read; lives in the gate."""

    session: WebSession | None = None


def _kept(bench: Bench) -> _Kept:
    return bench.remembered(KEPT, _Kept)


def _user(bench: Bench) -> str:
    login = bench.access.login(bench.credential("owner"), NOT_TRIED)
    return login.user if login else ""


def _right_time(bench: Bench) -> float:
    """Seconds since 1970 by our clock, and what the device's was advanced."""
    return time.time() + bench.clock.now() - time.monotonic()
