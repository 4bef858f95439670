"""A device before its first credentials: what it serves to nobody, and whether its set-up ends without a password."""

import re
from contextlib import suppress
from typing import Literal

from pydantic import JsonValue

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Undone
from harness.model.base import Frozen
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.model.recipe import NO_SESSION, ActionName, Recipe
from harness.model.secret import NOBODY, Credential
from harness.probes import onvif, rtsp, snapshot
from harness.probes.actions import by_onvif, change
from harness.probes.actions.login import let_in, reachable, session_of
from harness.probes.actions.outcome import Decided, Outcome, name_of
from harness.probes.actions.perform import played
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.device import CALLS_HOME, answers_again
from harness.probes.rtsp_paths import declared_paths, service_of
from harness.probes.snapshot_paths import declared_places
from harness.transports.reset import LONG_PRESS_S
from harness.transports.templates import NOT_TRIED, Variables

OPERATIONS = (
    "tds:GetUsers",
    "tds:GetNetworkInterfaces",
    "tds:GetDeviceInformation",
    "tds:GetNetworkProtocols",
    "tds:GetScopes",
    "trt:GetProfiles",
    "trt:GetVideoSources",
)
READINGS: tuple[ActionName, ...] = ("read_settings", "read_log", "list_viewers", "list_recordings")
CHANGES: tuple[ActionName, ...] = ("change_setting",)  # its last way puts back
ACTIONS: tuple[ActionName, ...] = ("use_session", "identity", *READINGS, "live_view", "trigger_event", "check_update", *CHANGES)
NO_PASSWORDS = ("left out", "empty", "one blank", "blanks")
NO_TEXTS: dict[str, JsonValue] = {"null": None, "an empty list": [], "an empty object": {}}  # in place of a text of JSON
_WORDS = {"empty": "", "one blank": " ", "blanks": 12 * " "}
_READ_AS = {"null": ("null", "None"), "an empty list": ("[]",), "an empty object": ("{}",)}  # by who makes a text of it
_PASSWORD = re.compile(r"\{[{%][^{}]*\bpassword\b")


class Request(Frozen):
    """Something that only an owner is to get: a stream, a still picture, an ONVIF operation, an action of the profile."""

    kind: Literal["rtsp", "snapshot", "onvif", "action"]
    name: str
    way: str = ""

    @property
    def gives(self) -> bool:
        """Is it for pictures, settings or data, and no command?"""
        return self.name not in (*CALLS_HOME, *CHANGES)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{f' by {self.way}' if self.way else ''}"


class Served(Decided):
    """What came of one request."""

    request: Request


class SetUp(Decided):
    """Granted when the set-up ended, whatever the answer said."""

    how: str


class SetUpUndone(Undone):
    """`found`: how the device was left and what brought it back."""

    found: str


@reads()
def requests(bench: Bench) -> tuple[Request, ...]:
    """Declared streams and still pictures, ONVIF operations that need a log-in, and what the profile's recipes ask inside a session."""
    protocols = {entry.protocol for entry in bench.profile.ixit.log_intf}
    before = {name for entry in bench.profile.ixit.log_intf for name in entry.before_login}
    found = [Request(kind="rtsp", name=path.path) for path in declared_paths(bench)] if {"rtsp", "rtsps"} & protocols else []
    found += [Request(kind="snapshot", name=place.path) for place in declared_places(bench)] if {"http", "https"} & protocols else []
    found += [Request(kind="onvif", name=name) for name in OPERATIONS if "onvif" in protocols and name not in before]
    for action in ACTIONS:
        recipes = bench.profile.actions.get(action, {})
        found += [Request(kind="action", name=action, way=way) for way, recipe in recipes.items() if recipe.inside != NO_SESSION]
    return tuple(found)


@reads()
def no_passwords(bench: Bench) -> tuple[str, ...]:
    """How a password that is none can be said in the requests of this set-up."""
    ways = bench.profile.actions.get("set_up", {}).values()
    return (*NO_PASSWORDS, *(NO_TEXTS if any(_saying(recipe, None) != recipe for recipe in ways) else ()))


@acts("change")
def ask(bench: Bench, request: Request, who: Credential) -> Served:
    """Once, as this account or as nobody."""
    outcome = {"rtsp": _stream, "snapshot": _picture, "onvif": _operation, "action": _action}[request.kind](bench, request, who)
    return Served(state=outcome.state, why=outcome.why, asked=f"{request} as {name_of(bench, who)}", request=request)


@acts("change")
def put_back(bench: Bench, who: Credential, how: str) -> SetUpUndone:
    """As delivered, or with the owner's own password: what a set-up without one left is changed or reset away."""
    told = played(bench, "is_factory")
    if told is not None and told.state == "granted":
        return SetUpUndone(found="as delivered")
    surface = next(iter(reachable(bench)), None)
    if surface and let_in(bench, surface, who).state == "granted":
        return SetUpUndone(found="the owner is let in")
    words = [who.listed(word) for word in dict.fromkeys((_WORDS.get(how, ""), *_READ_AS.get(how, ()), *_WORDS.values()))]
    taken = next(([word] for word in words if surface and let_in(bench, surface, word).state == "granted"), words)  # before a lock
    if any(_given_the_owners(bench, who, word) for word in taken):
        return SetUpUndone(found="set up with a password that is none; changed to the owner's")
    if bench.reset is not None and bench.impact in {"reset", "flash"}:
        with bench.access.device_time():
            bench.reset.press(LONG_PRESS_S)
        if answers_again(bench):
            return SetUpUndone(found="set up with a password that is none; reset")
    raise NotRestored("the device was set up with a password that nobody knows or none, and nothing changed that; reset it, then settle")


