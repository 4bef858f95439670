"""Accounts: log in, use what a log-in opened, change a password and bring it back."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Session, Surface
from harness.model.errors import Undecided
from harness.model.secret import Credential
from harness.probes.actions import aftermath, change, login, session
from harness.probes.actions.change import WayTried
from harness.probes.actions.opened import opened_in
from harness.probes.actions.outcome import Decided, State, label_of
from harness.probes.actions.restore import Restored, restore
from harness.probes.actions.session import Use

REVOKE_S = 60.0


class LogIn(Decided):
    """One log-in on one surface; `opened` refers to what it opened."""

    surface: Surface
    opened: Session | None = None
    sent_at: float = 0.0
    answered_at: float = 0.0

    @property
    def session(self) -> Session:
        """What it opened; undecided when that is nothing."""
        if self.opened is None:
            raise Undecided(f"no session from {self.asked}: {self.why}")
        return self.opened


class Change(Decided):
    """A change of password, asked by every declared way. Asked without proof, one way that grants it is enough; with proof, all must."""

    who: str
    ways: tuple[WayTried, ...]


class Granting(Protocol):
    """Whatever can be granted."""

    @property
    def granted(self) -> bool:
        """Undecided when unclear."""
        ...


def granted(answer: Granting) -> bool:
    """Was it granted? For predicates."""
    return answer.granted


def none_granted(answers: Iterable[Granting]) -> bool:
    """Is none of them granted? Of nothing it is undecided; one that is granted settles it, an unclear one does not."""
    unclear: list[Undecided] = []
    seen = False
    for answer in answers:
        seen = True
        try:
            if answer.granted:
                return False
        except Undecided as undecided:
            unclear.append(undecided)
    if unclear or not seen:
        raise unclear[0] if unclear else Undecided("none of nothing")
    return True


@reads()
def surfaces(bench: Bench) -> tuple[Surface, ...]:
    """Every declared surface that takes a password."""
    return login.surfaces_of(bench)


@reads()
def usable(bench: Bench) -> tuple[Surface, ...]:
    """Those of them on which it is known how one logs in."""
    return tuple(login.reachable(bench))


@reads()
def ways_of_changing(bench: Bench) -> tuple[str, ...]:
    """Every declared way of changing a password; NotPossible when we cannot ask by one of them."""
    return change.known_ways(bench)


@acts("login")
def log_in(bench: Bench, surface: Surface, credential: Credential) -> LogIn:
    """Log in once and keep what it opened; a former password was also tried after each earlier way of changing it."""
    if credential.which != "former":
        return _log_in(bench, surface, credential)
    told, taken = _log_in(bench, surface, _former(bench, credential)), opened_in(bench).taken.get(surface.id)
    return told if taken is None else told.model_copy(update={"state": "granted", "why": f"{taken} (now: {told.why})"})


@acts("login")
def let_in(bench: Bench, surface: Surface, credential: Credential) -> LogIn:
    """Is this credential taken? As little as answers that, and nothing stays open."""
    who = _former(bench, credential) if credential.which == "former" else credential
    return LogIn(**login.let_in(bench, surface, who).model_dump(), surface=surface)


@reads()
def use(bench: Bench, sessions: Sequence[Session]) -> tuple[Use, ...]:
    """Use each of them once: a session, a stored credential, a playing stream."""
    return session.use_all(bench, tuple(sessions))


@acts("change")
def restore_password(bench: Bench, who: Credential) -> Restored:
    """Make the account's first password valid again, however it was left; sessions from before are left too."""
    restored = restore(bench, who)
    opened_in(bench).forget(bench)
    return restored


@acts("change", undo=restore_password)
def change_password(bench: Bench, who: Credential, current: Credential, revoke_within: float = REVOKE_S) -> Change:
    """Ask every declared way for a new password, showing `current`; what happened is told by log-ins, not by the answers.

    With the right password all ways are gone in turn. What outlives one of them by `revoke_within` is found when it is used later.
    With none, set-up is asked for again too.
    """
    ways = change.known_ways(bench)
    shown = f"{who.role}, shown {label_of(bench, current) if current.which != 'nobody' else 'nothing'}"
    if current == who:
        session.look_before_change(bench)
        done = tuple(_change(bench, way, who, turn, None if way == ways[-1] else revoke_within) for turn, way in enumerate(ways))
        return Change(state=_all(done), why=_told(done), asked=f"change the password of {shown}", who=who.role, ways=done)
    tried = tuple(change.try_unproven(bench, way, who, current, turn) for turn, way in enumerate(ways))
    if current.which == "nobody":
        tried += change.set_up_again(bench, who)
    tried = change.look_again(bench, who, tried)
    return Change(state=_any(tried), why=_told(tried), asked=f"change the password of {shown}", who=who.role, ways=tried)


@acts("change", undo=restore_password)
def change_password_by(bench: Bench, who: Credential, way: str) -> Change:
    """As its owner, by one way; whether it happened is told by log-ins."""
    done = change.change(bench, way, who, 0)
    return Change(state=done.state, why=done.why, asked=f"change the password of {who.role} by {way}", who=who.role, ways=(done,))


def _change(bench: Bench, way: str, who: Credential, turn: int, within: float | None) -> WayTried:
    """By one way; then, unless it is the last, look at what it left alive."""
    old = who.at(bench.current_version(who))
    done = change.change(bench, way, who, turn)
    if within is not None and done.state == "granted":
        aftermath.look(bench, way, who, old, within)
    return done


def _former(bench: Bench, credential: Credential) -> Credential:
    formers = bench.formers(credential)
    if not formers:
        raise Undecided(f"{credential.role} has no former password: it was not changed")
    return formers[-1]


def _log_in(bench: Bench, surface: Surface, credential: Credential) -> LogIn:
    entry = login.log_in(bench, surface, credential)
    told, opened = entry.outcome, None
    if told.state == "granted" and entry.live is not None:
        opened = Session(id=bench.keep(surface.id, entry.live), surface=surface.id, kind=entry.kind)
        opened_in(bench).sessions.append(opened)
    return LogIn(**told.model_dump(), surface=surface, opened=opened)


def _any(tried: tuple[WayTried, ...]) -> State:
    states = {each.state for each in tried}
    return "granted" if "granted" in states else "unclear" if "unclear" in states else "refused"


def _all(tried: tuple[WayTried, ...]) -> State:
    states = {each.state for each in tried}
    return "refused" if "refused" in states else "unclear" if "unclear" in states else "granted"


def _told(tried: tuple[WayTried, ...]) -> str:
    return "; ".join(f"by {each.way} {each.state} ({each.why})" for each in tried)
