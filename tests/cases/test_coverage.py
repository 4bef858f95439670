"""`docs/coverage.md`: what a case covers is told, and what is missing is never told as covered."""

from pathlib import Path

import pytest

from harness.cases import coverage
from harness.cases.coverage import coverage_markdown, kind_of, lacking
from harness.cases.registry import CaseInfo, Registry, scan
from harness.catalogue.load import load
from harness.model.requirement import Applicability, Requirement
from harness.model.vocabulary import Side
from harness.places import ROOT, folder

CATALOGUE = load()
PLAIN = CATALOGUE.requirement("PHY-01").model_copy(update={"sides": ("device",), "applicability": Applicability(condition="", always=True)})


def case(when: str | None = None, side: Side | None = None, requirement: str = "PHY-01") -> CaseInfo:
    path = ROOT / "testcases/physical_hardware/test_console.py"
    return CaseInfo(
        name="test_it_is_so", requirement=requirement, when=when, side=side, state=None, impact=None, path=path, line=1, docstring=""
    )


def entry(**update: object) -> Requirement:
    return PLAIN.model_copy(update=update)


EITHER = Applicability(condition="", any_of=("rtsp", "onvif"))


@pytest.mark.parametrize(
    ("requirement", "cases", "kind", "missing"),
    [
        (entry(), (), "none", ["device side"]),
        (entry(automation="full"), (case(),), "automated", []),
        (entry(automation="assisted"), (case(),), "operator", []),
        (entry(automation="manual"), (case(),), "operator", []),
        (entry(sides=("document",)), (case(side="document"),), "document", []),
        (entry(sides=("device", "document")), (case(),), "partly", ["document side"]),
        (entry(sides=("device", "document")), (case(side="document"),), "partly", ["device side"]),
        (entry(applicability=EITHER), (case("rtsp"),), "partly", ["onvif"]),
        (entry(applicability=EITHER), (case("rtsp"), case("onvif")), "automated", []),
        (entry(applicability=EITHER), (case("rtsp"), case()), "automated", []),
        (entry(applicability=EITHER), (case(),), "automated", []),
    ],
)
def test_a_requirement_is_covered_when_nothing_is_missing_that_a_pass_needs(
    requirement: Requirement, cases: tuple[CaseInfo, ...], kind: str, missing: list[str]
) -> None:
    assert kind_of(requirement, cases) == kind
    assert lacking(requirement, cases) == missing


def test_without_cases_nothing_is_covered() -> None:
    page = coverage_markdown(CATALOGUE, Registry((), {}))
    assert "Which of the 130 requirements have test cases: 0 in whole, 0 in part." in page
    for each in CATALOGUE.requirements:
        assert page.count(each.id) == 1


def test_every_case_is_linked_and_every_requirement_named() -> None:
    registry = scan(folder("testcases"))
    page = coverage_markdown(CATALOGUE, registry)
    for info in registry.cases:
        assert f"](../{info.path.relative_to(ROOT)})" in page
        assert Path(ROOT, info.path).is_file()
    assert all(each.id in page for each in CATALOGUE.requirements)


def test_the_page_is_up_to_date() -> None:
    assert coverage.main(["--check"]) == 0
