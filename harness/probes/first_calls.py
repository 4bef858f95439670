"""What changes a device before its first credentials: functions of the HTTP interface, and ONVIF's operations.

Nobody calls them then; functions are called by the owner too once it is set up, to compare.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.api import ApiEndpoint
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, Undecided
from harness.probes import first_use, functions, onvif
from harness.probes.actions import by_onvif
from harness.probes.actions.outcome import Decided, State
from harness.probes.actions.recipe import is_locked_out
from harness.probes.first_use import SetUpUndone
from harness.probes.function_answers import REFUSED, Compared, Seen, alike, judged
from harness.probes.function_keys import Asker
from harness.probes.functions import MISSING, Function, TakenBack, endpoint_of, request_of, request_of_call
from harness.probes.onvif_operations import TT
from harness.transports.http import HttpRequest

KEPT = "calls-before-set-up"
MAKES_USER, USER = "tds:CreateUsers", "camlabel-probe"
_NEW_USER = (
    f'<Username xmlns="{TT}">{USER}</Username><Password xmlns="{TT}">camlabel-Probe-7</Password><UserLevel xmlns="{TT}">User</UserLevel>'
)
ORDERS = {  # a user who may look is no way to set it up; found by searches is what a device is as delivered
    MAKES_USER: f"<tds:User>{_NEW_USER}</tds:User>",
    "tds:SetDiscoveryMode": "<tds:DiscoveryMode>Discoverable</tds:DiscoveryMode>",
}
WANTS_LOG_IN = frozenset({401, 403, 407})


@dataclass
class _Memory:
    """Answers to nobody, and those for a path that does not exist; lives in the gate."""

    answers: dict[str, tuple[Seen, Seen]] = field(default_factory=dict)


class Called(Frozen):
    """One call by nobody; `in_use`: afterwards the device says that somebody has set it up."""

    function: Function
    asked: str
    status: int
    in_use: bool = False


class Obeyed(Decided):
    """Granted where nobody got what its owner gets."""

    function: Function


class Ordered(Decided):
    """An ONVIF operation that changes something, asked by nobody."""

    operation: str


@reads()
def changing(bench: Bench) -> tuple[Function, ...]:
    """Declared functions that change something and that the profile does not open to anybody; what set-up itself asks is left out."""
    set_up = {step.request.path.partition("?")[0] for recipe in bench.profile.actions.get("set_up", {}).values() for step in recipe.steps}
    rows = [
        each for each in bench.profile.ixit.api.endpoints if each.role != "anyone" and each.does == "change" and each.path not in set_up
    ]
    return tuple(functions.declared(bench, each) for each in rows)


@reads()
def onvif_orders(bench: Bench) -> tuple[str, ...]:
    """Harmless ones; none where there is no ONVIF."""
    services = [each for each in bench.profile.ixit.log_intf if each.protocol == "onvif"]
    return tuple(name for name in ORDERS if services and name not in services[0].before_login)


@acts("change")
def still_new(bench: Bench, _calls: Sequence[Function | str]) -> SetUpUndone:
    """As delivered, or its owner's: what a call made of it is reset away."""
    return first_use.put_back(bench, bench.credential("owner"), "left out")


@acts("change", undo=still_new)
def as_nobody(bench: Bench, calls: Sequence[Function]) -> tuple[Called, ...]:
    """Each once, with nothing, and its undo at once: it may be obeyed whatever the answer says."""
    return tuple(_called(bench, each) for each in calls)


@acts("change", undo=still_new)
def orders_by_nobody(bench: Bench, orders: Sequence[str]) -> tuple[Ordered, ...]:
    """Each once; a user that was made is deleted again."""
    return tuple(_ordered(bench, each) for each in orders)


@acts("change")
def take_back(bench: Bench, calls: Sequence[Function]) -> tuple[TakenBack, ...]:
    """What the owner's calls made."""
    return tuple(functions.take_back(bench, each) for each in calls if _undo_of(bench, each))


