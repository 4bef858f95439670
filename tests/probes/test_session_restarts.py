"""SYS-12's restarts, on a small camera whose restart is the test's: what comes back, and which tokens it gives then."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.probes import session_restarts
from harness.probes.life_phases import Left, Seen
from harness.probes.session_restarts import Restarted, over_restarts
from tests.builders.webcam import Answer
from tests.probes.test_sessions import OWNER, WEB, Odd, odd


class Restarting:
    """Tokens of chance, or of `seed` anew at each start; `revives`: what was open or logged out is open after a restart."""

    def __init__(self, *, seed: int | None = None, revives: bool = False, fails_at: int = 0, most: int = 100) -> None:
        self.seed, self.revives, self.fails_at, self.most = seed, revives, fails_at, most
        self.camera: Odd | None = None
        self.ever: set[str] = set()
        self.starts, self.given = 0, 0
        self.chance = random.Random(seed if seed is not None else secrets.randbits(64))

    def answer(self, camera: Odd, path: str, _token: str) -> Answer | None:
        """Log-in is its own."""
        self.camera = camera
        if path != "/login":
            return None
        if self.given >= self.most:
            return 503, {}
        self.given += 1
        token = self.chance.randbytes(24).hex()
        camera.sessions.add(token)
        self.ever.add(token)
        return 200, {"token": token}

    def restart(self, _bench: Bench) -> Seen:
        """Sessions end, and the generator begins anew."""
        self.starts += 1
        if self.starts == self.fails_at:
            raise Left("the device answered all the time")
        assert self.camera is not None
        self.camera.sessions.clear()
        if self.revives:
            self.camera.sessions |= self.ever
        self.chance = self.chance if self.seed is None else random.Random(self.seed)
        self.chance.randbytes(4 * self.starts)  # others take of it too
        return Seen("went and came back")


@contextmanager
def restarted(folder: Path, monkeypatch: pytest.MonkeyPatch, camera: Restarting, **actions: Any) -> Iterator[Restarted]:
    """What is told of its page."""
    monkeypatch.setattr(session_restarts, "restart", camera.restart)
    with odd(folder, camera.answer, **actions) as bench:
        (told,) = over_restarts(replace(bench, effort="full"), (WEB,), OWNER)
        yield told


def test_a_sound_camera_gives_nothing_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with restarted(tmp_path, monkeypatch, Restarting()) as told:
        assert (told.repeats, told.revives, told.tokens, told.unclear) == (False, False, (12, 12), "")


def test_an_unseeded_generator_is_known_again_though_others_took_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with restarted(tmp_path, monkeypatch, Restarting(seed=7)) as told:
        assert told.repeats
        assert told.again >= 10
        assert "given again" in told.asked
        assert not told.revives


def test_a_session_that_a_restart_gives_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with restarted(tmp_path, monkeypatch, Restarting(revives=True)) as told:
        assert told.revives
        assert told.revived.still_open == ("use_session",)
        assert not told.repeats


@pytest.mark.parametrize(("fails_at", "revives"), [(1, None), (2, False)])
def test_a_restart_that_does_not_show_settles_nothing(
    fails_at: int, revives: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with restarted(tmp_path, monkeypatch, Restarting(fails_at=fails_at)) as told:
        with pytest.raises(Undecided, match="answered all the time"):
            _ = told.repeats
        if revives is None:
            with pytest.raises(Undecided, match="did not restart"):
                _ = told.revives
        else:
            assert told.revives == revives


def test_where_nobody_can_log_out_the_tokens_are_compared_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with restarted(tmp_path, monkeypatch, Restarting(seed=7), log_out=None) as told:
        assert told.repeats
        with pytest.raises(NotPossible, match="log_out on web"):
            _ = told.revives


def test_a_log_out_that_is_refused_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = Restarting()
    ours = camera.answer
    monkeypatch.setattr(camera, "answer", lambda odd, path, token: (401, {}) if path == "/logout" else ours(odd, path, token))
    with restarted(tmp_path, monkeypatch, camera) as told, pytest.raises(Undecided, match="log-out was refused"):
        _ = told.revives


@pytest.mark.parametrize(("most", "why"), [(0, "status 503"), (1, "status 503"), (4, "after 2 log-ins")])
def test_a_camera_that_lets_in_seldom_is_undecided(most: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with restarted(tmp_path, monkeypatch, Restarting(most=most)) as told:
        if most < 4:
            with pytest.raises(Undecided, match=why):
                _ = told.revives
        with pytest.raises(Undecided, match=why if most else "after 0 log-ins"):
            _ = told.repeats


def test_effort_quick_does_not_restart(tmp_path: Path) -> None:
    with odd(tmp_path, Restarting().answer) as bench, pytest.raises(Undecided, match="was not restarted"):
        over_restarts(bench, (WEB,), OWNER)
