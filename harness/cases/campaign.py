"""Runs of one product → one verdict on it. Pure; the order of the runs decides nothing, and no run makes another's verdict better.

A case that one bench could not ask and another did has the verdict of the other; else the worst of all runs counts, also after a
later PASS. The plan of a campaign is what any of its runs was to judge.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from harness.cases.rollup import Result, decided, exit_status, grid, judge_level, roll_up
from harness.model.base import Frozen
from harness.model.errors import UsageError
from harness.model.plan import Plan, PlannedCase, PlannedRequirement
from harness.model.verdict import CaseVerdict, Offender, RequirementVerdict, Verdict

_BAD = (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)


class Part(Frozen):
    """A run of a campaign, by its name there."""

    run: str
    plan: Plan
    requirements: tuple[RequirementVerdict, ...]

    @property
    def attempts(self) -> list[CaseVerdict]:
        """All its finished attempts."""
        return [each for found in self.requirements for each in found.cases]


def merge(parts: Sequence[Part]) -> Result:
    """The verdicts of a campaign; attempts are in the order of the parts, each with its run and a number of its own."""
    plan = planned_together(parts)
    counted = _counted(parts)
    rolled = roll_up(plan, counted).requirements
    requirements = tuple(_whole(each, parts) for each in rolled)
    cells = grid(plan, requirements)
    levels = tuple(judge_level(plan, index, requirements, cells) for index in range(len(plan.levels)))
    return Result(requirements=requirements, cells=cells, levels=levels, exit_status=exit_status(plan, requirements, levels))


def numbers(parts: Sequence[Part]) -> dict[tuple[str, str, int], int]:
    """The number in the campaign of an attempt, by run, case and its number there."""
    found: dict[tuple[str, str, int], int] = {}
    last: defaultdict[str, int] = defaultdict(int)
    for part in parts:
        for each in sorted(part.attempts, key=lambda one: (one.case, one.attempt)):
            last[each.case] += 1
            found[part.run, each.case, each.attempt] = last[each.case]
    return found


def planned_together(parts: Sequence[Part]) -> Plan:
    """What any of the runs was to judge; UsageError where they do not know the same requirements."""
    first, *others = [part.plan for part in parts]
    for plan in others:
        if (plan.dimensions, plan.levels, _places(plan)) != (first.dimensions, first.levels, _places(first)):
            raise UsageError("these runs do not judge the same requirements at the same levels and cannot be merged")
    levels = [each.id for each in first.levels]
    by_id = [{each.id: each for each in plan.requirements} for plan in (first, *others)]
    return first.model_copy(
        update={
            "level": max((part.plan.level for part in parts), key=levels.index),
            "effort": "full" if all(part.plan.effort == "full" for part in parts) else "quick",
            "requirements": tuple(_together([plan[each.id] for plan in by_id]) for each in first.requirements),
        }
    )


def _places(plan: Plan) -> set[tuple[str, str, str]]:
    return {(each.id, each.dimension, each.level) for each in plan.requirements}


def _together(planned: Sequence[PlannedRequirement]) -> PlannedRequirement:
    """What one of them was to judge is to be judged; what falls away falls away in all."""
    by_case: defaultdict[str, list[PlannedCase]] = defaultdict(list)
    for each in planned:
        for case in each.cases:
            by_case[case.case].append(case)
    first = min(planned, key=lambda each: bool(each.not_tested))
    return first.model_copy(
        update={
            "sides": tuple(dict.fromkeys(side for each in planned for side in each.sides)),
            "fallen_sides": tuple(side for side in first.fallen_sides if all(side in each.fallen_sides for each in planned)),
            "cases": tuple(map(_case_together, by_case.values())),
            "not_applicable": first.not_applicable if all(each.not_applicable for each in planned) else "",
            "not_tested": first.not_tested if all(each.not_tested for each in planned) else "",
            "broken": next((each.broken for each in planned if each.broken), ""),
        }
    )


def _case_together(cases: Sequence[PlannedCase]) -> PlannedCase:
    runs = [each for each in cases if each.runs]
    there = [each for each in cases if not each.absent]
    return (runs or there or list(cases))[0]


def _counted(parts: Sequence[Part]) -> list[CaseVerdict]:
    """One verdict a case over all runs."""
    by_case: defaultdict[str, list[CaseVerdict]] = defaultdict(list)
    for part in parts:
        for case, found in decided(part.attempts).items():
            by_case[case].append(found)
    return [_worst(each) for each in by_case.values()]


def _worst(found: Sequence[CaseVerdict]) -> CaseVerdict:
    """The worst of those that asked anything, with all that any FAIL noted."""
    asked = [each for each in found if each.verdict is not Verdict.NOT_TESTED] or list(found)
    worst = min(asked, key=lambda each: each.verdict.rank)
    if worst.verdict is not Verdict.FAIL:
        return worst
    notes = tuple(note for each in asked if each.verdict is Verdict.FAIL for note in each.notes)
    return worst.model_copy(update={"notes": notes})


def _whole(rolled: RequirementVerdict, parts: Sequence[Part]) -> RequirementVerdict:
    """With all attempts, offenders and evidence of all runs, and no better than any run that asked and did not earn it."""
    own = [(part.run, each) for part in parts for each in part.requirements if each.id == rolled.id]
    numbered = numbers(parts)
    attempts = (
        each.model_copy(update={"run": run, "attempt": numbered[run, each.case, each.attempt]})
        for run, found in own
        for each in found.cases
    )
    update: dict[str, object] = {
        "cases": tuple(sorted(attempts, key=lambda each: (each.case, each.attempt))),
        "offenders": tuple(_offenders(own)),
        "evidence": tuple(dict.fromkeys(digest for _, found in own for digest in found.evidence)),
    }
    worse = [(run, found) for run, found in own if found.verdict in _BAD and found.verdict.rank < rolled.verdict.rank]
    if worse:
        run, found = min(worse, key=lambda each: each[1].verdict.rank)
        update |= {"verdict": found.verdict, "reason": f"run {run}: {found.reason}"}
    return rolled.model_copy(update=update)


def _offenders(own: Iterable[tuple[str, RequirementVerdict]]) -> Iterator[Offender]:
    for run, found in own:
        yield from (each.model_copy(update={"run": run}) for each in found.offenders)
