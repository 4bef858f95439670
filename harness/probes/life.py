"""An ordinary day of the device: set up, idle, looked at, alarmed, asked for updates, restarted, cut off, with times for the capture."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.errors import CamlabelError, NotRestored, RecordLost
from harness.model.operator import Answer
from harness.probes import device
from harness.probes.life_phases import (
    EFFECT_S,
    LIVE_S,
    OUTAGE_S,
    SETTLE_S,
    Left,
    Seen,
    asked_for,
    event,
    live_view,
    mains_outage,
    network_outage,
    phone_view,
    restart,
    update_check,
)
from harness.probes.life_traffic import Habits

PhaseName = Literal[
    "set-up", "idle", "live view", "live view by the app", "event", "update check", "restart", "network outage", "power outage"
]
SLICE_S = 300.0
CLOCK_DOUBT_S = 5.0  # of the host's own clock, against its steady one
IDLE_S = 3600.0
QUICK_S = 20.0
ORDINARY_DAY = "ordinary day"


class Phase(Frozen):
    """One phase that took place: from when to when (seconds since 1970), how long by the device's clock, and what showed it."""

    name: PhaseName
    begin: float
    end: float
    device_s: float
    seen: str
    answers: tuple[Answer, ...] = ()


class LeftOut(Frozen):
    """A phase that could not be brought about, or that nothing independent showed."""

    phase: PhaseName
    why: str

    def __str__(self) -> str:
        """For people."""
        return f"{self.phase}: {self.why}"


class Day(Frozen):
    """The day as it went; `way` says whether the time of the device passed or was advanced."""

    phases: tuple[Phase, ...]
    left_out: tuple[LeftOut, ...]
    device_s: float
    way: Literal["waited", "advanced"]


class Recovered(Frozen):
    """Network and power are there, and so is the device."""

    how: str


@acts("reboot")
def recover(bench: Bench) -> Recovered:
    """Give back network and power, whoever took them; NotRestored when the device does not come back."""
    if bench.stand_in is not None:
        bench.stand_in.outage(cut=False)
    if not device.alive(bench) and bench.power is not None:
        with bench.access.device_time():
            bench.power.on()
    if not device.answers_again(bench):
        raise NotRestored(f"the device does not answer within {device.BACK_S:g} s after the day's outage")
    return Recovered(how="the device answers")


@acts("reboot", undo=recover)
def ordinary_day(bench: Bench, capture_s_min: float) -> Day:
    """All phases in order, an hour of it idle, as long as asked by the device's clock."""
    day, began = _Day(bench), time.time()
    before = device.facts(bench)
    day.look_back_on_set_up()
    day.phase("idle", lambda: day.idle(IDLE_S), IDLE_S)
    day.phase("live view", lambda: live_view(bench), LIVE_S)
    if bench.profile.has("mobile_app"):
        day.phase("live view by the app", lambda: phone_view(bench), LIVE_S)
    day.phase("event", lambda: event(bench, day.habits), EFFECT_S)
    day.phase("update check", lambda: update_check(bench, day.habits), EFFECT_S)
    day.phase("restart", lambda: restart(bench), SETTLE_S)
    day.phase("network outage", lambda: network_outage(bench), OUTAGE_S)
    day.phase("power outage", lambda: mains_outage(bench), OUTAGE_S)
    if (left := capture_s_min - day.lasted_s) > 0:
        day.phase("idle", lambda: day.idle(left), left)
    day.same_device(before)
    if not day.left_out:
        bench.happened.add(ORDINARY_DAY, began, time.time())
    return Day(phases=tuple(day.phases), left_out=tuple(day.left_out), device_s=round(day.lasted_s, 3), way=bench.clock.way)


@acts("reboot", undo=recover)
def short_day(bench: Bench) -> Day:
    """What makes a device tell of itself: looked at, asked for updates, restarted. Its set-up is looked back on."""
    day = _Day(bench)
    day.look_back_on_set_up()
    day.phase("live view", lambda: live_view(bench), LIVE_S)
    day.phase("update check", lambda: asked_for(bench, "check_update"), EFFECT_S)
    day.phase("restart", lambda: restart(bench), SETTLE_S)
    return Day(phases=tuple(day.phases), left_out=tuple(day.left_out), device_s=round(day.lasted_s, 3), way=bench.clock.way)


@dataclass
class _Day:
    """What has been of the day up to now."""

    bench: Bench
    phases: list[Phase] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self.bench.clock.now()
        self.habits = Habits(self.bench)

    @property
    def lasted_s(self) -> float:
        """By the device's clock."""
        return self.bench.clock.now() - self._began

    def look_back_on_set_up(self) -> None:
        """The run's own set-up counts where this process made it, since its recorders ran."""
        span = self.bench.happened.last(device.SET_UP)
        if span is None:
            self._leave("set-up", "the device was set up before this process recorded anything, and was not reset")
        else:
            self.phases.append(Phase(name="set-up", begin=span[0], end=span[1], device_s=0.0, seen="the run itself set it up, recorded"))

    def idle(self, seconds: float) -> Seen:
        """Nothing is asked; slice by slice, so that people see time pass and the device's habits are known."""
        left = seconds
        while left > 0:
            self.bench.wait(min(left, SLICE_S))
            left -= SLICE_S
            self.habits.look()
            self._tell(f"idle, {max(left, 0.0):.0f} s left")
        return Seen(what=f"{seconds:.0f} s in which nothing was asked")

    def phase(self, name: PhaseName, run: Callable[[], Seen], lasts_s: float) -> None:
        """One phase, of at least so long; whatever hinders it is a reason to leave it out, never an end of the day."""
        self._tell(name)
        began, from_s = time.time(), self.bench.clock.now()
        with self._leaving(name), _steady_clock():
            if self.bench.effort == "quick" and self.bench.clock.way == "waited" and lasts_s > QUICK_S:
                raise Left(f"takes {lasts_s:.0f} s and more, which effort quick does not wait on a real clock; --effort full does")
            if not device.answers_again(self.bench):
                raise Left("the device no longer answers")
            seen = run()
            if not device.answers_again(self.bench):
                raise Left("the device did not answer afterwards")
            lasted = round(self.bench.clock.now() - from_s, 3)
            self.phases.append(Phase(name=name, begin=began, end=time.time(), device_s=lasted, seen=seen.what, answers=seen.answers))

    def same_device(self, before: dict[str, str]) -> None:
        """A day that one unit began and another ended is no day of either."""
        now = device.facts(self.bench) if device.answers_again(self.bench) else {}
        if before.get("serial") and now.get("serial") and before["serial"] != now["serial"]:
            self._leave("idle", f"another device answers: its serial was {before['serial']} and is now {now['serial']}")

    @contextmanager
    def _leaving(self, name: PhaseName) -> Iterator[None]:
        kept = len(self.phases)
        try:
            yield
        except RecordLost:
            raise
        except (CamlabelError, Left) as problem:
            del self.phases[kept:]
            self._leave(name, str(problem))

    def _leave(self, name: PhaseName, why: str) -> None:
        self.left_out.append(LeftOut(phase=name, why=why))

    def _tell(self, what: str) -> None:
        self.bench.doing.text = f"{what}, {self.lasted_s:.0f} s of the day"


@contextmanager
def _steady_clock() -> Iterator[None]:
    """A host whose clock jumps cannot say what was recorded when."""
    wall, steady = time.time(), time.monotonic()
    yield
    jumped = (time.time() - wall) - (time.monotonic() - steady)
    if abs(jumped) > CLOCK_DOUBT_S:
        raise Left(f"the clock of this machine jumped by {jumped:+.0f} s meanwhile")