@acts("change", undo=put_back)
def set_up(bench: Bench, who: Credential, how: str) -> SetUp:
    """Walk through every way of setting it up with a password that is none: left out, empty, blanks, no text at all."""
    ways = bench.profile.actions.get("set_up", {})
    if not ways:
        raise NotPossible("set_up: the profile has no recipe for it")
    if in_use(bench):
        raise Undecided("the device is set up already")
    shown = who.listed(_WORDS[how]) if how in _WORDS else NOBODY
    variables = Variables({"user": (who, NOT_TRIED), "password": (shown, NOT_TRIED)}, plain={"address": bench.sample.address})
    if how in NO_TEXTS:
        changed = {way: _saying(recipe, NO_TEXTS[how]) for way, recipe in ways.items()}
        ways = {way: recipe for way, recipe in changed.items() if recipe != ways[way]}
    told = [Play(bench, recipe, variables, f"set up by {way}, the password {how}").run().outcome for way, recipe in ways.items()]
    ended = in_use(bench)
    answers = {each.state for each in told}
    why = "; ".join(each.why for each in told) + (f"; set up now: {ended}" if ended is not None else "")
    if ended is None:
        state = "granted" if "granted" in answers else "unclear" if "unclear" in answers and not _all_refusals(told) else "refused"
    else:
        state = "granted" if ended else "refused"
    return SetUp.model_validate({"state": state, "why": why, "asked": f"set-up with the password {how}", "how": how})


def _saying(recipe: Recipe, said: JsonValue) -> Recipe:
    """The same with this in place of each text of a JSON body that holds the password, or what is made of it."""
    steps = [
        step.model_copy(update={"request": step.request.model_copy(update={"json_body": _with(step.request.json_body, said)})})
        for step in recipe.steps
    ]
    return recipe.model_copy(update={"steps": tuple(steps)})


def _with(body: JsonValue, said: JsonValue) -> JsonValue:
    if isinstance(body, dict):
        return {name: _with(value, said) for name, value in body.items()}
    if isinstance(body, list):
        return [_with(value, said) for value in body]
    return said if isinstance(body, str) and _PASSWORD.search(body) else body


def _all_refusals(told: list[Outcome]) -> bool:
    """No recipe says how a bad password is refused: any answer of the kind 4xx is one."""
    return all(" 4" in f" {each.why.removeprefix('status ')}" for each in told)


def in_use(bench: Bench) -> bool | None:
    """Does it say that somebody set it up? None where it cannot be asked. No probe by itself."""
    told = played(bench, "is_factory")
    return None if told is None else told.refused


def _given_the_owners(bench: Bench, who: Credential, present: Credential) -> bool:
    """By any declared way of changing a password."""
    with suppress(Undecided, NotPossible):
        for way in change.ways(bench):
            with suppress(Undecided, NotPossible):
                change.ask(bench, change.prepare(bench, way, present), who, present, who)
            if all(let_in(bench, surface, who).state == "granted" for surface in reachable(bench)):
                return True
    return False


def _stream(bench: Bench, request: Request, who: Credential) -> Outcome:
    path = next(path for path in declared_paths(bench) if path.path == request.name)
    if who.which != "nobody":
        told = rtsp.attempt(bench, path, who)
        return Outcome(state="granted" if told.played else "refused", why=_answers(told), asked=told.asked)
    tried = [rtsp.attempt(bench, path, who, transport) for transport in service_of(bench, path).transports]
    given, unclear = any(each.given for each in tried), any(each.unclear for each in tried)
    why = "; ".join(f"{each.transport}: {_answers(each)}" for each in tried)
    return Outcome(state="granted" if given else "unclear" if unclear else "refused", why=why, asked=tried[0].asked)


def _answers(told: rtsp.Attempt) -> str:
    return ", ".join(f"{each.method} {each.status or each.trouble}" for each in told.exchanges)


def _picture(bench: Bench, request: Request, who: Credential) -> Outcome:
    place = next(place for place in declared_places(bench) if place.path == request.name)
    told = snapshot.fetch(bench, place, who)
    served = bool(told.gave) if who.which == "nobody" else told.served
    return Outcome(state="granted" if served else "refused", why=f"status {told.status}", asked=told.asked)


def _operation(bench: Bench, request: Request, who: Credential) -> Outcome:
    reply = onvif.call(bench, request.name, who, "none" if who.which == "nobody" else "fresh")
    if all(each.unsupported for each in reply.requests):
        return Outcome(state="granted" if who.which != "nobody" else "refused", why="the device does not have it", asked=reply.asked)
    return by_onvif.outcome_of(reply)


def _action(bench: Bench, request: Request, who: Credential) -> Outcome:
    action: ActionName = next(name for name in ACTIONS if name == request.name)
    recipe = bench.profile.actions[action][request.way]
    session = session_of(bench, recipe.inside or request.way, who) if who.which != "nobody" else WebSession()
    variables = Variables({"user": (who, NOT_TRIED)}, plain={"address": bench.sample.address})
    return Play(bench, recipe, variables, str(request), session, secret_takes=action not in ("identity", *READINGS)).run().outcome
