"""One budget for all traffic: rate, concurrency, failed log-ins."""

import threading
import time
from collections.abc import Mapping
from typing import Any, Literal

import pytest

from harness.gate.clock import AdvancedClock, Clock, RealClock
from harness.gate.governor import Governor, Spent
from harness.model.bench import GovernorLimits
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import BruteForce
from tests.builders.toy import Settled, in_thread

BOUND = BruteForce(failures=10, window_s=300, lock_s=60)


class Camera:
    """Locks an account as declared; the clock tells how much time has passed on it."""

    def __init__(self) -> None:
        self.clock = Settled()
        self.failed: list[float] = []

    def wrong(self) -> None:
        """Count a wrong password."""
        now = self.clock.now()
        self.failed = [at for at in self.failed if at > now - BOUND.window_s] + [now]

    @property
    def locked(self) -> bool:
        """Is the account locked."""
        return len(self.failed) >= BOUND.failures


def governor(
    clock: Clock | None = None, bounds: Mapping[str, BruteForce] | None = None, lines: list[Any] | None = None, **limits: float
) -> Governor:
    record = (lambda kind, body, **_: lines.append((kind, body))) if lines is not None else lambda *_, **__: None
    return Governor(GovernorLimits.model_validate(limits), clock or RealClock(), {"web": BOUND} if bounds is None else bounds, record)


def test_connections_come_at_the_rate() -> None:
    """Each later by a twentieth of a second; other threads wait in the same queue."""
    slow = governor(connections_per_s=20, concurrent=10)

    def connect() -> None:
        with slow.admit():
            pass

    began = time.monotonic()
    threads = [in_thread(connect) for _ in range(3)]
    for _ in range(3):
        connect()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= 0.05 * 5
    assert slow.spent.paced > 0


def test_no_more_than_permitted_are_open() -> None:
    few = governor(connections_per_s=10_000, concurrent=3)
    open_now, most, lock = 0, 0, threading.Lock()

    def connect() -> None:
        nonlocal open_now, most
        with few.admit():
            with lock:
                open_now += 1
                most = max(most, open_now)
            time.sleep(0.01)
            with lock:
                open_now -= 1

    threads = [in_thread(connect) for _ in range(12)]
    for thread in threads:
        thread.join()
    assert most == 3


def test_a_budget_in_use_for_too_long_is_not_possible() -> None:
    one = Governor(GovernorLimits(concurrent=1), RealClock(), {}, lambda *_, **__: None, patience_s=0.05)
    with one.admit(), pytest.raises(NotPossible, match="all 1 connections of the bench's budget are in use"), one.admit():
        pytest.fail("admitted")
    with one.admit():
        pass


def test_a_place_is_given_back_whatever_happens() -> None:
    one = governor(concurrent=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="inside"), one.admit():
            raise ValueError("inside")
    with one.admit():
        pass


def test_failed_log_ins_never_lock_the_account() -> None:
    """A hundred wrong passwords, waiting on the camera's clock."""
    camera, lines = Camera(), list[Any]()
    careful = governor(camera.clock, lines=lines)
    for _ in range(100):
        careful.may_fail_log_in("web", "cam-1/owner")
        camera.wrong()
        assert not camera.locked
    assert len(lines) == 100
    assert camera.clock.now() >= 300 * (100 / 8 - 1)


def test_each_surface_and_account_has_its_own_budget() -> None:
    camera = Camera()
    careful = governor(camera.clock, {"web": BOUND, "rtsp": BOUND})
    for surface in ("web", "rtsp"):
        for account in ("cam-1/owner", "cam-1/viewer"):
            for _ in range(8):
                careful.may_fail_log_in(surface, account)
    assert camera.clock.now() == 0
    careful.may_fail_log_in("web", "cam-1/owner")
    assert camera.clock.now() > 300


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_a_device_that_locks_early_is_asked_once_a_window(failures: int) -> None:
    clock = Settled()
    careful = governor(clock, {"web": BruteForce(failures=failures, window_s=10, lock_s=1)})
    for _ in range(3):
        careful.may_fail_log_in("web", "cam-1/owner")
    assert clock.now() >= 20


def test_a_surface_without_a_declared_limit_is_not_counted() -> None:
    lines: list[Any] = []
    careful = governor(lines=lines, bounds={})
    for _ in range(50):
        careful.may_fail_log_in("web", "cam-1/owner")
    assert lines == []


