"""An ordinary day: each phase is brought about and shown by something else than the device's own yes, or left out with the reason."""

import dataclasses
import time
from pathlib import Path
from typing import Literal

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotRestored
from harness.model.vocabulary import Effort
from harness.probes import device, life, life_phases
from harness.transports.operator import Scripted
from tests.builders.daily import house
from tests.builders.devices import Desk

DAY_S = 7200.0
ALL = ["set-up", "idle", "live view", "event", "update check", "restart", "network outage", "power outage", "idle"]
SEEN = {"seen.live_view": "yes", "seen.trigger_event": "yes", "seen.check_update": "yes"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def attended(bench: Bench, **more: str) -> Bench:
    """Somebody is there, who saw the picture."""
    return dataclasses.replace(bench, operator=Scripted({"seen.live_view": "yes", **more}, Path()))


def names(day: life.Day) -> list[str]:
    return [phase.name for phase in day.phases]


def left_out(day: life.Day) -> dict[str, str]:
    return {each.phase: each.why for each in day.left_out}


def test_a_whole_day_takes_place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _):
        bench.happened.add(device.SET_UP, 1.0, 2.0)
        day = life.ordinary_day(attended(bench), DAY_S)
    assert left_out(day) == {}
    assert names(day) == ALL
    assert day.device_s >= DAY_S
    assert day.way == "advanced"
    assert sum(phase.device_s for phase in day.phases if phase.name == "idle") >= 3600
    assert all(phase.begin <= phase.end for phase in day.phases)
    shown = {phase.name: phase.seen for phase in day.phases}
    assert "media.producer.example" in shown["event"]
    assert "more than in any" in shown["update check"]


def test_a_short_day_needs_nobody_and_no_habits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _):
        bench.happened.add(device.SET_UP, 1.0, 2.0)
        day = life.short_day(attended(bench))
    assert left_out(day) == {}
    assert names(day) == ["set-up", "live view", "update check", "restart"]


@pytest.mark.parametrize(("effort", "way"), [("quick", "waited"), ("full", "waited"), ("quick", "advanced")])
def test_only_a_quick_run_on_a_real_clock_leaves_long_phases_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, effort: Effort, way: Literal["waited", "advanced"]
) -> None:
    with house(desk, monkeypatch) as (bench, _):
        monkeypatch.setattr(bench.clock, "way", way)
        day = life.ordinary_day(dataclasses.replace(attended(bench), effort=effort), DAY_S)
    if (effort, way) == ("quick", "waited"):
        assert set(left_out(day)) == set(ALL)
        assert all("--effort full" in why for phase, why in left_out(day).items() if phase != "set-up")
        assert day.device_s < life.QUICK_S
    else:
        assert day.device_s >= DAY_S
        assert set(left_out(day)) == {"set-up"}


def test_a_set_up_that_nobody_recorded_is_left_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _):
        assert "set-up" in left_out(life.ordinary_day(attended(bench), 0))


@pytest.mark.parametrize(
    ("action", "phase"), [("trigger_event", "event"), ("check_update", "update check"), ("restart", "restart"), ("live_view", "live view")]
)
def test_what_no_action_brings_about_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch, action: str, phase: str) -> None:
    with house(desk, monkeypatch, action) as (bench, _):
        day = life.ordinary_day(bench, 0)
    assert action in left_out(day)[phase]
    assert phase not in names(day)


@pytest.mark.parametrize(
    ("action", "phase"), [("trigger_event", "event"), ("check_update", "update check"), ("restart", "restart"), ("power", "power outage")]
)
def test_a_yes_without_effect_is_not_believed(desk: Desk, monkeypatch: pytest.MonkeyPatch, action: str, phase: str) -> None:
    monkeypatch.setattr(life_phases, "GONE_S", 0.05)
    with house(desk, monkeypatch) as (bench, home):
        home.deaf_to = {action}
        day = life.ordinary_day(bench, 0)
    assert phase in left_out(day)
    assert phase not in names(day)


def test_a_restart_too_quick_to_see_is_shown_by_the_end_of_a_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life_phases, "SESSION_LOOK_S", 0.0)
    with house(desk, monkeypatch) as (bench, home):
        home.quick = True
        day = life.ordinary_day(bench, 0)
    assert {phase.name: phase.seen for phase in day.phases}["restart"] == "recipe web: a session from before has ended"


def test_what_the_traffic_does_not_show_a_person_may_have_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.deaf_to = {"trigger_event"}
        seen = life.ordinary_day(attended(bench, **SEEN), 0)
        denied = life.ordinary_day(attended(bench, **{"seen.trigger_event": "no"}), 0)
    assert "event" in names(seen)
    assert "event" in left_out(denied)


