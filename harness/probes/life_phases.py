"""The phases of an ordinary day that something must be done for; each is confirmed by something else than the answer to it."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.gate.bench import Bench
from harness.model.action import Session
from harness.model.errors import NotPossible, Undecided
from harness.model.operator import Answer, Words
from harness.model.recipe import ActionName
from harness.probes import device
from harness.probes.actions.login import let_in, log_in, reachable
from harness.probes.actions.perform import Performed, perform
from harness.probes.actions.session import use_live
from harness.probes.life_traffic import Habits, Sent, sent_by
from harness.probes.operator import confirmed
from harness.probes.rtsp_paths import declared_paths
from harness.probes.rtsp_stream import LiveStream, open_stream

LIVE_S, EFFECT_S, SETTLE_S = 30.0, 60.0, 150.0
MEDIA_S = 5.0
GONE_S, LOOK_S, LOOK_WITHIN_S, SESSION_LOOK_S = 60.0, 0.05, 1.0, 1.0
OUTAGE_S, BACK_S = 300.0, 300.0
PHONE = Words(
    en="Watch the live picture in the app, from another network, for a minute. Was it shown?",
    zh="请在另一网络中用手机应用观看实时画面一分钟。画面是否显示？",
)
UNPLUG = Words(
    en="Pull the camera's network cable (or switch its access point off). Answer when that is done. Is it off the network?",
    zh="请拔下摄像机的网线（或关闭其无线接入点），完成后回答。是否已断网？",
)
PLUG = Words(en="Put the network back. Is that done?", zh="请恢复网络。是否完成？")
UNPOWER = Words(en="Cut the camera's power. Is it off?", zh="请切断摄像机电源。是否已断电？")
POWER = Words(en="Give the camera its power again. Is it on?", zh="请恢复摄像机供电。是否已通电？")


class Left(Exception):
    """The phase did not take place; the message says why."""


@dataclass(frozen=True)
class Seen:
    """What showed that a phase took place, and the answers of a person among that."""

    what: str
    answers: tuple[Answer, ...] = ()


def live_view(bench: Bench) -> Seen:
    """By RTSP where it is declared, shown by media that go on coming; else by recipe or operator."""
    paths = declared_paths(bench) if has_rtsp(bench) else ()
    if not paths:
        done = _granted(perform(bench, "live_view"))
        bench.wait(LIVE_S)
        return _shown(bench, done, None, None)
    opened = open_stream(bench, paths[0], bench.credential("owner"))
    if opened.stream is None:
        raise Left("the declared stream did not play")
    try:
        return _watched(bench, opened.stream)
    finally:
        opened.stream.close()


def has_rtsp(bench: Bench) -> bool:
    """Is a stream of that kind declared? No probe by itself."""
    return any(each.protocol in {"rtsp", "rtsps"} for each in bench.profile.ixit.stream)


def _watched(bench: Bench, stream: LiveStream) -> Seen:
    first = stream.packets
    with bench.access.device_time():
        came = stream.fresh_media(MEDIA_S)
    bench.wait(LIVE_S)
    with bench.access.device_time():
        came = stream.fresh_media(MEDIA_S) and came
    if not came:
        raise Left("the declared stream stopped")
    return Seen(f"{stream.packets - first} packets of media in {LIVE_S:g} s")


def phone_view(bench: Bench) -> Seen:
    """Only a person holds a phone."""
    answer = confirmed(bench, "action.phone_view", PHONE)
    if answer.value != "yes":
        raise Left(str(answer))
    return Seen(str(answer), (answer,))


def event(bench: Bench, habits: Habits) -> Seen:
    """Shown by what the device then sends beyond its habits."""
    return _asked(bench, "trigger_event", habits)


def update_check(bench: Bench, habits: Habits) -> Seen:
    """The same."""
    return _asked(bench, "check_update", habits)


def asked_for(bench: Bench, action: ActionName) -> Seen:
    """Granted; what the device made of it is for others to see."""
    done = _granted(perform(bench, action))
    bench.wait(EFFECT_S)
    return Seen(f"{done.way}: {done.why}")


def _asked(bench: Bench, action: ActionName, habits: Habits) -> Seen:
    before = sent_by(bench)
    done = _granted(perform(bench, action))
    bench.wait(EFFECT_S)
    return _shown(bench, done, before, habits)


def _granted(done: Performed) -> Performed:
    if done.state != "granted":
        raise Left(f"{done.action} was not granted: {done.why}")
    return done


def _shown(bench: Bench, done: Performed, before: Sent | None, habits: Habits | None) -> Seen:
    """By traffic; else somebody at the bench saw it. An operator who also did it has said so already, and is believed only here."""
    by = f"{done.way} {done.driver[:12]}".strip()
    unusual = habits.unusual(before) if habits and before is not None else ""
    if unusual:
        return Seen(f"{by}: {unusual}")
    if bench.operator is None:
        raise Left(f"{done.action} was granted by {done.way}, and nothing independent shows that it took place")
    answer = confirmed(bench, f"seen.{done.action}", Words(en=f"Did you see it: {done.action}?", zh=f"是否看到其发生：{done.action}？"))
    if answer.value != "yes":
        raise Left(str(answer))
    return Seen(f"{by}; {answer}", (answer,))


def restart(bench: Bench) -> Seen:
    """Shown by its services, which go and come back, or by the end of a session that was alive before."""
    before = _session(bench)
    done = perform(bench, "restart")
    if done.state == "refused":
        raise Left(f"restart was refused: {done.why}")
    ended = _gone(bench, before)
    if not ended:
        raise Left(f"restart ({done.why}): the device answered all the time, and a session from before is alive")
    if not device.answers_again(bench):
        raise Left("the device did not come back after a restart")
    bench.wait(SETTLE_S)
    return Seen(f"{done.way}: {ended}")


def _session(bench: Bench) -> Callable[[], bool]:
    """Opens a session where it is known how one is used; says whether that has ended since, though the owner is let in."""
    surface = next((each for each in reachable(bench) if bench.profile.recipe("use_session", each.id)), None)
    entry = log_in(bench, surface, bench.credential("owner")) if surface else None
    if surface is None or entry is None or entry.outcome.state != "granted":
        return lambda: False
    session = Session(id=f"{surface.id}, before the restart", surface=surface.id, kind="session")
    return lambda: (
        use_live(bench, session, entry.live).state == "refused" and let_in(bench, surface, bench.credential("owner")).state == "granted"
    )


def network_outage(bench: Bench) -> Seen:
    """The router takes the internet away; else somebody pulls the cable."""
    if bench.stand_in is None:
        return _by_hand(bench, "network", UNPLUG, PLUG)
    stand_in, before = bench.stand_in, sent_by(bench)
    stand_in.outage(cut=True)
    try:
        bench.wait(OUTAGE_S)
        through = sent_by(bench)
    finally:
        stand_in.outage(cut=False)
    bench.wait(BACK_S)
    if before is not None and through is not None and any(through.since(before).connections.values()):
        raise Left("the internet was reached though the router had taken it away")
    return Seen(f"no way to the internet for {OUTAGE_S:g} s, then {BACK_S:g} s with it")


def mains_outage(bench: Bench) -> Seen:
    """Shown by its services, which go and come back."""
    power = bench.power
    if power is None or power.way == "operator":
        return _by_hand(bench, "power", UNPOWER, POWER)

    def off() -> None:
        with bench.access.device_time():
            power.off()

    def on() -> None:
        with bench.access.device_time():
            time.sleep(power.off_s)
            power.on()

    return _cut(bench, off, on, f"power cut by {power.way}")


def _by_hand(bench: Bench, what: str, cut: Words, back: Words) -> Seen:
    if bench.operator is None:
        raise NotPossible(f"nothing takes the {what} away on this bench, and nobody can be asked")

    answers: list[Answer] = []

    def off() -> None:
        answers.append(confirmed(bench, f"{what}.off", cut))
        if answers[0].value != "yes":
            raise Left(f"the operator did not take the {what} away")

    seen = _cut(bench, off, lambda: answers.append(confirmed(bench, f"{what}.on", back)), f"{what} taken away by the operator")
    return Seen(seen.what, tuple(answers))


def _cut(bench: Bench, off: Callable[[], None], on: Callable[[], object], how: str) -> Seen:
    off()
    try:
        gone = _gone(bench, lambda: False)
        bench.wait(OUTAGE_S) if bench.clock.way == "waited" else None
    finally:
        on()
    if not gone:
        raise Left(f"{how}, and the device answered all the time")
    if not device.answers_again(bench):
        raise Left(f"{how}, and the device did not come back")
    bench.wait(BACK_S)
    return Seen(f"{how}: its services went and came back")


def _gone(bench: Bench, ended: Callable[[], bool]) -> str:
    """What showed, within a while of real time, that it stopped; empty when nothing did."""
    deadline, look_at = time.monotonic() + GONE_S, time.monotonic() + SESSION_LOOK_S
    while device.alive(bench, LOOK_WITHIN_S):
        if time.monotonic() > look_at:
            if _said_no_more(ended):
                return "a session from before has ended"
            look_at = time.monotonic() + SESSION_LOOK_S
        if time.monotonic() > deadline:
            return ""
        with bench.access.device_time():
            time.sleep(LOOK_S)
    return "its services went and came back"


def _said_no_more(ended: Callable[[], bool]) -> bool:
    try:
        return ended()
    except Undecided:
        return False
