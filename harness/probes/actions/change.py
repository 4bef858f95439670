"""Ways of changing a password, and whether a password really changed: told by log-ins, not by the answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import STANDARD_CHANGES
from harness.model.recipe import Recipe
from harness.model.secret import NOBODY, Credential
from harness.probes.actions import standard
from harness.probes.actions.login import UNKNOWN, let_in, reachable, session_of
from harness.probes.actions.outcome import Outcome, State, label_of, name_of
from harness.probes.actions.recipe import Play, WebSession
from harness.transports.templates import NOT_TRIED, Variables

PATIENCE_S = (0.0, 1.0, 3.0)  # a camera that said yes may restart a service before the new password works there
LATE_S = 5.0  # a camera that said no may change the password all the same, a little later


class WayTried(Frozen):
    """One way, asked once for one new password: what the camera answered, and what a log-in says (`state` goes by that)."""

    way: str
    answer: State
    state: State
    why: str
    asked: str = ""
    version: int = 0


def ways(bench: Bench) -> tuple[str, ...]:
    """Every declared way of changing a password, each once, in the profile's order."""
    declared = tuple(dict.fromkeys(chain.from_iterable(each.change for each in bench.profile.ixit.auth_mech)))
    if not declared:
        raise Undecided("the profile names no way of changing a password: ixit.auth_mech[].change is empty")
    return declared


def known_ways(bench: Bench) -> tuple[str, ...]:
    """The same; NotPossible, before anything is asked, when we cannot ask by one of them."""
    for way in ways(bench):
        _recipe(bench, way)
    return ways(bench)


def takers(bench: Bench, way: str) -> tuple[Surface, ...]:
    """Surfaces that must take a password changed this way: those that name it, and those that have no change of their own."""
    changes = {each.id: each.change for each in bench.profile.ixit.auth_mech}
    return tuple(surface for surface in reachable(bench) if way in changes[surface.id] or not changes[surface.id])


@dataclass(frozen=True)
class Prepared:
    """A way that may be asked: for those that need one, its session is open. `sets_up`: the way is not one of changing a password."""

    way: str
    recipe: Recipe | None
    session: WebSession
    sets_up: bool = False


def prepare(bench: Bench, way: str, who: Credential) -> Prepared:
    """Open what the way needs, as `who`; Undecided when that fails, so that a way is never judged that was not asked."""
    recipe = _recipe(bench, way)
    return Prepared(way, recipe, session_of(bench, recipe.inside or way, who) if recipe else WebSession())


def ask(bench: Bench, prepared: Prepared, who: Credential, current: Credential, new: Credential) -> Outcome:
    """Ask once for the new password, showing `current` as the present one."""
    way, recipe = prepared.way, prepared.recipe
    if recipe is None:
        return standard.set_user(bench, who, current, new)
    surface = recipe.inside or way
    accounts = {"user": (who, NOT_TRIED), "password": (who, surface), "current": (current, surface), "new": (new, NOT_TRIED)}
    if prepared.sets_up:
        accounts = {"user": (who, NOT_TRIED), "password": (new, NOT_TRIED)}
    name = f"change the password by {way}, shown {name_of(bench, current)}"
    variables = Variables(accounts, plain={"address": bench.sample.address})
    return Play(bench, recipe, variables, name, prepared.session).run().outcome


def try_unproven(bench: Bench, way: str, who: Credential, current: Credential, turn: int) -> WayTried:
    """Ask without the right current password; whether that changed anything is seen where the new one is tried."""
    try:
        prepared = prepare(bench, way, who)
    except Undecided as undecided:
        return WayTried(way=way, answer="unclear", state="unclear", why=f"not asked: {undecided}")
    return _unproven(bench, prepared, who, current, turn)


def set_up_again(bench: Bench, who: Credential) -> tuple[WayTried, ...]:
    """Nobody asks for set-up by each way, with an account that is there: granted, that is a change without its password."""
    recipes = bench.profile.actions.get("set_up", {})
    prepared = [Prepared(f"set-up {way}", recipe, WebSession(), sets_up=True) for way, recipe in recipes.items()]
    return tuple(_unproven(bench, each, who, NOBODY, turn) for turn, each in enumerate(prepared))


def _unproven(bench: Bench, prepared: Prepared, who: Credential, current: Credential, turn: int) -> WayTried:
    way, new = prepared.way, bench.new_password(who, unproven=True)
    answer = _answer(bench, prepared, who, current, new)
    state, why = _effect(bench, _turned(reachable(bench), turn), who, new)
    if state == "granted":
        bench.password_is(new)
    elif not answer.answered_at:
        state = "unclear"
    return WayTried(way=way, answer=answer.state, state=state, why=f"{answer.why}; {why}", asked=answer.asked, version=new.version)


