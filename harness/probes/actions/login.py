"""Logs in on a surface by the way that is known: the protocol's own, the profile's recipe, or its driver."""

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import STANDARD_LOG_INS
from harness.model.recipe import Recipe
from harness.model.secret import Credential
from harness.probes.actions import by_driver, standard
from harness.probes.actions.outcome import Entry, Outcome, name_of
from harness.probes.actions.recipe import Play, WebSession
from harness.transports.templates import NOT_TRIED, Variables

UNKNOWN = "the profile has no recipe for it, and no driver that does it"


def log_in(bench: Bench, surface: Surface, credential: Credential) -> Entry:
    """Log in once; what it opened is in the entry."""
    if surface.interface in STANDARD_LOG_INS:
        return standard.log_in(bench, surface, credential)
    if by_driver.logs_in(bench, surface):
        return standard.stored(bench, surface, credential, by_driver.let_in)
    recipe = bench.profile.recipe("log_in", surface.id)
    if recipe is None:
        raise NotPossible(f"log_in on {surface.id}: {UNKNOWN}")
    played = play_of(bench, surface, recipe, credential).run()
    return Entry(played.outcome, "session", played.session)


def play_of(bench: Bench, surface: Surface, recipe: Recipe, credential: Credential) -> Play:
    """The recipe, ready to be played once."""
    accounts = {"user": (credential, NOT_TRIED), "password": (credential, surface.id)}
    variables = Variables(accounts, plain={"address": bench.sample.address})
    return Play(bench, recipe, variables, f"log in on {surface.id} as {name_of(bench, credential)}")


def let_in(bench: Bench, surface: Surface, credential: Credential) -> Outcome:
    """Is this credential taken? As little as answers that."""
    if surface.interface in STANDARD_LOG_INS:
        return standard.let_in(bench, surface, credential)
    if by_driver.logs_in(bench, surface):
        return by_driver.let_in(bench, surface, credential)
    return log_in(bench, surface, credential).outcome


def session_of(bench: Bench, way: str, who: Credential) -> WebSession:
    """A fresh session for a recipe that runs inside the log-in of this name; an empty one when there is no such log-in."""
    surface = next((each for each in surfaces_of(bench) if each.id == way), None)
    if surface is None or bench.profile.recipe("log_in", way) is None:
        return WebSession()
    entry = log_in(bench, surface, who)
    if not entry.outcome.granted or not isinstance(entry.live, WebSession):
        raise Undecided(f"{who.role} was not let in on {way}: {entry.outcome.why}")
    return entry.live


def reachable(bench: Bench) -> tuple[Surface, ...]:
    """The surfaces on which a log-in is known."""
    recipes = bench.profile.actions.get("log_in", {})
    return tuple(
        each for each in surfaces_of(bench) if each.interface in STANDARD_LOG_INS or each.id in recipes or by_driver.logs_in(bench, each)
    )


def surfaces_of(bench: Bench) -> tuple[Surface, ...]:
    """Every declared surface that takes a password or PIN."""
    mechanisms = (each for each in bench.profile.ixit.auth_mech if each.factor in {"password", "pin"})
    return tuple(Surface(id=each.id, interface=each.interface) for each in mechanisms)
