"""The words note and go on; a PASS is what is left when nothing speaks against it."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from harness.cases.words import MARK, assume, case, controls, every, expect, none_of
from harness.gate.attempt import running
from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.gate.observe import Observe
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.secret import NOBODY, Credential
from harness.model.verdict import CaseVerdict, Verdict
from tests.builders.toy import Case, Gate, Level, attempt, facts, gate, judged, level, replayed, toy_of

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict


class Door(Frozen):
    """An answer that may be unclear."""

    asked: str
    state: str

    @property
    def open(self) -> bool:
        """Undecided when unclear."""
        if self.state == "unclear":
            raise Undecided(f"{self.asked}: neither open nor shut")
        return self.state == "open"


@reads()
def door(bench: Bench, state: str) -> Door:
    """Open, shut, unclear, silent, impossible or broken, as asked."""
    toy_of(bench)
    bench.note_retry_hint(f"knock at the {state} door")
    raised: dict[str, Exception] = {"silent": DeviceSilent("no answer"), "impossible": NotPossible("no key"), "broken": KeyError("hinge")}
    if state in raised:
        raise raised[state]
    return Door(asked=f"{state} door", state=state)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Gate]:
    with gate(tmp_path) as opened:
        yield opened


def verdict(desk: Gate, case: Case) -> CaseVerdict:
    """Live; playback must say the same."""
    live = judged(desk.live, case)
    assert replayed(desk.lines, case) == live
    return live


def is_open(observe: Observe) -> Callable[[str], bool]:
    return lambda state: observe(door, state).open


def told(of: CaseVerdict, word: Verdict = FAIL) -> list[str]:
    return [note.item or note.what for note in of.notes if note.verdict is word]


def test_nothing_found_is_a_pass(desk: Gate) -> None:
    found = verdict(desk, lambda observe: none_of("open doors", ["shut", "shut"], is_open(observe)))
    assert (found.verdict, found.reason, found.complete) == (PASS, "criterion met on 2 observations", True)


def test_every_offender_is_noted_with_its_evidence(desk: Gate) -> None:
    found = verdict(desk, lambda observe: none_of("open doors", ["open", "shut", "open"], is_open(observe)))
    assert (found.verdict, found.reason) == (FAIL, "open doors: 2")
    first, second = found.notes
    assert (first.item, first.again.split(";")[0]) == ("open", "knock at the open door")
    assert len(first.evidence) == len(second.evidence) == 1
    assert first.evidence < second.evidence


def test_silence_is_kept_for_its_item_and_the_next_are_asked(desk: Gate) -> None:
    found = verdict(desk, lambda observe: none_of("open doors", ["silent", "unclear", "impossible", "open"], is_open(observe)))
    assert (found.verdict, found.complete, found.observations) == (FAIL, True, 4)
    assert [(note.verdict, note.item, note.what) for note in found.notes] == [
        (INCONCLUSIVE, "silent", "open doors: no answer"),
        (INCONCLUSIVE, "unclear", "open doors: unclear door: neither open nor shut"),
        (NOT_TESTED, "impossible", "open doors: no key"),
        (FAIL, "open", "open doors"),
    ]


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (["shut", "silent"], INCONCLUSIVE),
        (["silent", "silent"], INCONCLUSIVE),
        (["shut", "unclear"], INCONCLUSIVE),
        (["shut", "impossible"], NOT_TESTED),
        (["impossible", "silent"], INCONCLUSIVE),
        (["shut", "broken", "open"], ERROR),
        (["open", "broken"], FAIL),
        ([], INCONCLUSIVE),
    ],
)
def test_what_is_not_settled_is_no_pass(desk: Gate, states: list[str], word: Verdict) -> None:
    def asked(observe: Observe) -> None:
        observe(level, "a")
        none_of("open doors", states, is_open(observe))

    assert verdict(desk, asked).verdict is word


def test_no_items_are_no_pass(desk: Gate) -> None:
    def asked(observe: Observe) -> None:
        observe(level, "a")
        none_of("open doors", iter(()), is_open(observe))

    assert told(verdict(desk, asked), INCONCLUSIVE) == ["open doors: there was nothing to ask"]


def test_items_that_end_in_silence_are_no_pass(desk: Gate) -> None:
    """The generator is dead then; what was found stays, and what follows is still asked."""

    def doors(observe: Observe) -> Iterator[str]:
        yield "open"
        yield observe(door, "silent").asked

    def asked(observe: Observe) -> None:
        none_of("open doors", doors(observe), is_open(observe))
        none_of("open windows", ["open"], is_open(observe))

    found = verdict(desk, asked)
    assert (found.verdict, found.complete) == (FAIL, True)
    assert [note.what for note in found.notes] == ["open doors", "open doors: no answer", "open windows"]


def test_items_that_break_are_an_error_and_what_was_found_stays(desk: Gate) -> None:
    def doors() -> Iterator[str]:
        yield "open"
        raise ZeroDivisionError

    found = verdict(desk, lambda observe: none_of("open doors", doors(), is_open(observe)))
    assert (found.verdict, found.complete, told(found)) == (FAIL, False, ["open"])
    assert "incomplete" in found.reason


def test_expect_and_assume(desk: Gate) -> None:
    def asked(fact: bool, premise: bool) -> Case:
        def case(observe: Observe) -> None:
            observe(level, "a")
            assume("the device is awake", premise)
            expect("the door is shut", fact)

        return case

    words = {(fact, premise): verdict(desk, asked(fact, premise)).verdict for fact, premise in product((True, False), repeat=2)}
    assert words == {(True, True): PASS, (True, False): INCONCLUSIVE, (False, True): FAIL, (False, False): FAIL}


def test_an_early_assume_never_hides_a_later_offender(desk: Gate) -> None:
    def asked(observe: Observe) -> None:
        assume("it is there", observe(door, "shut").open)
        none_of("open doors", ["open"], is_open(observe))

    found = verdict(desk, asked)
    assert (found.verdict, [note.verdict for note in found.notes]) == (FAIL, [INCONCLUSIVE, FAIL])


@pytest.mark.parametrize("control", ["shut", "silent", "unclear"])
def test_a_control_that_fails_hides_no_offender_and_no_pass_is_left(desk: Gate, control: str) -> None:
    def asked(doors: list[str]) -> Case:
        def case(observe: Observe) -> None:
            with controls(owner_is_let_in=lambda: observe(door, control).open):
                none_of("open doors", doors, is_open(observe))

        return case

    assert verdict(desk, asked(["open"])).verdict is FAIL
    found = verdict(desk, asked(["shut", "shut"]))
    assert found.verdict is INCONCLUSIVE
    assert [note.what.split(":")[0] for note in found.notes] == ["control before", "control after"]
    assert "owner is let in" in found.reason


def test_controls_are_asked_before_and_after(desk: Gate) -> None:
    """Each time anew, also what is shared otherwise."""

    def asked(observe: Observe) -> None:
        with controls(alive=lambda: observe(facts).value == 3, shut=lambda: not observe(door, "shut").open):
            expect("a is low", observe(level, "a").value < 5)
            observe(facts)

    assert verdict(desk, asked).verdict is PASS
    assert desk.toy.calls == ["facts", "level a", "facts"]
    assert len(desk.kinds("use")) == 1


def test_a_control_that_fails_afterwards_counts(desk: Gate) -> None:
    def asked(observe: Observe) -> None:
        with controls(alive=lambda: observe(level, "a").value == 1):
            none_of("open doors", ["shut"], is_open(observe))
            desk.toy.settings["a"] = 2

    live = judged(desk.live, asked)
    assert (live.verdict, told(live, INCONCLUSIVE)) == (INCONCLUSIVE, ["control after: alive"])


def test_a_control_that_is_not_possible_hides_nothing(desk: Gate) -> None:
    def asked(observe: Observe) -> None:
        with controls(alive=lambda: observe(door, "impossible").open):
            none_of("open doors", ["open"], is_open(observe))

    found = verdict(desk, asked)
    assert [note.verdict for note in found.notes] == [NOT_TESTED, FAIL, NOT_TESTED]


def test_a_body_that_breaks_is_an_error(desk: Gate) -> None:
    def asked(observe: Observe) -> None:
        with controls(alive=lambda: not observe(door, "shut").open):
            raise ZeroDivisionError("in the body")

    found = verdict(desk, asked)
    assert (found.verdict, found.reason) == (ERROR, "ZeroDivisionError: in the body; incomplete")


@pytest.mark.parametrize("asked", [{}, {"constant": lambda: True}])
def test_controls_that_ask_nothing_are_a_mistake(desk: Gate, asked: dict[str, Callable[[], bool]]) -> None:
    def mistaken(observe: Observe) -> None:
        observe(level, "a")
        with controls(**asked):
            expect("fine", True)

    assert verdict(desk, mistaken).verdict is ERROR


@pytest.mark.parametrize("fact", [None, 1, "yes", [], [False], Level(asked="x", value=1)])
@pytest.mark.parametrize("word", ["none_of", "expect", "assume", "control", "every"])
def test_only_true_and_false_are_facts(desk: Gate, word: str, fact: Any) -> None:
    """An observation given by mistake would always be true."""

    def mistaken(observe: Observe) -> None:
        observe(level, "a")
        match word:
            case "none_of":
                none_of("things", [1], lambda _: fact)
            case "expect":
                expect("a thing", fact)
            case "assume":
                assume("a thing", fact)
            case "control":
                with controls(thing=lambda: fact):
                    expect("fine", True)
            case _:
                expect("all things", every([1], lambda _: fact))

    found = verdict(desk, mistaken)
    assert found.verdict is ERROR
    assert "where a fact, True or False, is needed" in found.reason


def test_every_is_all_with_doubts(desk: Gate) -> None:
    def of(*states: str) -> bool:
        with running(attempt()):
            return every(states, is_open(desk.observe()))

    assert of("open", "open")
    assert not of("open", "shut", "broken")
    assert not of("silent", "unclear", "shut")
    for unclear in ([], ["open", "silent"], ["unclear", "open"]):
        with pytest.raises(Undecided):
            of(*unclear)
    with pytest.raises(NotPossible):
        of("impossible", "shut")


def test_a_silence_in_every_is_remembered_even_when_another_settles_it(desk: Gate) -> None:
    found = verdict(desk, lambda observe: expect("one is shut", not every(["silent", "shut"], is_open(observe))))
    assert found.verdict is INCONCLUSIVE


@pytest.mark.parametrize(
    ("swallowed", "word"),
    [
        (["silent"], INCONCLUSIVE),
        (["impossible"], NOT_TESTED),
        (["broken"], ERROR),
        (["impossible", "silent"], INCONCLUSIVE),
        (["impossible", "silent", "broken"], ERROR),
    ],
)
def test_a_swallowed_silence_cannot_pass(desk: Gate, swallowed: list[str], word: Verdict) -> None:
    """The worst of what was swallowed is the verdict; a FAIL stays."""

    def asked(shut: bool) -> Case:
        def case(observe: Observe) -> None:
            for state in swallowed:
                with pytest.raises(Exception):  # noqa: B017, PT011 - a case that swallows everything
                    observe(door, state)
            observe(level, "a")
            expect("the door is shut", shut)

        return case

    assert verdict(desk, asked(shut=True)).verdict is word
    assert verdict(desk, asked(shut=False)).verdict is FAIL


def test_an_unclear_answer_as_an_argument_ends_the_case_undecided(desk: Gate) -> None:
    def asked(observe: Observe) -> None:
        none_of("open doors", ["open", "shut"][1:], is_open(observe))
        expect("it is open", observe(door, "unclear").open)
        expect("never asked", False)

    found = verdict(desk, asked)
    assert (found.verdict, found.complete) == (INCONCLUSIVE, False)


def test_a_case_without_a_criterion_is_an_error(desk: Gate) -> None:
    """Also one that assumes only, and one that asked nobody."""
    assert verdict(desk, lambda observe: observe(level, "a")).verdict is ERROR
    assert verdict(desk, lambda observe: assume("fine", observe(level, "a").value == 1)).verdict is ERROR
    assert verdict(desk, lambda _: expect("fine", True)).verdict is ERROR


class Asked(Frozen):
    """Says what was asked."""

    asked: str
    secret: str = "not shown"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("path", "path"),
        (("path", NOBODY, ("tcp", 1)), "path · nobody · tcp · 1"),
        (Credential(unit="cam-1", role="owner").wrong, "owner with a wrong password"),
        ((Asked(asked="DESCRIBE /a"), 5), "DESCRIBE /a · 5"),
        ("x" * 1_000_000, "x" * 399 + "…"),
        ("\x1b[2J", "\x1b[2J"),
    ],
)
def test_items_are_in_words_and_bounded(desk: Gate, item: object, words: str) -> None:
    """Escaping is for whoever shows them."""

    def asked(observe: Observe) -> None:
        observe(level, "a")
        none_of("things", [item], lambda _: True)

    assert told(verdict(desk, asked)) == [words]


def test_the_evidence_of_an_item_is_what_was_observed_for_it(desk: Gate) -> None:
    """Without an observation of its own, the one that it is; else the last one before."""

    def asked(observe: Observe) -> None:
        seen = [observe(door, "open"), observe(door, "shut")]
        none_of("open doors", seen, lambda one: one.open)
        none_of("doors that are open twice", ["open"], lambda state: observe(door, state).open and observe(door, state).open)

    found = verdict(desk, asked)
    assert [note.evidence for note in found.notes] == [(0,), (2, 3)]


def test_words_need_a_case() -> None:
    with pytest.raises(LookupError):
        expect("x", False)
    with pytest.raises(LookupError):
        assume("x", False)
    with pytest.raises(LookupError):
        none_of("x", [1], lambda _: True)


def test_case_is_a_plain_marker() -> None:
    def marked() -> None:
        """Nothing."""

    assert case("NET-11", when="rtsp", side="device", state="normal", impact="ask")(marked) is marked
    mark = getattr(marked, MARK)
    assert (mark.requirement, mark.when, mark.side, mark.state, mark.impact) == ("NET-11", "rtsp", "device", "normal", "ask")
