"""The serial line: at which rate it can be read, and what it gives on a cold boot."""

import time
from itertools import islice

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.probes import console_boot
from harness.probes.console_boot import FROM_THE_FIRST, Course
from harness.probes.console_talk import Talk
from harness.probes.console_text import READABLE, prompt_of, readable, score

RATES = (115200, 57600, 38400, 19200, 9600, 230400, 460800, 921600, 1500000)
ENOUGH = 48
FIRST = 65536
HEAR_S = 4.0
UNDERWAY_S = 0.3
KEYS = (FROM_THE_FIRST, "when idle", "none")
QUICK_S, QUICK_PAIRS = 10.0, 5
LINES_MOST = 200
LINE_MOST = 300


class Line(Frozen):
    """A serial line as it can be read. `settings` are data bits, parity, stop bits; `heard` bytes were `score` readable; `photo` is an
    artefact."""

    url: str
    baud: int
    settings: str = "8N1"
    found: str
    heard: int
    score: float
    photo: str = ""

    def __str__(self) -> str:
        return f"{self.url} at {self.baud} baud"


class Said(Frozen):
    """A line of output, and when the read that ended it came, in seconds since 1970."""

    at: float
    text: str


class Boot(Frozen):
    """One cold boot, from `began` to `ended`, in seconds since 1970.

    `gap_s` is the longest time of the boot without a key of ours; one that was too long had the device booted again: `boots`.
    What is untold is undecided: `canary_ran`, `logged_in` and `proven` never say no for want of an answer.
    """

    keys: str
    baud: int
    began: float
    ended: float
    ran: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    tried: int = 0
    open_questions: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    proof: str = ""
    doubt: str = ""
    idle: bool = False
    gap_s: float = 0.0
    boots: int = 1
    heard: int = 0
    lost: int = 0
    garbled: int = 0
    listened_s: float = 0.0
    left_out: str = ""
    lines: tuple[Said, ...] = ()

    @property
    def asked(self) -> str:
        """For people."""
        what = [*self.ran, *(f"log-in {each}" for each in self.taken)]
        return f"cold boot, keys {self.keys}{': ' if what else ''}{'; '.join(what)}"

    @property
    def canary_ran(self) -> bool:
        """Did a command of ours run?"""
        if not self.ran:
            self._settled()
        return bool(self.ran)

    @property
    def logged_in(self) -> tuple[str, ...]:
        """Listed log-ins that were taken."""
        if not self.taken:
            self._settled()
        return self.taken

    @property
    def proven(self) -> bool:
        """Was it a cold boot, on a line that is wired both ways? Raises Undecided with what is missing."""
        if why := self.doubt or self.left_out:
            raise Undecided(why)
        if not self.idle:
            raise Undecided("the line never fell silent, so that nothing could be told from its answers")
        if not self.proof:
            raise Undecided("no echo, no reaction to a key, and nobody confirmed the wires: whether the device hears us is not known")
        return True

    def _settled(self) -> None:
        if self.open_questions:
            raise Undecided("; ".join(self.open_questions))
        if self.left_out:
            raise Undecided(self.left_out)
        if self.garbled >= ENOUGH:
            raise Undecided(f"{self.garbled} bytes of the output are no text at {self.baud} baud: does the device change its rate?")
        if self.lost:
            raise Undecided(f"{self.lost} bytes of the line's output could not be kept")


@acts("reboot")
def find_line(bench: Bench) -> Line:
    """The rate of the bench or the profile, if what was heard since power-on can be read at it; else each rate is tried."""
    talk, photo = Talk(bench), console_boot.photograph(bench)
    talk.at = talk.began = 0
    declared = talk.console.baud
    heard = _first(talk)
    if len(heard) < ENOUGH:
        talk.say(b"\r")
        talk.hear(HEAR_S, quiet=1.0)
        heard = _first(talk)
    share = score(heard)
    if share >= READABLE or (not heard and console_boot.declared_mute(bench)):
        return Line(url=talk.console.url, baud=declared, found="as declared", heard=len(heard), score=round(share, 3), photo=photo)
    return _found(bench, talk, declared).model_copy(update={"photo": photo})


