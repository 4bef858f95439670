"""Merging runs: what one bench could not ask another may, the worst counts, and the order decides nothing."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cases.applicability import look_of
from harness.cases.campaign import Part, merge, numbers, planned_together
from harness.cases.rollup import roll_up
from harness.model.errors import UsageError
from harness.model.plan import Condition, Plan, PlannedCase, PlannedRequirement, Thing
from harness.model.verdict import CaseVerdict, Verdict
from tests.builders.plans import attempt, plan, requirement

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict
SIDES = ("device", "inspection")
NO_UART = "no UART on the bench"
Told = tuple[Verdict | None, Verdict | None]  # None: not planned here
VERDICTS = st.sampled_from([FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, None])
TOLD = st.tuples(VERDICTS, VERDICTS)


def part(run: str, planned: Plan, *attempts: CaseVerdict) -> Part:
    return Part(run=run, plan=planned, requirements=roll_up(planned, attempts).requirements)


def two_sides(run: str, told: Told) -> Part:
    """A run of a requirement with two sides."""
    cases = tuple(
        PlannedCase(case=f"test_{side}", side=side, runs=verdict is not None, reason="" if verdict else NO_UART)
        for side, verdict in zip(SIDES, told, strict=True)
    )
    planned = plan(requirement(sides=SIDES, cases=cases))
    made = (attempt(verdict, case=f"test_{side}", side=side) for side, verdict in zip(SIDES, told, strict=True) if verdict)
    return part(run, planned, *made)


def verdict(parts: Sequence[Part]) -> Verdict:
    return merge(parts).requirements[0].verdict


def merged(*told: Told) -> Verdict:
    return verdict([two_sides(f"run-{n}", each) for n, each in enumerate(told)])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((PASS, None), (None, PASS), PASS),
        ((PASS, NOT_TESTED), (NOT_TESTED, PASS), PASS),
        ((PASS, PASS), (None, None), PASS),
        ((PASS, None), (PASS, None), NOT_TESTED),
        ((PASS, PASS), (FAIL, None), FAIL),
        ((FAIL, None), (PASS, PASS), FAIL),
        ((PASS, PASS), (INCONCLUSIVE, PASS), INCONCLUSIVE),
        ((ERROR, PASS), (PASS, PASS), ERROR),
        ((ERROR, PASS), (INCONCLUSIVE, PASS), ERROR),
    ],
)
def test_network_bench_today_and_uart_bench_tomorrow(first: Told, second: Told, expected: Verdict) -> None:
    assert merged(first, second) is merged(second, first) is expected


@settings(deadline=None)
@given(st.lists(TOLD, min_size=1, max_size=4), st.randoms())
def test_the_order_of_the_runs_decides_nothing(told: list[Told], chance: object) -> None:
    parts = [two_sides(f"run-{n}", each) for n, each in enumerate(told)]
    mixed = parts.copy()
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert verdict(parts) is verdict(mixed)


@settings(deadline=None)
@given(st.lists(TOLD, min_size=1, max_size=4), TOLD)
def test_a_bad_verdict_of_any_run_stays_and_a_pass_is_somebodys(told: list[Told], more: Told) -> None:
    found = merged(*told, more)
    parts = [two_sides("alone", each).requirements[0].verdict for each in (*told, more)]
    bad = [each for each in parts if each in (FAIL, ERROR, INCONCLUSIVE)]
    assert not bad or found.rank <= min(each.rank for each in bad)
    if found is PASS:
        assert all(any(each[side] is PASS for each in (*told, more)) for side in (0, 1))
    assert (found is FAIL) is any(FAIL in each for each in (*told, more))


@settings(deadline=None)
@given(st.lists(TOLD, min_size=1, max_size=3), TOLD, st.integers(0, 1), VERDICTS)
def test_a_worse_verdict_in_one_run_never_improves_the_campaign(told: list[Told], one: Told, side: int, other: Verdict | None) -> None:
    """Between verdicts; what was not asked says nothing, so it is no worse and no better."""
    asked = (FAIL, ERROR, INCONCLUSIVE, PASS)
    if one[side] not in asked or other not in asked:
        return
    worse, better = sorted((each for each in (one[side], other) if each), key=lambda each: each.rank)
    found = [merged(*told, (each, one[1]) if side == 0 else (one[0], each)) for each in (worse, better)]
    assert found[0].rank <= found[1].rank


@settings(deadline=None)
@given(TOLD)
def test_a_run_merged_with_one_that_asked_nothing_keeps_its_verdict(told: Told) -> None:
    assert merged(told, (None, None)) is merged(told)
    assert merged(told) is two_sides("alone", told).requirements[0].verdict


def test_what_was_deselected_in_one_run_is_judged_by_the_other() -> None:
    left_out = requirement(not_tested="deselected")
    assert verdict([part("a", plan(left_out)), part("b", plan(requirement()), attempt(PASS))]) is PASS
    assert verdict([part("a", plan(left_out)), part("b", plan(left_out))]) is NOT_TESTED


def test_attempts_offenders_and_evidence_of_all_runs_are_kept() -> None:
    planned = plan(requirement())
    failed = roll_up(planned, [attempt(FAIL)], {"test_NET-11": ("a" * 64,)}).requirements
    passed = roll_up(planned, [attempt(INCONCLUSIVE), attempt(PASS, number=2)], {"test_NET-11": ("b" * 64,)}).requirements
    parts = [Part(run="one", plan=planned, requirements=failed), Part(run="two", plan=planned, requirements=passed)]
    found = merge(parts).requirements[0]
    assert [(each.run, each.attempt, each.verdict) for each in found.cases] == [
        ("one", 1, FAIL),
        ("two", 2, INCONCLUSIVE),
        ("two", 3, PASS),
    ]
    assert [(each.run, each.item) for each in found.offenders] == [("one", "thing 1")]
    assert found.evidence == ("a" * 64, "b" * 64)
    assert numbers(parts)["two", "test_NET-11", 2] == 3


def test_what_only_the_roll_up_said_of_a_run_stays_too() -> None:
    broken = requirement(broken="test_x.py cannot be collected")
    parts = [part("a", plan(requirement()), attempt(PASS)), part("b", plan(broken))]
    parts[1] = parts[1].model_copy(update={"plan": plan(requirement())})
    found = merge(parts).requirements[0]
    assert (found.verdict, found.reason) == (ERROR, "run b: test_x.py cannot be collected")


HANGS_ON_RTSP = requirement(condition=Condition(requires=("rtsp",)))
WITH_LOOK = plan(HANGS_ON_RTSP).model_copy(update={"things": (Thing(id="rtsp", owner="NET-11", detectors=("survey",)),)})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(PASS, NOT_TESTED, NOT_APPLICABLE), (PASS, PASS, NOT_APPLICABLE), (PASS, INCONCLUSIVE, INCONCLUSIVE), (PASS, FAIL, FAIL)],
)
def test_absence_is_earned_over_all_runs(first: Verdict, second: Verdict, expected: Verdict) -> None:
    parts = [part(f"run-{n}", WITH_LOOK, attempt(each, case=look_of("rtsp"))) for n, each in enumerate((first, second))]
    assert verdict(parts) is verdict(parts[::-1]) is expected


def test_the_highest_asked_level_and_the_lower_effort_hold() -> None:
    low = plan(requirement(), level="basic").model_copy(update={"effort": "full"})
    found = planned_together([part("a", low), part("b", plan(requirement(), level="leading"))])
    assert (found.level, found.effort) == ("leading", "quick")


@pytest.mark.parametrize("other", [requirement("NET-01"), requirement(level="leading")])
def test_other_requirements_or_levels_are_refused(other: PlannedRequirement) -> None:
    with pytest.raises(UsageError, match="do not judge the same requirements"):
        merge([part("a", plan(requirement())), part("b", plan(other))])
