"""Power off and on, and what shows that the device went and started again; the questions put to a line that has fallen silent."""

import re
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from harness.gate.bench import Bench
from harness.model.errors import DeviceSilent, NotPossible, OutOfScope
from harness.model.operator import Question, Words
from harness.model.profile import Profile
from harness.probes import operator
from harness.probes.console_login import ASKS, COMMAND_S, REACT_S, SETTLED_S, Tried, command, log_in
from harness.probes.console_talk import Talk, new_word
from harness.probes.console_text import READABLE, begins, last_line, prompt_of, score
from harness.transports.console import Power
from harness.transports.tcp import connect

FROM_THE_FIRST = "from the first second"

LOOK_S = 0.3
ALONE_S = (0.8, 2.4, 1.5)  # no output that comes by itself, however regular, keeps these silences and then follows each key at once
AT_ONCE_S = 0.4
BOOT_S = 120.0
QUIET_S = 6.0
KEY_S = 0.1
GAP_MOST_S = 0.5  # between two keys: a boot loader's shortest usual moment is a second, and every second key is Ctrl-C
BOOTS_MOST = 3  # of which one without such a gap is needed
KEYS = (b"\r", b"\x03", b" ", b"\x03", b"\x1b", b"\x03")  # Ctrl-C has the shortest moment; Ctrl-D would close the shell
SETTLED_KEYS = 8
SHOWN = 60
BACK_S = 90.0
WIRED = Words(
    en="Serial line: is the adapter's transmit wire on the device's receive pad, its receive wire on the transmit pad, ground on ground?",
    zh="串口：适配器的发送线是否接在设备的接收焊盘上、接收线是否接在设备的发送焊盘上、地线是否相接？",
)
PHOTO = Words(en="Do you want to add a photo of the serial line's connection point?", zh="是否要附上串口连接点的照片？")
PHOTO_FILE = Words(en="Photo of the serial line's connection point", zh="串口连接点的照片")
_AS_A_WIRE = re.compile(rb"\x03\r(?!\n)")  # a line that only leads back, or a half-duplex one that the device powers
SWITCH = {
    "off": Words(en="Switch the unit's power off. Is it off?", zh="请关闭样品电源。电源是否已关闭？"),
    "on": Words(
        en="Answer yes, then switch the unit's power on at once. Ready?",
        zh="请先回答“是”，然后立即接通样品电源。准备好了吗？",
    ),
}


@dataclass
class Course:
    """What was seen on the way from power-off to the end of listening."""

    service: tuple[str, int] | None = None
    gone: bool = False
    back: bool = False
    spoke_while_off: bool = False
    loops: bool = False
    boot: str = ""
    gap_s: float = 0.0
    boots: int = 1
    idle: bool = False
    proof: str = ""
    tried: Tried = field(default_factory=Tried)
    offered_at: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    @property
    def was_there(self) -> bool:
        """Did a network service answer before the power was cut?"""
        return self.service is not None

    @property
    def stalled(self) -> bool:
        """Was a moment of the boot missed in which a key may have stopped it?"""
        return self.gap_s > GAP_MOST_S

    @property
    def doubt(self) -> str:
        """Why this was no cold boot, empty when it was one."""
        if self.was_there and not self.gone:
            return "the device still answered on the network while it should have been off"
        if self.spoke_while_off:
            return "the line went on talking while the device should have been off"
        if self.stalled:
            return f"for {self.gap_s:.1f} s of the boot no key was pressed, since this machine was busy"
        if begins(self.boot) or (self.was_there and self.back):
            return ""
        return (
            "nothing shows that the device went off and started again: no output of a boot, and no network service that went and came back"
        )


def cut(bench: Bench, talk: Talk, course: Course) -> None:
    """Off for as long as the bench says; what comes back meanwhile is our own echo."""
    course.service = next(filter(partial(_takes, bench), services(bench)), None)
    off_s = _turn(bench, "off").off_s
    try:
        _look_while_off(bench, talk, course, off_s)
    except BaseException:
        switch(bench).on()  # also after Ctrl-C nobody finds the device switched off
        raise


