"""PHY-01's case on lines of every kind: the right verdict, and no PASS that was not earned."""

import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.gate.clock import RealClock
from harness.model.verdict import CaseVerdict, Verdict
from harness.probes import console, console_boot, console_login, console_talk
from harness.probes.console_talk import Talk
from harness.transports.operator import Scripted
from harness.transports.serial import SerialConsole
from tests.builders.devices import Desk
from tests.builders.lines import BOOT, ON_NO_NETWORK, PROFILE, Device, Stuck, Switched, Wire, emulated_line, switched, verdict_on

pytestmark = pytest.mark.once  # little work, but much waiting


def login(wire: Wire, *taken: tuple[str, str], then: Device | None = None, prompt: bytes = b"\r\ncam login: ") -> None:
    """Boots and asks for a log-in, as getty does."""
    wire.say(BOOT)
    while True:
        wire.say(prompt)
        user = wire.line()
        if user is None:
            return
        if not user:
            continue
        wire.say(b"Password: ")
        password = wire.line(echo=False)
        wire.say(b"\r\n")
        if (user, password) in taken and then:
            then(wire)
        else:
            wire.say(b"Login incorrect\r\n")


def interpreter(prompt: bytes, *, echo: bool = True, knows_echo: bool = True) -> Device:
    """Runs commands."""

    def run(wire: Wire) -> None:
        while True:
            wire.say(prompt)
            typed = wire.line(echo=echo)
            if typed is None:
                return
            if typed == "exit":
                return
            for command in filter(None, typed.split(";")):
                name, _, rest = command.partition(" ")
                known = name == "echo" and knows_echo
                wire.say(rest.encode() + b"\r\n" if known else b"Error: unknown command\r\n")

    return run


def booting(*more: Device) -> Device:
    """Boot output, then the rest."""

    def run(wire: Wire) -> None:
        wire.say(BOOT)
        for each in more:
            each(wire)

    return run


def menu(wire: Wire) -> None:
    """After a log-in: no shell, but let in."""
    while True:
        wire.say(b"\r\n1) status\r\n2) reboot\r\nvendor-cli> ")
        if wire.line() in (None, "exit"):
            return


def only_echo(wire: Wire) -> None:
    """As a terminal does it that nobody reads from."""
    while key := wire.key():
        wire.say({b"\r": b"\r\n", b"\x03": b"^C"}.get(key, key))


def half_duplex(wire: Wire) -> None:
    """What is sent comes back from the wire, not from the device."""
    while key := wire.key():
        wire.say(key)


def unknown_prompt(prompt: bytes) -> Device:
    """Asks for something in words that nobody foresees."""

    def run(wire: Wire) -> None:
        while True:
            wire.say(b"\r\n" + prompt)
            if wire.line() is None:
                return

    return run


def repeat(data: bytes, pause: float) -> Device:
    """Says the same for ever, and echoes nothing."""

    def run(wire: Wire) -> None:
        while not wire.off.is_set():
            wire.say(data)
            time.sleep(pause)

    return run


def quiet(_: Wire) -> None:
    """Says nothing."""


def sound(wire: Wire) -> None:
    login(wire)


def locks(wire: Wire) -> None:
    """After two failures nothing is looked at any more."""
    failures = 0
    wire.say(BOOT)
    while True:
        wire.say(b"\r\ncam login: ")
        user = wire.line()
        if user is None:
            return
        if user:
            wire.say(b"Password: ")
            wire.line(echo=False)
            failures += 1
            wire.say(b"\r\nAccount locked, try again later\r\n" if failures > 2 else b"\r\nLogin incorrect\r\n")


def password_only(wire: Wire) -> None:
    wire.say(BOOT)
    while True:
        wire.say("\r\n请输入密码: ".encode())
        typed = wire.line(echo=False)
        if typed is None:
            return
        if typed == "xmhdipc":
            interpreter(b"\r\n$ ")(wire)
        elif typed:
            wire.say("\r\n密码错误\r\n".encode())


def after_press_enter(wire: Wire) -> None:
    """busybox askfirst."""
    wire.say(BOOT + b"\r\nPlease press Enter to activate this console.")
    if wire.line() is not None:
        interpreter(b"/ # ")(wire)


def judged(tmp_path: Path, device: Device, kind: type[Switched] = Switched, **more: object) -> CaseVerdict:
    with switched(device, kind) as made:
        return verdict_on(tmp_path, made.url, made, **more)  # type: ignore[arg-type]


