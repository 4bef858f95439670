"""What came of an action: granted, refused, or unclear, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.gate.bench import Bench
from harness.gate.secrets import cut_label, label
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.secret import Credential

State = Literal["granted", "refused", "unclear"]


class Decided(Frozen):
    """Base of three-valued answers: `state` says which, `why` what in the answer showed it."""

    state: State
    why: str
    asked: str

    @property
    def granted(self) -> bool:
        """Was it granted? An unclear answer is undecided, never no."""
        if self.state == "unclear":
            raise Undecided(f"unclear answer to {self.asked}: {self.why}")
        return self.state == "granted"

    @property
    def refused(self) -> bool:
        """Was it refused? An unclear answer is undecided, never yes."""
        return not self.granted


class Outcome(Decided):
    """The answer to one action; times are seconds since 1970, without our own waiting."""

    sent_at: float = 0.0
    answered_at: float = 0.0


@dataclass(frozen=True)
class Entry:
    """What came of one log-in, and the live object that it opened: a web session, a playing stream, a kept credential."""

    outcome: Outcome
    kind: Literal["session", "stream", "token"]
    live: object = None

    def close(self) -> None:
        """Leave what was opened."""
        close_live(self.live)


def close_live(live: object) -> None:
    """Streams are left; sessions and stored credentials need no closing."""
    close: Callable[[], None] | None = getattr(live, "close", None)
    if close is not None:
        close()


def state_of(granted: bool, refused: bool) -> State:
    """Neither or both is unclear."""
    if granted == refused:
        return "unclear"
    return "granted" if granted else "refused"


def label_of(bench: Bench, who: Credential) -> str:
    """How a password is written for people: by its label, never by its value."""
    if who.which == "version":
        name = label(who.unit, who.role, who.version)
        return cut_label(name, who.cut) if who.cut else name
    if who.which == "listed":
        return f"the listed password {who.word or '(empty)'}"
    if who.which == "other":
        return f"⟦{who.user}/{who.role}-password⟧"
    if who.which == "former":
        return label(who.unit, who.role, bench.formers(who)[-1].version)
    return f"⟦{who.unit}/{who.role} wrong⟧" if who.which == "wrong" else label(who.unit, who.role, bench.current_version(who))


def name_of(bench: Bench, who: Credential) -> str:
    """How a credential is written for people."""
    name = who.user if who.which == "listed" and who.user else f"{who.role} called {who.name!r}" if who.name else who.role
    return "nobody" if who.which == "nobody" else f"{name} with {label_of(bench, who)}"
