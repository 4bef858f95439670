"""Sessions are known by their token only, and are not without number."""

import asyncio
import hashlib
import re
from pathlib import Path

import pytest

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.sessions import MOST, Sessions
from tests.emulated.units import PASSWORD, Handle, unit


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


def after_log_out(camera: Handle) -> set[str]:
    """What a token opens that was logged out, and then what it opens when somebody has logged in again."""
    token, found = camera.log_in(), set[str]()
    assert camera.ask("/api/logout", {}, token=token).status == 200
    for when in ("at once", "later"):
        found |= {f"session {when}"} if camera.alive(token) else set()
        found |= {f"picture {when}"} if camera.ask("/snapshot.jpg", token=token).status == 200 else set()
        camera.log_in()
    return found


@pytest.mark.parametrize(
    ("flaw", "opens"),
    [
        ("", set()),
        ("log-out-keeps-session", {"session at once", "picture at once", "session later", "picture later"}),
        ("log-out-keeps-picture", {"picture at once", "picture later"}),
        ("log-in-revives-sessions", {"session later", "picture later"}),
    ],
)
def test_log_out(flaw: str, opens: set[str], tmp_path: Path) -> None:
    with unit(tmp_path, *filter(None, [flaw])) as camera:
        assert after_log_out(camera) == opens


@pytest.mark.parametrize(
    ("flaw", "alone", "beside"), [("", False, False), ("session-without-end", True, True), ("session-idle-together", False, True)]
)
def test_what_ends_a_session_that_nobody_uses(flaw: str, alone: bool, beside: bool, tmp_path: Path) -> None:
    with unit(tmp_path, *filter(None, [flaw])) as camera:
        left = camera.log_in()
        camera.advance(901)
        assert camera.alive(left) == alone
        left, busy = camera.log_in(), camera.log_in()
        for _ in range(3):
            camera.advance(400)
            assert camera.alive(busy)
        assert camera.alive(left) == beside


def test_tokens_of_flawed_units(tmp_path: Path) -> None:
    """A counter, its hash, and the first eight characters of many."""
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    with unit(folders[0], "session-counted") as camera:
        first, second = (int(camera.log_in(), 16) for _ in range(2))
        assert second - first == 1
    with unit(folders[1], "session-hashed-count") as camera:
        assert camera.log_in() == hashlib.md5(b"1").hexdigest()
    with unit(folders[2], "session-compared-short") as camera:
        token = camera.log_in()
        assert camera.alive(token[:8] + "x" * 24)
        assert not camera.alive("?" + token[1:])


@pytest.mark.parametrize(
    ("flaw", "guards"),
    [
        ("", None),
        ("session-cookie-bare", set()),
        ("session-cookie-in-the-clear", {"httponly"}),
        ("log-out-keeps-cookie", {"httponly", "secure"}),
    ],
)
def test_cookies(flaw: str, guards: set[str] | None, tmp_path: Path) -> None:
    with unit(tmp_path, *filter(None, [flaw])) as camera:
        answer = camera.ask("/api/login", {"user": "admin", "password": PASSWORD})
        found = re.search(r"set-cookie: (session=(\S+?); .*)", answer.headers, re.IGNORECASE)
        assert (found is None) == (guards is None)
        cookie = {"Cookie": f"session={answer.json['token']}"}
        assert (camera.exchange("GET", "/api/session", None, cookie).status == 200) == (guards is not None)
        if found:
            assert {"httponly", "secure"} & {word.strip().lower() for word in found[1].split(";")} == guards
            assert camera.ask("/api/logout", {}, token=answer.json["token"]).status == 200
            left = camera.exchange("GET", "/api/session", None, {"Cookie": f"session={found[2]}"}).status
            assert (left == 200) == (flaw == "log-out-keeps-cookie")