def _look_while_off(bench: Bench, talk: Talk, course: Course, off_s: float) -> None:
    talk.listen(min(LOOK_S, off_s))
    course.gone = not _answers(bench, course)
    word = new_word()
    talk.say(word.encode())
    said = talk.listen(max(off_s - LOOK_S, 0.2))
    course.loops = word in said
    course.spoke_while_off = bool(said.replace(word, "").strip())


def switch(bench: Bench) -> Power:
    """The unit's power switch."""
    if bench.power is None:
        raise NotPossible(bench.lacks.get("power", "no power switch on the bench"))
    return bench.power


def switch_on(bench: Bench) -> None:
    """Give power; the device still starts when this returns."""
    _turn(bench, "on")


def _turn(bench: Bench, which: Literal["off", "on"]) -> Power:
    """By whatever switches; a person says when it is done, and gives power just after saying so."""
    power = switch(bench)
    bench.access.sent("power", which.encode())
    if power.way == "operator" and operator.confirmed(bench, f"power-{which}", SWITCH[which]).value != "yes":
        raise NotPossible(f"the person at the bench did not switch the power {which}")
    with bench.access.device_time():
        (power.on if which == "on" else power.off)()
    return power


def watch(talk: Talk, course: Course, keys: str) -> None:
    """Through the boot, until a prompt waits or the line is silent; with keys all the way, or none."""
    if keys == FROM_THE_FIRST:
        course.boot, course.gap_s = press_all_the_way(talk)
        talk.say(b"\x03\r")
        talk.hear(REACT_S, quiet=SETTLED_S)
    else:
        course.boot = talk.hear(BOOT_S, quiet=QUIET_S)


def press_all_the_way(talk: Talk) -> tuple[str, float]:
    """Ten keys a second until a prompt has answered several, or nothing was said for a while; and the longest time without a key."""
    said, answered, silent, gap, last = "", 0, 0, 0.0, time.monotonic()
    for number in range(int(BOOT_S / KEY_S)):
        talk.say(KEYS[number % len(KEYS)])
        gap, last = max(gap, (now := time.monotonic()) - last), now
        new = talk.listen(KEY_S)
        said = (said + new)[-(1 << 17) :]
        answered += bool(prompt_of(said)[0])
        silent = 0 if new.strip() else silent + 1
        if answered >= SETTLED_KEYS or silent * KEY_S >= QUIET_S:
            break
    return said, gap


def question(bench: Bench, talk: Talk, course: Course, most: int) -> None:
    """Is it wired both ways, what waits there, does it run commands, does it let listed log-ins in?"""
    course.idle = _falls_idle(talk) or course.idle
    course.proof = course.proof or wired(talk, loops=course.loops)
    for key in (b"\r", b"\x03", b"\x04"):
        talk.say(key)
        talk.hear(REACT_S, quiet=SETTLED_S)
        talk.say(b"\r")
        _try(bench, talk, course, talk.hear(REACT_S, quiet=SETTLED_S), most)


def _try(bench: Bench, talk: Talk, course: Course, said: str, most: int) -> None:
    """What fits what waits: the list for a log-in, once for each prompt; else commands. What we do not know and waits twice is told."""
    (kind, prompt), tried, line = prompt_of(said), course.tried, last_line(said)
    if line and not kind:
        unknown = f"{line[:SHOWN]!r} waits for something, and is no prompt that we know"
        if line in course.unknown and unknown not in tried.open_questions:
            tried.open_questions.append(unknown)
        course.unknown.add(line)
    if prompt and prompt not in tried.prompts:
        tried.prompts.append(prompt)
    if kind in ASKS:
        if prompt not in course.offered_at:
            course.offered_at.add(prompt)
            log_in(bench, talk, tried, most)
        return
    where = {"loader": f"at the boot loader's prompt {prompt!r}", "shell": f"at the prompt {prompt!r}"}.get(kind, "without a prompt")
    told = f"a prompt waits ({prompt!r}), and none of our commands gave a result"
    if where not in tried.ran and not command(bench, talk, tried, where) and kind and told not in tried.open_questions:
        tried.open_questions.append(told)


def confirm(bench: Bench, course: Course, heard: int) -> None:
    """What the line itself does not prove the person at the bench may know; of a silent line only if it is declared so."""
    if course.proof or (not heard and not declared_mute(bench)):
        return
    try:
        told = operator.confirmed(bench, "uart-wired", WIRED)
    except NotPossible:
        return
    if told.value == "yes":
        course.proof = f"the word of {told.who}"