@acts("reboot")
def cold_boot(bench: Bench, line: Line, keys: str, credential_pairs_max: float, listen_s: float) -> Boot:
    """Off, on, keys or none through the boot; then the line is questioned, listened to for `listen_s`, and questioned again."""
    if keys not in KEYS:
        raise ValueError(f"keys is one of {', '.join(KEYS)}")
    talk = Talk(bench)
    pairs, listen = _in_time(bench, int(credential_pairs_max), listen_s)
    if talk.console.baud != line.baud:
        talk.console.set_baud(line.baud)
    for boots in range(1, console_boot.BOOTS_MOST + 1):
        course = Course(boots=boots)
        console_boot.cut(bench, talk, course)
        began, mark = time.time(), talk.console.mark()
        talk.take()
        talk.garbled = 0
        console_boot.switch_on(bench)
        console_boot.watch(talk, course, keys)
        if not course.stalled or prompt_of(course.boot)[0] in ("loader", "shell"):
            break
    waits = prompt_of(course.boot)[0]
    course.boot = readable(talk.console.window(mark, mark + FIRST).data)
    if keys != "none" or waits:
        console_boot.question(bench, talk, course, pairs)
    listened = bench.clock.now()
    talk.hear(listen, step=10.0)
    listened = bench.clock.now() - listened
    console_boot.question(bench, talk, course, pairs)
    console_boot.come_back(bench, talk, course)
    console_boot.confirm(bench, course, talk.console.mark() - mark)
    bench.note_retry_hint(f"picocom -b {line.baud} {line.url}, power off and on, keys {keys}")
    told = _told(talk, course, line, keys, mark, (began, time.time(), listened))
    if (pairs, listen) == (int(credential_pairs_max), listen_s):
        return told.model_copy(update={"left_out": console_boot.other_lines(bench.profile)})
    left_out = f"effort quick: {pairs} listed log-ins of {int(credential_pairs_max)} and {listen:g} s of {listen_s:g} s after boot"
    return told.model_copy(update={"left_out": f"{left_out}; --effort full does it all"})


def _in_time(bench: Bench, pairs: int, listen_s: float) -> tuple[int, float]:
    """At effort quick, time that really passes is cut short."""
    if bench.effort == "quick" and bench.clock.way == "waited":
        return min(pairs, QUICK_PAIRS), min(listen_s, QUICK_S)
    return pairs, listen_s


def _first(talk: Talk) -> bytes:
    """What was heard first, as much as tells the rate."""
    talk.take()
    return talk.console.window(talk.began, talk.began + FIRST).data


def _found(bench: Bench, talk: Talk, declared: int) -> Line:
    """Each rate in turn: what answers a key, else what a boot gives."""
    best = (0.0, 0, 0)
    for baud in (declared, *(rate for rate in RATES if rate != declared)):
        try:
            talk.console.set_baud(baud)
        except NotPossible:
            continue
        talk.hear(UNDERWAY_S, quiet=UNDERWAY_S)  # what came at the rate before is no sign of this one
        heard = _answer_at(talk)
        if score(heard) < READABLE or len(heard) < ENOUGH:
            heard = _boot_at(bench, talk)
        best = max(best, (score(heard), len(heard), baud))
        if score(heard) >= READABLE and len(heard) >= ENOUGH:
            found = f"found by trying; {declared} baud, declared or usual, gave nothing readable"
            return Line(url=talk.console.url, baud=baud, found=found, heard=len(heard), score=round(score(heard), 3))
    talk.console.set_baud(declared)
    if not best[1]:
        raise Undecided("the line said nothing at any rate from 9600 to 1500000 baud, also on power-on; are its wires on the right pads?")
    raise Undecided(
        f"no rate from 9600 to 1500000 baud gives readable text; the best was {best[2]} baud, {best[0]:.0%} of {best[1]} bytes readable"
    )


def _answer_at(talk: Talk) -> bytes:
    """To a few Enters."""
    mark = talk.console.mark()
    talk.say(b"\r\r\r")
    talk.hear(1.0, quiet=0.6)
    return talk.console.window(mark).data


def _boot_at(bench: Bench, talk: Talk) -> bytes:
    """Power off and on: every device says something then, if it says anything."""
    console_boot.cut(bench, talk, Course())
    mark = talk.console.mark()
    console_boot.switch_on(bench)
    talk.hear(HEAR_S, quiet=HEAR_S / 2)
    return talk.console.window(mark, mark + FIRST).data


def _told(talk: Talk, course: Course, line: Line, keys: str, mark: int, times: tuple[float, float, float]) -> Boot:
    tried = course.tried
    return Boot(
        keys=keys,
        baud=line.baud,
        began=round(times[0], 3),
        ended=round(times[1], 3),
        ran=tuple(tried.ran),
        taken=tuple(tried.taken),
        tried=tried.count,
        open_questions=tuple(tried.open_questions),
        prompts=tuple(tried.prompts),
        proof=course.proof,
        doubt=course.doubt,
        idle=course.idle,
        gap_s=round(course.gap_s, 2),
        boots=course.boots,
        heard=talk.console.mark() - mark,
        lost=talk.console.lost,
        garbled=talk.garbled,
        listened_s=round(times[2], 1),
        lines=_lines(talk, mark),
    )


def _lines(talk: Talk, mark: int) -> tuple[Said, ...]:
    """The first lines with their times, for people; all of it is in the artefact."""
    found: list[Said] = []
    begun = b""
    for chunk in talk.console.window(mark).chunks:
        *whole, begun = (begun + chunk.data).split(b"\n")
        found.extend(
            Said(at=round(chunk.at, 3), text=readable(each)[:LINE_MOST].strip()) for each in islice(whole, LINES_MOST - len(found))
        )
        begun = begun[-LINE_MOST * 4 :]
    return tuple(found[:LINES_MOST])
