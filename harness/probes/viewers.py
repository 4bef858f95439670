"""A second person: the owner makes an account for it, and takes it away; by the profile's recipes."""

from harness.gate.bench import Bench
from harness.model.action import Undone
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.model.recipe import ActionName
from harness.model.secret import Credential
from harness.probes.actions.login import let_in, reachable, session_of
from harness.probes.actions.outcome import Outcome
from harness.probes.actions.recipe import Play, WebSession
from harness.transports.templates import NOT_TRIED, Variables

VIEWER = "viewer"
SECONDS_WORD = "Second-Look-4827"


class Removed(Undone):
    """No surface lets the viewer in."""

    found: str


def add(bench: Bench, way: str = "", word: Credential | None = None, guest: Credential | None = None) -> Outcome:
    """By the first way, or this one, with the viewer's own password or this one, or another guest; no probe by itself."""
    return _played(bench, "add_viewer", way, word, guest)


def remove(bench: Bench, way: str = "", guest: Credential | None = None) -> Outcome:
    """By the first way, or this one; no probe by itself."""
    return _played(bench, "remove_viewer", way, guest=guest)


def another(bench: Bench) -> Credential:
    """A second one, for a moment: named like the first, with a password that is no secret. No probe by itself."""
    login = bench.access.login(credential(bench), NOT_TRIED)
    if login is None:
        raise Undecided("the viewer has no account on the bench")
    return credential(bench).listed(SECONDS_WORD, f"{login.user}2")


def ways(bench: Bench, action: ActionName) -> tuple[str, ...]:
    """How the profile says that it is done; NotPossible without any."""
    known = tuple(bench.profile.actions.get(action, {}))
    if not known:
        raise NotPossible(f"no way is known to {action}: no recipe actions.{action} in the profile")
    return known


def make_sure_removed(bench: Bench, guest: Credential | None = None) -> Removed:
    """Ask every way once, unless nobody lets the viewer in any more; no probe by itself."""
    if not _taken(bench, guest):
        return Removed(found="there was none")
    told = [f"{way}: {remove(bench, way, guest).why}" for way in ways(bench, "remove_viewer")]
    if _taken(bench, guest):
        raise NotRestored(f"the viewer's account is still there ({'; '.join(told)}); remove it by hand, then settle")
    return Removed(found="; ".join(told))


def _taken(bench: Bench, guest: Credential | None) -> bool:
    """Asked where log-ins are known; a refusal counts towards the lock of that account only."""
    surface = next(iter(reachable(bench)), None)
    return surface is not None and let_in(bench, surface, guest or bench.credential(VIEWER)).state != "refused"


def _played(bench: Bench, action: ActionName, way: str, word: Credential | None = None, guest: Credential | None = None) -> Outcome:
    """As the owner; the recipe names the viewer as `viewer`, its password as `word`."""
    chosen = way or ways(bench, action)[0]
    recipe, owner, viewer = bench.profile.actions[action][chosen], bench.credential("owner"), guest or bench.credential(VIEWER)
    login = bench.access.login(viewer, NOT_TRIED)
    if login is None:
        raise Undecided("the viewer has no account on the bench")
    session = session_of(bench, recipe.inside or chosen, owner) if recipe.inside != "none" else WebSession()
    variables = Variables(
        {"user": (owner, NOT_TRIED), "word": (word or viewer, NOT_TRIED)}, plain={"address": bench.sample.address, "viewer": login.user}
    )
    return Play(bench, recipe, variables, f"{action} by {chosen}", session).run().outcome


def credential(bench: Bench) -> Credential:
    """The viewer's."""
    return bench.credential(VIEWER)