SOUND: dict[str, Device] = {
    "a log-in that takes nothing": sound,
    "boot output, then an echo of what we type": booting(only_echo),
}
OPEN: dict[str, Device] = {
    "a shell": booting(interpreter(b"\r\n# ")),
    "a shell without prompt and echo": booting(interpreter(b"", echo=False)),
    "a shell behind Enter": after_press_enter,
    "a listed log-in with a shell": lambda wire: login(wire, ("root", "xmhdipc"), then=interpreter(b"$ ")),
    "a listed log-in with a menu": lambda wire: login(wire, ("root", "root"), then=menu),
    "a listed password without a name": password_only,
    "a boot loader": booting(interpreter(b"=> ")),
}
ONCE = {"credential_pairs_max": 5.0, "post_boot_listen_s": 1.0, "cold_boots": 1.0}
UNSETTLED: dict[str, tuple[Device, str]] = {
    "output only": (booting(), "whether the device hears us is not known"),
    "nothing at all": (lambda _: None, "said nothing at any rate"),
    "a prompt that knows none of our commands": (booting(interpreter(b"RTOS> ", knows_echo=False)), "none of our commands gave a result"),
    "an echo as a wire gives it": (booting(half_duplex), "whether the device hears us is not known"),
    "a log-in in other words": (booting(unknown_prompt(b"Name: ")), "'Name:' waits for something, and is no prompt that we know"),
    "commands in other words": (booting(unknown_prompt(b"cmd? ")), "'cmd?' waits for something, and is no prompt that we know"),
    "a log-in that locks": (locks, "locked itself after"),
    "a flood": (booting(repeat(b"x" * 1500, 0.001)), "never fell silent"),
    "a line without an end": (booting(repeat(b"half a line ", 0.01)), "never fell silent"),
    "escape codes": (booting(repeat(b"\x1b[2J\x1b]0;title\x07\x1b[31mred\r\n", 0.01)), "never fell silent"),
    "NUL bytes": (repeat(b"\0" * 64, 0.01), "no rate from 9600 to 1500000 baud gives readable text"),
    "no UTF-8": (repeat(b"\xff\xfe\x80\xc3\x28" * 16, 0.01), "no rate from 9600 to 1500000 baud gives readable text"),
}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices that never fall silent are not waited for as long as real ones."""
    monkeypatch.setattr(console_boot, "BOOT_S", 2.0)
    monkeypatch.setattr(console, "HEAR_S", 0.4)
    monkeypatch.setattr(console_talk, "STILL_S", 0.12)  # these live in real time, and no clock settles them
    for module in (console_boot, console_login):
        monkeypatch.setattr(module, "COMMAND_S", 0.6)
        monkeypatch.setattr(module, "REACT_S", 0.4)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_line_passes(tmp_path: Path, name: str) -> None:
    done = judged(tmp_path, SOUND[name])
    assert done.verdict is Verdict.PASS, done


@pytest.mark.parametrize("name", OPEN)
def test_an_open_line_fails(tmp_path: Path, name: str) -> None:
    done = judged(tmp_path, OPEN[name], limits=ONCE)
    assert done.verdict is Verdict.FAIL, done
    assert all(note.again for note in done.notes if note.verdict is Verdict.FAIL)


@pytest.mark.parametrize("name", UNSETTLED)
def test_what_is_not_settled_is_not_passed(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    device, why = UNSETTLED[name]
    if why == "never fell silent":
        monkeypatch.setattr(console_talk, "STILL_S", 0.3)  # a busy machine makes pauses in a flood
    done = judged(tmp_path, device, limits=ONCE)
    assert done.verdict is Verdict.INCONCLUSIVE, done
    assert why in done.reason


def test_a_second_line_that_nobody_reads_is_told() -> None:
    tables = PROFILE.ixit.model_dump() | {"phy_intf": [{"type": "uart"}, {"type": "uart"}, {"type": "jtag"}]}
    ixit = type(PROFILE.ixit).model_construct(**tables)
    assert console_boot.other_lines(PROFILE) == ""
    assert console_boot.other_lines(PROFILE.model_copy(update={"ixit": ixit})) == "1 more serial line declared than the bench reads"


def test_our_own_echo_proves_nothing(tmp_path: Path) -> None:
    """Our two wires touch: what we send comes back, also while the device is off."""

    class Loop(Switched):
        def off(self) -> None:
            """The loop is in the adapter."""

    done = judged(tmp_path, booting(only_echo), Loop, limits=ONCE)
    assert done.verdict is Verdict.INCONCLUSIVE, done


@pytest.mark.parametrize(
    ("device", "why"), [(sound, "nothing shows that the device went off"), (booting(repeat(b"log line\r\n", 0.02)), "went on talking")]
)
def test_a_switch_that_switches_nothing(tmp_path: Path, device: Device, why: str) -> None:
    done = judged(tmp_path, device, Stuck, limits=ONCE)
    assert done.verdict is Verdict.INCONCLUSIVE, done
    assert why in done.reason


def test_a_port_that_is_pulled_is_our_trouble(tmp_path: Path) -> None:
    """ERROR: it says nothing about the device."""

    def pulled(wire: Wire) -> None:
        wire.say(BOOT)
        if wire.key():
            made.unplug()

    with switched(pulled) as made:
        done = verdict_on(tmp_path, made.url, made)
    assert done.verdict is Verdict.ERROR, done
    assert "is it plugged in" in done.reason


def test_without_a_line_or_a_switch_nothing_is_tested(tmp_path: Path) -> None:
    with switched(sound) as made:
        done = verdict_on(tmp_path, made.url, None)
    assert done.verdict is Verdict.NOT_TESTED
    assert "no power switch on the bench" in done.reason


def test_the_persons_word_proves_the_wires(tmp_path: Path) -> None:
    """Of a line that speaks and hears nothing; of a silent one only where it is declared mute."""
    yes, no = (Scripted({"uart-wired": told}, tmp_path) for told in ("yes", "no"))
    for number, (device, profile, operator, verdict) in enumerate(
        (
            (booting(), ON_NO_NETWORK, yes, Verdict.PASS),
            (booting(), ON_NO_NETWORK, no, Verdict.INCONCLUSIVE),
            (quiet, ON_NO_NETWORK, yes, Verdict.INCONCLUSIVE),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = judged(folder, device, profile=profile, operator=operator, limits=ONCE)
        assert done.verdict is verdict, (number, done)


def test_power_that_a_person_switches(tmp_path: Path) -> None:
    """Asked before each; a no is NOT_TESTED."""

    class Person(Switched):
        way = "operator"

    for answers, verdict in (({"power-off": "yes", "power-on": "yes"}, Verdict.PASS), ({"power-off": "no"}, Verdict.NOT_TESTED)):
        folder = tmp_path / answers["power-off"]
        folder.mkdir()
        done = judged(folder, sound, Person, operator=Scripted(answers, tmp_path), limits=ONCE)
        assert done.verdict is verdict, done


def test_what_quick_leaves_out_is_not_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where time really passes."""
    monkeypatch.setattr(console, "QUICK_S", 0.5)
    monkeypatch.setattr(console_boot, "QUIET_S", 1.0)
    limits = {**ONCE, "credential_pairs_max": 50.0}
    done = judged(tmp_path, sound, clock=RealClock(), limits=limits)
    assert done.verdict is Verdict.INCONCLUSIVE, done
    assert "--effort full" in done.reason