def test_a_bench_without_router_and_power_asks_a_person(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        bare = dataclasses.replace(bench, stand_in=None, power=None)
        alone = left_out(life.ordinary_day(bare, 0))
        assert "network" in alone["network outage"]
        assert "power" in alone["power outage"]

        class Person(Scripted):
            def ask(self, question):  # type: ignore[no-untyped-def]
                home.booting = 1 if question.key.endswith(".off") else home.booting
                return super().ask(question)

        answers = {f"{what}.{way}": "yes" for what in ("network", "power") for way in ("off", "on")}
        helped = life.ordinary_day(dataclasses.replace(bare, operator=Person({**answers, **SEEN}, Path())), 0)
        assert {"network outage", "power outage"} <= set(names(helped))
        refusing = Scripted({"network.off": "no", "power.off": "no"}, Path())
        assert "did not take" in left_out(life.ordinary_day(dataclasses.replace(bare, operator=refusing), 0))["network outage"]


def test_an_outage_through_which_the_device_talks_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.leaks = True
        assert "was reached" in left_out(life.ordinary_day(bench, 0))["network outage"]
        assert home.internet


@pytest.mark.parametrize("dies_in", ["idle", "live view", "event", "update check", "restart", "network outage", "power outage"])
def test_a_device_that_dies_leaves_the_rest_of_its_day_out(desk: Desk, monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    monkeypatch.setattr(device, "BACK_S", 0.02)
    monkeypatch.setattr(device, "LOOK_S", 0.01)
    monkeypatch.setattr(life_phases, "GONE_S", 0.05)
    with house(desk, monkeypatch) as (bench, home):

        def die() -> None:
            home.dead = home.dead or bench.doing.text.startswith(dies_in)

        home.on_time = die
        day = life.ordinary_day(attended(bench), DAY_S)
    phases = ALL[1:-1]
    assert set(phases[phases.index(dies_in) :]) <= set(left_out(day))
    assert set(phases[: phases.index(dies_in)]) - {"idle"} == set(names(day)) - {"idle"}


def test_a_clock_of_ours_that_jumps_spoils_the_phase(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        real, ahead = time.time, [0.0]
        monkeypatch.setattr(life.time, "time", lambda: real() + ahead[0])

        def jump() -> None:
            ahead[0] = -3600.0 if bench.doing.text.startswith("event") else ahead[0]

        home.on_time = jump
        day = life.ordinary_day(attended(bench), 0)
    assert "jumped by -3600 s" in left_out(day)["event"]
    assert "update check" in names(day)


def test_another_device_at_the_end_of_the_day_is_noticed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter(({"serial": "S-1"}, {"serial": "S-2"}))
    monkeypatch.setattr(device, "facts", lambda _: next(told))
    with house(desk, monkeypatch) as (bench, _):
        day = life.ordinary_day(attended(bench), 0)
    assert any("serial was S-1 and is now S-2" in each.why for each in day.left_out)


def test_the_app_is_watched_by_a_person_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, _):
        capabilities = {**bench.profile.capabilities, "mobile_app": "yes"}
        declared = type(bench.profile).model_validate({**bench.profile.model_dump(by_alias=True), "capabilities": capabilities})
        with_app = dataclasses.replace(bench, profile=declared)
        assert "live view by the app" in left_out(life.ordinary_day(with_app, 0))
        for said, there in (("yes", True), ("no", False)):
            day = life.ordinary_day(attended(with_app, **{"action.phone_view": said}), 0)
            assert ("live view by the app" in names(day)) is there


def test_recovery_gives_back_what_was_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with house(desk, monkeypatch) as (bench, home):
        home.off()
        home.outage(cut=True)
        life.recover(bench)
        assert (home.powered, home.internet) == (True, True)


def test_a_device_that_stays_away_is_not_recovered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "BACK_S", 0.0)
    with house(desk, monkeypatch) as (bench, home):
        home.dead = True
        with pytest.raises(NotRestored):
            life.recover(bench)


class Stream:
    """Plays as long as it is told to."""

    def __init__(self, *plays: bool) -> None:
        self.packets, self._plays = 0, list(plays)

    def fresh_media(self, _: float) -> bool:
        """The next answer."""
        self.packets += 10
        return self._plays.pop(0)

    def close(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(("stream", "why"), [(Stream(True, True), ""), (Stream(True, False), "stopped"), (None, "did not play")])
def test_a_live_view_is_media_that_go_on(desk: Desk, monkeypatch: pytest.MonkeyPatch, stream: Stream | None, why: str) -> None:
    with house(desk, monkeypatch) as (bench, _):
        monkeypatch.setattr(life_phases, "declared_paths", lambda _: ("main",))
        monkeypatch.setattr(life_phases, "has_rtsp", lambda _: True)
        monkeypatch.setattr(life_phases, "open_stream", lambda *_: type("Opened", (), {"stream": stream}))
        day = life.ordinary_day(bench, 0)
    assert (why in left_out(day)["live view"]) if why else ("live view" in names(day))
