"""An edited case is judged from the record as a live run of it would have been, or it is INCONCLUSIVE. Never otherwise."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from harness.cases.words import assume, controls, expect, none_of
from harness.gate.observe import Observe
from harness.gate.playback import Playback
from harness.journal.reader import Line
from harness.model.verdict import CaseVerdict, Note, Verdict
from tests.builders.toy import Case, Gate, attempt, change, facts, gate, judged, knock, knocks, level, poke, replayed, ripe

Step = tuple[str | float | bool, ...]
Program = tuple[Step, ...]

names = st.sampled_from("ab")
bounds = st.integers(0, 6)
within = st.sampled_from([0, 1, 1.5, 2, 3.5, 5, 7.5, 20])
ARGUMENTS: dict[str, st.SearchStrategy[Step]] = {
    "look": st.tuples(names, bounds, st.booleans()),
    "none": st.tuples(names, bounds),
    "control": st.tuples(names, bounds),
    "assume": st.tuples(names, bounds),
    "change": st.tuples(names, bounds),
    "poke": st.just(()),
    "knock": st.just(()),
    "knocks": st.tuples(bounds),
    "facts": st.tuples(bounds),
    "ripe": st.tuples(st.booleans()),
    "until ripe": st.tuples(within, st.booleans()),
    "until high": st.tuples(within, names, bounds),
    "during": st.tuples(names, bounds),
}


def step_of(kind: str) -> st.SearchStrategy[Step]:
    """A step of one kind."""
    return ARGUMENTS[kind].map(lambda arguments: (kind, *arguments))


steps = st.sampled_from(["look", *ARGUMENTS]).flatmap(step_of)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Gate]:
    with gate(tmp_path) as opened:
        yield opened


class Broken(Exception):
    """A mistake in the case."""


def perform(observe: Observe, step: Step) -> None:  # noqa: C901, PLR0912 - one branch a kind of step
    """One step of a case."""
    match step:
        case ("look", str(name), int(bound), bool(flip)):
            expect(f"{name} is high", (observe(level, name).value > bound) is not flip)
        case ("none", str(first), int(bound)):
            none_of("high ones", [first, "c", "b"], lambda name: observe(level, name).value > bound)
        case ("control", str(name), int(bound)):
            with controls(high=lambda: observe(level, name).value > bound):
                expect("a is low", observe(level, "a").value < 5)
        case ("assume", str(name), int(bound)):
            assume(f"{name} is high", observe(level, name).value > bound)
        case ("change", str(name), int(value)):
            observe(change, name, value)
        case ("poke",):
            observe(poke)
        case ("knock",):
            observe(knock)
        case ("knocks", int(bound)):
            expect("few knocks", observe(knocks).value <= bound)
        case ("facts", int(bound)):
            expect("all is high", observe(facts).value > bound)
        case ("ripe", bool(flip)):
            expect("ripe", observe(ripe) is not flip)
        case ("until ripe", int(limit) | float(limit), bool(flip)):
            expect("ripe in time", not observe.until(lambda now: now is not flip, limit, ripe).timed_out)
        case ("until high", int(limit) | float(limit), str(name), int(bound)):
            expect("high in time", not observe.until(lambda seen: seen.value > bound, limit, level, name).timed_out)
        case ("during", str(name), int(bound)):
            with observe.during(knock):
                expect(f"{name} is high", observe(level, name).value > bound)
        case _:
            raise Broken(step)


def case_of(program: Sequence[Step]) -> Case:
    """The case that performs these steps."""

    def case(observe: Observe) -> None:
        for step in program:
            perform(observe, step)

    return case


@st.composite
def edited(draw: st.DrawFn) -> tuple[Program, Program]:
    """A program, and what became of it: steps dropped, moved, new, or asked and judged otherwise."""
    before = draw(st.lists(steps, min_size=1, max_size=7))
    after = list(before)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(after)))
        match draw(st.sampled_from(["drop", "move", "new", "other"])):
            case "drop" if after:
                after.pop(min(place, len(after) - 1))
            case "move" if after:
                after.insert(draw(st.integers(0, len(after) - 1)), after.pop(min(place, len(after) - 1)))
            case "other" if after:
                place = min(place, len(after) - 1)
                after[place] = draw(step_of(str(after[place][0])))
            case _:
                after.insert(place, draw(steps))
    return tuple(before), tuple(after)


timed = st.sampled_from(["until ripe", "until ripe", "ripe", "until high", "change"]).flatmap(step_of)


@st.composite
def polled_otherwise(draw: st.DrawFn) -> tuple[Program, Program]:
    """The same steps with other bounds and conditions, on a device that needs its time."""
    before = (step_of("change"), *(timed for _ in range(draw(st.integers(1, 4)))))
    drawn = [draw(each) for each in before]
    return tuple(drawn), tuple(draw(step_of(str(step[0]))) if str(step[0]).startswith(("until", "ripe")) else step for step in drawn)


def run(program: Program, *, warm: bool) -> tuple[CaseVerdict, list[Line]]:
    """Live, on a new device; `warm`: another case has already asked what is asked once."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder, gate(Path(folder)) as desk:
        if warm:
            judged(desk.live, case_of([("facts", 0)]), attempt("test_other"))
        return judged(desk.live, case_of(program)), desk.lines


def swallow(observe: Observe) -> int:
    """A helper that a lab might write."""
    try:
        return observe(level, "a").value
    except Exception:  # noqa: BLE001
        return 0


def offenders(verdict: CaseVerdict) -> set[tuple[str, str]]:
    return {(note.what, note.item) for note in verdict.notes if note.verdict is Verdict.FAIL}


