"""Case verdicts → requirements → cells → levels → exit status. Pure; replacing a verdict by a worse one never improves anything.

The plan, not what happened to run, says what is needed: a planned case without a verdict is NOT_TESTED, and every applicable side
needs a PASSing case of the plan.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from harness.cases.applicability import ABSENCE, EARNED, LOOK, presences, settle
from harness.cases.judging import sticky
from harness.model.base import Frozen
from harness.model.counting import counted
from harness.model.errors import UsageError
from harness.model.plan import Plan, PlannedCase, PlannedRequirement
from harness.model.verdict import CaseVerdict, Cell, LevelResult, Offender, RequirementVerdict, Verdict

NEUTRAL = "neutral"
REACHED, FAILED, UNDECIDED = 0, 1, 2
NEEDS_PENETRATION_TEST = "leading"

_REASONS = 3


class Result(Frozen):
    """All that follows from the verdicts of the cases."""

    requirements: tuple[RequirementVerdict, ...]
    cells: tuple[Cell, ...]
    levels: tuple[LevelResult, ...]
    exit_status: int


class _Part(Frozen):
    """One thing that a requirement's verdict rests on."""

    verdict: Verdict
    reason: str


def roll_up(plan: Plan, attempts: Iterable[CaseVerdict], evidence: Mapping[str, Sequence[str]] | None = None) -> Result:
    """Everything from the finished attempts, in any order; `evidence` gives the digests of what each case observed."""
    every = list(attempts)
    plan = settle(plan, presences(plan, decided(every)))
    by_requirement: defaultdict[str, list[CaseVerdict]] = defaultdict(list)
    for attempt in every:
        by_requirement[attempt.requirement].append(attempt)
    if unknown := sorted(by_requirement.keys() - {each.id for each in plan.requirements}):
        raise UsageError(f"verdicts on {', '.join(unknown)}, which the plan does not know: they belong to another catalogue or plan")
    requirements = tuple(judge_requirement(each, by_requirement[each.id], evidence or {}) for each in plan.requirements)
    cells = grid(plan, requirements)
    levels = tuple(judge_level(plan, index, requirements, cells) for index in range(len(plan.levels)))
    return Result(requirements=requirements, cells=cells, levels=levels, exit_status=exit_status(plan, requirements, levels))


def judge_requirement(
    planned: PlannedRequirement, attempts: Sequence[CaseVerdict], evidence: Mapping[str, Sequence[str]]
) -> RequirementVerdict:
    """The worst of all that the requirement rests on."""
    found = decided(attempts)
    parts = _parts(planned, found)
    verdict = min((part.verdict for part in parts), key=lambda each: each.rank)
    order = {case: index for index, case in enumerate(dict.fromkeys([*(each.case for each in planned.cases), *sorted(found)]))}
    counted = sorted(found.values(), key=lambda each: order[each.case])
    main = _passed(counted) if verdict is Verdict.PASS else _listed([part.reason for part in parts if part.verdict is verdict])
    return RequirementVerdict(
        id=planned.id,
        dimension=planned.dimension,
        level=planned.level,
        title=planned.title,
        verdict=verdict,
        reason="; ".join([main, *([] if planned.not_tested or planned.not_applicable else _remarks(planned, found))]),
        offenders=tuple(_offenders(counted)),
        evidence=tuple(dict.fromkeys(digest for each in counted for digest in evidence.get(each.case, ()))),
        cases=tuple(sorted(attempts, key=lambda each: (order[each.case], each.attempt, each.verdict.rank, each.reason))),
        clauses=planned.clauses,
        judged_by=planned.judged_by,
    )


def grid(plan: Plan, requirements: Sequence[RequirementVerdict]) -> tuple[Cell, ...]:
    """A cell for every dimension and level: the worst of its requirements, neutral where none is or none applies."""
    found: defaultdict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for each in requirements:
        found[each.dimension, each.level].append(each.verdict)
    return tuple(
        Cell(dimension=dimension.id, level=level.id, state=_state(found[dimension.id, level.id]))
        for dimension in plan.dimensions
        for level in plan.levels
    )


def judge_level(plan: Plan, index: int, requirements: Sequence[RequirementVerdict], cells: Sequence[Cell]) -> LevelResult:
    """A level is reached when all of it and below is PASS or neutral and something is PASS; *leading* is never reached from here alone."""
    level = plan.levels[index].id
    within = {each.id for each in plan.levels[: index + 1]}
    states = [cell.state for cell in cells if cell.level in within]
    met = all(state in (Verdict.PASS, NEUTRAL) for state in states) and Verdict.PASS in states
    return LevelResult(
        id=level,
        reached=met and level != NEEDS_PENETRATION_TEST,
        automated_part_reached=met,
        blockers=tuple(each.id for each in _blocking(requirements, within)),
    )


def exit_status(plan: Plan, requirements: Sequence[RequirementVerdict], levels: Sequence[LevelResult]) -> int:
    """0 the asked level is reached, 1 something of it or below failed, 2 nothing failed and something is undecided."""
    if any(each.id == plan.level and each.reached for each in levels):
        return REACHED
    ids = [each.id for each in plan.levels]
    within = set(ids[: ids.index(plan.level) + 1])
    failed = any(each.verdict is Verdict.FAIL and each.level in within for each in requirements)
    return FAILED if failed else UNDECIDED


def decided(attempts: Iterable[CaseVerdict]) -> dict[str, CaseVerdict]:
    """One verdict a case; a PASS that was not earned is ERROR, whoever wrote it."""
    by_case: defaultdict[str, list[CaseVerdict]] = defaultdict(list)
    for attempt in attempts:
        by_case[attempt.case].append(_earned(attempt))
    return {case: sticky(each) for case, each in by_case.items()}


