"""What came of an action: granted, refused, or unclear, and why."""

from typing import Literal

from harness.gate.bench import Bench
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


def state_of(granted: bool, refused: bool) -> State:
    """Neither or both is unclear."""
    if granted == refused:
        return "unclear"
    return "granted" if granted else "refused"


def name_of(bench: Bench, who: Credential) -> str:
    """How a credential is written for people: by its label, never by its value."""
    if who.which == "nobody":
        return "nobody"
    if who.which == "wrong":
        return f"{who.role} with a wrong password"
    version = who.version if who.which == "version" else bench.current_version(who)
    return f"{who.role} with ⟦{who.unit}/{who.role}-password#{version}⟧"
