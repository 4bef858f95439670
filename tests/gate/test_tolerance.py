"""What is learned from connections that came to nothing, and from those that were taken when begun more gently."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from harness.gate import governor as governing
from harness.gate.clock import RealClock
from harness.gate.governor import Governor
from harness.gate.tolerance import GENTLE_PER_S, GENTLE_S, GENTLEST_S, SHORTEST_S, VAIN_MAX, Course, Tolerance
from harness.model.bench import GovernorLimits
from harness.model.errors import DeviceSilent, NotPossible
from harness.transports.tcp import connect, open_connection
from tests.builders.devices import HERE, Desk, device, resetting, silent
from tests.builders.toy import in_thread

QUICK, GENTLE = Course(1, 0.01), Course(1, GENTLE_S)


def test_a_gap_is_learned_in_three_steps() -> None:
    """Small, in the middle, and what was proven."""
    known = Tolerance(8)
    lessons = [known.learn(Course(1, known.gap_s + 0.01), Course(1, 0.5)) for _ in range(3)]
    assert lessons == [f"wants {gap} s between connections" for gap in ("0.1", "0.3", "0.5")]
    assert known.fragile
    assert known.learn(Course(1, 0.9), Course(1, 0.5)) == ""


def test_who_drops_at_any_pace_is_not_slowed() -> None:
    known = Tolerance(8)
    known.learn(QUICK, GENTLE)
    assert known.learn(Course(1, GENTLEST_S / 2), Course(1, GENTLEST_S)) == "drops connections at any pace: each is tried again"
    assert (known.drops, known.gap_s) == (True, 0.0)
    assert known.learn(QUICK, GENTLE) == ""
    assert known.pauses("x") == (SHORTEST_S, GENTLE_S, GENTLEST_S)


def test_how_many_at_a_time_is_learned_from_more_than_ever_stood() -> None:
    known = Tolerance(8)
    known.stood(Course(2, 1.0))
    assert known.learn(Course(2, 0.01), Course(1, 0.01)) == ""
    assert known.learn(Course(3, 1.0), Course(2, 1.0)) == "stands 2 connections at a time"
    assert known.at_once == 2


def test_a_sound_device_is_not_asked_everything_twice() -> None:
    """A few times; what it answered before always, at last without a rest."""
    known = Tolerance(8)
    for number in range(VAIN_MAX):
        assert known.pauses(f"never {number}") == (GENTLE_S,)
        known.in_vain(f"never {number}")
    assert known.pauses("never") == ()
    known.answered("often")
    assert known.pauses("often") == (GENTLE_S,)
    for _ in range(VAIN_MAX):
        known.in_vain("often")
    assert known.pauses("often") == (SHORTEST_S,)
    known.learn(QUICK, GENTLE)
    assert known.pauses("never") == (GENTLE_S,)
    assert known.pauses("often") == (GENTLE_S, GENTLEST_S)


def test_who_went_away_is_asked_half_as_much() -> None:
    """Unless it was asked so little that this can not be why; never more than before."""
    known = Tolerance(8)
    assert known.went_away(GENTLE_PER_S) == ""
    assert known.went_away(40.0) == "went away under 40.0 connections a second: 20 from now on"
    assert known.went_away(60.0) == ""
    assert known.went_away(3.1) != ""
    assert known.per_s >= GENTLE_PER_S / 2


def test_what_was_learned_outlives_the_process() -> None:
    known, later = Tolerance(8), Tolerance(8)
    known.learn(Course(3, 1.0), Course(2, 1.0))
    known.learn(QUICK, GENTLE)
    later.restore(known.told())
    assert (later.at_once, later.gap_s, later.per_s, later.fragile) == (2, known.gap_s, known.per_s, True)
    known.went_away(40.0)
    later.restore(known.told())
    assert later.per_s == 20.0


def governor(lines: list[object] | None = None, **limits: float) -> Governor:
    told = lines if lines is not None else []
    allowed = GovernorLimits.model_validate({"connections_per_s": 1000, **limits})
    return Governor(allowed, RealClock(), {}, lambda kind, body, **_: told.append((kind, body)), patience_s=0.1)


def connected(of: Governor) -> None:
    with of.admit() as taken:
        taken()


def test_a_lesson_is_journalled_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attempt that came to nothing is made again after a rest, and the rest holds for all that follow."""
    monkeypatch.setattr("harness.gate.tolerance.GENTLE_S", 0.1)
    lines: list[object] = []
    careful, last = governor(lines), [0.0]
    connected(careful)

    def attempt() -> float:
        connected(careful)
        before, last[0] = last[0], time.monotonic()
        return last[0] - before

    assert careful.insisting("x", attempt, lambda since: since < 0.03) > 0.03
    last[0] = time.monotonic()
    assert careful.insisting("x", attempt, lambda since: since < 0.05) > 0.05
    assert [line[0] for line in lines] == ["learned"]  # type: ignore[index]
    again = governor()
    again.remember(lines[0][1])  # type: ignore[index]
    assert again.tolerance.gap_s == careful.tolerance.gap_s > 0