def photograph(bench: Bench) -> str:
    """The picture of the connection point, where a person wants to add one; its digest. Asked at effort full only."""
    try:
        if bench.effort != "full" or operator.confirmed(bench, "uart-photo", PHOTO).value != "yes":
            return ""
        return operator.asked(bench, Question(key="uart-photo-file", kind="photo", words=PHOTO_FILE)).digest
    except NotPossible:
        return ""


def declared_mute(bench: Bench) -> bool:
    """Does the profile say that the serial line gives no output?"""
    return any(row.get("debug") in (False, "no", "off", "none", "disabled", "mute") for row in declared_lines(bench.profile))


def other_lines(profile: Profile) -> str:
    """That more serial lines are declared than the one which a bench can name; empty where there is none."""
    more = len(declared_lines(profile)) - 1
    return f"{more} more serial line{'s' * (more > 1)} declared than the bench reads" if more > 0 else ""


def declared_lines(profile: Profile) -> list[dict[str, object]]:
    """The rows of the profile for serial lines."""
    table = profile.ixit.free.get("phy_intf", ())
    return [dict(row) for row in ([table] if isinstance(table, dict) else table) if row.get("type") == "uart"]


def come_back(bench: Bench, talk: Talk, course: Course) -> None:
    """Leave the device running: one that a key has stopped is switched off and on once more."""
    if not course.was_there:
        return
    course.back = _returns(bench, talk, course, 5.0 if course.tried.prompts else BACK_S)
    if not course.back:
        talk.listen(_turn(bench, "off").off_s)
        switch_on(bench)
        course.back = _returns(bench, talk, course, BACK_S)


def services(bench: Bench) -> list[tuple[str, int]]:
    """What the profile declares on TCP."""
    declared = [bench.address(entry.id) for entry in bench.profile.ixit.log_intf if "tcp" in entry.transports]
    return sorted({(each.host, each.port) for each in declared})


def _answers(bench: Bench, course: Course) -> bool:
    """Does the service that was there take a connection at once?"""
    return course.service is not None and _takes(bench, course.service)


def _takes(bench: Bench, service: tuple[str, int]) -> bool:
    try:
        with connect(bench.access, *service, within=LOOK_S):
            return True
    except OutOfScope:
        raise
    except DeviceSilent:
        return False


def _returns(bench: Bench, talk: Talk, course: Course, within: float) -> bool:
    """In real time: it is a device that starts."""
    for _ in range(int(within / LOOK_S)):
        if _answers(bench, course):
            return True
        talk.listen(LOOK_S)
    return _answers(bench, course)


def _falls_idle(talk: Talk) -> bool:
    """Is there half a second without output?"""
    return not talk.hear(COMMAND_S, quiet=SETTLED_S, enough=None) or not talk.hear(SETTLED_S)


def wired(talk: Talk, *, loops: bool) -> str:
    """That the device hears us: it answers keys and keeps silent between them, or it echoes what it cannot know, not as a wire would."""
    reactions = [_reacts(talk, silence) for silence in ALONE_S]
    if all(keyed and not alone for alone, keyed in reactions):
        return "" if loops else "reaction to each of three keys, and silence between them"
    word = new_word()
    talk.say(word.encode())
    echoed = word in talk.hear(REACT_S, lambda text: word in text)
    talk.take()
    mark = talk.at
    talk.say(b"\x03\r")
    talk.hear(REACT_S, quiet=SETTLED_S)
    return "echo" if echoed and not loops and not _AS_A_WIRE.search(talk.console.window(mark).data) else ""


def _reacts(talk: Talk, silence: float) -> tuple[bool, bool]:
    """Output without a key, and at once after one."""
    alone = bool(talk.hear(silence, step=silence))
    talk.say(b"\r")
    at_once = talk.hear(AT_ONCE_S, lambda text: bool(text.strip()))
    said = (at_once + talk.hear(REACT_S, quiet=SETTLED_S)).encode("utf-8", "replace")
    return alone, bool(at_once.strip()) and score(said) >= READABLE and "\ufffd".encode() not in said
