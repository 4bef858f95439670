"""Sessions are known by their token only, and are not without number."""

import asyncio

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.sessions import MOST, Sessions


def test_above_the_limit_the_oldest_session_ends() -> None:
    async def live() -> list[str | None]:
        sessions = Sessions(Clock())
        tokens = [sessions.open(f"user{number}") for number in range(MOST + 1)]
        assert len(set(tokens)) == MOST + 1
        return [sessions.use(tokens[at]) for at in (0, 1, -1)]

    assert asyncio.run(live()) == [None, "user1", f"user{MOST}"]


def test_ending_one_and_ending_all() -> None:
    async def live() -> list[str | None]:
        sessions = Sessions(Clock())
        one, two, three, other = (sessions.open(user) for user in ("a", "a", "a", "b"))
        sessions.end(one)
        sessions.end("unknown")
        assert [sessions.use(token) for token in (one, two)] == [None, "a"]
        sessions.end_all("a")
        return [sessions.use(token) for token in (two, three, other, "", "\ud800")]

    assert asyncio.run(live()) == [None, None, "b", None, None]
