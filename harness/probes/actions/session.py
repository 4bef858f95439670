"""Uses what log-ins opened: web sessions by their recipe, stored credentials by a fresh request, streams by their media."""

import time
from collections.abc import Callable
from contextlib import suppress

from harness.gate.bench import Bench
from harness.model.action import Session
from harness.model.errors import NotPossible, Undecided
from harness.model.recipe import ActionName
from harness.probes.actions.login import UNKNOWN, let_in
from harness.probes.actions.opened import Opened, opened_in
from harness.probes.actions.outcome import Decided, Outcome, state_of
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.actions.standard import KeptCredential
from harness.probes.rtsp_stream import LiveStream
from harness.transports.templates import Variables

WINDOW_S = 2.0


class Use(Decided):
    """One use of one session: granted while it lives."""

    session: Session
    sent_at: float = 0.0
    answered_at: float = 0.0


def look_before_change(bench: Bench) -> None:
    """Use everything once more: what is dead by now, for instance since the device holds few sessions, cannot be ended by the change."""
    opened = opened_in(bench)
    for each in opened.sessions:
        with suppress(NotPossible):
            (use,) = use_all(bench, (each,))
            if use.state != "granted":
                opened.dead_early.setdefault(each.id, use.why)


def use_all(bench: Bench, sessions: tuple[Session, ...]) -> tuple[Use, ...]:
    """Each once; what is unclear for one does not keep the others from being asked."""
    opened = opened_in(bench)
    lives = {each.id: opened.live(bench, each) for each in sessions}
    return tuple(_used(opened, each, use_live(bench, each, lives[each.id])) for each in sessions)


def _used(opened: Opened, session: Session, outcome: Outcome) -> Use:
    """One that was dead before the change says nothing of it; one that outlived a way of changing stays found."""
    early, outlived = opened.dead_early.get(session.id), opened.outlived.get(session.id)
    if outlived is not None:
        outcome = outcome.model_copy(update={"state": "granted", "why": f"{outlived} (now: {outcome.why})"})
    elif early is not None and outcome.state == "refused":
        outcome = outcome.model_copy(update={"state": "unclear", "why": f"was dead before the password was changed: {early}"})
    return Use(**outcome.model_dump(), session=session)


def use_live(bench: Bench, session: Session, live: object) -> Outcome:
    """Once, what lies behind it."""
    if isinstance(live, LiveStream):
        return _stream(bench, session.id, live)
    if isinstance(live, KeptCredential):
        return _settled(f"show the stored credential {session.id}", lambda: _kept(bench, live))
    if isinstance(live, WebSession):
        return _settled(f"use the session {session.id}", lambda: use_web(bench, session.surface, live, f"the session {session.id}"))
    raise NotPossible(f"use_session on {session.surface}: nothing is known of a {session.kind}")


def _settled(asked: str, ask: Callable[[], Outcome]) -> Outcome:
    """Silence is an unclear answer of this one."""
    try:
        return ask()
    except Undecided as undecided:
        return Outcome(state="unclear", why=str(undecided), asked=asked)


def use_web(bench: Bench, surface: str, live: WebSession, name: str = "a session") -> Outcome:
    """A web session, once, by the recipe."""
    return _by_recipe(bench, "use_session", surface, live, f"use {name}")


def log_out(bench: Bench, surface: str, live: WebSession) -> Outcome:
    """End a web session by the recipe; NotPossible when it has none."""
    return _by_recipe(bench, "log_out", surface, live, f"log out on {surface}")


def _by_recipe(bench: Bench, action: ActionName, surface: str, live: WebSession, asked: str) -> Outcome:
    recipe = bench.profile.recipe(action, surface)
    if recipe is None:
        raise NotPossible(f"{action} on {surface}: {UNKNOWN}")
    variables = Variables(plain={"address": bench.sample.address})
    return Play(bench, recipe, variables, asked, live).run().outcome


def _kept(bench: Bench, live: KeptCredential) -> Outcome:
    """Once refused it is not shown again: every refusal counts towards a lock, and a password that died stays dead."""
    if live.refusal is None:
        outcome = let_in(bench, live.surface, live.credential)
        if outcome.state != "refused":
            return outcome
        live.refusal = outcome.model_copy(update={"why": f"{outcome.why} (asked once)"})
    return live.refusal


def _stream(bench: Bench, name: str, live: LiveStream) -> Outcome:
    """Do new media come within the window? Our keep-alive goes first, so that it does not die of our silence."""
    began, before = time.time(), live.packets
    with bench.access.device_time():
        flows = live.fresh_media(WINDOW_S)
    now = time.time()
    why = (
        f"{live.packets - before} new packets"
        if flows
        else f"no new packet in {now - began:.1f} s{f': {live.ended}' if live.ended else ''}"
    )
    state = state_of(flows, not flows and live.stopped_by_device)
    return Outcome(state=state, why=why, asked=f"watch the stream {name}", sent_at=began, answered_at=now)