def test_a_rate_that_changes_after_the_loader(tmp_path: Path) -> None:
    """What answers in garbage is not understood, and so nothing is settled."""

    def garbled(wire: Wire) -> None:
        wire.say(BOOT)
        while wire.key():
            wire.say(b"\x9d\xf3\x86\xe0\xff\x0e\xfc" * 8)

    done = judged(tmp_path, garbled, limits=ONCE)
    assert done.verdict is Verdict.INCONCLUSIVE, done
    assert "does the device change its rate" in done.reason or "is no prompt that we know" in done.reason


def test_a_default_that_must_be_changed_was_taken(tmp_path: Path) -> None:
    def change(wire: Wire) -> None:
        wire.say(b"You are required to change your password.\r\nNew password: ")
        wire.line(echo=False)

    done = judged(tmp_path, lambda wire: login(wire, ("root", ""), then=change), limits=ONCE)
    assert done.verdict is Verdict.FAIL, done


def test_a_message_of_the_day_that_tells_of_failures_is_no_refusal(tmp_path: Path) -> None:
    """PAM does so after a log-in that was let in."""

    def day(wire: Wire) -> None:
        wire.say(b"Last failed login: Mon Mar  2 on ttyS0\r\nThere was 1 failed login attempt since the last successful login.\r\n")
        interpreter(b"$ ", knows_echo=False)(wire)

    done = judged(tmp_path, lambda wire: login(wire, ("root", "root"), then=day), limits=ONCE)
    assert done.verdict is Verdict.FAIL, done


def test_a_shell_whose_prompt_looks_like_a_login(tmp_path: Path) -> None:
    """Asks for no password and refuses nothing: commands are tried there too."""
    done = judged(tmp_path, booting(interpreter(b"\r\nuser: ")), limits=ONCE)
    assert done.verdict is Verdict.FAIL, done


