"""Uses what log-ins opened: web sessions by their recipe, stored credentials by a fresh request, streams by their media."""

import time
from collections.abc import Callable, Mapping

from harness.gate.bench import Bench
from harness.model.action import Session
from harness.model.errors import NotPossible, Undecided
from harness.probes.actions.login import UNKNOWN, let_in
from harness.probes.actions.outcome import Decided, Outcome
from harness.probes.actions.recipe import Play, WebSession
from harness.probes.actions.standard import KeptCredential, Playing
from harness.transports.templates import Variables

WINDOW_S = 2.0
LOOK_S = 0.05


class Use(Decided):
    """One use of one session: granted while it lives."""

    session: Session
    sent_at: float = 0.0
    answered_at: float = 0.0


def use_all(bench: Bench, sessions: tuple[Session, ...]) -> tuple[Use, ...]:
    """Each once, streams together; what is unclear for one does not keep the others from being asked."""
    lives = {each.id: bench.live(each.id) for each in sessions}
    streams = {name: live for name, live in lives.items() if isinstance(live, Playing)}
    watched = _watched(bench, streams)
    return tuple(Use(**_one(bench, each, lives[each.id], watched).model_dump(), session=each) for each in sessions)


def _one(bench: Bench, session: Session, live: object, watched: Mapping[str, Outcome]) -> Outcome:
    if session.id in watched:
        return watched[session.id]
    if isinstance(live, KeptCredential):
        return _settled(f"show the stored credential {session.id}", lambda: _kept(bench, live))
    if isinstance(live, WebSession):
        return _settled(f"use the session {session.id}", lambda: _web(bench, session, live))
    raise NotPossible(f"use_session on {session.surface}: nothing is known of a {session.kind}")


def _settled(asked: str, ask: Callable[[], Outcome]) -> Outcome:
    """Silence is an unclear answer of this one."""
    try:
        return ask()
    except Undecided as undecided:
        return Outcome(state="unclear", why=str(undecided), asked=asked)


def _web(bench: Bench, session: Session, live: WebSession) -> Outcome:
    recipe = bench.profile.recipe("use_session", session.surface)
    if recipe is None:
        raise NotPossible(f"use_session on {session.surface}: {UNKNOWN}")
    variables = Variables(plain={"address": bench.sample.address})
    return Play(bench, recipe, variables, f"use the session {session.id}", live).run().outcome


def _kept(bench: Bench, live: KeptCredential) -> Outcome:
    """Once refused it is not shown again: every refusal counts towards a lock, and a password that died stays dead."""
    if live.refusal is None:
        outcome = let_in(bench, live.surface, live.credential)
        if outcome.state != "refused":
            return outcome
        live.refusal = outcome.model_copy(update={"why": f"{outcome.why} (asked once)"})
    return live.refusal


def _watched(bench: Bench, streams: Mapping[str, Playing]) -> dict[str, Outcome]:
    """New media within the window, of all streams at once; our keep-alive comes first, so that none dies of our silence."""
    began, before = time.time(), {name: _kept_alive(live) for name, live in streams.items()}
    until = time.monotonic() + WINDOW_S
    with bench.access.device_time():
        while time.monotonic() < until and any(live.packets <= before[name] and not live.ended for name, live in streams.items()):
            time.sleep(LOOK_S)
    return {name: _media(name, live, live.packets - before[name], began) for name, live in streams.items()}


def _kept_alive(live: Playing) -> int:
    live.keep_alive()
    return live.packets


def _media(name: str, live: Playing, packets: int, began: float) -> Outcome:
    """More packets than were on their way when we began to look."""
    state, asked, now = ("granted" if packets > 0 else "refused"), f"watch the stream {name}", time.time()
    why = f"{packets} new packets" if packets > 0 else f"no packet in {now - began:.1f} s{f': {live.ended}' if live.ended else ''}"
    return Outcome.model_validate({"state": state, "why": why, "asked": asked, "sent_at": began, "answered_at": now})
