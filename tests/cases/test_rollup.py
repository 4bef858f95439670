"""From case verdicts to requirements, cells, levels and the exit status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.cases.rollup import NEUTRAL, Result, roll_up
from harness.model.errors import UsageError
from harness.model.plan import Plan, PlannedCase, PlannedRequirement
from harness.model.verdict import CaseVerdict, RequirementVerdict, Verdict
from tests.builders.plans import DIMENSIONS, LEVELS, attempt, plan, requirement

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict


def judged(planned: PlannedRequirement, *attempts: CaseVerdict) -> RequirementVerdict:
    return roll_up(plan(planned), attempts).requirements[0]


def says(planned: PlannedRequirement, *attempts: CaseVerdict) -> tuple[Verdict, str]:
    found = judged(planned, *attempts)
    return found.verdict, found.reason


ONE = PlannedCase(case="test_one", side="device")
OTHER = PlannedCase(case="test_other", side="device")
SERVICE = PlannedCase(case="test_service", side="service")
SNAPSHOT = PlannedCase(case="test_snapshot", side="device", when="local_snapshot", runs=False, reason="has none", absent=True)
DESELECTED = PlannedCase(case="test_other", side="device", runs=False, reason="deselected")


def one(verdict: Verdict, number: int = 1) -> CaseVerdict:
    return attempt(verdict, case="test_one", number=number)


def other(verdict: Verdict) -> CaseVerdict:
    return attempt(verdict, case="test_other")


def service(verdict: Verdict) -> CaseVerdict:
    return attempt(verdict, case="test_service", side="service")


FALLEN = (("service", "cloud_account is declared absent"),)
SUPPORTED = requirement(cases=(ONE, SERVICE), supporting=("service",))

TABLE = [
    (requirement(cases=()), [], NOT_TESTED, "no case yet"),
    (requirement(cases=(ONE,)), [], NOT_TESTED, "did not run"),
    (requirement(cases=(ONE,)), [one(PASS)], PASS, "1 case passed on 3 observations"),
    *[(requirement(cases=(ONE,)), [one(each)], each, f"{each} because") for each in Verdict if each is not PASS],
    (requirement(cases=(ONE, OTHER)), [one(PASS), other(PASS)], PASS, "2 cases passed on 6 observations"),
    (requirement(cases=(ONE, OTHER)), [one(PASS)], NOT_TESTED, "did not run"),
    (requirement(cases=(ONE, OTHER)), [one(PASS), other(INCONCLUSIVE)], INCONCLUSIVE, "INCONCLUSIVE because"),
    (requirement(cases=(ONE, OTHER)), [one(ERROR), other(FAIL)], FAIL, "FAIL because"),
    (requirement(cases=(ONE, OTHER)), [one(PASS), other(NOT_APPLICABLE)], PASS, "1 case passed on 3 observations"),
    (requirement(cases=(ONE, DESELECTED)), [one(PASS)], NOT_TESTED, "deselected"),
    (requirement(cases=(ONE, DESELECTED)), [one(PASS), other(PASS)], PASS, "2 cases passed on 6 observations"),
    (requirement(cases=(ONE, DESELECTED)), [one(PASS), other(FAIL)], FAIL, "FAIL because"),
    (requirement(cases=(DESELECTED.model_copy(update={"reason": ""}),)), [], NOT_TESTED, "not planned, without a reason"),
    (requirement(cases=(ONE, SNAPSHOT)), [one(PASS)], PASS, "1 case passed on 3 observations; local_snapshot: absence not checked"),
    (requirement(cases=(SNAPSHOT,)), [], NOT_TESTED, "device side: absence not checked; local_snapshot: absence not checked"),
    (requirement(sides=("device", "service"), cases=(ONE,)), [one(PASS)], NOT_TESTED, "no case yet for the service side"),
    (requirement(sides=("device", "service"), cases=(ONE, SERVICE)), [one(PASS), service(PASS)], PASS, "2 cases passed on 6 observations"),
    (requirement(sides=("device", "service"), cases=(ONE, SERVICE)), [one(PASS)], NOT_TESTED, "did not run"),
    (
        requirement(cases=(ONE,), fallen_sides=FALLEN),
        [one(PASS)],
        PASS,
        "1 case passed on 3 observations; service side: cloud_account is declared absent (absence not checked)",
    ),
    (
        requirement(cases=(ONE, SERVICE), fallen_sides=(("service", "absence not checked: no cloud"),)),
        [one(PASS)],
        PASS,
        "1 case passed on 3 observations; absence not checked: no cloud",
    ),
    (requirement(cases=(ONE, SERVICE), fallen_sides=(("service", "absence not checked"),)), [one(PASS), service(FAIL)], FAIL, None),
    (requirement(sides=(), cases=(SERVICE,), fallen_sides=FALLEN), [], INCONCLUSIVE, None),
    (requirement(cases=(), not_tested="absence not checked"), [], NOT_TESTED, "absence not checked"),
    (requirement(sides=(), cases=(), not_tested="absence not checked"), [], NOT_TESTED, "absence not checked"),
    (requirement(cases=(ONE,), not_tested="absence not checked"), [one(PASS)], NOT_TESTED, "absence not checked"),
    (requirement(cases=(ONE,), broken="net_11.py cannot be collected"), [one(PASS)], ERROR, "net_11.py cannot be collected"),
    (SUPPORTED, [one(PASS)], PASS, "1 case passed on 3 observations"),
    (SUPPORTED, [one(PASS), service(FAIL)], FAIL, "FAIL because"),
    (SUPPORTED, [one(PASS), service(ERROR)], PASS, "1 case passed on 3 observations; supporting case test_service: ERROR"),
    (SUPPORTED, [service(PASS)], NOT_TESTED, "did not run"),
    (requirement(cases=(ONE,), supporting=("device",), fallen_sides=(("device", "gone"),)), [], NOT_TESTED, None),
    (requirement(cases=(ONE, OTHER), supporting=("device",)), [one(PASS), other(ERROR)], ERROR, "ERROR because"),
    (requirement(cases=(ONE, OTHER), fallen_sides=(("device", "gone"),)), [one(PASS)], NOT_TESTED, None),
    (requirement(cases=(ONE,)), [one(PASS), other(FAIL)], FAIL, "FAIL because"),
    (requirement(cases=()), [other(PASS)], NOT_TESTED, "no case yet"),
    (requirement(cases=(ONE,)), [one(INCONCLUSIVE), one(PASS, 2)], INCONCLUSIVE, None),
    (requirement(cases=(ONE,)), [one(FAIL), one(PASS, 2)], FAIL, None),
]


@pytest.mark.parametrize(("planned", "attempts", "verdict", "reason"), TABLE)
def test_requirement(planned: PlannedRequirement, attempts: list[CaseVerdict], verdict: Verdict, reason: str | None) -> None:
    found = judged(planned, *attempts)
    assert found.verdict is verdict
    assert reason in (None, found.reason)


@pytest.mark.parametrize("spoiled", [{"observations": 0}, {"complete": False}])
@pytest.mark.parametrize("verdict", [PASS, NOT_APPLICABLE])
def test_a_pass_that_was_not_earned_is_an_error(verdict: Verdict, spoiled: dict[str, object]) -> None:
    found = judged(requirement(cases=(ONE,)), one(verdict).model_copy(update=spoiled))
    assert (found.verdict, found.reason) == (ERROR, f"{verdict} without an observation or an end")


def test_offenders_evidence_and_attempts_are_carried() -> None:
    attempts = [other(PASS), one(PASS, 2), one(FAIL, 1)]
    [found] = roll_up(plan(requirement(cases=(ONE, OTHER))), attempts, {"test_other": ["bb", "aa"], "test_one": ["aa"]}).requirements
    assert [(each.case, each.item, each.evidence, each.again) for each in found.offenders] == [("test_one", "thing 1", (1,), "curl it")]
    assert [(each.case, each.attempt) for each in found.cases] == [("test_one", 1), ("test_one", 2), ("test_other", 1)]
    assert found.evidence == ("aa", "bb")


def test_many_reasons_are_shortened() -> None:
    cases = tuple(PlannedCase(case=f"test_{n}", side="device", runs=False, reason=f"lacks tool {n}") for n in range(5))
    assert says(requirement(cases=cases))[1] == "lacks tool 0; lacks tool 1; lacks tool 2; and 2 more"


def test_a_verdict_on_an_unknown_requirement_is_refused() -> None:
    with pytest.raises(UsageError, match="XYZ-01"):
        roll_up(plan(requirement()), [attempt(PASS, name="XYZ-01")])


@pytest.mark.parametrize(
    ("requirements", "level", "what"),
    [
        ((requirement(), requirement()), "basic", "planned twice: NET-11"),
        ((requirement(cases=(ONE, ONE)),), "basic", "NET-11 test_one"),
        ((requirement(dimension="astrology"),), "basic", "not listed: NET-11"),
    ],
)
def test_a_plan_with_a_hole_is_refused(requirements: tuple[PlannedRequirement, ...], level: str, what: str) -> None:
    with pytest.raises(ValidationError, match=what):
        plan(*requirements, level=level)


def test_a_plan_for_a_level_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValidationError, match="not listed: leading"):
        Plan(level="leading", dimensions=DIMENSIONS, levels=LEVELS[:2], requirements=())


ROWS = {
    "BAS-1": requirement("BAS-1"),
    "BAS-2": requirement("BAS-2", dimension="system-software"),
    "ENH-1": requirement("ENH-1", level="enhanced"),
    "LEA-1": requirement("LEA-1", level="leading"),
}


def result(level: str = "basic", **verdicts: Verdict) -> Result:
    attempts = [attempt(verdict, name=name.replace("_", "-")) for name, verdict in verdicts.items()]
    return roll_up(plan(*ROWS.values(), level=level), attempts)


LEVEL_TABLE = [
    ("basic", {}, 2, ""),
    ("basic", {"BAS_1": PASS, "BAS_2": PASS}, 0, "basic"),
    ("basic", {"BAS_1": PASS, "BAS_2": NOT_APPLICABLE}, 0, "basic"),
    ("basic", {"BAS_1": NOT_APPLICABLE, "BAS_2": NOT_APPLICABLE}, 2, ""),
    ("basic", {"BAS_1": PASS}, 2, ""),
    ("basic", {"BAS_1": PASS, "BAS_2": INCONCLUSIVE}, 2, ""),
    ("basic", {"BAS_1": PASS, "BAS_2": ERROR}, 2, ""),
    ("basic", {"BAS_1": PASS, "BAS_2": FAIL}, 1, ""),
    ("basic", {"BAS_1": ERROR, "BAS_2": FAIL}, 1, ""),
    ("basic", {"BAS_1": PASS, "BAS_2": PASS, "ENH_1": FAIL}, 0, "basic"),
    ("basic", {"BAS_1": PASS, "ENH_1": FAIL}, 2, ""),
    ("enhanced", {"BAS_1": PASS, "BAS_2": PASS, "ENH_1": FAIL}, 1, "basic"),
    ("enhanced", {"BAS_1": FAIL, "BAS_2": PASS, "ENH_1": PASS}, 1, ""),
    ("enhanced", {"BAS_1": PASS, "BAS_2": PASS, "ENH_1": PASS}, 0, "basic enhanced"),
    ("enhanced", {"BAS_1": PASS, "BAS_2": PASS, "ENH_1": NOT_APPLICABLE}, 0, "basic enhanced"),
    ("leading", {"BAS_1": PASS, "BAS_2": PASS, "ENH_1": PASS, "LEA_1": PASS}, 2, "basic enhanced"),
    ("leading", {"BAS_1": PASS, "BAS_2": PASS, "ENH_1": PASS, "LEA_1": FAIL}, 1, "basic enhanced"),
]


@pytest.mark.parametrize(("level", "verdicts", "status", "reached"), LEVEL_TABLE)
def test_level(level: str, verdicts: dict[str, Verdict], status: int, reached: str) -> None:
    found = result(level, **verdicts)
    assert found.exit_status == status
    assert [each.id for each in found.levels if each.reached] == reached.split()


def test_leading_says_only_that_the_automated_part_is_reached() -> None:
    leading = result(**dict.fromkeys(["BAS_1", "BAS_2", "ENH_1", "LEA_1"], PASS)).levels[-1]
    assert (leading.id, leading.reached, leading.automated_part_reached, leading.blockers) == ("leading", False, True, ())


def test_the_grid_has_six_by_three_cells_and_neutral_ones() -> None:
    found = result(BAS_1=PASS, BAS_2=NOT_APPLICABLE, ENH_1=FAIL)
    assert len(found.cells) == 18
    states = {(each.dimension, each.level): each.state for each in found.cells}
    assert states["network-communication", "basic"] == "PASS"
    assert states["system-software", "basic"] == NEUTRAL
    assert states["network-communication", "enhanced"] == "FAIL"
    assert states["network-communication", "leading"] == "NOT_TESTED"
    assert states["data-security", "basic"] == NEUTRAL


def test_blockers_are_worst_first_then_as_in_the_catalogue() -> None:
    found = result(BAS_1=INCONCLUSIVE, BAS_2=ERROR, ENH_1=FAIL, LEA_1=NOT_APPLICABLE)
    assert [each.blockers for each in found.levels] == [("BAS-2", "BAS-1"), ("ENH-1", "BAS-2", "BAS-1"), ("ENH-1", "BAS-2", "BAS-1")]


def test_who_judged_is_carried() -> None:
    assert judged(requirement(judged_by="guided")).judged_by == "guided"


CASES = tuple(PlannedCase(case=f"test_{letter}", side=side) for letter, side in zip("abc", ("device", "device", "service"), strict=True))
BIG = tuple(
    requirement(
        f"{level[:3]}-{number}",
        level=level,
        dimension=DIMENSIONS[number].id,
        sides=("device", "service"),
        cases=tuple(each.model_copy(update={"case": f"{each.case}_{level}_{number}"}) for each in CASES),
    )
    for level in ("basic", "enhanced", "leading")
    for number in range(2)
)
PLACES = [(each.id, case.case, case.side) for each in BIG for case in each.cases]


@st.composite
def outcomes(draw: st.DrawFn) -> list[CaseVerdict]:
    """Mostly good runs, so that levels are reached often enough; now and then two attempts."""
    mostly = st.sampled_from([PASS] * 12 + list(Verdict)) if draw(st.booleans()) else st.sampled_from(Verdict)
    return [
        attempt(draw(mostly), name=name, case=case, side=side, number=number)
        for name, case, side in PLACES
        for number in range(1, draw(st.sampled_from([2, 2, 2, 3])))
    ]


def goodness(found: Result) -> list[int]:
    """Numbers that a worse verdict may never raise."""
    status = {1: 0, 2: 1, 0: 2}[found.exit_status]
    requirements = [each.verdict.rank for each in found.requirements]
    cells = [9 if each.state == NEUTRAL else Verdict(each.state).rank for each in found.cells]
    levels = [each.reached + each.automated_part_reached for each in found.levels]
    return [status, *requirements, *cells, *levels]


@given(outcomes(), st.sampled_from(["basic", "enhanced", "leading"]), st.data())
def test_a_worse_verdict_never_improves_anything(attempts: list[CaseVerdict], level: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(attempts) - 1))
    old = attempts[place]
    floor = INCONCLUSIVE.rank if old.verdict is NOT_APPLICABLE else old.verdict.rank
    worse = data.draw(st.sampled_from([each for each in Verdict if each.rank <= floor]))
    changed = attempt(worse, name=old.requirement, case=old.case, side=old.side, number=old.attempt)
    before = roll_up(plan(*BIG, level=level), attempts)
    after = roll_up(plan(*BIG, level=level), [*attempts[:place], changed, *attempts[place + 1 :]])
    assert all(new <= was for new, was in zip(goodness(after), goodness(before), strict=True))
    assert all(set(was.blockers) <= set(new.blockers) for new, was in zip(after.levels, before.levels, strict=True))


@given(outcomes(), st.sampled_from(["basic", "enhanced", "leading"]), st.data())
def test_a_dropped_case_never_makes_anything_pass(attempts: list[CaseVerdict], level: str, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(PLACES))[1]
    before = roll_up(plan(*BIG, level=level), attempts)
    after = roll_up(plan(*BIG, level=level), [each for each in attempts if each.case != gone])
    good = (PASS, NOT_APPLICABLE)
    for was, now in zip(before.requirements, after.requirements, strict=True):
        assert now.verdict not in good if gone in [each.case for each in was.cases] else now == was
    for was_level, now_level in zip(before.levels, after.levels, strict=True):
        assert now_level.automated_part_reached <= was_level.automated_part_reached
    assert after.exit_status != 0 or before.exit_status == 0


@given(outcomes(), st.randoms(use_true_random=False))
def test_the_order_of_attempts_is_irrelevant(attempts: list[CaseVerdict], random: object) -> None:
    shuffled = list(attempts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert roll_up(plan(*BIG), shuffled) == roll_up(plan(*BIG), attempts)


@given(st.sampled_from(["basic", "enhanced", "leading"]))
def test_nothing_applicable_never_reaches_a_level(level: str) -> None:
    found = roll_up(plan(*BIG, level=level), [attempt(NOT_APPLICABLE, name=name, case=case, side=side) for name, case, side in PLACES])
    assert found.exit_status == 2
    assert not any(each.automated_part_reached for each in found.levels)
    assert {each.state for each in found.cells} == {NEUTRAL}


@given(outcomes())
def test_a_reached_level_is_all_pass_or_not_applicable(attempts: list[CaseVerdict]) -> None:
    found = roll_up(plan(*BIG), attempts)
    for level in found.levels:
        if level.automated_part_reached:
            assert not level.blockers
    for each in found.requirements:
        if each.verdict is PASS:
            sides = {case.side for case in each.cases if case.verdict is PASS}
            assert sides or not each.cases
