"""JUnit documents: valid, mergeable, honest in a world of three words, and safe."""

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from harness.model.record import RunRecord
from harness.model.verdict import Verdict
from harness.model.vocabulary import LEVELS
from harness.output import junit
from tests.builders.hostile import HOSTILE, crowded, said
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import DIGEST, colourful, reached, record

XSD = etree.XMLSchema(etree.parse(Path(__file__).parent / "junit-10.xsd"))
STRICT = etree.XMLParser(resolve_entities=False, huge_tree=False)


def parsed(data: bytes) -> etree._Element:
    root = etree.fromstring(data, STRICT)
    XSD.assertValid(root)
    return root


def cases(record: RunRecord, level: str, undecided_as: Literal["error", "skipped"] = "error") -> dict[str, etree._Element]:
    root = parsed(junit.render(record, level, undecided_as))
    return {str(each.get("name")).split()[0]: each for each in root.iter("testcase")}


def outcome(case: etree._Element) -> str:
    """What a CI makes of a test case."""
    return " ".join(each.tag for each in case if each.tag != "system-out") or "passed"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("made", [colourful, reached])
def test_valid_against_the_schema_of_the_xunit_plugin(made: object, level: str) -> None:
    assert callable(made)
    parsed(junit.render(made(), level))


def test_each_level_holds_its_own_requirements() -> None:
    held = [set(cases(colourful(), level)) for level in LEVELS]
    assert held[1:] == [{"PHY-05", "SYS-16", "NET-12"}, {"DAT-09"}]
    assert sum(map(len, held)) == len(set().union(*held)) == len(colourful().requirements)


def test_merged_documents_hold_no_double_suite_or_case() -> None:
    roots = [parsed(junit.render(colourful(), level)) for level in LEVELS]
    suites = [each.get("name") for root in roots for each in root]
    names = [(each.get("classname"), each.get("name")) for root in roots for each in root.iter("testcase")]
    assert len(suites) == len(set(suites)) == 18
    assert len(names) == len(set(names)) == 12


def test_a_suite_a_dimension_with_what_a_reader_asks_first() -> None:
    root = parsed(junit.render(colourful(), "basic"))
    assert [each.get("name") for each in root] == [
        "camlabel.basic.physical-hardware",
        "camlabel.basic.system-software",
        "camlabel.basic.network-communication",
        "camlabel.basic.data-security",
        "camlabel.basic.personal-information",
        "camlabel.basic.security-assurance",
    ]
    properties = {each.get("name"): each.get("value") for each in root[2].iter("property")}
    assert properties == {
        "run": "20260822T101500Z-emulated-camera",
        "level": "basic",
        "level.reached": "no",
        "level.blockers": "6",
        "level.asked": "enhanced",
        "cell": "FAIL",
        "exit_status": "1",
        "device": "camlabel emulated camera",
        "device.hardware": "1",
        "device.firmware": "1.0.0",
        "device.sample": "cam-1",
        "device.serial": "EC-0001",
        "device.mac": "",
        "catalogue": "0.2.0",
        "catalogue.sha256": DIGEST,
        "profile.sha256": DIGEST,
        "tool": "camlabel 0.1.0",
    }
    assert root[2].get("timestamp") == "2026-08-22T10:15:00"


def test_level_reached_is_said() -> None:
    roots = [parsed(junit.render(reached(), level)) for level in LEVELS]
    values = [{each.get("value") for each in root.iter("property") if each.get("name") == "level.reached"} for root in roots]
    assert values == [{"yes"}, {"yes"}, {"automated part"}]


ENDINGS = {
    Verdict.FAIL: ("failure", "failure"),
    Verdict.ERROR: ("error", "skipped"),
    Verdict.INCONCLUSIVE: ("error", "skipped"),
    Verdict.NOT_TESTED: ("skipped", "skipped"),
    Verdict.NOT_APPLICABLE: ("skipped", "skipped"),
    Verdict.PASS: ("passed", "passed"),
}


@pytest.mark.parametrize("verdict", Verdict)
def test_verdict_in_the_words_of_a_ci(verdict: Verdict) -> None:
    made = record(plan(requirement()), [attempt(verdict)])
    as_error, as_skipped = (cases(made, "basic", each)["NET-11"] for each in ("error", "skipped"))
    assert (outcome(as_error), outcome(as_skipped)) == ENDINGS[verdict]
    if verdict is not Verdict.PASS:
        assert as_error[0].get("message") == as_skipped[0].get("message") == f"{verdict}: {verdict} because"