@pytest.mark.once
@given(programs=edited() | polled_otherwise(), warm=st.booleans())
@settings(max_examples=250, deadline=None)
def test_an_edited_case_is_judged_as_it_would_be_live_or_not_at_all(programs: tuple[Program, Program], warm: bool) -> None:
    before, after = programs
    then, lines = run(before, warm=warm)
    assert replayed(lines, case_of(before)) == then
    now, again = run(after, warm=warm)[0], replayed(lines, case_of(after))
    assert again.verdict in (now.verdict, Verdict.INCONCLUSIVE), again.reason
    assert offenders(again) <= offenders(now)
    event(f"edited: {before != after}, judged: {again.verdict is now.verdict}")


EDITS: list[tuple[str, Program, Program, bool]] = [
    ("another threshold", (("look", "a", 0, False),), (("look", "a", 5, False),), True),
    ("the opposite", (("look", "a", 0, False),), (("look", "a", 0, True),), True),
    ("a read dropped", (("look", "a", 0, False), ("look", "b", 0, False)), (("look", "b", 0, False),), True),
    (
        "reads in another order",
        (("look", "a", 0, False), ("look", "b", 0, False)),
        (("look", "b", 0, False), ("look", "a", 0, False)),
        True,
    ),
    ("fewer of the same", (("look", "a", 0, False), ("look", "a", 0, False)), (("look", "a", 0, False),), True),
    ("the last act dropped", (("look", "a", 0, False), ("change", "a", 3)), (("look", "a", 0, False),), True),
    ("more of the same", (("look", "a", 0, False),), (("look", "a", 0, False), ("look", "a", 0, False)), False),
    ("a new question", (("look", "a", 0, False),), (("look", "b", 0, False),), False),
    ("an act dropped", (("change", "a", 3), ("look", "a", 0, False)), (("look", "a", 0, False),), False),
    ("an unmarked act dropped", (("poke",), ("look", "a", 0, False)), (("look", "a", 0, False),), False),
    ("a log-in dropped", (("knock",), ("look", "a", 0, False)), (("look", "a", 0, False),), False),
    ("a new act", (("look", "a", 0, False),), (("knock",), ("look", "a", 0, False)), False),
    ("another argument of an act", (("change", "a", 3), ("look", "a", 0, False)), (("change", "a", 4), ("look", "a", 0, False)), False),
    ("moved before an act", (("change", "a", 3), ("look", "a", 0, False)), (("look", "a", 0, False), ("change", "a", 3)), False),
    ("moved before polling", (("until ripe", 20, False), ("ripe", False)), (("ripe", False), ("until ripe", 20, False)), False),
    ("another number of the same act", (("knock",), ("knock",), ("knocks", 9)), (("knock",), ("knocks", 9)), False),
]


@pytest.mark.parametrize(("before", "after", "settled"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS])
def test_what_an_edit_costs(before: Program, after: Program, settled: bool) -> None:
    """Reads and predicates may change; acts and new questions need a new run."""
    _, lines = run(before, warm=False)
    again = replayed(lines, case_of(after))
    assert ("diverged at" in again.reason) is not settled
    if settled:
        assert again.verdict is run(after, warm=False)[0].verdict


def test_attempts_and_cases_do_not_answer_for_each_other(tmp_path: Path) -> None:
    case = case_of([("look", "a", 0, False)])
    with gate(tmp_path) as desk:
        judged(desk.live, case)
        desk.toy.settings["a"] = 0
        judged(desk.live, case, attempt(number=3))
        judged(desk.live, case, attempt("test_other"))
        assert [replayed(desk.lines, case, attempt(number=number)).verdict for number in (1, 2, 3)] == ["PASS", "INCONCLUSIVE", "FAIL"]
        assert replayed(desk.lines, case, attempt("test_other")).verdict == "FAIL"


def test_a_record_is_judged_the_same_as_often_as_wanted(tmp_path: Path) -> None:
    case = case_of([("facts", 0), ("change", "a", 6), ("none", "a", 3), ("until ripe", 5, False), ("during", "a", 9)])
    with gate(tmp_path) as desk:
        live = judged(desk.live, case)
        assert {replayed(desk.lines, case) for _ in range(3)} == {live}
        assert live.verdict == "FAIL"
        assert [note.evidence for note in live.notes]


def test_playback_writes_nothing_and_asks_nobody(tmp_path: Path) -> None:
    case = case_of([("change", "a", 6), ("look", "a", 3, False)])
    with gate(tmp_path) as desk:
        judged(desk.live, case)
        calls, lines = list(desk.toy.calls), desk.lines
        replayed(lines, case)
        assert (desk.toy.calls, desk.lines) == (calls, lines)


def test_a_silence_that_the_case_swallowed_is_remembered(desk: Gate) -> None:
    """Live and again: it cannot PASS."""

    def case(observe: Observe) -> None:
        expect("b is high", observe(level, "b").value > 0)
        swallow(observe)

    desk.toy.on_call = lambda name: setattr(desk.toy, "away", name == "level a")
    live = judged(desk.live, case)
    assert live.verdict == "INCONCLUSIVE"
    assert replayed(desk.lines, case) == live


def test_a_divergence_that_the_case_swallowed_is_remembered(desk: Gate) -> None:
    judged(desk.live, case_of([("look", "b", 0, False)]))

    def case(observe: Observe) -> None:
        expect("b is high", observe(level, "b").value > 0)
        none_of("loads", [1], lambda _: bool(swallow(observe)))

    verdict = replayed(desk.lines, case)
    assert verdict.verdict == "INCONCLUSIVE"
    assert isinstance(verdict.notes[0], Note)


def test_an_empty_journal_answers_nothing() -> None:
    assert Playback([])
    assert replayed([], case_of([("look", "a", 0, False)])).verdict == "INCONCLUSIVE"
