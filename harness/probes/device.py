"""The device as a whole: which one it is, is it there, bring it to a state."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, OutOfScope, Undecided
from harness.model.operator import Answer, Words
from harness.model.recipe import ActionName
from harness.model.secret import Credential
from harness.model.vocabulary import State
from harness.probes.actions import standard
from harness.probes.actions.login import let_in, reachable, session_of
from harness.probes.actions.outcome import Decided, name_of
from harness.probes.actions.outcome import State as Outcome
from harness.probes.actions.perform import Performed, perform, played
from harness.probes.actions.recipe import Play
from harness.probes.operator import confirmed
from harness.transports.reset import LONG_PRESS_S
from harness.transports.tcp import connect
from harness.transports.templates import NOT_TRIED, Variables

OWNER = "owner"
SET_UP = "set-up"
BUTTON, ACTION = "button", "action"
AS_DELIVERED = Words(
    en="Is the camera as delivered: never set up, or reset and not set up since?",
    zh="摄像机是否处于出厂状态：从未设置，或恢复出厂设置后未再设置？",
)
SET_IT_UP = Words(
    en="Set the camera up as its guide says, with the owner's account and password of the bench file. Is that done?",
    zh="请按说明书设置摄像机，使用台架文件中的所有者账号和密码。是否完成？",
)
CONNECT_S = 2.0
CALLS_HOME: tuple[ActionName, ...] = ("trigger_event", "check_update")
MINUTE_S = 60.0
BACK_S, LOOK_S = 180.0, 0.1
GOES_S, GOES_LOOK_S = 15.0, 0.1
SETTLE_S = (0.0, 1.0, 5.0, 20.0)
NEIGHBOURS = Path("/proc/net/arp")
LONGEST = 200


class Identity(Frozen):
    """What tells this unit from another; each may be unknown."""

    mac: str | None = None
    serial: str | None = None
    firmware: str | None = None


class Reached(Frozen):
    """The device is in this state; `how` says what it took, `answer` is that of the person who did or knew it."""

    state: str
    how: str
    answer: Answer | None = None


@reads()
def identity(bench: Bench, in_use: bool = True) -> Identity:
    """By the profile's recipe, else by ONVIF; the MAC address from our own neighbour table. Not `in_use`: nobody is there to ask as."""
    told = facts(bench) if in_use else {}
    return Identity(mac=mac_of(bench.sample.address), serial=told.get("serial"), firmware=told.get("firmware"))


class Reset(Decided):
    """Granted when the owner, who was let in before, is not any more; `way` is by what it was done."""

    way: str


@acts("change")
def bring_to(bench: Bench, state: State) -> Reached:
    """Factory and setup: as delivered; only a look, since `reset` is an act of its own. Normal and end: the owner is let in.

    A device fresh from its box is set up first, with the bench's password.
    """
    if state in {"factory", "setup"}:
        return _as_delivered(bench, state)
    if state == "privacy":
        raise NotPossible("bring the device to privacy: no action is known for that")
    owner = bench.credential(OWNER)
    if _lets_in(bench, owner):
        return Reached(state=state, how="the owner is let in")
    ways, began = tuple(bench.profile.actions.get("set_up", {})), time.time()
    if not can_be_set_up(bench):
        raise NotPossible(
            "the owner is not let in and the profile has no set_up action; set the device up by hand with the bench's password"
        )
    answer = None if ways else confirmed(bench, "action.set_up", SET_IT_UP)
    told = [_set_up(bench, way, owner) for way in ways] or [str(answer)]
    if not _lets_in(bench, owner):
        raise Undecided(f"the owner is not let in, also after set-up ({'; '.join(told)}); is the bench's password right?")
    bench.happened.add(SET_UP, began, time.time())
    return Reached(state=state, how=f"set up by {', '.join(ways) or 'the operator'}", answer=answer)


@acts("reset")
def reset(bench: Bench, way: str) -> Reset:
    """Back to the state as delivered, by one of `resets_of`; waits until the device answers again."""
    if way not in resets_of(bench):
        raise NotPossible(f"reset by {way}: the bench has {', '.join(resets_of(bench)) or 'no way to reset'}")
    return reset_by(bench, way, lambda: _press(bench) if way == BUTTON else _asked_for(bench))


def reset_by(bench: Bench, way: str, ask: Callable[[], str]) -> Reset:
    """Ask for it, wait until the device answers again, and see what came of it. No probe by itself."""
    was_let_in = _lets_in(bench, bench.credential(OWNER))
    said = ask()
    if way != BUTTON:
        _goes(bench)
    state, seen = _settled(bench, way, was_let_in=was_let_in)
    return Reset(state=state, why=f"{said}; {seen}", asked=f"reset by {way}", way=way)


def _settled(bench: Bench, way: str, *, was_let_in: bool) -> tuple[Outcome, str]:
    """What is seen once it answers again; a device that says yes may go on for a while before it forgets."""
    state: Outcome = "unclear"
    seen = ""
    for pause in SETTLE_S:
        if pause:
            bench.wait(pause)
        if not answers_again(bench):
            raise Undecided(f"the device did not answer within {BACK_S:g} s after a reset by {way}")
        state, seen = _effect(bench, was_let_in=was_let_in)
        if state == "granted":
            break
    return state, seen


