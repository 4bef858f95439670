"""One action of a profile, asked for once, with every step: for people who write the profile."""

import re
from collections.abc import Callable, Iterator
from typing import Literal

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.action import Surface
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.impact import Impact
from harness.model.profile import STANDARD_LOG_INS
from harness.model.recipe import NO_SESSION, ActionName, Conditions, Recipe
from harness.model.secret import Credential
from harness.probes.account import restore_password
from harness.probes.actions import change, login
from harness.probes.actions.outcome import Outcome, State, name_of
from harness.probes.actions.perform import perform
from harness.probes.actions.recipe import Exchange, Play, Played, WebSession, holds
from harness.probes.snapshot_picture import kind_of
from harness.transports.http import text_of
from harness.transports.templates import NOT_TRIED, Variables

IMPACTS: dict[ActionName, Impact] = {
    "log_in": "login",
    "use_session": "login",
    "log_out": "login",
    "identity": "login",
    "is_factory": "login",
    "live_view": "login",
    "trigger_event": "login",
    "check_update": "login",
    "list_recordings": "login",
    "sound_on": "change",
    "sound_off": "change",
    "privacy_on": "change",
    "privacy_off": "change",
    "clear_streams_warn": "change",
    "clear_streams_on": "change",
    "clear_streams_off": "change",
    "set_up": "change",
    "change_password": "change",
    "restart": "reboot",
    "reset": "reset",
}
TOLD_HEADERS = ("content-type", "location", "set-cookie", "www-authenticate", "retry-after")
BODY_MOST, HEADER_MOST = 600, 200
_WORD_CUT = re.compile(r"[^\s\"'<>;,&(){}]*\Z")
Expected = Literal["granted", "refused", ""]


class Condition(Frozen):
    """One condition of granted_when or refused_when, and whether it held for the last answer."""

    text: str
    held: bool


class Step(Frozen):
    """One request and its answer; `logged_in`: by which of HTTP's own log-ins."""

    request: str
    headers: tuple[str, ...] = ()
    logged_in: str = ""
    sent: str = ""
    answer: str = ""
    told: tuple[str, ...] = ()
    body: str = ""
    size: int = 0
    took: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Tried(Frozen):
    """What came of it, and what was expected; empty where nothing is."""

    what: str
    expected: Expected
    state: State
    why: str
    steps: tuple[Step, ...] = ()
    granted_when: tuple[Condition, ...] = ()
    refused_when: tuple[Condition, ...] = ()

    @property
    def as_expected(self) -> bool:
        """An unclear answer never is."""
        return self.state != "unclear" and self.expected in ("", self.state)


def ways_of(bench: Bench, action: ActionName) -> tuple[str, ...]:
    """By which ways it can be tried; empty: by none that a profile describes. No probe by itself."""
    if action == "log_in":
        return tuple(surface.id for surface in login.reachable(bench))
    return change.ways(bench) if action == "change_password" else tuple(bench.profile.actions.get(action, {}))


@acts("login")
def log_in(bench: Bench, way: str, who: Credential, expected: Expected) -> Tried:
    """On one surface, by its protocol or recipe."""
    surface = next(each for each in login.surfaces_of(bench) if each.id == way)
    what = f"log_in on {way} as {name_of(bench, who)}"
    recipe = bench.profile.recipe("log_in", way)
    if surface.interface in STANDARD_LOG_INS or recipe is None:
        return _told(what, expected, _settled(lambda: login.let_in(bench, surface, who), what))
    return _played(what, expected, recipe, login.play_of(bench, surface, recipe, who))


@acts("login")
def ask(bench: Bench, action: ActionName, way: str, expected: Expected, logged_in: bool = True) -> Tried:
    """What a log-in permits: in a session of the owner, or in none."""
    return _ask(bench, action, way, expected, logged_in)


@acts("change")
def ask_change(bench: Bench, action: ActionName, way: str, expected: Expected, logged_in: bool = True) -> Tried:
    """What changes the device."""
    return _ask(bench, action, way, expected, logged_in)


@acts("reboot")
def ask_restart(bench: Bench, action: ActionName, way: str, expected: Expected, logged_in: bool = True) -> Tried:
    """What restarts it."""
    return _ask(bench, action, way, expected, logged_in)


@acts("reset")
def ask_reset(bench: Bench, action: ActionName, way: str, expected: Expected, logged_in: bool = True) -> Tried:
    """What brings it back as it was delivered."""
    return _ask(bench, action, way, expected, logged_in)


@acts("change", undo=restore_password)
def change_password(bench: Bench, who: Credential, way: str, current: Credential, expected: Expected) -> Tried:
    """Show `current` for a new password; it is changed back afterwards."""
    what = f"change_password by {way}, shown {name_of(bench, current)}"
    prepared = change.prepare(bench, way, who)
    new = bench.new_password(who, unproven=current != who)
    if prepared.recipe is None:
        told = _told(what, expected, _settled(lambda: change.ask(bench, prepared, who, current, new), what))
    else:
        surface = prepared.recipe.inside or way
        accounts = {"user": (who, NOT_TRIED), "password": (who, surface), "current": (current, surface), "new": (new, NOT_TRIED)}
        play = Play(bench, prepared.recipe, Variables(accounts, plain={"address": bench.sample.address}), what, prepared.session)
        told = _played(what, expected, prepared.recipe, play)
    if told.state == "granted":
        bench.password_is(new)
    return told