def test_an_empty_reason_does_not_turn_a_fail_into_a_pass() -> None:
    silent = attempt(Verdict.FAIL).model_copy(update={"reason": "", "notes": ()})
    assert outcome(cases(record(plan(requirement()), [silent]), "basic")["NET-11"]) == "failure"


@pytest.mark.parametrize("undecided_as", ["error", "skipped"])
@pytest.mark.parametrize("why", ["the device does not answer \x1b[31m", ""])
def test_a_stopped_run_is_an_error_in_every_file(why: str, undecided_as: Literal["error", "skipped"]) -> None:
    """Whatever undecided verdicts are: no requirement of it may be more than skipped."""
    cut = record(plan(requirement()), [], exit_status=3, stopped=why)
    roots = [parsed(junit.render(cut, level, undecided_as)) for level in LEVELS]
    assert [root.get("errors") for root in roots] == ["1", "1", "1"]
    assert [root[0].get("name") for root in roots] == [f"camlabel.{level}.run" for level in LEVELS]
    names = [(each.get("classname"), each.get("name")) for root in roots for each in root.iter("testcase")]
    assert len(names) == len(set(names))
    said = roots[0][0].find("testcase/error")
    assert said is not None
    assert str(said.get("message")).startswith("the run was stopped: " + (why[:10] or "this record does not say why"))


def test_totals_fit() -> None:
    root = parsed(junit.render(colourful(), "basic"))
    assert {name: root.get(name) for name in ("tests", "failures", "errors")} == {"tests": "8", "failures": "1", "errors": "1"}
    for suite in root:
        tags = [outcome(each) for each in suite.iter("testcase")]
        counts = {"tests": len(tags), "failures": tags.count("failure"), "errors": tags.count("error"), "skipped": tags.count("skipped")}
        assert counts == {name: int(suite.get(name, "-1")) for name in counts}


def test_time_is_that_of_the_cases() -> None:
    made = record(plan(requirement()), [attempt(Verdict.PASS)])
    root = parsed(junit.render(made, "basic"))
    assert [root.get("time"), root[2].get("time"), root[2][1].get("time")] == ["4.125", "4.125", "4.125000"]


def test_details_and_digests_are_in_system_out() -> None:
    found = cases(colourful(), "basic")
    failed, passed, undecided = (str(found[each].findtext("system-out")) for each in ("NET-11", "SYS-07", "SYS-06"))
    assert f"evidence sha256:{DIGEST}" in failed
    assert f"evidence sha256:{DIGEST}" in passed
    assert "absence not checked" in passed
    assert "attempt 1, 3 observations): INCONCLUSIVE" in undecided
    assert "attempt 2, 3 observations): PASS" in undecided
    assert "no answer in 5 s (journal lines 77)" in undecided
    listed = str(found["NET-11"].findtext("failure"))
    assert listed.startswith(
        "RTSP requests granted without a login: /live/main · nobody · tcp (journal lines 0, 1)\n    see it again: ffprobe"
    )
    assert listed.count("see it again") == 8


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str, level: str) -> None:
    data = junit.render(said(HOSTILE[name]), level)
    root = parsed(data)
    assert len(list(root.iter("testcase"))) == len([each for each in said("").requirements if each.level == level])
    assert len(data) < 200_000
    text = data.decode()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not set(map(chr, [*range(9), *range(11, 32), *range(127, 160)])) & set(text)


def test_what_xml_cannot_hold_is_made_visible() -> None:
    failed = cases(said("a\x00b\x1bc\ufffed]]>"), "basic")["NET-11"]
    assert failed[0].get("message") == "FAIL: a\\x00b\\x1bc\\ufffed]]>"
    assert "a\\x00b\\x1bc\\ufffed]]>" in str(failed.findtext("system-out"))


@settings(max_examples=25)
@given(st.text())
def test_any_text_gives_a_valid_document(text: str) -> None:
    assert outcome(cases(said(text), "basic")["NET-11"]) == "failure"


def test_many_offenders_are_bounded_and_counted() -> None:
    made = crowded()
    failed = cases(made, "basic")["NET-11"]
    assert len(junit.render(made, "basic")) < 100_000
    assert str(failed.findtext("failure")).endswith("… 99900 more offenders in the run's folder")
    assert "… 1900 more remarks in the run's folder" in str(failed.findtext("system-out"))
    assert "… 4900 more digests in the run's folder" in str(failed.findtext("system-out"))


def test_the_same_record_gives_the_same_bytes() -> None:
    assert junit.render(colourful(), "basic") == junit.render(colourful(), "basic")
