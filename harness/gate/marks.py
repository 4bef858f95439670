"""What a probe does to the device: the two marks that the gate goes by. A probe without one is an act."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from harness.model.impact import IMPACTS, Impact, above

Probe = TypeVar("Probe", bound=Callable[..., Any])

_NAME = "__camlabel_mark__"


@dataclass(frozen=True)
class Mark:
    """`impact` None: an unmarked probe, taken for an act of as much as the case allows."""

    acts: bool
    impact: Impact | None
    once: bool = False
    undo: Callable[..., Any] | None = None
    besieges: bool = False


def reads(*, once: bool = False) -> Callable[[Probe], Probe]:
    """Mark a probe that changes nothing; `once`: asked once and shared until the device's epoch ends."""
    return _marker(Mark(acts=False, impact="ask", once=once))


def acts(impact: Impact, *, undo: Callable[..., Any] | None = None, once: bool = False, besieges: bool = False) -> Callable[[Probe], Probe]:
    """Mark a probe that changes something; `undo` takes the same arguments and is owed from before the act until it is verified.

    `besieges`: it may fail log-ins beyond the budget (`Access.siege`), and so owes an undo that lets the owner in again.
    """
    if impact not in IMPACTS:
        raise ValueError(f"{impact!r} is not one of {', '.join(IMPACTS)}")
    if undo is not None and above(mark_of(undo).impact or impact, impact):
        raise ValueError(f"the undo {undo.__qualname__} does more to the device than the act of {impact}")
    if besieges and undo is None:
        raise ValueError("an act that besieges an account owes an undo that opens it again")
    return _marker(Mark(acts=True, impact=impact, once=once, undo=undo, besieges=besieges))


def mark_of(probe: Callable[..., Any]) -> Mark:
    """The mark of a probe."""
    found = getattr(probe, _NAME, None)
    return found if isinstance(found, Mark) else Mark(acts=True, impact=None)


def _marker(mark: Mark) -> Callable[[Probe], Probe]:
    def decorate(probe: Probe) -> Probe:
        setattr(probe, _NAME, mark)
        return probe

    return decorate
