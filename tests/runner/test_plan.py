"""The plan: what runs, and in which words the rest does not."""

from pathlib import Path

import pytest

from harness.cases.applicability import presences, settle
from harness.cases.registry import Registry, scan
from harness.catalogue.load import load
from harness.model.errors import UsageError
from harness.model.plan import Plan, PlannedRequirement
from harness.model.profile import Capability, Profile
from harness.model.vocabulary import Level
from harness.profile.read import read_bench
from harness.runner import places
from harness.runner.plan import make_plan, order
from tests.builders.profiles import emulated_profile

CATALOGUE = load()
PROFILE = emulated_profile()
BENCH = read_bench(places.ROOT / "device_profiles/emulated-fast.bench.yaml", PROFILE)


def with_capabilities(**present: bool) -> Profile:
    """The sample profile with other answers."""
    answers = {name: Capability.model_validate("yes" if there else {"absent": "not built in"}) for name, there in present.items()}
    return PROFILE.model_copy(update={"capabilities": {**PROFILE.capabilities, **answers}})


def plan(profile: Profile = PROFILE, *, level: Level = "leading", select: tuple[str, ...] = (), impact: str = "change") -> Plan:
    """A plan over our own cases."""
    bench = BENCH.model_copy(update={"impact": impact})
    made = make_plan(CATALOGUE, profile, bench, scan(places.testcases()), level, select)
    return settle(made, presences(made, {}))


def entry(made: Plan, name: str) -> PlannedRequirement:
    """One requirement of a plan."""
    return next(each for each in made.requirements if each.id == name)


def test_every_requirement_has_a_place() -> None:
    """130, most of them without a case yet."""
    made = plan()
    assert len(made.requirements) == 130
    assert sum(not each.cases and not each.not_tested for each in made.requirements) > 60
    assert {case.when for case in entry(made, "NET-11").cases if case.runs} == {"rtsps", "onvif", "local_snapshot"}


def test_absence_is_not_earned_yet() -> None:
    """A requirement whose capability is declared absent is NOT_TESTED with these words."""
    assert entry(plan(with_capabilities(uart=False)), "PHY-01").not_tested == "uart declared absent: absence not checked"
    assert entry(plan(with_capabilities(rtsps=False, onvif=False, local_snapshot=False)), "NET-11").not_tested.endswith(
        "absence not checked"
    )


def test_a_side_falls_away_in_words() -> None:
    """SYS-07's service side hangs on cloud_account."""
    planned = entry(plan(), "SYS-07")
    assert planned.sides == ("device",)
    assert planned.fallen_sides == (("service", "service side falls away: cloud_account declared absent, absence not checked"),)
    assert entry(plan(with_capabilities(cloud_account=True)), "SYS-07").sides == ("device", "service")


def test_a_capability_that_no_case_asks_about_is_not_covered_by_others() -> None:
    """A camera with RTSPS does not pass NET-11 by its ONVIF case."""
    registry = Registry(tuple(each for each in scan(places.testcases()).cases if each.when != "rtsps"), {})
    made = make_plan(CATALOGUE, with_capabilities(rtsp=True), BENCH, registry, "leading")
    (more,) = [case for case in entry(settle(made, presences(made, {})), "NET-11").cases if not case.runs]
    assert more.reason == "no case yet for rtsps"


def test_selection_and_level() -> None:
    """What was not asked for is deselected, in words."""
    chosen = plan(select=("SYS-07",))
    assert entry(chosen, "NET-11").not_tested == "deselected"
    assert order(chosen, scan(places.testcases()), CATALOGUE) == ["test_a_changed_password_ends_all_that_the_old_one_opened"]
    assert entry(plan(level="basic"), "SYS-13").not_tested == "deselected: level basic was asked"
    with pytest.raises(UsageError, match="NET-99: no such requirement"):
        plan(select=("NET-99",))


def test_the_bench_forbids_in_words() -> None:
    """An act above the bench's is not planned."""
    cases = entry(plan(impact="change"), "SYS-07").cases
    assert [(case.runs, case.reason) for case in cases] == [(True, ""), (False, "the bench permits acts up to change; this needs reboot")]


def test_mildest_first() -> None:
    """Log-ins before changes."""
    names = order(plan(), scan(places.testcases()), CATALOGUE)
    mild, strong = "test_rtsp_inside_tls_gives_nothing_without_a_login", "test_a_changed_password_ends_all_that_the_old_one_opened"
    assert names.index(mild) < names.index(strong)
    assert set(names) < {info.name for info in scan(places.testcases()).cases}


def test_a_stranger_among_the_cases(tmp_path: Path) -> None:
    """A case of no requirement, or of no capability, is refused with its place: it would fall away unseen."""
    (tmp_path / "test_x.py").write_text('from harness.cases.words import case\n@case("NET-99")\ndef test_x(dut, observe):\n    """x"""\n')
    with pytest.raises(UsageError, match=r"test_x.py:3: NET-99 is no requirement"):
        make_plan(CATALOGUE, PROFILE, BENCH, scan(tmp_path), "leading")
    (tmp_path / "test_x.py").write_text(
        'from harness.cases.words import case\n@case("NET-11", when="rstp")\ndef test_x(dut):\n    """x"""\n'
    )
    with pytest.raises(UsageError, match=r"test_x.py:3: when='rstp' is no capability"):
        make_plan(CATALOGUE, PROFILE, BENCH, scan(tmp_path), "leading")
    assert Registry((), {}).of("NET-11") == ()