@acts("change", undo=take_back)
def compared(bench: Bench, calls: Sequence[Function]) -> tuple[Obeyed, ...]:
    """Nobody was obeyed where the owner gets the same now; what asks for a log-in, and does so there only, is not called again."""
    return tuple(_compared(bench, each) for each in calls)


def _ordered(bench: Bench, name: str) -> Ordered:
    outcome = by_onvif.outcome_of(onvif.order_by_nobody(bench, name, ORDERS[name]))
    if name == MAKES_USER and outcome.state != "refused":
        onvif.order_by_nobody(bench, "tds:DeleteUsers", f"<tds:Username>{USER}</tds:Username>")
    asked = f"{name} as nobody, before set-up"
    return Ordered.model_validate({"state": outcome.state, "why": outcome.why, "asked": asked, "operation": name})


def _called(bench: Bench, function: Function) -> Called:
    asker, request = Asker(bench, function.service), request_of(bench, function)
    seen = Seen.of(asker.as_nobody(request))
    nothing = Seen.of(asker.as_nobody(HttpRequest(request.method, MISSING, request.headers, request.body)))
    _memory(bench).answers[_key(function)] = seen, nothing
    in_use = seen.status not in REFUSED and bool(first_use.in_use(bench))
    if undo := _undo_of(bench, function):
        asker.as_nobody(undo)
    if seen.fine or in_use:
        bench.note_retry_hint(request.curl(asker.target))
    asked = f"{function.asked} as nobody, before set-up"
    return Called(function=function, asked=f"{asked}: the device is in use then" if in_use else asked, status=seen.status, in_use=in_use)


def _compared(bench: Bench, function: Function) -> Obeyed:
    state, why = _judged(bench, function)
    return Obeyed(state=state, why=why, asked=f"{function.asked} as nobody, before set-up", function=function)


def _judged(bench: Bench, function: Function) -> tuple[State, str]:
    before = _memory(bench).answers.get(_key(function))
    if before is None:
        return "unclear", "it was called before this process started"
    asker, undo, (seen, nothing) = Asker(bench, function.service), _undo_of(bench, function), before
    if seen.status in WANTS_LOG_IN and nothing.status not in WANTS_LOG_IN:
        return "refused", f"status {seen.status}, {nothing.status} for a path that does not exist"
    try:
        if undo and seen.fine:
            asker.as_owner(undo)
        given = functions.as_owner(bench, function)
        if undo:
            asker.as_owner(undo)
    except DeviceSilent:
        raise
    except Undecided as doubt:
        return "unclear", str(doubt)
    if given.state != "granted":
        return "unclear", f"its owner does not get it either: {given.why}"
    return told_by(seen, nothing, functions.owners_answer(bench, function), endpoint_of(bench, function))


def told_by(seen: Seen, nothing: Seen, owners: Seen, endpoint: ApiEndpoint | None) -> tuple[State, str]:
    """An error is a refusal, unless its owner gets the same one: a call that harms nothing may end so."""
    why = f"status {seen.status}, to its owner {owners.status}"
    if is_locked_out(seen.whole):
        return "unclear", f"{why}: locked out"
    if seen.fine:
        refused = endpoint.refused_when if endpoint else None
        return judged(seen, Compared(owners=owners, nothing=nothing, refused_when=refused, granted=endpoint.granted if endpoint else ()))
    as_nothing = seen.status == nothing.status and alike(seen, nothing)
    same = seen.status == owners.status and alike(seen, owners) and not as_nothing
    return ("granted" if same else "refused"), why


def _undo_of(bench: Bench, function: Function) -> HttpRequest | None:
    endpoint = endpoint_of(bench, function)
    return request_of_call(endpoint.undo) if endpoint is not None and endpoint.undo is not None else None


def _key(function: Function) -> str:
    return f"{function.service} {function.method} {function.path}"


def _memory(bench: Bench) -> _Memory:
    return bench.remembered(KEPT, _Memory)
