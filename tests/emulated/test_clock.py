"""Device time moves by itself, and by order; timers fire in turn, each at its own moment."""

import asyncio

from harness.emulated.camera.clock import Clock


def test_advancing_fires_timer_by_timer() -> None:
    fired: list[tuple[str, float]] = []

    async def live() -> float:
        clock = Clock()
        begin = clock.now()

        def later() -> None:
            fired.append(("second", clock.now() - begin))
            clock.call_later(10, lambda: fired.append(("from a timer", clock.now() - begin)))

        clock.call_later(50, lambda: fired.append(("third", clock.now() - begin)))
        clock.call_later(20, later)
        clock.call_later(10, lambda: fired.append(("first", clock.now() - begin)))
        clock.call_later(3600, lambda: fired.append(("never", 0)))
        await clock.advance(60)
        return clock.now() - begin

    passed = asyncio.run(live())
    assert [name for name, _ in fired] == ["first", "second", "from a timer", "third"]
    assert [round(moment) for _, moment in fired] == [10, 20, 30, 50]
    assert 60 <= passed < 65


def test_a_timer_fires_by_itself_and_not_when_cancelled() -> None:
    async def live() -> list[str]:
        clock, fired, done = Clock(), [], asyncio.Event()
        clock.call_later(0.01, lambda: fired.append("cancelled")).cancel()
        clock.call_later(0.02, lambda: fired.append("fired"))
        clock.call_later(0.03, done.set)
        await asyncio.wait_for(done.wait(), 5)
        return fired

    assert asyncio.run(live()) == ["fired"]


def test_two_orders_to_advance_are_carried_out_one_after_the_other() -> None:
    async def live() -> float:
        clock = Clock()
        begin = clock.now()
        clock.call_later(5, lambda: None)
        await asyncio.gather(clock.advance(30), clock.advance(40))
        return clock.now() - begin

    assert round(asyncio.run(live())) == 70
