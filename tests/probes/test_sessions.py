"""SYS-12's questions to the emulated camera, and to a small camera that gives sessions in odd ways."""

import base64
import hashlib
import json
import random
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock, RealClock
from harness.model.action import Surface
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Credential
from harness.probes import sessions
from harness.probes.actions.recipe import WebSession
from harness.probes.session_values import carried, joined, made_up, unsigned, values_of
from harness.probes.sessions import Ended, Tokens, collect, issuers, leave_unused, log_out
from harness.transports.http import HttpReply
from tests.builders.devices import Desk, device
from tests.builders.emulated import emulated
from tests.builders.webcam import LOG_IN, Answer, Webcam, profile, webcam

OWNER = Credential(unit="cam-1", role="owner")
WEB = Surface(id="web", interface="page")
LOG_OUT = {
    "web": {
        "steps": [{"request": {"method": "POST", "path": "/logout"}}],
        "granted_when": {"status": 200, "json": "user"},
        "refused_when": {"status": [401]},
    }
}


def guessed(bench: Bench) -> Tokens:
    """As many log-ins as effort quick makes."""
    return collect(bench, WEB, OWNER, 200)


@pytest.mark.once
def test_a_sound_camera_gives_chance_and_ends_its_sessions(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert issuers(bench, OWNER) == (WEB,)
        told = collect(replace(bench, sources=("127.0.0.2",)), WEB, OWNER, 20)
        assert not told.guessable(128)
        assert not told.bare
        assert told.whole
        assert (told.tokens, told.fresh, told.elsewhere, told.cookies) == (20, 20, "granted", ())
        assert 186 <= told.bits <= 192
        assert told.looked_at == ", ".join(f"Authorization ({number} of 8)" for number in range(1, 9))
        assert len(bench.hints) <= 3
        assert not log_out(bench, WEB, OWNER).outlived
        (unused,) = leave_unused(bench, (WEB,), OWNER, 1800)
        assert not unused.outlived
        assert unused.as_declared


@pytest.mark.once
def test_effort_quick_says_what_it_left_out(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        told = guessed(bench)
        assert not told.whole
        assert "--effort full" in told.stopped
        assert bench.spared.take() == [f"{told.tokens} of {told.wanted} log-ins"]
        real = replace(bench, clock=RealClock())
        with pytest.raises(Undecided, match="does not wait"):
            _ = leave_unused(real, (WEB,), OWNER, 1800)[0].outlived
        assert "idle time" in leave_unused(real, (WEB,), OWNER, 1800)[0].asked


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "what", "most"),
    [
        ("session-counted", "the one before and 1,", 0),
        ("session-hashed-count", "made of a count", 0),
        ("session-hashed-time", "made of the time in milliseconds", 0),
        ("session-hashed-serial", "made of the time in milliseconds: sha256 of it and the serial number", 0),
        ("session-hashed-microseconds", "made of the time in microseconds: md5 of it", 0),
        ("session-compared-short", "", 48),
    ],
)
def test_tokens_that_can_be_guessed(flaw: str, what: str, most: float, tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        told = guessed(bench)
        assert told.guessable(128), told
        assert what in told.asked
        assert most - 4 <= told.bits <= most
        assert not told.bare


@pytest.mark.once
def test_a_time_in_a_token_is_no_chance(tmp_path: Path) -> None:
    """It takes some seconds of log-ins to be sure of it."""
    with emulated(tmp_path, "session-spells-time") as (bench, _):
        told = collect(replace(bench, effort="full"), WEB, OWNER, 120)
        assert told.guessable(128), told
        assert "112 bits without the time that is in them" in told.asked


@pytest.mark.once
@pytest.mark.parametrize(("flaw", "lacks"), [("session-cookie-bare", ("HttpOnly", "Secure")), ("session-cookie-in-the-clear", ("Secure",))])
def test_cookies_without_guard(flaw: str, lacks: tuple[str, ...], tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        told = guessed(bench)
        assert told.bare
        assert [(cookie.name, cookie.lacks) for cookie in told.cookies] == [("session", lacks)]
        assert not told.guessable(128)


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "still"),
    [
        ("log-out-keeps-session", ("use_session", "/snapshot.jpg")),
        ("log-out-keeps-picture", ("/snapshot.jpg",)),
        ("log-out-keeps-cookie", ("the cookies of the log-in alone",)),
        ("log-in-revives-sessions", ("use_session after the next log-in", "/snapshot.jpg after the next log-in")),
    ],
)
def test_sessions_that_outlive_their_log_out(flaw: str, still: tuple[str, ...], tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        ended = log_out(bench, WEB, OWNER)
        assert ended.outlived
        assert ended.still_open == still
        (unused,) = leave_unused(bench, (WEB,), OWNER, 1800)
        assert (unused.outlived, unused.as_declared) == (False, True)


@pytest.mark.once
@pytest.mark.parametrize("flaw", ["session-without-end", "session-idle-together"])
def test_sessions_that_live_on_unused(flaw: str, tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        (unused,) = leave_unused(bench, (WEB,), OWNER, 1800)
        assert unused.outlived
        assert not unused.as_declared
        assert unused.bound.after_s == 1805
        assert not log_out(bench, WEB, OWNER).outlived


class Odd(Webcam):
    """Tokens of chance, and one oddity: how it answers is the test's choice."""

    def __init__(self, oddity: Callable[["Odd", str, str], Answer | None]) -> None:
        super().__init__()
        self.oddity, self.given_out = oddity, 0

    def answer(self, path: str, token: str, given: dict[str, Any]) -> Answer:
        """Log-out is known too."""
        if (odd := self.oddity(self, path, token)) is not None:
            return odd
        if path == "/login":
            self.given_out += 1
            status, answer = super().answer(path, token, given)
            new = f"{random.Random(self.given_out).randbytes(15).hex()}abcd"
            self.sessions = {new if each == answer.get("token") else each for each in self.sessions}
            return status, {**answer, "token": new} if status == 200 else answer
        if path == "/logout" and token in self.sessions:
            self.sessions.discard(token)
            return 200, {"user": "admin"}
        return super().answer(path, token, given)


@contextmanager
def odd(folder: Path, oddity: Callable[[Odd, str, str], Answer | None], **actions: Any) -> Iterator[Bench]:
    """A bench with such a camera."""
    folder.mkdir(exist_ok=True)
    camera, desk = Odd(oddity), Desk(folder)
    desk.clock = AdvancedClock(camera.advance)
    with device(camera.talk) as port:
        yield desk.bench(profile(**{"log_out": LOG_OUT, **actions}), {80: port, 81: port})


def sound(_camera: Odd, _path: str, _token: str) -> Answer | None:
    """Nothing odd."""
    return None


def test_tokens_just_too_short(tmp_path: Path) -> None:
    """120 bits of chance and four characters that stay."""
    with odd(tmp_path, sound) as bench:
        told = guessed(bench)
        assert 114 <= told.bits <= 120
        assert told.guessable(128)
        assert not told.guessable(100)
        assert not log_out(bench, WEB, OWNER).outlived


def test_a_clock_that_is_a_day_off_is_followed_by_its_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the millisecond too; where the device shows no time, only our own is tried."""
    day, shown = 86_400, [True]

    def hashed(camera: Odd, path: str, _token: str) -> Answer | None:
        if path != "/login":
            return None
        token = hashlib.sha1(f"{1000 * (time.time() + day):.0f}".encode(), usedforsecurity=False).hexdigest()
        camera.sessions.add(token)
        return 200, {"token": token}

    def answered(*_: object) -> HttpReply:
        now = time.time()
        headers = (("Date", formatdate(now + day, usegmt=True)),) if shown.pop() else ()
        return HttpReply(status=404, reason="", headers=headers, body=b"", truncated=False, sent_at=now, answered_at=now)

    monkeypatch.setattr(sessions, "exchange", answered)
    with odd(tmp_path, hashed) as bench:
        assert "made of the time in milliseconds: sha1 of it" in guessed(bench).rule
        shown.append(False)
        assert guessed(bench).rule == ""


def test_one_token_for_all_log_ins_came_twice(tmp_path: Path) -> None:
    def same(camera: Odd, path: str, _token: str) -> Answer | None:
        camera.sessions.add("a" * 40)
        return (200, {"token": "a" * 40}) if path == "/login" else None

    with odd(tmp_path, same) as bench:
        told = guessed(bench)
        assert told.repeats == 23
        assert told.guessable(128)


def test_a_camera_that_takes_any_token_has_no_bits(tmp_path: Path) -> None:
    with odd(tmp_path, lambda _, path, token: (200, {"user": "x"}) if path == "/session" and token else None) as bench:
        told = guessed(bench)
        assert (told.bits, told.looked_at) == (0, "")
        assert told.guessable(128)


def test_a_signed_token_is_also_shown_unsigned(tmp_path: Path) -> None:
    """One that is taken then can be made by anybody; what is no token of this kind is not touched."""
    head, body = (base64.urlsafe_b64encode(text).decode().rstrip("=") for text in (b'{"alg":"HS256"}', b'{"sub":"admin"}'))
    given: list[str] = []

    def signed(careless: bool) -> Callable[[Odd, str, str], Answer | None]:
        def answer(_camera: Odd, path: str, token: str) -> Answer | None:
            if path == "/login":
                given.append(f"{head}.{body}.{secrets.token_urlsafe(32)}")
                return 200, {"token": given[-1]}
            said = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "===") or b"{}") if token else {}
            return (200, {"user": "admin"}) if token in given or (careless and said.get("alg") == "none") else (401, {})

        return answer

    for careless in (True, False):
        with odd(tmp_path / str(careless), signed(careless)) as bench:
            told = guessed(bench)
            assert told.guessable(128) == careless, told
            assert told.rule == ("taken without its signature (alg none)" if careless else "")
    assert unsigned(WebSession((("Authorization", "Bearer eyJub3Q.dots"),))) is None


def test_a_recipe_that_needs_no_session_proves_nothing(tmp_path: Path) -> None:
    with odd(tmp_path, lambda _, path, __: (200, {"user": "x"}) if path == "/session" else None) as bench:
        with pytest.raises(Undecided, match="granted without a session"):
            guessed(bench).guessable(128)
        with pytest.raises(Undecided, match="granted without a session"):
            _ = guessed(bench).bare


def test_a_camera_that_stops_letting_in(tmp_path: Path) -> None:
    """Few tokens are not enough to say anything good of them."""
    for most, what in ((0, "after 0 log-ins: status 503"), (5, "after 5 log-ins: status 503")):
        full = lambda camera, path, _, most=most: (503, {}) if path == "/login" and camera.given_out >= most else None  # noqa: E731
        with odd(tmp_path / str(most), full) as bench, pytest.raises(Undecided, match=what):
            guessed(bench).guessable(128)


def test_a_camera_that_shuts_out_who_shows_a_false_token(tmp_path: Path) -> None:
    """Then what refused the false one is not known."""

    def touchy(camera: Odd, path: str, token: str) -> Answer | None:
        if path == "/session" and token and token not in camera.sessions:
            camera.sessions.clear()
        return None

    with odd(tmp_path, touchy) as bench:
        told = guessed(bench)
        assert "no longer taken" in told.doubt
        with pytest.raises(Undecided, match="no longer taken"):
            told.guessable(100)
        assert told.guessable(128)


def test_a_log_out_that_is_refused_or_unknown_says_nothing(tmp_path: Path) -> None:
    no_log_out = lambda _, path, __: (401, {}) if path == "/logout" else None  # noqa: E731
    with odd(tmp_path / "1", no_log_out) as bench, pytest.raises(Undecided, match="log-out was refused"):
        _ = log_out(bench, WEB, OWNER).outlived
    with odd(tmp_path / "2", sound, log_out=None) as bench, pytest.raises(NotPossible, match="log_out on web"):
        log_out(bench, WEB, OWNER)


def test_an_end_without_a_clear_answer_is_undecided(tmp_path: Path) -> None:
    ended = Ended(surface=WEB, asked="x", unclear="no clear answer at use_session")
    with pytest.raises(Undecided, match="no clear answer"):
        _ = ended.outlived
    broken = lambda camera, path, token: (500, {}) if path == "/session" and token not in camera.sessions else None  # noqa: E731
    with odd(tmp_path, broken) as bench, pytest.raises(Undecided, match="no clear answer at use_session"):
        _ = log_out(bench, WEB, OWNER).outlived
    with (
        odd(tmp_path, lambda _, path, __: (401, {}) if path == "/session" else None) as bench,
        pytest.raises(Undecided, match="does not work"),
    ):
        log_out(bench, WEB, OWNER)


def test_what_is_not_declared_is_undecided_and_the_bound_still_judged(tmp_path: Path) -> None:
    with odd(tmp_path, sound) as bench:
        (unused,) = leave_unused(bench, (WEB,), OWNER, 1800)
        assert unused.outlived
        with pytest.raises(Undecided, match="does not say when"):
            _ = unused.as_declared


def test_surfaces_that_give_no_token_are_left_out(tmp_path: Path) -> None:
    """Where the password itself goes along there is no session; where nobody knows how to log in that is said."""
    stored = {**LOG_IN, "session": {"headers": {"X-Key": "{{ user }}:{{ password }}"}}}
    bare = {name: value for name, value in LOG_IN.items() if name != "session"}
    with odd(tmp_path, sound, log_in={"web": stored}) as bench:
        assert issuers(bench, OWNER) == ()
    with odd(tmp_path, sound, log_in={"web": bare}) as bench:
        assert issuers(bench, OWNER) == ()
    with odd(tmp_path, sound, log_in=None) as bench:
        assert issuers(bench, OWNER) == (WEB,)
        with pytest.raises(Undecided, match=r"no recipe actions\.log_in\.web"):
            guessed(bench).guessable(128)


def test_a_camera_that_counts(tmp_path: Path) -> None:
    with webcam(Desk(tmp_path), declared=profile(log_out=LOG_OUT)) as (bench, _):
        assert guessed(bench).rule.startswith("each is the one before and 1, 23 of 23 times")


def test_parts_of_sessions() -> None:
    """Headers and cookies apart; what stays is left as it is, and what is made up is of the same kind."""
    seen = [WebSession((("Cookie", f"lang=en; sid={'Ab1-' * 4}{at}"), ("X-Token", f"t{at}" * 16))) for at in "0123"]
    assert carried(seen[0]) == {"cookie lang": "en", "cookie sid": "Ab1-Ab1-Ab1-Ab1-0", "X-Token": "t0" * 16}
    values = values_of(seen)
    assert [str(value) for value in values] == ["cookie sid (8 of 8)", *(f"X-Token ({number} of 8)" for number in range(1, 9))]
    assert joined(seen[1], values) == "1|" + ("t1" * 16)[1:]
    assert dict(made_up(seen[1], values).headers) == {"Cookie": "lang=en; sid=Ab1-Ab1-Ab1-Ab1-6", "X-Token": "t6" * 16}
    assert made_up(seen[1], ()).headers == seen[1].headers
