"""What a change by one way leaves alive. Looked at before the next way, which might end what this one forgot."""

from collections.abc import Iterable
from contextlib import suppress

from harness.gate.bench import Bench
from harness.gate.polling import pauses
from harness.model.action import Session, Surface
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Credential
from harness.probes.actions.login import let_in, log_in, reachable
from harness.probes.actions.opened import Opened, opened_in
from harness.probes.actions.outcome import Outcome, label_of
from harness.probes.actions.session import use_all
from harness.probes.actions.standard import KeptCredential

WATCHED = 2


def look(bench: Bench, way: str, who: Credential, old: Credential, within: float) -> None:
    """Is the old password still taken, does a session outlive it? What died is opened anew, for the next way."""
    opened = opened_in(bench)
    for surface in reachable(bench):
        _try_old(bench, opened, surface, old, way)
    watched = _watched(bench, opened)
    for session in _alive(bench, watched, within):
        opened.outlived[session.id] = f"lived on {within:g} s after the password was changed by {way}"
    for session in watched:
        if session.id not in opened.outlived:
            _open_again(bench, opened, session, who)


def _try_old(bench: Bench, opened: Opened, surface: Surface, old: Credential, way: str) -> None:
    """A quick look first; where it is let in, the whole log-in decides, which knows what is open to everybody."""
    with suppress(Undecided):
        told = let_in(bench, surface, old)
        if told.state == "granted":
            entry = log_in(bench, surface, old)
            entry.close()
            told = entry.outcome
        if told.state == "granted":
            opened.taken.setdefault(surface.id, f"{label_of(bench, old)} was taken after the change by {way}: {told.why}")
        if told.state == "refused":
            _forget_kept(bench, opened, surface, old, told)


def _forget_kept(bench: Bench, opened: Opened, surface: Surface, old: Credential, refusal: Outcome) -> None:
    """Who stored this password is refused like us: asking again would only count towards a lock."""
    for session in opened.sessions:
        live = opened.live(bench, session)
        if isinstance(live, KeptCredential) and (live.surface, live.credential) == (surface, old):
            live.refusal = refusal


def _watched(bench: Bench, opened: Opened) -> tuple[Session, ...]:
    """The first ones of each surface, as far as they lived before the change."""
    by_surface = [[each for each in opened.sessions if each.surface == surface.id] for surface in reachable(bench)]
    first = (each for sessions in by_surface for each in sessions[:WATCHED])
    return tuple(each for each in first if each.id not in opened.dead_early and each.id not in opened.outlived)


def _alive(bench: Bench, watched: Iterable[Session], within: float) -> tuple[Session, ...]:
    """Those that can still be used when the time is over."""
    began, left = bench.clock.now(), tuple(watched)
    with suppress(NotPossible):
        for due in pauses(within):
            bench.wait(began + due - bench.clock.now())
            left = tuple(use.session for use in use_all(bench, left) if use.state == "granted")
            if not left:
                break
        return left
    return ()


def _open_again(bench: Bench, opened: Opened, session: Session, who: Credential) -> None:
    """Log in anew under the old reference; where that fails, the reference says nothing of later ways."""
    surface = next(each for each in reachable(bench) if each.id == session.surface)
    try:
        entry = log_in(bench, surface, who)
    except Undecided:
        return
    if entry.outcome.state == "granted" and entry.live is not None:
        opened.replace(bench, session, entry.live)
