"""What changed between two runs, with the fact behind it; what would mislead is refused or said."""

import io
from datetime import timedelta
from typing import Any

import pytest

from harness.model.difference import Change, Difference
from harness.model.errors import UsageError
from harness.model.narrative import Alike, Asked, Narrative, Seen
from harness.model.record import RunRecord, Stamp
from harness.model.verdict import CaseVerdict, Note, Verdict
from harness.output.diff import compare
from harness.output.diff_text import show
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import DIGEST, STARTED, colourful, record

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict
OTHER = "0" * 64


def one(*attempts: CaseVerdict, **more: object) -> RunRecord:
    """A run of one requirement."""
    return record(plan(requirement()), attempts, **more)


def door(item: str) -> Note:
    return Note(verdict=FAIL, what="open doors", item=item, evidence=(7,), again=f"curl {item}")


def asked(case: str = "test_NET-11") -> Narrative:
    """What a case asked with one probe."""
    seen = Seen(n=7, at=STARTED, asked="port 8554", seen="answered as RTSP")
    return Narrative(
        asked=(Asked(case=case, attempt=1, probe="tcp.ask", times=9, answers=(Alike(seen="refused", times=9),), shown=(seen,)),)
    )


def only(found: Difference) -> Change:
    (change,) = found.changes
    return change


def text(found: Difference) -> str:
    out = io.StringIO()
    show(found, out)
    return out.getvalue()


def test_the_same_run_has_no_changes() -> None:
    found = compare(colourful(), colourful(), ("a", "a"))
    assert (found.changes, found.shifts, found.levels, found.misleading) == ((), (), (), ())
    assert sum(count for _, count in found.unchanged) == len(colourful().requirements)
    assert "Unchanged: 3 FAIL" in text(found) or "Unchanged: 2 FAIL" in text(found)


def test_a_new_failure_names_the_offender_what_was_seen_and_how_to_see_it_again() -> None:
    new = one(attempt(FAIL, notes=(door("8554"),)), narrative=asked())
    change = only(compare(one(attempt(PASS)), new))
    assert (change.kind, change.before, change.after) == ("failed", PASS, FAIL)
    (fact,) = change.came
    assert (fact.item, fact.evidence, fact.seen, fact.again) == ("8554", (7,), ("port 8554: answered as RTSP",), "curl 8554")
    shown = text(compare(one(attempt(PASS)), new))
    assert "NET-11 PASS → FAIL" in shown
    assert "+ open doors: 8554 (test_NET-11, journal line 7)" in shown
    assert "again: curl 8554" in shown


def test_a_mended_failure_says_what_went_and_what_was_asked() -> None:
    change = only(compare(one(attempt(FAIL, notes=(door("8554"),))), one(attempt(PASS), narrative=asked())))
    assert (change.kind, [each.item for each in change.went]) == ("earned", ["8554"])
    (fact,) = change.rests_on
    assert (fact.what, fact.seen, fact.evidence) == ("asked tcp.ask 9×", ("9× refused",), (7,))


def test_offenders_that_came_and_went_under_the_same_verdict() -> None:
    change = only(compare(one(attempt(FAIL, notes=(door("a"), door("b")))), one(attempt(FAIL, notes=(door("b"), door("c"))))))
    assert (change.kind, [each.item for each in change.came], [each.item for each in change.went]) == ("offenders", ["c"], ["a"])


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("no name at 8.8.8.8 port 53/udp (a.pcap packet 9)", "no name at 8.8.8.8 port 53/udp (b.pcap packet 17)", True),
        ("no name at 8.8.8.8 port 53/udp (a.pcap packet 9)", "no name at 8.8.4.4 port 53/udp (a.pcap packet 9)", False),
        ("eu.example at 192.0.2.7 port 443/tcp", "eu.example at 2001:db8::7 port 443/tcp", True),
        ("eu.example at 192.0.2.7 port 443/tcp", "eu.example at 192.0.2.7 port 80/tcp", False),
        ("8554", "8555", False),
    ],
)
def test_an_offender_is_the_same_wherever_it_was_caught(before: str, after: str, same: bool) -> None:
    found = compare(one(attempt(FAIL, notes=(door(before),))), one(attempt(FAIL, notes=(door(after),))))
    assert (found.changes == ()) is same