def _earned(attempt: CaseVerdict) -> CaseVerdict:
    concluded = attempt.verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    if not concluded or (attempt.complete and attempt.observations):
        return attempt
    return attempt.model_copy(update={"verdict": Verdict.ERROR, "reason": f"{attempt.verdict} without an observation or an end"})


def _parts(planned: PlannedRequirement, decided: Mapping[str, CaseVerdict]) -> list[_Part]:
    known = {each.case for each in planned.cases}
    others = (found for case, found in sorted(decided.items()) if case not in known and _tells(found))
    parts = [_Part(verdict=each.verdict, reason=each.reason) for each in others]
    parts += [part for each in planned.cases if (part := _case_part(planned, each, decided.get(each.case)))]
    if planned.broken:
        parts.append(_Part(verdict=Verdict.ERROR, reason=planned.broken))
    if planned.not_tested:
        return [*parts, _Part(verdict=Verdict.NOT_TESTED, reason=planned.not_tested)]
    if planned.not_applicable:
        return [*parts, _Part(verdict=Verdict.NOT_APPLICABLE, reason=planned.not_applicable)]
    parts += [part for side in planned.sides if (part := _side_part(planned, side, decided))]
    return parts if planned.sides else [*parts, _Part(verdict=Verdict.INCONCLUSIVE, reason="no side is left to judge")]


def _tells(found: CaseVerdict) -> bool:
    """Does this verdict count for its requirement? A look proves nothing for its owner; it only finds what is wrong."""
    return not found.case.startswith(LOOK) or found.verdict.rank <= Verdict.INCONCLUSIVE.rank


def _case_part(planned: PlannedRequirement, case: PlannedCase, found: CaseVerdict | None) -> _Part | None:
    """What a case adds: a supporting one only its FAIL; nothing when it, or its side, fell away and it did not run."""
    if found:
        counts = found.verdict is Verdict.FAIL or not _supporting(planned, case)
        return _Part(verdict=found.verdict, reason=found.reason) if counts else None
    if case.absent or planned.not_tested or planned.not_applicable or _supporting(planned, case) or _fallen(planned, case):
        return None
    return _Part(verdict=Verdict.NOT_TESTED, reason="did not run" if case.runs else case.reason or "not planned, without a reason")


def _side_part(planned: PlannedRequirement, side: str, decided: Mapping[str, CaseVerdict]) -> _Part | None:
    """NOT_TESTED where no case of an applicable side says anything."""
    cases = [each for each in planned.cases if each.side == side]
    if any(_case_part(planned, each, decided.get(each.case)) for each in cases):
        return None
    lacking = f"no case yet for the {side} side" if planned.cases else "no case yet"
    return _Part(verdict=Verdict.NOT_TESTED, reason=f"{side} side: {ABSENCE}" if cases else lacking)


def _supporting(planned: PlannedRequirement, case: PlannedCase) -> bool:
    return case.side in planned.supporting and case.side not in planned.sides


def _fallen(planned: PlannedRequirement, case: PlannedCase) -> bool:
    return case.side not in planned.sides and any(case.side == side for side, _ in planned.fallen_sides)


def _remarks(planned: PlannedRequirement, decided: Mapping[str, CaseVerdict]) -> list[str]:
    """What fell away and was not checked, and what supporting cases could not settle."""
    fallen = [_words(side, words) for side, words in planned.fallen_sides]
    gone = [each for each in planned.cases if each.absent and each.case not in decided]
    absent = [f"{each.when or each.case}: {EARNED if each.earned else ABSENCE}" for each in gone]
    beside = [
        f"supporting case {each.case}: {decided[each.case].verdict}"
        for each in planned.cases
        if _supporting(planned, each) and each.case in decided and decided[each.case].verdict not in (Verdict.PASS, Verdict.FAIL)
    ]
    return [*fallen, *dict.fromkeys(absent), *beside]


def _words(side: str, words: str) -> str:
    """Why a side fell away, and whether that was looked for."""
    return words if ABSENCE in words or EARNED in words else f"{side} side: {words} ({ABSENCE})"


def _offenders(cases: Iterable[CaseVerdict]) -> Iterable[Offender]:
    for each in cases:
        for note in each.notes if each.verdict is Verdict.FAIL else ():
            if note.verdict is Verdict.FAIL:
                yield Offender(case=each.case, what=note.what, item=note.item, evidence=note.evidence, again=note.again)


def _state(verdicts: Sequence[Verdict]) -> str:
    counted = [each for each in verdicts if each is not Verdict.NOT_APPLICABLE]
    return min(counted, key=lambda each: each.rank).value if counted else NEUTRAL


def _blocking(requirements: Sequence[RequirementVerdict], within: set[str]) -> list[RequirementVerdict]:
    in_the_way = [each for each in requirements if each.level in within and each.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE)]
    return sorted(in_the_way, key=lambda each: each.verdict.rank)


def _passed(cases: Sequence[CaseVerdict]) -> str:
    passed = [each for each in cases if each.verdict is Verdict.PASS and not each.case.startswith(LOOK)]
    observations = sum(each.observations for each in passed)
    return f"{counted(len(passed), 'case')} passed on {counted(observations, 'observation')}"


def _listed(reasons: Sequence[str]) -> str:
    different = list(dict.fromkeys(reasons))
    rest = len(different) - _REASONS
    return "; ".join(different[:_REASONS]) + (f"; and {rest} more" if rest > 0 else "")
