"""Polling is one record that can be judged again by another condition and another bound."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cases.words import expect
from harness.gate.attempt import running
from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.gate.marks import reads
from harness.gate.observe import Observe
from harness.gate.outcome import ProbeBroke
from harness.gate.playback import Playback
from harness.gate.polling import CLOCK_SLACK_S, LONGEST_PAUSE_S, Poll, Polled, judge, pauses
from harness.model.errors import DeviceSilent, Diverged, NotPossible, Undecided
from tests.builders.toy import Gate, Settled, attempt, change, gate, judged, knock, knocks, level, replayed, ripe, toy_of

FIRST = [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 47.5, 63.5]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Gate]:
    with gate(tmp_path) as opened:
        yield opened


@reads()
def seconds(bench: Bench) -> float:
    """Device time."""
    toy_of(bench).call("seconds")
    return bench.clock.now()


@reads()
def slow(bench: Bench, takes: float) -> float:
    """Begins at this time and takes so long."""
    began = bench.clock.now()
    bench.clock.wait(takes)
    return began


@reads()
def unclear_until(bench: Bench, then: float) -> float:
    """Unclear at first."""
    if bench.clock.now() < then:
        raise Undecided(f"unclear at {bench.clock.now():g}")
    return bench.clock.now()


@reads()
def silent_from(bench: Bench, then: float) -> float:
    """Silent in the end."""
    if bench.clock.now() >= then:
        raise DeviceSilent(f"silent at {bench.clock.now():g}")
    return bench.clock.now()


def polled(desk: Gate, ready: Callable[[Any], bool], within: float, probe: Callable[..., Any] = seconds, *args: Any) -> Polled[Any]:
    with running(attempt()):
        return desk.observe().until(ready, within, probe, *args)


def again(desk: Gate, ready: Callable[[Any], bool], within: float, probe: Callable[..., Any] = seconds, *args: Any) -> Polled[Any]:
    with running(attempt()):
        return Observe(Playback(desk.lines)).until(ready, within, probe, *args)


def after(then: float) -> Callable[[float], bool]:
    return lambda now: now >= then


def test_the_first_poll_is_at_once_and_the_last_at_the_bound() -> None:
    assert list(pauses(20)) == [*FIRST[:6], 20]
    assert list(pauses(0)) == [0]
    assert list(pauses(0.5)) == [0, 0.5]


@given(st.floats(0, 3600))
def test_pauses_grow_and_end(within: float) -> None:
    due = list(pauses(within))
    assert due[-1] == within
    assert all(one < other <= one + LONGEST_PAUSE_S for one, other in pairwise(due))


@pytest.mark.parametrize(("then", "at", "count"), [(0, 0, 1), (0.1, 0.5, 2), (1.5, 1.5, 3), (7, 7.5, 5), (20, 20, 7)])
def test_the_first_ready_answer_ends_it(desk: Gate, then: float, at: float, count: int) -> None:
    """The last poll is exactly at the bound and is within it. One record."""
    live = polled(desk, after(then), 20)
    assert live == Polled(last=at, count=count, elapsed=at, timed_out=False)
    assert again(desk, after(then), 20) == live
    assert desk.kinds() == ["observation"]


def test_the_bound_passes(desk: Gate) -> None:
    live = polled(desk, after(20.1), 20)
    assert live == Polled(last=20.0, count=7, elapsed=20.0, timed_out=True)
    assert again(desk, after(20.1), 20) == live


@pytest.mark.parametrize("within", [15.5, 17, 19.5])
def test_a_smaller_bound_is_judged_from_the_record(desk: Gate, within: float) -> None:
    """It was not true before the bound and not after it."""
    polled(desk, after(30), 20)
    assert again(desk, after(30), within) == Polled(15.5, 6, 15.5, timed_out=True)


@pytest.mark.parametrize("within", [8, 15])
def test_a_smaller_bound_between_no_and_yes_is_undecided(desk: Gate, within: float) -> None:
    """Nobody looked at that moment."""
    polled(desk, after(10), 20)
    with pytest.raises(Undecided, match=r"asked at 7\.5 s and at 15\.5 s, not at the bound of \d+ s; it may have come true by then"):
        again(desk, after(10), within)


def test_a_smaller_bound_at_a_poll_is_settled(desk: Gate) -> None:
    """The moment was looked at."""
    polled(desk, after(10), 20)
    assert again(desk, after(10), 7.5) == Polled(7.5, 5, 7.5, timed_out=True)
    assert again(desk, after(10), 15.5) == Polled(15.5, 6, 15.5, timed_out=False)


def test_a_larger_bound_needs_the_answer_in_the_record(desk: Gate) -> None:
    polled(desk, after(10), 20)
    assert again(desk, after(10), 1000).elapsed == 15.5
    with pytest.raises(Diverged, match=r"the record of this polling ends after 15\.5 s, the bound is now 1000 s"):
        again(desk, after(16), 1000)
    with pytest.raises(Diverged):
        again(desk, after(16), 20)


def test_another_condition_is_judged_from_the_record(desk: Gate) -> None:
    polled(desk, after(10), 20)
    assert again(desk, after(1), 20) == Polled(1.5, 3, 1.5, timed_out=False)
    assert again(desk, lambda now: now < 1, 20) == Polled(0.0, 1, 0.0, timed_out=False)
    with pytest.raises(Diverged):
        again(desk, lambda now: now > 15.5, 20)
    assert again(desk, lambda now: now > 15.5, 15.5).timed_out


def test_unclear_polls_are_not_ready(desk: Gate) -> None:
    live = polled(desk, after(0), 20, unclear_until, 5.0)
    assert live == again(desk, after(0), 20, unclear_until, 5.0) == Polled(7.5, 5, 7.5, timed_out=False)


def test_an_unclear_answer_at_the_bound_is_undecided(desk: Gate) -> None:
    """Whatever was seen before."""
    for ask in (polled, again):
        with pytest.raises(DeviceSilent, match="silent at 20"):
            ask(desk, after(100), 20, silent_from, 16.0)
    assert again(desk, after(100), 15.5, silent_from, 16.0).timed_out
    with pytest.raises(Undecided, match="not at the bound"):
        again(desk, after(100), 15.6, silent_from, 16.0)


def test_a_slow_answer_leaves_the_bound_unseen(desk: Gate) -> None:
    """Begun at 0 and answered at 10; the next one begins after the bound of 5: true then, but perhaps not at the bound."""
    for ask in (polled, again):
        with pytest.raises(Undecided, match="asked at 0 s and at 10 s, not at the bound of 5 s"):
            ask(desk, after(10), 5, slow, 10.0)
    assert polled(desk, lambda _: False, 5, slow, 10.0).timed_out


def test_a_poll_that_begins_at_the_bound_is_within_it() -> None:
    """However long the clock took to say so."""
    late = CLOCK_SLACK_S / 2
    polls = [Poll(0.0, lambda: 0), Poll(5 + late, lambda: 1)]
    assert judge(polls, lambda answer: answer == 1, 5, complete=True) == Polled(1, 2, 5, timed_out=False)
    assert judge(polls, lambda _: False, 5, complete=True) == Polled(1, 2, 5, timed_out=True)


def test_a_slow_first_poll_alone_counts() -> None:
    assert judge([Poll(9.0, lambda: 1)], lambda _: True, 5, complete=True) == Polled(1, 1, 5, timed_out=False)


def test_no_poll_is_no_answer() -> None:
    with pytest.raises(Diverged, match="ends after 0 s"):
        judge([], lambda _: True, 5, complete=True)


def test_a_condition_that_is_no_fact_is_a_mistake(desk: Gate) -> None:
    """A list would always be true; what was polled by then is recorded."""
    with pytest.raises(TypeError, match="the condition of a polling gave a list, not True or False"):
        polled(desk, lambda now: [now], 20)  # type: ignore[return-value,arg-type,unused-ignore]
    assert len(desk.bodies("observation")[0]["polls"]) == 1
    assert again(desk, after(0), 20).elapsed == 0
    with pytest.raises(Diverged):
        again(desk, after(5), 20)


def test_a_condition_that_breaks_is_the_cases_own(desk: Gate) -> None:
    for ask in (polled, again):
        with pytest.raises(ZeroDivisionError):
            ask(desk, lambda now: now / 0 > 1, 20)


def test_a_condition_may_observe(desk: Gate) -> None:
    def case(observe: Observe) -> None:
        reached = observe.until(lambda now: now > observe(knocks).value, 20, seconds)
        expect("once", not reached.timed_out and reached.count == 2)

    live = judged(desk.live, case)
    assert live.verdict == "PASS"
    assert replayed(desk.lines, case) == live


def test_a_device_that_is_gone_is_not_polled(tmp_path: Path) -> None:
    with gate(tmp_path, alive=lambda: False) as desk:
        desk.toy.away = True
        with running(attempt()), pytest.raises(DeviceSilent):
            desk.observe()(level, "a")
        for ask in (polled, again):
            with pytest.raises(DeviceSilent, match="not asked"):
                ask(desk, after(0), 20)
        assert "seconds" not in desk.toy.calls


def test_a_clock_that_does_not_move_is_an_unclear_poll(tmp_path: Path) -> None:
    class Stuck(Settled):
        def wait(self, seconds: float) -> None:
            if seconds > 1:
                raise Undecided("the camera's clock did not move")
            super().wait(seconds)

    with gate(tmp_path, clock=Stuck()) as desk:
        for ask in (polled, again):
            with pytest.raises(Undecided, match="the camera's clock did not move"):
                ask(desk, after(10), 20)


def test_a_clock_that_cannot_move_is_said_as_such(tmp_path: Path) -> None:
    def refuse(_: float) -> None:
        raise NotPossible("this camera's clock cannot be advanced")

    with gate(tmp_path, clock=AdvancedClock(refuse, shortest=0.25)) as desk:
        for ask in (polled, again):
            with pytest.raises(NotPossible, match="cannot be advanced"):
                ask(desk, after(1e12), 20)


def test_a_probe_that_breaks_ends_the_polling(desk: Gate) -> None:
    for ask in (polled, again):
        with pytest.raises(ProbeBroke, match="KeyError"):
            ask(desk, after(0), 20, level, "z")


def test_an_act_that_is_polled_is_announced_once(desk: Gate) -> None:
    assert polled(desk, lambda done: done.value == 3, 20, knock).count == 3
    assert desk.kinds() == ["intent", "observation"]
    assert again(desk, lambda done: done.value == 3, 20, knock).count == 3


def test_what_is_asked_after_polling_otherwise_is_not_in_the_record(desk: Gate) -> None:
    """The device would have been asked at another time."""

    def case(then: float, within: float) -> Callable[[Observe], None]:
        def asked(observe: Observe) -> None:
            observe(change, "a", 9)
            observe.until(after(then), within, seconds)
            expect("it has taken effect", observe(ripe))

        return asked

    live = judged(desk.live, case(3, 20))
    assert live.verdict == "PASS", live.reason
    assert replayed(desk.lines, case(3, 20)).verdict == "PASS"
    for alike in (case(3, 30), case(4, 3.5)):
        assert replayed(desk.lines, alike).verdict == "PASS"
    for other in (case(0, 20), case(1, 20), case(0, 0), case(4, 20)):
        assert replayed(desk.lines, other).verdict == "INCONCLUSIVE"


def test_real_time_is_polled_too(tmp_path: Path) -> None:
    """With the gate's usual clock, which waits."""
    with gate(tmp_path, clock=AdvancedClock(lambda _: None)) as desk:
        desk.toy.ripe_at = desk.live.bench.clock.now() + 20
        live = polled(desk, bool, 60, ripe)
        assert (live.timed_out, live.last) == (False, True)
        assert again(desk, bool, 60, ripe) == live
        assert desk.bodies("observation")[0]["way"] == "advanced"
