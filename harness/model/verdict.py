"""Verdict words and what carries them; the rules are in design section 2 and in harness.cases."""

from enum import StrEnum
from typing import Literal

from harness.model.base import Frozen


class Verdict(StrEnum):
    """The six words, worst first."""

    FAIL = "FAIL"
    ERROR = "ERROR"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_TESTED = "NOT_TESTED"
    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @property
    def rank(self) -> int:
        """0 is worst; NOT_APPLICABLE is neutral and ranks last."""
        return list(Verdict).index(self)


JudgedBy = Literal["harness", "guided", "documents"]


class Note(Frozen):
    """One remark of a case's words; the verdict is a pure function of the notes. `by_runner`: noted after the case, by its undo."""

    verdict: Verdict
    what: str
    item: str = ""
    evidence: tuple[int, ...] = ()
    again: str = ""
    by_runner: bool = False


class CaseVerdict(Frozen):
    """One finished attempt of one case; in a campaign `run` says of which run, and attempts are numbered over all of them."""

    case: str
    requirement: str
    side: str
    attempt: int
    verdict: Verdict
    reason: str
    notes: tuple[Note, ...] = ()
    observations: int = 0
    complete: bool = True
    run: str = ""


class Offender(Frozen):
    """What a FAIL lists: the item, the observations that show it (journal lines, of `run` in a campaign), how to see it again."""

    case: str
    what: str
    item: str
    evidence: tuple[int, ...] = ()
    again: str = ""
    run: str = ""


class RequirementVerdict(Frozen):
    """The verdict on one requirement, worst of its sides and cases; `clauses` are the official numbers where a lab has them."""

    id: str
    dimension: str
    level: str
    title: str
    verdict: Verdict
    reason: str
    offenders: tuple[Offender, ...] = ()
    evidence: tuple[str, ...] = ()
    cases: tuple[CaseVerdict, ...] = ()
    clauses: tuple[str, ...] = ()
    judged_by: JudgedBy = "harness"


class Cell(Frozen):
    """One dimension at one level; state is a verdict word or `neutral` where the catalogue has no requirement or none applies."""

    dimension: str
    level: str
    state: str


class LevelResult(Frozen):
    """Is a level reached, and which requirements of it and of the levels below are in the way, worst first."""

    id: str
    reached: bool
    automated_part_reached: bool
    blockers: tuple[str, ...]
