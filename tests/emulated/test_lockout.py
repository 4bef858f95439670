"""Ten failures in ten minutes lock one door for ten minutes, and nothing else does."""

import asyncio
from collections.abc import Callable, Coroutine

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.lockout import Lockout

KEY = ("web", "admin", "192.0.2.1")


def on_a_clock(story: Callable[[Clock, Lockout], Coroutine[None, None, None]]) -> None:
    async def live() -> None:
        clock = Clock()
        await story(clock, Lockout(clock))

    asyncio.run(live())


def fail(lockout: Lockout, times: int) -> None:
    for _ in range(times):
        lockout.failed(KEY)


def test_the_tenth_failure_locks_for_ten_minutes() -> None:
    async def story(clock: Clock, lockout: Lockout) -> None:
        fail(lockout, 9)
        assert lockout.locked_for(KEY) == 0
        fail(lockout, 1)
        assert 599 < lockout.locked_for(KEY) <= 600
        await clock.advance(600)
        assert lockout.locked_for(KEY) == 0

    on_a_clock(story)


def test_failures_spread_over_more_than_the_window_do_not_lock() -> None:
    async def story(clock: Clock, lockout: Lockout) -> None:
        for _ in range(40):
            fail(lockout, 1)
            await clock.advance(67)
            assert lockout.locked_for(KEY) == 0

    on_a_clock(story)


def test_a_success_forgets_and_other_doors_are_not_touched() -> None:
    async def story(_: Clock, lockout: Lockout) -> None:
        fail(lockout, 9)
        lockout.succeeded(KEY)
        fail(lockout, 9)
        assert lockout.locked_for(KEY) == 0
        fail(lockout, 1)
        assert lockout.locked_for(KEY) > 0
        for other in (("rtsp", *KEY[1:]), ("web", "viewer", KEY[2]), (*KEY[:2], "192.0.2.2")):
            assert lockout.locked_for(other) == 0

    on_a_clock(story)


def test_many_names_do_not_fill_the_memory() -> None:
    async def story(_: Clock, lockout: Lockout) -> None:
        for number in range(5000):
            lockout.failed(("web", f"user{number}", KEY[2]))
        assert len(lockout._records) == 4096

    on_a_clock(story)
