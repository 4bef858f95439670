"""What changed between two runs of one product, requirement by requirement, with the fact behind each change."""

from typing import Literal

from pydantic import ConfigDict, Field

from harness.model.base import Frozen
from harness.model.verdict import Verdict

ChangeKind = Literal["failed", "lost", "offenders", "unsettled", "earned", "other", "gone", "new"]
Gate = Literal["no-new-failures", "no-lost-pass"]
GATES: tuple[Gate, ...] = ("no-new-failures", "no-lost-pass")


class Fact(Frozen):
    """What a verdict rests on: an offender or another note, or what a case asked; `evidence` are journal lines of its run.

    `seen` says in words what these lines hold, `again` how to see it again; `run` is the run within a campaign.
    """

    case: str
    verdict: Verdict
    what: str
    item: str = ""
    again: str = ""
    evidence: tuple[int, ...] = ()
    seen: tuple[str, ...] = ()
    run: str = ""


class Change(Frozen):
    """One requirement whose verdict, reason or offenders are not the same; `before` or `after` is None where one run does not know it.

    failed: FAIL now and not before. lost: PASS or NOT_APPLICABLE before, undecided now. offenders: FAIL in both, with others.
    unsettled: FAIL before, undecided now. earned: PASS or NOT_APPLICABLE now. other: undecided in both, or the reason only.
    `rests_on` is what the new verdict rests on where it is no FAIL.
    """

    id: str
    dimension: str
    level: str
    title: str
    kind: ChangeKind
    before: Verdict | None
    after: Verdict | None
    reason_before: str
    reason_after: str
    came: tuple[Fact, ...] = ()
    went: tuple[Fact, ...] = ()
    rests_on: tuple[Fact, ...] = ()


class Shift(Frozen):
    """A thing beside the verdicts that is not the same: firmware, profile, catalogue, effort, code, a level."""

    what: str
    before: str
    after: str


class Difference(Frozen):
    """All that changed. `misleading` says why a change need not be the device's; `unchanged` counts requirements by their verdict."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    schema_: Literal["camlabel-diff/1"] = Field(default="camlabel-diff/1", alias="schema")
    old: str
    new: str
    product: str
    misleading: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    levels: tuple[Shift, ...] = ()
    changes: tuple[Change, ...] = ()
    unchanged: tuple[tuple[Verdict, int], ...] = ()


class GateResult(Frozen):
    """Does a gate hold: exit status 0 it holds, 1 it does not, 2 what the baseline earned is undecided now, 3 the run was stopped.

    `because` names the changes that decide it, `misleading` says why one need not be the device's.
    """

    gate: Gate
    baseline: str
    exit_status: int
    because: tuple[str, ...] = ()
    misleading: tuple[str, ...] = ()