def test_what_is_undecided_says_why() -> None:
    silent = Note(verdict=INCONCLUSIVE, what="no answer in 5 s", evidence=(7,))
    change = only(compare(one(attempt(PASS)), one(attempt(INCONCLUSIVE, notes=(silent,)), narrative=asked())))
    assert (change.kind, change.rests_on[0].what, change.rests_on[0].seen) == ("lost", "no answer in 5 s", ("port 8554: answered as RTSP",))
    assert only(compare(one(attempt(FAIL)), one(attempt(ERROR)))).kind == "unsettled"
    assert only(compare(one(attempt(ERROR)), one(attempt(INCONCLUSIVE)))).kind == "other"


def test_the_number_of_observations_is_no_change_but_another_reason_is() -> None:
    many = attempt(PASS).model_copy(update={"observations": 99})
    assert compare(one(attempt(PASS)), one(many)).changes == ()
    planned = requirement(fallen_sides=(("service", "cloud_account is declared absent"),))
    assert only(compare(one(attempt(PASS)), record(plan(planned), [attempt(PASS)]))).kind == "other"


def test_requirements_that_only_one_run_knows() -> None:
    both = record(plan(requirement(), requirement("NET-01")), [attempt(PASS), attempt(FAIL, name="NET-01")])
    assert only(compare(one(attempt(PASS)), both)).kind == "failed"
    gone = only(compare(both, one(attempt(PASS))))
    assert (gone.kind, gone.after) == ("gone", None)
    assert "not there" in text(compare(both, one(attempt(PASS))))


def test_levels_firmware_profile_catalogue_effort_and_code_are_told() -> None:
    device = one().device.model_copy(update={"firmware_version": "1.0.1", "hardware_revision": "2"})
    new = one(attempt(PASS), device=device, profile_digest=OTHER, catalogue=Stamp(version="0.3.0", digest=OTHER), effort="full")
    found = compare(one(attempt(FAIL)), new, ("a" * 64, "b" * 64))
    assert {each.what for each in found.shifts} == {"firmware", "hardware revision", "profile", "catalogue", "effort", "code"}
    assert (found.levels[0].what, found.levels[0].after) == ("basic", "reached")
    for words in ("two catalogues", "two versions of camlabel", "effort quick, then full", "hardware revision 1, then 2"):
        assert any(words in each for each in found.misleading), words
        assert words in text(found).replace("\n", " ")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"overlay": ("NET-11 moved to leading",)}, "two overlays"),
        ({"exit_status": 3}, "the new run was stopped"),
        ({"started": STARTED - timedelta(days=1)}, "made before the old one"),
        ({"narrative": Narrative(conditions=(("flaws", "rtsp-open"),))}, "flaws: none, then rtsp-open"),
    ],
)
def test_what_would_mislead_is_said(more: dict[str, Any], words: str) -> None:
    assert any(words in each for each in compare(one(attempt(PASS)), one(attempt(PASS), **more)).misleading)


def test_a_narrower_selection_is_said() -> None:
    narrow = record(plan(requirement(not_tested="deselected", cases=())), [])
    found = compare(one(attempt(PASS)), narrow)
    assert found.misleading == ("the new run is narrower: 1 deselected that were not in the old one (NET-11)",)
    assert compare(narrow, one(attempt(PASS))).misleading == ("the old run is narrower: 1 deselected that are not in the new one (NET-11)",)


def test_two_products_are_refused() -> None:
    other = one(device=one().device.model_copy(update={"model": "another camera"}))
    with pytest.raises(UsageError, match="two products cannot be compared"):
        compare(one(), other)


def test_hostile_text_stays_text() -> None:
    evil = "\x1b[2J\u202e" + "x" * 9000
    shown = text(compare(one(attempt(PASS)), one(attempt(FAIL, notes=(door(evil),)), profile_digest=OTHER)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown) < 5000
    assert DIGEST[:12] in shown
