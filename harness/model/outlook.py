"""What a run will do, as it can be said beforehand: for every requirement and side, and how long it will take."""

from typing import Literal

from harness.model.base import Frozen
from harness.model.vocabulary import Effort, Level

What = Literal["run", "not applicable", "operator", "not possible here"]


class Line(Frozen):
    """One side of one requirement. `lacks` are the means that it needs and the bench has not; `minutes` is 0 where nothing is run."""

    requirement: str
    level: Level
    title: str
    side: str
    what: What
    why: str = ""
    lacks: tuple[str, ...] = ()
    minutes: float = 0.0


class Outlook(Frozen):
    """All lines in the catalogue's order; `basis` says where the expected time comes from."""

    asked: Level
    effort: Effort
    overlay: tuple[str, ...] = ()
    expected_s: float
    basis: str
    lines: tuple[Line, ...]