def look_again(bench: Bench, who: Credential, tried: tuple[WayTried, ...]) -> tuple[WayTried, ...]:
    """Where the owner is no longer let in after a while, one of these ways changed something after all: find out which."""
    if any(each.version for each in tried):
        bench.wait(LATE_S)
    locked = [surface for surface in reachable(bench) if _state(bench, surface, who) == "refused"]
    return tuple(_blamed(bench, who, each, locked) for each in tried) if locked else tried


def change(bench: Bench, way: str, who: Credential, turn: int) -> WayTried:
    """Change by one way with the right current password, and see it work on every surface that must take it."""
    old = who.at(bench.current_version(who))
    try:
        prepared = prepare(bench, way, old)
    except Undecided as undecided:
        return WayTried(way=way, answer="unclear", state="unclear", why=f"not asked: {undecided}")
    new = bench.new_password(who)
    answer = _answer(bench, prepared, old, old, new)
    if answer.state == "granted":
        bench.password_is(new)
    state, why = _confirmed(bench, _turned(takers(bench, way), turn), answer, old, new)
    return WayTried(way=way, answer=answer.state, state=state, why=f"{answer.why}; {why}", asked=answer.asked, version=new.version)


def _answer(bench: Bench, prepared: Prepared, who: Credential, current: Credential, new: Credential) -> Outcome:
    """Silence is an unclear answer without a time: the question may or may not have reached the device."""
    try:
        return ask(bench, prepared, who, current, new)
    except Undecided as undecided:
        return Outcome(state="unclear", why=str(undecided), asked=f"change the password by {prepared.way}")


def _recipe(bench: Bench, way: str) -> Recipe | None:
    """None for the ways that a protocol defines."""
    recipe = bench.profile.recipe("change_password", way)
    if recipe is None and way not in STANDARD_CHANGES:
        raise NotPossible(f"change_password by {way}: {UNKNOWN}")
    return None if way in STANDARD_CHANGES else recipe


def _effect(bench: Bench, surfaces: Iterable[Surface], who: Credential, new: Credential) -> tuple[State, str]:
    """Did `new` become valid? Asked on the first surface that does not take just anything."""
    for surface in surfaces:
        try:
            if not let_in(bench, surface, new).granted:
                return "refused", f"{surface.id} does not take {label_of(bench, new)}"
            if not let_in(bench, surface, who).granted or not let_in(bench, surface, who.wrong).granted:
                return "granted", f"{surface.id} now takes {label_of(bench, new)}"
        except Undecided:
            continue
    return "unclear", f"no surface tells whether {label_of(bench, new)} is valid"


def _blamed(bench: Bench, who: Credential, tried: WayTried, locked: list[Surface]) -> WayTried:
    new = who.at(tried.version)
    for surface in locked:
        if tried.version and tried.state != "granted" and _state(bench, surface, new) == "granted":
            bench.password_is(new)
            return tried.model_copy(update={"state": "granted", "why": f"{tried.why}; {surface.id} takes it, and no longer the one before"})
    return tried


def _confirmed(bench: Bench, surfaces: tuple[Surface, ...], answer: Outcome, old: Credential, new: Credential) -> tuple[State, str]:
    patience = PATIENCE_S if answer.state == "granted" else PATIENCE_S[:1]
    told = {surface: _taken_in_time(bench, surface, new, patience) for surface in surfaces}
    lacking = [surface for surface, state in told.items() if state != "granted"]
    if surfaces and not lacking:
        bench.password_is(new)
        return "granted", f"{label_of(bench, new)} is taken by {', '.join(each.id for each in surfaces)}"
    why = f"{', '.join(each.id for each in lacking)} did not take {label_of(bench, new)}"
    if all(_state(bench, surface, old) == "granted" for surface in surfaces):
        bench.password_is(old)
        return ("unclear" if answer.state == "unclear" else "refused"), f"{why}; the one before still works everywhere"
    return ("refused" if "refused" in told.values() and len(lacking) < len(surfaces) else "unclear"), why


def _taken_in_time(bench: Bench, surface: Surface, new: Credential, patience: tuple[float, ...]) -> State:
    state: State = "unclear"
    for pause in patience:
        bench.wait(pause)
        state = _state(bench, surface, new)
        if state == "granted":
            break
    return state


def _state(bench: Bench, surface: Surface, who: Credential) -> State:
    """How a log-in ends; silence is unclear."""
    try:
        return let_in(bench, surface, who).state
    except Undecided:
        return "unclear"


def _turned(surfaces: tuple[Surface, ...], turn: int) -> tuple[Surface, ...]:
    """Begin with another one each turn, so that failed log-ins spread over the surfaces."""
    start = turn % len(surfaces) if surfaces else 0
    return surfaces[start:] + surfaces[:start]
