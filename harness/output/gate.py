"""A difference → does a gate hold. Pure; replacing a new verdict by a worse one never opens a gate."""

from collections.abc import Iterator

from harness.model.counting import counted
from harness.model.difference import Change, Difference, Gate, GateResult
from harness.model.errors import UsageError
from harness.model.record import STOPPED, RunRecord
from harness.model.verdict import Verdict
from harness.output.diff import refuse_other_product

HOLDS, BROKEN, UNDECIDED = 0, 1, 2


def decide(gate: Gate, found: Difference, stopped: bool = False) -> GateResult:
    """`no-new-failures`: nothing fails that did not, no offender is new. `no-lost-pass`: that, and every PASS is a PASS still.

    What the baseline earned and the new run leaves undecided leaves a gate undecided where it does not break it. A stopped run: status 3.
    """
    broken = list(_broken(gate, found))
    open_ = [each for each in found.changes if each.kind in ("lost", "gone") and each not in broken]
    status = STOPPED if stopped else BROKEN if broken else UNDECIDED if open_ else HOLDS
    because = tuple(map(_sentence, [*broken, *open_]))
    return GateResult(gate=gate, baseline=found.old, exit_status=status, because=because, misleading=found.misleading)


def refuse_misleading(baseline: RunRecord, *, catalogue: str, overlay: tuple[str, ...]) -> None:
    """UsageError where a baseline would let something through: judged by other rules, or cut short."""
    remedy = "make a new baseline with `camlabel run`"
    if baseline.catalogue.digest != catalogue:
        raise UsageError(f"baseline {baseline.run}: judged by another catalogue ({baseline.catalogue.version}) than today's; {remedy}")
    if baseline.overlay != overlay:
        raise UsageError(f"baseline {baseline.run}: judged under another overlay; {remedy} and the same --overlay")
    if baseline.exit_status == STOPPED:
        raise UsageError(f"baseline {baseline.run}: stopped before its end, so it would let new failures through; {remedy}")


def refuse_pair(baseline: RunRecord, new: RunRecord) -> None:
    """UsageError where a gate over these two would mean nothing."""
    refuse_other_product(baseline, new)
    refuse_misleading(baseline, catalogue=new.catalogue.digest, overlay=new.overlay)


def _broken(gate: Gate, found: Difference) -> Iterator[Change]:
    for each in found.changes:
        lost = gate == "no-lost-pass" and each.before is Verdict.PASS and each.kind in ("lost", "gone")
        if each.kind == "failed" or (each.kind == "offenders" and each.came) or lost:
            yield each


def _sentence(each: Change) -> str:
    if each.kind == "offenders":
        return f"{each.id}: FAIL with {counted(len(each.came), 'new offender')}, {each.came[0].what}: {each.came[0].item}"
    return f"{each.id}: {each.before or 'not known'}, now {each.after or 'not known'}: {each.reason_after}"
