"""Every ending of an attempt and of a case has its verdict and its reason."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cases.judging import judge, sticky
from harness.model.verdict import Note, Verdict
from tests.builders.plans import attempt

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict


def note(verdict: Verdict, what: str = "open doors", item: str = "") -> Note:
    return Note(verdict=verdict, what=what, item=item)


DOORS = tuple(note(FAIL, item=f"door {number}") for number in range(3))
SILENT = note(INCONCLUSIVE, item="door 9")
UNMET = note(INCONCLUSIVE, "the owner is let in")
BROKEN = note(ERROR, "ValueError: no such stream")
NO_UART = note(NOT_TESTED, "no serial adapter on the bench")

ENDINGS = [
    ((), 1, True, PASS, "criterion met on 1 observation"),
    ((), 7, True, PASS, "criterion met on 7 observations"),
    ((), 0, True, ERROR, "concluded without a single observation of the device"),
    ((), 0, False, ERROR, "concluded without a single observation of the device"),
    ((), 7, False, ERROR, "the case did not come to its end, and nothing says why"),
    (DOORS, 7, True, FAIL, "open doors: 3"),
    (DOORS, 7, False, FAIL, "open doors: 3; incomplete"),
    (DOORS, 0, True, ERROR, "concluded without a single observation of the device; offenders noted: 3"),
    ((*DOORS, SILENT, UNMET, BROKEN, NO_UART), 7, False, FAIL, "open doors: 3; incomplete"),
    ((note(FAIL, "the owner can change the password"),), 2, True, FAIL, "not so: the owner can change the password"),
    ((*DOORS, note(FAIL, "the owner can leave")), 7, True, FAIL, "open doors: 3; not so: the owner can leave"),
    (tuple(note(FAIL, f"open {n}", "x") for n in range(5)), 7, True, FAIL, "open 0: 1; open 1: 1; open 2: 1; and 2 more"),
    ((SILENT,), 7, True, INCONCLUSIVE, "not settled for 1: open doors"),
    ((UNMET,), 7, True, INCONCLUSIVE, "not settled: the owner is let in"),
    ((UNMET,), 0, False, INCONCLUSIVE, "not settled: the owner is let in; incomplete"),
    ((UNMET, BROKEN), 7, False, ERROR, "ValueError: no such stream; incomplete"),
    ((NO_UART,), 0, False, NOT_TESTED, "no serial adapter on the bench; incomplete"),
    ((NO_UART, UNMET), 7, True, INCONCLUSIVE, "not settled: the owner is let in"),
    ((note(NOT_APPLICABLE, "no serial pads"),), 4, True, NOT_APPLICABLE, "no serial pads"),
    ((note(NOT_APPLICABLE, "no serial pads"),), 0, True, ERROR, "concluded without a single observation of the device"),
    ((note(NOT_APPLICABLE, "no serial pads"),), 4, False, ERROR, "the case did not come to its end, and nothing says why"),
    ((note(PASS, "doors closed"), note(NOT_APPLICABLE, "no window")), 4, True, PASS, "criterion met on 4 observations"),
]


@pytest.mark.parametrize(("notes", "observations", "ended", "verdict", "reason"), ENDINGS)
def test_ending(notes: tuple[Note, ...], observations: int, ended: bool, verdict: Verdict, reason: str) -> None:
    assert judge(notes, observations, ended) == (verdict, reason)


@pytest.mark.parametrize(
    ("notes", "spared", "reason"),
    [
        (
            (UNMET,),
            ("5 of 11 bad packages",),
            "not settled: the owner is let in; effort quick: 5 of 11 bad packages; --effort full does the rest",
        ),
        ((UNMET,), tuple("abcd"), "not settled: the owner is let in; effort quick: a; b; c; and 1 more; --effort full does the rest"),
        (
            (note(INCONCLUSIVE, "every port was asked (effort quick: 87 of 65535 TCP ports)"),),
            ("87 of 65535 TCP ports",),
            "not settled: every port was asked (effort quick: 87 of 65535 TCP ports); --effort full does the rest",
        ),
        ((UNMET, BROKEN), ("a",), "ValueError: no such stream"),
        (DOORS, ("a",), "open doors: 3"),
        ((), ("a",), "criterion met on 7 observations"),
    ],
)
def test_what_is_not_settled_says_what_effort_quick_left_out(notes: tuple[Note, ...], spared: tuple[str, ...], reason: str) -> None:
    assert judge(notes, 7, True, spared)[1] == reason


def test_a_long_phrase_is_cut() -> None:
    _, reason = judge([note(ERROR, "x" * 1_000_000)], 1, True)
    assert len(reason) < 400
    assert reason.endswith("…")


verdicts = st.sampled_from(Verdict)
notes = st.lists(st.builds(Note, verdict=verdicts, what=st.sampled_from("abc"), item=st.sampled_from(["", "x"])), max_size=5)


@given(notes, st.integers(0, 3), st.booleans())
def test_a_pass_needs_an_observation_an_end_and_no_other_word(said: list[Note], observations: int, ended: bool) -> None:
    verdict, reason = judge(said, observations, ended)
    assert reason
    if verdict is PASS:
        assert observations
        assert ended
        assert {each.verdict for each in said} <= {PASS, NOT_APPLICABLE}


@given(notes, notes, st.integers(1, 3))
def test_more_notes_never_improve_a_verdict(some: list[Note], more: list[Note], observations: int) -> None:
    bad = [each for each in more if each.verdict.rank < PASS.rank]
    assert judge([*some, *bad], observations, True)[0].rank <= judge(some, observations, True)[0].rank


@given(notes, st.booleans())
def test_the_order_of_notes_does_not_change_the_verdict(some: list[Note], ended: bool) -> None:
    assert judge(some[::-1], 2, ended)[0] is judge(some, 2, ended)[0]


ATTEMPTS = [
    ((PASS,), PASS, "PASS because"),
    ((FAIL, PASS), FAIL, "FAIL because; attempt 2 was PASS, a FAIL stays"),
    ((PASS, FAIL), FAIL, "FAIL because"),
    ((FAIL, NOT_APPLICABLE), FAIL, "FAIL because; attempt 2 was NOT_APPLICABLE, a FAIL stays"),
    ((INCONCLUSIVE, PASS), INCONCLUSIVE, "PASS only on attempt 2; attempt 1 was INCONCLUSIVE: INCONCLUSIVE because"),
    ((ERROR, PASS), INCONCLUSIVE, "PASS only on attempt 2; attempt 1 was ERROR: ERROR because"),
    ((ERROR, NOT_APPLICABLE), INCONCLUSIVE, "NOT_APPLICABLE only on attempt 2; attempt 1 was ERROR: ERROR because"),
    ((INCONCLUSIVE, NOT_TESTED), INCONCLUSIVE, "NOT_TESTED only on attempt 2; attempt 1 was INCONCLUSIVE: INCONCLUSIVE because"),
    ((NOT_TESTED, PASS), PASS, "PASS because"),
    ((PASS, NOT_TESTED), NOT_TESTED, "NOT_TESTED because"),
    ((PASS, ERROR), ERROR, "ERROR because"),
    ((ERROR, INCONCLUSIVE), INCONCLUSIVE, "INCONCLUSIVE because"),
    ((INCONCLUSIVE, ERROR), ERROR, "ERROR because"),
    ((PASS, PASS), PASS, "PASS because"),
]


@pytest.mark.parametrize(("given_verdicts", "verdict", "reason"), ATTEMPTS)
def test_attempts_of_a_case(given_verdicts: tuple[Verdict, ...], verdict: Verdict, reason: str) -> None:
    attempts = [attempt(each, number=number) for number, each in enumerate(given_verdicts, 1)]
    for order in itertools.permutations(attempts):
        found = sticky(order)
        assert (found.verdict, found.reason) == (verdict, reason)


def test_a_fail_keeps_what_every_attempt_found() -> None:
    both = note(FAIL, item="seen twice")
    first = attempt(FAIL, number=1, notes=(note(FAIL, item="first only"), both))
    second = attempt(FAIL, number=2, notes=(both, UNMET))
    assert [each.item for each in sticky([first, attempt(PASS, number=3), second]).notes] == ["first only", "seen twice", ""]


def test_one_attempt_is_left_as_it_is() -> None:
    only = attempt(FAIL, notes=(DOORS[0], UNMET, DOORS[0]))
    assert sticky([only]) == only


def test_no_attempt_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="no verdict"):
        sticky([])


@given(st.lists(verdicts, min_size=1, max_size=5), st.data())
def test_a_worse_attempt_never_improves_a_case(given_verdicts: list[Verdict], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(given_verdicts) - 1))
    worse = data.draw(st.sampled_from([each for each in Verdict if each.rank <= given_verdicts[place].rank]))
    changed = [*given_verdicts[:place], worse, *given_verdicts[place + 1 :]]
    before, after = (sticky([attempt(each, number=n) for n, each in enumerate(row)]).verdict for row in (given_verdicts, changed))
    assert after.rank <= before.rank


@given(st.lists(verdicts, max_size=4), st.sampled_from([FAIL, ERROR, INCONCLUSIVE]), st.lists(verdicts, max_size=4))
def test_no_retry_leads_from_undecided_to_a_pass(before: list[Verdict], bad: Verdict, after: list[Verdict]) -> None:
    attempts = [attempt(each, number=number) for number, each in enumerate([*before, bad, *after])]
    assert sticky(attempts).verdict.rank <= INCONCLUSIVE.rank