def _ask(bench: Bench, action: ActionName, way: str, expected: Expected, logged_in: bool) -> Tried:
    recipe = bench.profile.recipe(action, way)
    if recipe is None:
        performed = perform(bench, action)
        return Tried(what=f"{action} by {performed.way}", expected=expected, state=performed.state, why=performed.why)
    owner, inside = bench.credential("owner"), recipe.inside or way
    before: tuple[Step, ...] = ()
    session = WebSession()
    if action != "set_up" and inside != NO_SESSION and logged_in and (played := _entered(bench, inside, owner)):
        before, session = _steps(played), played.session or session
        if played.outcome.state != "granted":
            why = f"the log-in that it runs in was {played.outcome.state}: {played.outcome.why}"
            return Tried(what=f"{action} by {way}", expected=expected, state="unclear", why=why, steps=before)
    tried = {"password": (owner, NOT_TRIED)} if action == "set_up" else {}
    variables = Variables({"user": (owner, NOT_TRIED), **tried}, plain={"address": bench.sample.address})
    what = f"{action} by {way}{'' if logged_in else ' without a session'}"
    play = Play(bench, recipe, variables, what, session, secret_takes=action != "identity")
    return _played(what, expected, recipe, play, before)


def _entered(bench: Bench, way: str, owner: Credential) -> Played | None:
    recipe = bench.profile.recipe("log_in", way)
    surface = next((each for each in login.surfaces_of(bench) if each.id == way), Surface(id=way, interface="page"))
    return login.play_of(bench, surface, recipe, owner).run() if recipe else None


def _played(what: str, expected: Expected, recipe: Recipe, play: Play, before: tuple[Step, ...] = ()) -> Tried:
    try:
        played = play.run()
    except Undecided as doubt:
        return Tried(what=what, expected=expected, state="unclear", why=str(doubt), steps=before)
    reply = played.exchanges[-1].reply
    whole = len(played.exchanges) == len(recipe.steps)
    when = {
        name: tuple(Condition(text=text, held=holds(one, reply)) for text, one in _singly(conditions)) if whole else ()
        for name, conditions in (("granted_when", recipe.granted_when), ("refused_when", recipe.refused_when))
    }
    outcome = played.outcome
    return Tried(what=what, expected=expected, state=outcome.state, why=outcome.why, steps=(*before, *_steps(played)), **when)


def _steps(played: Played) -> tuple[Step, ...]:
    return tuple(map(_step, played.exchanges))


def _step(exchange: Exchange) -> Step:
    sent, reply = exchange.sent, exchange.reply
    return Step(
        request=f"{sent.method} {exchange.url}",
        headers=tuple(_cut(f"{name}: {value}", HEADER_MOST) for name, value in sent.headers),
        logged_in=exchange.logged_in,
        sent=_cut(text_of(sent.body), BODY_MOST),
        answer=_cut(f"{reply.status} {reply.reason}".strip(), HEADER_MOST),
        told=tuple(_cut(f"{name}: {value}", HEADER_MOST) for name, value in reply.headers if name.lower() in TOLD_HEADERS),
        body=_cut(text_of(reply.body), BODY_MOST) if _is_text(reply.body) else "(no text)",
        size=len(reply.body),
        took=tuple(f"{name} = {value}" for name, value in exchange.took.items()),
        missing=exchange.missing,
    )


def _is_text(body: bytes) -> bool:
    """Pictures are not shown."""
    return b"\0" not in body and kind_of(body) in ("", "a picture inside")


def _cut(text: str, most: int) -> str:
    """Not inside a word: a part of a secret would not be masked."""
    return text if len(text) <= most else f"{_WORD_CUT.sub('', text[:most])} …"


def _singly(conditions: Conditions) -> Iterator[tuple[str, Conditions]]:
    if conditions.status:
        yield f"status {' or '.join(map(str, conditions.status))}", Conditions(status=conditions.status)
    for name, value in (("json", conditions.jmespath), ("regex", conditions.regex), ("header", conditions.header)):
        if value:
            yield f"{name} {value}", Conditions.model_validate({name: value})


def _settled(asking: Callable[[], Outcome], what: str) -> Outcome:
    """Silence and doubt are answers here."""
    try:
        return asking()
    except Undecided as doubt:
        return Outcome(state="unclear", why=str(doubt), asked=what)


def _told(what: str, expected: Expected, outcome: Outcome) -> Tried:
    """By a protocol of its own there are no steps of a recipe to show."""
    step = Step(request=outcome.asked) if outcome.asked != what else None
    return Tried(what=what, expected=expected, state=outcome.state, why=outcome.why, steps=(step,) if step else ())