@reads()
def is_up(bench: Bench) -> bool:
    """Does a declared service take a connection?"""
    return alive(bench)


@acts("login")
def ask_for_update(bench: Bench) -> Performed:
    """Have it look for newer software, as its owner may."""
    return perform(bench, "check_update")


@acts("login", once=True)
def call_home(bench: Bench) -> tuple[Performed, ...]:
    """Have it do what it does with its servers, as far as that is known, and give it a minute for it."""
    done: list[Performed] = []
    for action in CALLS_HOME:
        with suppress(NotPossible):
            done.append(perform(bench, action))
    bench.wait(MINUTE_S)
    return tuple(done)


def can_be_set_up(bench: Bench) -> bool:
    """Is there a recipe, or somebody to do it? No probe by itself."""
    return bool(bench.profile.actions.get("set_up")) or bench.operator is not None


def resets_of(bench: Bench) -> tuple[str, ...]:
    """How this device can be reset on this bench; no probe by itself."""
    driven = bench.driver is not None and "reset" in bench.driver.actions
    asked = driven or "reset" in bench.profile.actions or bench.operator is not None
    return (*((BUTTON,) if bench.reset else ()), *((ACTION,) if asked else ()))


def alive(bench: Bench, within: float = CONNECT_S) -> bool:
    """Does any declared service that listens on TCP take a connection? The first is asked first, the others together."""
    entries = [entry for entry in bench.profile.ixit.log_intf if "tcp" in entry.transports]
    services = sorted({(each.host, each.port) for each in (bench.address(entry.id) for entry in entries)})
    if not services:
        return False
    first, *others = services
    if _takes_a_connection(bench, first[0], first[1], within):
        return True
    if not others:
        return False
    with bench.access.device_time(), ThreadPoolExecutor(len(others), "alive") as threads:
        return any(threads.map(lambda service: _takes_a_connection(bench, service[0], service[1], within), others))


def _as_delivered(bench: Bench, state: State) -> Reached:
    """By the profile's recipe; where it has none, whoever is at the bench knows."""
    told = played(bench, "is_factory")
    if told is not None:
        if not told.granted:
            raise NotPossible("the device is set up already")
        return Reached(state=state, how=f"as delivered: {told.why}")
    try:
        answer = confirmed(bench, "state.factory", AS_DELIVERED)
    except NotPossible as nobody:
        if _lets_in(bench, bench.credential(OWNER)):
            raise NotPossible("the device is set up already: the owner is let in") from nobody
        raise NotPossible(
            f"nothing tells whether the device is as delivered: no is_factory action in the profile, and {nobody}"
        ) from nobody
    if answer.value != "yes":
        raise NotPossible(f"the device is not as delivered ({answer})")
    return Reached(state=state, how=f"as delivered, {answer}", answer=answer)


def _press(bench: Bench) -> str:
    if bench.reset is None:
        raise NotPossible("nothing presses the reset button on this bench")
    with bench.access.device_time():
        bench.reset.press(LONG_PRESS_S)
    return f"pressed for {LONG_PRESS_S:g} s: {bench.reset.way}"


def _asked_for(bench: Bench) -> str:
    done = perform(bench, "reset")
    return f"{done.way} ({done.state}): {done.why}"


def _goes(bench: Bench) -> None:
    """Who asks for a reset gets an answer first: wait until the device goes away, or says that it is reset; not for ever."""
    deadline = time.monotonic() + GOES_S
    while alive(bench) and not _says_as_delivered(bench) and time.monotonic() < deadline:
        with bench.access.device_time():
            time.sleep(GOES_LOOK_S)


def _says_as_delivered(bench: Bench) -> bool:
    """One that falls silent while it is asked goes away."""
    try:
        told = played(bench, "is_factory")
    except DeviceSilent:
        return True
    return told is not None and told.state == "granted"


def answers_again(bench: Bench) -> bool:
    """Is it there, or back within a while of real time? A device boots as fast as it does. No probe by itself."""
    deadline = time.monotonic() + BACK_S
    while not alive(bench):
        if time.monotonic() > deadline:
            return False
        with bench.access.device_time():
            time.sleep(LOOK_S)
    return True


def _effect(bench: Bench, *, was_let_in: bool) -> tuple[Outcome, str]:
    """What a log-in says, and what the device says of itself where it can be asked."""
    try:
        let_in_now = _lets_in(bench, bench.credential(OWNER))
    except Undecided as doubt:
        return "unclear", str(doubt)
    told = played(bench, "is_factory")
    if let_in_now or (told is not None and told.state == "refused"):
        return "refused", "the owner is still let in" if let_in_now else f"it is not as delivered: {told.why if told else ''}"
    if told is None and not was_let_in:
        return "unclear", "the owner was not let in before either"
    return ("granted" if told is None else told.state), "the owner is not let in any more"


def facts(bench: Bench) -> dict[str, str]:
    """Serial number and firmware, what of it is told; no probe by itself."""
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


def mac_of(address: str) -> str | None:
    """Of a neighbour; a device behind a router has none that we can see. No probe by itself."""
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


def _takes_a_connection(bench: Bench, host: str, port: int, within: float) -> bool:
    try:
        with connect(bench.access, host, port, within=within):
            return True
    except OutOfScope:
        raise
    except DeviceSilent:
        return False
