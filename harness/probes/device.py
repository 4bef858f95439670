"""The device as a whole: which one it is, is it there, bring it to a state."""

from pathlib import Path

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, OutOfScope, Undecided
from harness.model.secret import Credential
from harness.model.vocabulary import State
from harness.probes.actions import standard
from harness.probes.actions.login import let_in, reachable, session_of
from harness.probes.actions.outcome import name_of
from harness.probes.actions.recipe import Play
from harness.transports.tcp import connect
from harness.transports.templates import NOT_TRIED, Variables

OWNER = "owner"
CONNECT_S = 2.0
NEIGHBOURS = Path("/proc/net/arp")
LONGEST = 200


class Identity(Frozen):
    """What tells this unit from another; each may be unknown."""

    mac: str | None = None
    serial: str | None = None
    firmware: str | None = None


class Reached(Frozen):
    """The device is in this state; `how` says what it took."""

    state: str
    how: str


@reads()
def identity(bench: Bench) -> Identity:
    """By the profile's recipe, else by ONVIF; the MAC address from our own neighbour table."""
    facts = _facts(bench)
    return Identity(mac=_mac(bench.sample.address), serial=facts.get("serial"), firmware=facts.get("firmware"))


@acts("change")
def bring_to(bench: Bench, state: State) -> Reached:
    """Normal: the owner is let in. A device fresh from its box is set up first, with the bench's password."""
    if state != "normal":
        raise NotPossible(f"bring the device to {state}: no action is known for that")
    owner = bench.credential(OWNER)
    if _lets_in(bench, owner):
        return Reached(state=state, how="the owner is let in")
    ways = tuple(bench.profile.actions.get("set_up", {}))
    if not ways:
        raise NotPossible(
            "the owner is not let in and the profile has no set_up action; set the device up by hand with the bench's password"
        )
    told = [_set_up(bench, way, owner) for way in ways]
    if not _lets_in(bench, owner):
        raise Undecided(f"the owner is not let in, also after set-up ({'; '.join(told)}); is the bench's password right?")
    return Reached(state=state, how=f"set up by {', '.join(ways)}")


def alive(bench: Bench) -> bool:
    """Does any declared service that listens on TCP take a connection?"""
    services = {(each.host, each.port) for each in (bench.address(entry.id) for entry in bench.profile.ixit.log_intf)}
    return any(_takes_a_connection(bench, *service) for service in sorted(services))


def _facts(bench: Bench) -> dict[str, str]:
    owner = bench.credential(OWNER)
    try:
        recipe_facts = _by_recipe(bench, owner)
        return recipe_facts if recipe_facts is not None else standard.device_information(bench)
    except DeviceSilent:
        raise
    except (Undecided, NotPossible):
        return {}


def _by_recipe(bench: Bench, owner: Credential) -> dict[str, str] | None:
    """None when the profile has no recipe."""
    for way, recipe in bench.profile.actions.get("identity", {}).items():
        session = session_of(bench, recipe.inside or way, owner)
        variables = Variables({"user": (owner, NOT_TRIED), "password": (owner, way)}, plain={"address": bench.sample.address})
        played = Play(bench, recipe, variables, f"ask who it is, by {way}", session, secret_takes=False).run()
        return {name: value[:LONGEST] for name, value in played.facts.items()} if played.outcome.granted else {}
    return None


def _mac(address: str) -> str | None:
    """Of a neighbour; a device behind a router has none that we can see."""
    rows = [line.split() for line in NEIGHBOURS.read_text().splitlines()[1:]] if NEIGHBOURS.exists() else []
    return next((row[3] for row in rows if len(row) > 3 and row[0] == address and row[3] != "00:00:00:00:00:00"), None)


def _lets_in(bench: Bench, owner: Credential) -> bool:
    """On the first surface whose log-in is known."""
    surface = next(iter(reachable(bench)), None)
    if surface is None:
        raise NotPossible("no log-in is known on any declared surface")
    return let_in(bench, surface, owner).granted


def _set_up(bench: Bench, way: str, owner: Credential) -> str:
    accounts = {"user": (owner, NOT_TRIED), "password": (owner, NOT_TRIED)}
    variables = Variables(accounts, plain={"address": bench.sample.address})
    recipe = bench.profile.actions["set_up"][way]
    return Play(bench, recipe, variables, f"set up by {way} as {name_of(bench, owner)}").run().outcome.why


def _takes_a_connection(bench: Bench, host: str, port: int) -> bool:
    try:
        with connect(bench.access, host, port, within=CONNECT_S):
            return True
    except OutOfScope:
        raise
    except DeviceSilent:
        return False
