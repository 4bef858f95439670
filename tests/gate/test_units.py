"""A second unit of the run: asked by its name, with sessions, health and obligations of its own, and played back."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.cases.words import Observe, expect
from harness.gate.bench import LiveObjects
from harness.gate.health import Health
from harness.gate.live import Neighbour
from harness.gate.obligations import open_obligations
from harness.gate.playback import Playback
from harness.model.verdict import Verdict
from tests.builders import toy
from tests.builders.toy import IMPATIENT, Toy, attempt, gate, judged, replayed


@dataclass(frozen=True)
class Other:
    """What a case calls `dut.sibling`."""

    unit: str = "cam-2"


@contextmanager
def two(folder: Path) -> Iterator[tuple[toy.Gate, Toy]]:
    """A gate on two toys."""
    with gate(folder) as desk:
        beside, bench = Toy(settings={"a": 7, "b": 7, "c": 7}), desk.live.bench
        sample = bench.sample.model_copy(update={"name": "cam-2"})
        other = dataclasses.replace(bench, sample=sample, lives=LiveObjects())
        other.keep("toy", beside)
        health = Health(lambda: not beside.away, desk.live.journal.append, desk.live.governor.spent, IMPATIENT)
        desk.live.neighbours["cam-2"] = Neighbour(other, health)
        yield desk, beside


def compares(observe: Observe) -> None:
    ours, other = observe(toy.level, "a"), observe.of(Other())(toy.level, "a")
    expect("they differ", (ours.value, other.value) == (1, 7))
    expect("facts differ", observe(toy.facts).value != observe.of(Other())(toy.facts).value)
    expect("the run's own unit by its name is the same", observe(toy.level, "a").value == 1)


def test_each_unit_answers_for_itself_and_in_playback_too(tmp_path: Path) -> None:
    with two(tmp_path) as (desk, _):
        assert judged(desk.live, compares).verdict is Verdict.PASS
        lines = desk.lines
    assert replayed(lines, compares).verdict is Verdict.PASS
    assert [line.body.get("unit", "") for line in lines if line.kind == "observation"] == ["", "cam-2", "", "cam-2", ""]


def test_an_undo_is_owed_to_the_unit_that_was_changed(tmp_path: Path) -> None:
    with two(tmp_path) as (desk, beside):
        judged(desk.live, lambda observe: observe.of(Other())(toy.change, "a", 9))
        assert (desk.toy.settings["a"], beside.settings["a"]) == (1, 9)
        [owed] = open_obligations(desk.lines)
        assert (owed.unit, owed.sentence) == ("cam-2", f"{owed.undo}({owed.args[1:-1]}) of cam-2")
        desk.live.settle(attempt(number=2), owed, toy.put_back)
        assert beside.settings["a"] == 1
        assert not open_obligations(desk.lines)


def test_equal_changes_of_two_units_are_owed_to_both(tmp_path: Path) -> None:
    with two(tmp_path) as (desk, _):

        def changes(observe: Observe) -> None:
            observe(toy.change, "a", 9)
            observe.of(Other())(toy.change, "a", 9)

        judged(desk.live, changes)
        assert [owed.unit for owed in open_obligations(desk.lines)] == ["", "cam-2"]


def test_a_unit_that_is_away_does_not_silence_the_other(tmp_path: Path) -> None:
    with two(tmp_path) as (desk, beside):
        beside.away = True
        silent = judged(desk.live, lambda observe: observe.of(Other())(toy.level, "a"))
        assert silent.verdict is Verdict.INCONCLUSIVE
        answers = judged(desk.live, lambda observe: expect("it is there", observe(toy.level, "a").value == 1), attempt(number=2))
        assert answers.verdict is Verdict.PASS


def test_polls_and_loads_are_of_that_unit(tmp_path: Path) -> None:
    def loads(observe: Observe) -> None:
        beside = observe.of(Other())
        with beside.during(toy.knock):
            pass
        seen = beside.until(lambda done: done.value > 0, 10, toy.knocks)
        expect("it was knocked at", seen.last.value == 1)
        expect("we were not", observe(toy.knocks).value == 0)

    with two(tmp_path) as (desk, _):
        assert judged(desk.live, loads).verdict is Verdict.PASS
        lines = desk.lines
    assert judged(Playback(lines), loads).verdict is Verdict.PASS


def test_a_unit_that_takes_no_part_is_not_tested(tmp_path: Path) -> None:
    with two(tmp_path) as (desk, _):
        verdict = judged(desk.live, lambda observe: observe.of(Other("cam-3"))(toy.level, "a"))
    assert verdict.verdict is Verdict.NOT_TESTED
    assert "cam-3 does not take part" in verdict.reason


@pytest.mark.parametrize("unit", ["cam-1"])
def test_the_own_unit_may_be_named(tmp_path: Path, unit: str) -> None:
    with two(tmp_path) as (desk, _):
        verdict = judged(desk.live, lambda observe: expect("it is ours", observe.of(Other(unit))(toy.level, "a").value == 1))
    assert verdict.verdict is Verdict.PASS