def test_the_rate_is_found(tmp_path: Path) -> None:
    """The bench says another than the device has."""
    with emulated_line(tmp_path, baud=38400) as bench:
        line = console.find_line(bench)
        assert (line.baud, line.found.startswith("found by trying; 38400 baud")) == (115200, True)
        assert bench.console
        assert bench.console.baud == 115200


def test_keys_are_of_three_kinds(tmp_path: Path) -> None:
    with emulated_line(tmp_path) as bench, pytest.raises(ValueError, match="keys is one of"):
        console.cold_boot(bench, console.find_line(bench), "often", 5, 1)


def test_a_photo_of_the_connection_point(tmp_path: Path) -> None:
    """Where a person wants to add one, and only at effort full."""
    (tmp_path / "pads.png").write_bytes(b"\x89PNG\r\n\x1a\n pads")
    operator = Scripted({"uart-photo": "yes", "uart-photo-file": "pads.png"}, tmp_path)
    assert judged(tmp_path, sound, operator=operator, effort="full", limits=ONCE).verdict is Verdict.PASS
    assert (tmp_path / "artefacts" / hashlib.sha256(b"\x89PNG\r\n\x1a\n pads").hexdigest()).exists()


def test_nobody_finds_the_device_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the power is off."""

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    with switched(sound) as made:
        monkeypatch.setattr(Talk, "listen", interrupted)
        with pytest.raises(KeyboardInterrupt):
            verdict_on(tmp_path, made.url, made, limits=ONCE)
        assert made.is_on


@pytest.mark.parametrize("period", [1.0, 1.7, 2.3])
def test_a_line_that_speaks_regularly_does_not_react(tmp_path: Path, period: float) -> None:
    """Our transmit wire is off, and the device says something every so often: no rhythm of ours may take that for answers."""
    with switched(repeat(b"fps 25\r\n", period)) as made:
        port = SerialConsole(made.url, tmp_path / "line.raw")
        bench = replace(Desk(tmp_path, clock=RealClock()).bench(ON_NO_NETWORK, {}), console=port)
        assert console_boot.wired(Talk(bench), loops=False) == ""
        port.close()


def test_each_boot_that_fails_has_its_own_evidence(tmp_path: Path) -> None:
    """Judged after all of them, it is shown by the observation that it is."""
    done = judged(tmp_path, OPEN["a shell"], limits={**ONCE, "cold_boots": 2.0})
    first, second = (note.evidence for note in done.notes if note.verdict is Verdict.FAIL)
    assert len(first) == len(second) == 1
    assert first < second


@pytest.mark.parametrize(("stalls", "boots", "verdict"), [(1, 2, Verdict.PASS), (9, 3, Verdict.INCONCLUSIVE)])
def test_a_boot_in_which_this_machine_stalled_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stalls: int, boots: int, verdict: Verdict
) -> None:
    pressed, gaps, seen = console_boot.press_all_the_way, iter((0.7,) * stalls), list[console.Boot]()
    monkeypatch.setattr(console_boot, "press_all_the_way", lambda talk: (pressed(talk)[0], next(gaps, 0.1)))
    told = console._told
    monkeypatch.setattr(console, "_told", lambda *facts: seen.append(told(*facts)) or seen[-1])  # type: ignore[func-returns-value]
    done = judged(tmp_path, sound, limits=ONCE)
    assert (done.verdict, seen[0].boots, seen[0].gap_s) == (verdict, boots, 0.7 if stalls > boots else 0.1)
    assert verdict is Verdict.PASS or "no key was pressed" in done.reason


def test_a_stalled_boot_that_stopped_at_a_prompt_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pressed = console_boot.press_all_the_way
    monkeypatch.setattr(console_boot, "press_all_the_way", lambda talk: (pressed(talk)[0], 0.9))
    assert judged(tmp_path, booting(interpreter(b"# ")), limits=ONCE).verdict is Verdict.FAIL


def test_the_longest_time_without_a_key_is_told() -> None:
    class Stalled:
        """A conversation in which one moment is lost."""

        pressed = 0

        def say(self, _: bytes) -> None:
            self.pressed += 1

        def listen(self, _: float) -> str:
            time.sleep(0.6 if self.pressed == 3 else 0.0)
            return ""

    said, gap = console_boot.press_all_the_way(Stalled())  # type: ignore[arg-type]
    assert said == ""
    assert gap >= 0.6
    assert console_boot.Course(gap_s=gap).stalled