def test_waiting_longer_than_the_bench_allows_is_undecided() -> None:
    """At once, without waiting for nothing; an advanced clock costs no time and is not limited."""
    impatient = governor(RealClock(), failed_login_wait_max_s=200)
    for _ in range(8):
        impatient.may_fail_log_in("web", "cam-1/owner")
    for _ in range(2):
        with pytest.raises(Undecided, match=r"the failed log-in budget is spent: 10 in 300 s lock the account, and the bench allows 200 s"):
            impatient.may_fail_log_in("web", "cam-1/owner")
    patient = governor(Settled(), failed_login_wait_max_s=0)
    for _ in range(30):
        patient.may_fail_log_in("web", "cam-1/owner")


def test_waits_add_up_to_the_patience() -> None:
    """Only what was really waited counts."""

    class Waiting(Settled):
        way: Literal["waited", "advanced"] = "waited"

    limited = governor(Waiting(), failed_login_wait_max_s=700)
    for _ in range(24):
        limited.may_fail_log_in("web", "cam-1/owner")
    with pytest.raises(Undecided):
        limited.may_fail_log_in("web", "cam-1/owner")


def test_tries_of_an_earlier_process_count() -> None:
    lines: list[tuple[str, dict[str, Any]]] = []
    first = governor(lines=lines)
    for _ in range(8):
        first.may_fail_log_in("web", "cam-1/owner")
    clock = Settled()
    second = governor(clock)
    for _, body in lines:
        second.restore(body)
    second.may_fail_log_in("web", "cam-1/owner")
    assert 200 < clock.now() < 302
    long_ago = governor(clock := Settled())
    for _, body in lines:
        long_ago.restore({**body, "wall": float(body["wall"]) - 400})
    long_ago.may_fail_log_in("web", "cam-1/owner")
    assert clock.now() == 0


def test_after_a_rest_all_failures_are_free_again() -> None:
    """Only where time is advanced; a real clock goes on as it is."""
    rested = governor(clock := Settled())
    rested.rest()
    assert clock.now() == 0
    for _ in range(8):
        rested.may_fail_log_in("web", "cam-1/owner")
    rested.rest()
    began = clock.now()
    assert began > BOUND.window_s
    for _ in range(8):
        rested.may_fail_log_in("web", "cam-1/owner")
    assert clock.now() == began
    real = governor(RealClock())
    real.may_fail_log_in("web", "cam-1/owner")
    before = time.monotonic()
    real.rest()
    assert time.monotonic() - before < BOUND.window_s


def test_threads_share_the_failed_log_ins() -> None:
    camera = Camera()
    careful = governor(camera.clock)

    def work() -> None:
        for _ in range(10):
            careful.may_fail_log_in("web", "cam-1/owner")

    threads = [in_thread(work) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert camera.clock.now() >= 300 * (40 / 8 - 1)


def test_time_is_charged_to_the_inner_purse() -> None:
    spent = Spent()
    with spent.on("transports"):
        time.sleep(0.02)
        with spent.on("paced"):
            time.sleep(0.02)
        time.sleep(0.02)
    assert spent.transports >= 0.04
    assert spent.paced >= 0.02


def test_other_threads_run_beside_and_are_not_charged() -> None:
    spent = Spent()

    def work() -> None:
        with spent.on("transports"):
            time.sleep(0.02)

    in_thread(work).join()
    assert spent.transports == 0


def test_a_purse_is_closed_when_something_breaks() -> None:
    spent = Spent()
    with pytest.raises(ValueError, match="inside"), spent.on("paced"):
        raise ValueError("inside")
    before = spent.paced
    time.sleep(0.01)
    with spent.on("transports"):
        pass
    assert spent.paced == before


def test_a_real_clock_waits() -> None:
    clock = RealClock()
    began = clock.now()
    clock.wait(0.02)
    clock.wait(-5)
    assert clock.now() - began >= 0.02


def test_an_advanced_clock_advances_long_waits_only() -> None:
    advanced: list[float] = []
    clock = AdvancedClock(advanced.append)
    began = clock.now()
    clock.wait(100)
    clock.wait(0.01)
    clock.wait(-1)
    assert advanced == [100]
    assert 100 <= clock.now() - began < 200


def test_time_that_could_not_be_advanced_has_not_passed() -> None:
    def refuse(_: float) -> None:
        raise Undecided("the camera's clock did not move")

    clock = AdvancedClock(refuse)
    began = clock.now()
    with pytest.raises(Undecided):
        clock.wait(100)
    assert clock.now() - began < 50
