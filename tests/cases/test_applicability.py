"""What applies, from declared and seen together; and that nothing is NOT_APPLICABLE that was not looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cases.applicability import look_of
from harness.cases.rollup import roll_up
from harness.model.plan import Condition, Plan, PlannedCase, PlannedRequirement, Thing
from harness.model.verdict import CaseVerdict, RequirementVerdict, Verdict
from tests.builders.plans import attempt, plan, requirement

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict
NAMES = ("uart", "rtsp", "onvif", "app")
OWNER = requirement("PHY-05", cases=(), sides=())


def things(*declared: str) -> tuple[Thing, ...]:
    return tuple(Thing(id=name, owner="PHY-05", detectors=("survey",), declared=name in declared) for name in NAMES)


def looked(name: str, verdict: Verdict, observations: int = 3) -> CaseVerdict:
    return attempt(verdict, name="PHY-05", case=look_of(name)).model_copy(update={"observations": observations})


def planned(*requirements: PlannedRequirement, declared: tuple[str, ...] = ()) -> Plan:
    made = plan(*requirements, *([] if any(each.id == "PHY-05" for each in requirements) else [OWNER]))
    return made.model_copy(update={"things": things(*declared)})


def judged(one: PlannedRequirement, *attempts: CaseVerdict, declared: tuple[str, ...] = ()) -> RequirementVerdict:
    return roll_up(planned(one, declared=declared), attempts).requirements[0]


ALL_OF = requirement(condition=Condition(requires=("uart",)))
ONE_OF = requirement(condition=Condition(any_of=("rtsp", "onvif")))
UNLESS = requirement(condition=Condition(unless=("app",)))
RUN = attempt(PASS)

TABLE = [
    (ALL_OF, [], (), NOT_TESTED, "uart declared absent: absence not checked"),
    (ALL_OF, [looked("uart", NOT_TESTED)], (), NOT_TESTED, "uart declared absent: NOT_TESTED because"),
    (ALL_OF, [looked("uart", INCONCLUSIVE)], (), NOT_TESTED, "uart declared absent: INCONCLUSIVE because"),
    (ALL_OF, [looked("uart", PASS)], (), NOT_APPLICABLE, "uart declared absent, looked for and not seen"),
    (ALL_OF, [looked("uart", PASS, observations=0)], (), NOT_TESTED, None),
    (ALL_OF, [looked("uart", FAIL)], (), NOT_TESTED, "did not run"),
    (ALL_OF, [looked("uart", FAIL), RUN], (), PASS, None),
    (ALL_OF, [looked("uart", PASS), attempt(FAIL)], (), FAIL, None),
    (ALL_OF, [RUN], ("uart",), PASS, None),
    (ONE_OF, [looked("rtsp", PASS)], (), NOT_TESTED, "onvif declared absent: absence not checked"),
    (ONE_OF, [looked("rtsp", PASS), looked("onvif", PASS)], (), NOT_APPLICABLE, None),
    (ONE_OF, [RUN], ("rtsp",), PASS, None),
    (ONE_OF, [looked("onvif", FAIL), RUN], ("rtsp",), PASS, None),
    (UNLESS, [RUN], (), PASS, None),
    (UNLESS, [], ("app",), NOT_TESTED, None),
    (UNLESS, [looked("app", PASS)], ("app",), NOT_APPLICABLE, "does not apply with app, declared and seen"),
    (UNLESS, [looked("app", INCONCLUSIVE)], ("app",), NOT_TESTED, None),
    (UNLESS, [looked("app", FAIL)], (), NOT_TESTED, None),
    (ALL_OF.model_copy(update={"not_tested": "deselected"}), [looked("uart", PASS)], (), NOT_TESTED, "deselected"),
    (requirement("PHY-05", cases=(), sides=()), [looked("uart", FAIL)], (), FAIL, None),
    (requirement("PHY-05"), [attempt(PASS, name="PHY-05"), looked("uart", NOT_TESTED)], (), PASS, "1 case passed on 3 observations"),
    (requirement("PHY-05"), [attempt(PASS, name="PHY-05"), looked("uart", INCONCLUSIVE)], ("uart",), INCONCLUSIVE, None),
    (requirement("PHY-05"), [looked("uart", PASS)], (), NOT_TESTED, "did not run"),
]


@pytest.mark.parametrize(("one", "attempts", "declared", "verdict", "reason"), TABLE)
def test_requirement(
    one: PlannedRequirement, attempts: list[CaseVerdict], declared: tuple[str, ...], verdict: Verdict, reason: str | None
) -> None:
    found = judged(one, *attempts, declared=declared)
    assert found.verdict is verdict, found.reason
    assert reason in (None, found.reason)


WITH_SERVICE = requirement(sides=("device", "service"), side_when=(("service", ("app",)),))
BY_PROTOCOL = requirement(
    condition=Condition(any_of=("rtsp", "onvif")),
    cases=(PlannedCase(case="test_rtsp", side="device", when="rtsp"), PlannedCase(case="test_onvif", side="device", when="onvif")),
)


def test_a_side_falls_away_in_words() -> None:
    """With what was looked for, and what was not."""
    assert judged(WITH_SERVICE, RUN).reason.endswith("service side falls away: app declared absent, absence not checked")
    assert judged(WITH_SERVICE, RUN, looked("app", PASS)).reason.endswith("app declared absent, looked for and not seen")
    assert judged(WITH_SERVICE, RUN, looked("app", FAIL)).verdict is NOT_TESTED
    assert judged(WITH_SERVICE, RUN, declared=("app",)).verdict is NOT_TESTED


def test_a_case_falls_away_with_its_capability() -> None:
    """Once seen, it is missing."""
    rtsp = attempt(PASS, case="test_rtsp")
    assert judged(BY_PROTOCOL, rtsp, declared=("rtsp",)).reason.endswith("onvif: absence not checked")
    assert judged(BY_PROTOCOL, rtsp, looked("onvif", PASS), declared=("rtsp",)).reason.endswith("onvif: looked for and not seen")
    found = judged(BY_PROTOCOL, rtsp, looked("onvif", FAIL), declared=("rtsp",))
    assert (found.verdict, found.reason) == (NOT_TESTED, "did not run")


def test_a_capability_that_is_there_and_that_no_case_asks_about() -> None:
    """It is not covered by the others, however it became known."""
    one = BY_PROTOCOL.model_copy(update={"cases": BY_PROTOCOL.cases[:1]})
    rtsp = attempt(PASS, case="test_rtsp")
    assert judged(one, rtsp, declared=("rtsp",)).verdict is PASS
    assert judged(one, rtsp, looked("onvif", FAIL), declared=("rtsp",)).reason == "no case yet for onvif"


REQUIREMENTS = (
    ALL_OF.model_copy(update={"id": "NET-01"}),
    ONE_OF.model_copy(update={"id": "NET-02"}),
    UNLESS.model_copy(update={"id": "NET-03"}),
    WITH_SERVICE.model_copy(update={"id": "NET-04"}),
    BY_PROTOCOL.model_copy(update={"id": "NET-05"}),
    requirement("PHY-05"),
)
PLACES = tuple((each.id, case.case) for each in REQUIREMENTS for case in each.cases)


@st.composite
def runs(draw: st.DrawFn) -> tuple[tuple[str, ...], list[CaseVerdict]]:
    """What was declared, and any verdicts of looks and cases, each or none."""
    word = st.sampled_from([PASS] * 6 + [FAIL, ERROR, INCONCLUSIVE, NOT_TESTED])
    looks = [looked(name, draw(word), draw(st.integers(0, 3))) for name in NAMES if draw(st.booleans())]
    unique = {(name, case): attempt(draw(word), name=name, case=f"{case}_{name}") for name, case in PLACES if draw(st.booleans())}
    return tuple(draw(st.sets(st.sampled_from(NAMES)))), [*looks, *unique.values()]


def result(declared: tuple[str, ...], attempts: list[CaseVerdict]) -> dict[str, RequirementVerdict]:
    named = (
        each.model_copy(update={"cases": tuple(case.model_copy(update={"case": f"{case.case}_{each.id}"}) for case in each.cases)})
        for each in REQUIREMENTS
    )
    return {each.id: each for each in roll_up(planned(*named, declared=declared), attempts).requirements}


@given(runs())
def test_not_applicable_is_backed_by_an_observation(run: tuple[tuple[str, ...], list[CaseVerdict]]) -> None:
    """Of this run, by a look that came to its end and found nothing against what is declared."""
    declared, attempts = run
    earned = {each.case for each in attempts if each.verdict is PASS and each.observations}
    names = {each.id: each.condition.names for each in REQUIREMENTS}
    for found in result(declared, attempts).values():
        if found.verdict is NOT_APPLICABLE:
            assert {look_of(name) for name in names[found.id]} & earned


@given(runs(), st.data())
def test_a_look_that_is_missing_makes_nothing_better(run: tuple[tuple[str, ...], list[CaseVerdict]], data: st.DataObject) -> None:
    """Without it nothing becomes NOT_APPLICABLE, and nothing becomes PASS but what its FAIL or its presence stood against."""
    declared, attempts = run
    gone = data.draw(st.sampled_from(NAMES))
    before, after = result(declared, attempts), result(declared, [each for each in attempts if each.case != look_of(gone)])
    bad = [each for each in attempts if each.verdict.rank <= INCONCLUSIVE.rank or not each.observations]
    failed = any(each.case == look_of(gone) for each in bad)
    for was, now in zip(before.values(), after.values(), strict=True):
        assert now.verdict is not NOT_APPLICABLE or was.verdict is NOT_APPLICABLE or failed
        assert now.verdict is not PASS or was.verdict in (PASS, NOT_APPLICABLE) or failed


@given(runs(), st.data())
def test_a_worse_verdict_of_a_case_never_improves_anything(run: tuple[tuple[str, ...], list[CaseVerdict]], data: st.DataObject) -> None:
    """Whatever the looks say."""
    declared, attempts = run
    cases = [number for number, each in enumerate(attempts) if each.requirement != "PHY-05"]
    if not cases:
        return
    place = data.draw(st.sampled_from(cases))
    old = attempts[place]
    worse = attempt(
        data.draw(st.sampled_from([each for each in Verdict if each.rank <= old.verdict.rank])), name=old.requirement, case=old.case
    )
    before, after = result(declared, attempts), result(declared, [*attempts[:place], worse, *attempts[place + 1 :]])
    assert all(now.verdict.rank <= was.verdict.rank for was, now in zip(before.values(), after.values(), strict=True))


@given(runs(), st.data())
def test_a_worse_verdict_of_a_look_never_helps_the_owner_nor_hides_a_fail(
    run: tuple[tuple[str, ...], list[CaseVerdict]], data: st.DataObject
) -> None:
    """What is seen undeclared switches cases on, which may then pass on their own; its owner FAILs, and so does the level."""
    declared, attempts = run
    looks = [number for number, each in enumerate(attempts) if each.case in map(look_of, NAMES) and each.observations]
    if not looks:
        return
    place = data.draw(st.sampled_from(looks))
    old = attempts[place]
    verdict = data.draw(
        st.sampled_from([each for each in Verdict if each.rank < old.verdict.rank]) if old.verdict is not FAIL else st.just(FAIL)
    )
    worse = old.model_copy(update={"verdict": verdict})
    before, after = result(declared, attempts), result(declared, [*attempts[:place], worse, *attempts[place + 1 :]])
    assert after["PHY-05"].verdict.rank <= before["PHY-05"].verdict.rank
    for was, now in zip(before.values(), after.values(), strict=True):
        assert was.verdict is not FAIL or now.verdict is FAIL
        assert verdict is FAIL or now.verdict.rank <= was.verdict.rank
