"""The reset control of cameras that obey too soon, not at all, or never come back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import Capability
from harness.probes import device, reset_control
from harness.probes.reset_control import Press
from harness.transports.operator import Scripted
from tests.builders.devices import Desk
from tests.builders.webcam import Webcam, profile, webcam

FACTORY = {
    "web": {
        "inside": "none",
        "steps": [{"request": {"method": "POST", "path": "/login", "json": {"user": "x", "password": "x"}}}],
        "granted_when": {"status": 410},
        "refused_when": {"status": 401},
    }
}


@dataclass
class Button:
    """Erases the camera when held long enough; `kills` it too."""

    camera: Webcam
    least_s: float = 5.0
    kills: bool = False
    way = "a finger of the tests"

    def press(self, seconds: float) -> None:
        """Hold it."""
        if seconds >= self.least_s:
            self.camera.password = None
            self.camera.sessions.clear()


@contextmanager
def camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, least_s: float = 5.0, up: bool = True, **more: Any) -> Iterator[Bench]:
    with webcam(Desk(tmp_path), declared=profile(**more)) as (bench, unit):
        monkeypatch.setattr(device, "alive", lambda *_: up)
        monkeypatch.setattr(device, "BACK_S", 0.0)
        yield replace(bench, reset=Button(unit, least_s))


def test_a_short_press_changes_nothing_and_a_full_one_resets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(tmp_path, monkeypatch) as bench:
        short = reset_control.press(bench, 2.5)
        assert (short.changed, short.as_delivered, short.how) == (False, False, "a finger of the tests")
        full = reset_control.press(bench, 6.0)
        assert (full.changed, full.as_delivered, full.back) == (True, True, True)
        again = reset_control.press(bench, 0.5)
    with pytest.raises(Undecided, match="not let in before"):
        _ = again.changed
    with pytest.raises(Undecided):
        _ = again.as_delivered


def test_a_control_that_obeys_a_touch_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(tmp_path, monkeypatch, least_s=0.3) as bench:
        assert reset_control.press(bench, reset_control.TAP_S).changed


def test_one_that_says_as_delivered_and_lets_the_owner_in_is_not_reset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {**FACTORY["web"], "granted_when": {"status": 401}, "refused_when": {"status": 410}}
    with camera(tmp_path, monkeypatch, least_s=99, is_factory={"web": told}) as bench:
        done = reset_control.press(bench, 6.0)
    assert (done.factory, done.owner_after, done.as_delivered) == ("granted", "granted", False)


def test_one_that_forgets_the_owner_and_does_not_ask_to_be_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(tmp_path, monkeypatch, is_factory=FACTORY) as bench:
        done = reset_control.press(bench, 6.0)
    assert (done.owner_after, done.as_delivered, done.changed) == ("refused", False, True)


def test_one_that_does_not_come_back_is_dead_only_where_it_has_to_be_in_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(tmp_path, monkeypatch, up=False) as bench:
        away = reset_control.press(bench, 6.0)
        stand_in: Any = object()
        dead = reset_control.press(replace(bench, stand_in=stand_in), 6.0)
        wifi = bench.profile.model_copy(update={"capabilities": {"wifi": Capability.model_validate("yes")}})
        roaming = reset_control.press(replace(bench, stand_in=stand_in, profile=wifi), 6.0)
    assert dead.back is False
    for each, words in ((away, "its address may be another"), (roaming, "forget its Wi-Fi")):
        with pytest.raises(Undecided, match=words):
            _ = each.back
    with pytest.raises(Undecided, match="did not come back"):
        _ = dead.as_delivered


def test_a_person_may_press(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with camera(tmp_path, monkeypatch) as bench:
        alone = replace(bench, reset=None)
        with pytest.raises(NotPossible, match="nobody can be asked"):
            reset_control.press(alone, 1.0)
        with pytest.raises(NotPossible, match="was not pressed"):
            reset_control.press(replace(alone, operator=Scripted({"reset.press": "no"}, Path())), 1.0)
        assert not reset_control.press(replace(alone, operator=Scripted({"reset.press": "yes"}, Path())), 1.0).changed


def test_an_unclear_log_in_settles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with webcam(Desk(tmp_path), "odd-login", declared=profile()) as (bench, unit):
        monkeypatch.setattr(device, "alive", lambda *_: True)
        done = reset_control.press(replace(bench, reset=Button(unit)), 1.0)
        assert done.owner_before == "unclear"
        with pytest.raises(Undecided):
            _ = done.as_delivered
        with pytest.raises(NotPossible, match="no log-in is known"):
            reset_control.press(replace(bench, profile=profile(surfaces=())), 1.0)


def test_what_the_device_says_decides_before_what_it_lets_in() -> None:
    told: dict[str, Any] = {"asked": "press", "seconds": 6.0, "how": "", "up": True, "owner_before": "granted", "owner_after": "refused"}
    assert Press(**told).as_delivered
    assert not Press(**told, factory="refused").as_delivered
    with pytest.raises(Undecided):
        _ = Press(**told, factory="unclear").as_delivered