def test_what_comes_to_nothing_always_is_told_as_it_was_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lesson; an attempt without a connection is made once, and one inside of another too."""
    monkeypatch.setattr("harness.gate.tolerance.GENTLE_S", 0.01)
    careful, made = governor(), []

    def refused() -> None:
        connected(careful)
        made.append(1)
        raise DeviceSilent(f"refused {len(made)}")

    with pytest.raises(DeviceSilent, match="refused 1"):
        careful.insisting("x", lambda: careful.insisting("y", refused, lambda _: False), lambda _: False)
    assert len(made) == 2
    assert careful.insisting("z", lambda: made.append(1), lambda _: True) is None
    assert len(made) == 3
    with careful.permitting(besieges=False, disturbs=True), pytest.raises(DeviceSilent, match="refused 4"):
        careful.insisting("y", refused, lambda _: False)
    assert not careful.tolerance.fragile


def test_nobody_waits_for_what_he_holds_himself() -> None:
    """Others are waited for."""
    two = governor(concurrent=2)
    began = time.monotonic()
    with two.admit(), two.admit(), pytest.raises(NotPossible, match="all 2 connections of the bench's budget are in use"), two.admit():
        pytest.fail("admitted")
    assert time.monotonic() - began < 0.1
    two.tolerance.at_once = 1
    with two.admit(), pytest.raises(NotPossible, match="all 1 connections that the device stands are in use"), two.admit():
        pytest.fail("admitted")
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with two.admit():
            held.set()
            over.wait(5)

    other = in_thread(hold)
    assert held.wait(5)
    in_thread(over.set)
    with two.admit():
        other.join()


def test_a_port_that_refuses_after_it_took_is_outlasted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as the bench says, once; not what was never taken, nor while something runs that may have switched it off."""
    monkeypatch.setattr(governing, "LOOK_S", 0.01)
    lines: list[object] = []
    patient = governor(lines, away_s=0.1)
    assert not patient.outlast("x")
    for _ in range(100):
        patient.insisting("x", lambda: connected(patient), lambda _: False)
    with patient.permitting(besieges=False, disturbs=True):
        assert not patient.outlast("x")
    waited = 0
    while patient.outlast("x"):
        waited += 1
    assert waited
    assert not patient.outlast("x")
    assert patient.tolerance.per_s < 1000
    assert len(lines) == 1
    with patient.lease() as per_s:
        assert per_s == patient.tolerance.per_s


def listened(of: Desk) -> int:
    """How many of the next connections are listened to first."""
    return sum(of.access.listen_first_s > 0 for _ in range(20))


def test_a_port_that_never_says_a_word_is_suspected_a_few_times_only(tmp_path: Path) -> None:
    """Each port by itself; of one that once said something an end without a word is news for ever."""
    desk = Desk(tmp_path)
    seen = []
    for _ in range(VAIN_MAX + 2):
        desk.access.suspect("mute")
        seen.append(listened(desk) > 0)
    assert seen == [*[True] * VAIN_MAX, False, False]
    for _ in range(VAIN_MAX + 2):
        desk.access.suspect("another")
    desk.access.spoke("another")
    desk.access.suspect("another")
    assert listened(desk)
    desk.access.suspect("mute")
    assert not listened(desk)


def test_a_word_on_a_connection_is_what_keeps_its_port_suspected(tmp_path: Path) -> None:
    """Told by the connections themselves: one device hangs up on whatever is said, one did answer once, one answers HTTP only."""
    desk = Desk(tmp_path)

    def ask(port: int, words: bytes) -> None:
        with suppress(DeviceSilent), connect(desk.access, HERE, port) as connection:
            connection.send(words)
            connection.receive()

    words = [b"once"]

    def hang_up(connection: socket.socket) -> None:
        connection.recv(100)

    def answer_once(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(words.pop() if words else b"")

    def answer_http(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 No" if b"HTTP/1.1" in connection.recv(100) else b"")

    for talk, suspected in ((hang_up, False), (answer_once, True), (answer_http, False)):
        with device(talk) as port:
            for _ in range(VAIN_MAX + 2):
                listened(desk)
                ask(port, b"GET / HTTP/1.1\r\n")
                ask(port, b"OPTIONS * RTSP/1.0\r\n")
            assert bool(listened(desk)) is suspected


def test_after_a_connection_that_came_to_nothing_the_next_are_listened_to(tmp_path: Path) -> None:
    """So one that is cut before a word was said is tried again, without anything said twice."""
    desk = Desk(tmp_path)
    assert desk.access.listen_first_s == 0
    desk.access.suspect("x")
    assert desk.access.listen_first_s > 0
    for _ in range(20):
        _ = desk.access.listen_first_s
    assert desk.access.listen_first_s == 0
    assert desk.access.alone
    with device(silent) as port, desk.access.admit(HERE, port, "tcp"), desk.access.admit(HERE, port, "tcp"):
        assert not desk.access.alone
    desk.access.suspect("x")
    with device(resetting) as port, pytest.raises(DeviceSilent):
        open_connection(desk.access, HERE, port)
