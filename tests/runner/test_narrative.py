"""What was asked and seen, made from a journal: grouped, counted, with what an offender rests on."""

from typing import Any

from harness.journal.reader import Line
from harness.model.verdict import CaseVerdict, Note, Verdict
from harness.runner import narrative

AT = "2026-08-22T10:15:00.000+00:00"


def observation(n: int, probe: str = "device.identity", case: str = "test_x", **more: Any) -> Line:
    body = {"kind": "observation", "at": AT, "case": case, "attempt": 1, "probe": probe, "args": [], "again": [], "artefacts": [], **more}
    return Line(n, "", body)


def verdict(*evidence: int) -> CaseVerdict:
    notes = (Note(verdict=Verdict.FAIL, what="open", item="a", evidence=evidence),) if evidence else ()
    return CaseVerdict(
        case="test_x",
        requirement="NET-11",
        side="device",
        attempt=1,
        verdict=Verdict.FAIL if evidence else Verdict.PASS,
        reason="because",
        notes=notes,
        observations=3,
    )


IDENTITY = {"mac": "02:00:00:00:00:01", "serial": "S1", "firmware": "1.0"}
SILENT = {"kind": "DeviceSilent", "message": "no answer"}


def test_alike_answers_are_counted_and_the_first_are_shown() -> None:
    lines = [observation(n, result=IDENTITY) for n in range(10)]
    [found] = narrative._asked(lines, [verdict()])
    assert (found.probe, found.times, found.unanswered) == ("device.identity", 10, 0)
    assert [each.times for each in found.answers] == [10]
    assert [each.n for each in found.shown] == [0, 1, 2]
    assert found.shown[0].asked == "device.identity()"
    assert "S1" in found.shown[0].seen


def test_what_an_offender_rests_on_and_what_failed_is_shown_too() -> None:
    lines = [*(observation(n, result=IDENTITY) for n in range(8)), observation(8, failure=SILENT, again=["ping x"], artefacts=["ab"])]
    [found] = narrative._asked(lines, [verdict(6)])
    assert [each.n for each in found.shown] == [0, 1, 2, 6, 8]
    last = found.shown[-1]
    assert (last.failed, last.seen, last.again, last.artefacts) == (True, "DeviceSilent: no answer", ("ping x",), ("ab",))
    assert found.unanswered == 1


def test_attempts_that_were_cut_and_what_the_runner_asked_are_left_out() -> None:
    lines = [observation(0, case="(runner) identity", result=IDENTITY), observation(1, case="test_cut", result=IDENTITY)]
    assert list(narrative._asked(lines, [verdict()])) == []


def test_a_shared_observation_counts_for_its_user() -> None:
    use = Line(1, "", {"kind": "use", "at": AT, "case": "test_x", "attempt": 1, "probe": "device.identity", "of": 0})
    [found] = narrative._asked([observation(0, case="test_y", result=IDENTITY), use], [verdict()])
    assert (found.case, found.times) == ("test_x", 1)


def test_a_polling_is_told_by_its_last_answer() -> None:
    polls = [{"at": 0.0, "result": {**IDENTITY, "serial": "S0"}}, {"at": 2.5, "result": IDENTITY}]
    [found] = narrative._asked([observation(0, polls=polls)], [verdict()])
    assert found.shown[0].seen.startswith("polled 2 times over 2.5 s, at last: ")
    assert "S1" in found.shown[0].seen


def test_what_this_version_cannot_read_is_told_as_it_was_kept() -> None:
    lines = [observation(0, "weather.look", result={"asked": "the sky", "sunny": True}), observation(1, result={"no": "identity"})]
    first, second = narrative._asked(lines, [verdict()])
    assert (first.shown[0].asked, first.answers[0].seen) == ("the sky", "the sky sunny")
    assert second.shown[0].seen == "identity"


def test_what_was_done_to_the_device_is_a_sentence() -> None:
    done = observation(0, "device.bring_to", result={"state": "normal", "how": "set up by web"}, args=["normal"])
    assert narrative._act(done.body) == "device.bring_to(normal): normal set up by web"
    assert narrative._act(observation(0, "device.bring_to", failure=SILENT).body) == "device.bring_to(): DeviceSilent: no answer"
    assert narrative._act(observation(0, result=IDENTITY).body) == ""


def test_only_what_changes_the_device_is_a_change() -> None:
    assert narrative._changes("account.change_password")
    assert not narrative._changes("account.log_in")
    assert not narrative._changes("device.identity")
    assert not narrative._changes("weather.make")
