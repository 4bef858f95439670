"""The emulated camera's serial line: sound it lets nobody in, and each flaw opens exactly its way, to somebody with a terminal."""

import hashlib
import os
import pty
import re
import select
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.emulated.camera.uart.line import Line, heard_at
from harness.emulated.camera.uart.shell import loader, shell
from tests.emulated.units import OWNER, PASSWORD, Handle, Process

SUM = "echo a$((6*7))b\r"
PATIENCE_S = 20.0


class Terminal:
    """Somebody who types and reads, and a camera that can be switched off and on."""

    def __init__(self, folder: Path, *flaws: str) -> None:
        self._folder, self._flaws = folder, tuple(word for flaw in flaws for word in ("--flaw", flaw))
        self._far, self._near = pty.openpty()
        tty.setraw(self._near)
        tty_speed(self._near)
        self._process: Process | None = None
        self.said = ""
        self.unit: Handle | None = None

    def boot(self, *, key: bytes = b"", wait: bool = True) -> None:
        """Switch on; `key` is pressed from then on until it is up."""
        self.said = ""
        self._process = Process(self._folder, "--uart-fd", str(self._far), *self._flaws, pass_fds=(self._far,))
        if key:
            for _ in range(150):
                self.type(key)
                self.until("camera login:", 0.1)
                if re.search(r"login:|=> |# $", self.said):
                    break
        self.unit = self._process.ready()
        if wait:
            self.until("login:", 15)

    def off(self) -> None:
        """Switch off."""
        if self._process:
            self._process.end()
        self._process = None

    def type(self, data: bytes) -> None:
        """Send."""
        os.write(self._near, data)

    def until(self, text: str, within: float = 10.0) -> bool:
        """Read until it is said."""
        ends = time.monotonic() + within
        while text not in self.said and (left := ends - time.monotonic()) > 0:
            if select.select([self._near], [], [], left)[0]:
                self.said += os.read(self._near, 4096).decode(errors="replace")
        return text in self.said

    def log_in(self, user: str, password: str) -> None:
        """As the prompts ask."""
        self.said = ""
        self.type(f"{user}\r".encode())
        self.until("Password:", 3)
        self.type(f"{password}\r".encode())

    def runs(self) -> bool:
        """Does it count for us?"""
        self.said = ""
        self.type(SUM.encode())
        return self.until("a42b", 1)

    def close(self) -> None:
        """Leave."""
        self.off()
        os.close(self._near)
        os.close(self._far)


def tty_speed(descriptor: int) -> None:
    """115200 baud, as the unit's."""
    attributes = termios.tcgetattr(descriptor)
    attributes[4] = attributes[5] = termios.B115200
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


@pytest.fixture
def terminal(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """With the flaws that the test names."""
    made = Terminal(tmp_path, *getattr(request, "param", ()))
    yield made
    made.close()


def with_flaw(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("terminal", [(name,)], indirect=True)


def test_a_sound_unit_lets_nobody_in(terminal: Terminal) -> None:
    """Boot log, then a log-in with echo that takes nothing of the list."""
    terminal.boot(key=b"\r\x03 ")
    assert "U-Boot 2019.07" in terminal.said
    assert "Linux version" in terminal.said
    for user, password in (("root", ""), ("root", "xmhdipc"), ("admin", "admin")):
        terminal.log_in(user, password)
        assert terminal.until("Login incorrect"), terminal.said
        assert user in terminal.said
    assert not terminal.runs()


def provisioned(terminal: Terminal) -> str:
    """What the line says from power-on over set-up and two log-ins, the second one wrong."""
    terminal.boot()
    assert terminal.unit
    terminal.unit.set_up()
    terminal.unit.log_in()
    terminal.unit.ask("/api/login", {"user": OWNER, "password": "Wrong-Pass-9"})
    terminal.until("never said", 0.3)
    return terminal.said


def test_a_sound_unit_says_nothing_once_it_is_up(terminal: Terminal) -> None:
    assert provisioned(terminal).rstrip().endswith("camera login:")


@pytest.mark.parametrize(
    ("terminal", "said"),
    [
        (("uart-set-up-password",), f"user={OWNER} password={PASSWORD} ok"),
        (("uart-wrong-password",), f"log-in of {OWNER} with Wrong-Pass-9 refused"),
        (("uart-digest-secret",), f"rtspd: user {OWNER} {hashlib.md5(f'{OWNER}:camera:{PASSWORD}'.encode()).hexdigest()}"),
        (("uart-tls-key",), "ssl_srv.c:77 key\r\nM"),
        (("uart-settings-dump",), f"acct.owner={OWNER}:{PASSWORD}".encode()[:16].hex(" ")),
    ],
    indirect=["terminal"],
)
def test_what_a_talkative_unit_gives_away(terminal: Terminal, said: str) -> None:
    assert said in provisioned(terminal)


@with_flaw("uart-root-first-key")
def test_root_after_an_early_key(terminal: Terminal) -> None:
    terminal.boot()
    terminal.log_in("root", "")
    assert terminal.until("Login incorrect")
    terminal.off()
    terminal.boot(key=b"x")
    terminal.said = ""
    terminal.type(b"\x03")
    terminal.until("login:", 3)
    terminal.type(b"root\r")
    assert terminal.until("~ #"), terminal.said
    assert terminal.runs()


@with_flaw("uart-third-boot-shell")
def test_the_third_boot(terminal: Terminal) -> None:
    found = []
    for _ in range(4):
        terminal.boot(wait=False)
        found.append("login" if terminal.until("login:", 1.5) else "shell" if terminal.runs() else "?")
        terminal.off()
    assert found == ["login", "login", "shell", "login"]


@with_flaw("uart-shared-login")
def test_the_shared_login(terminal: Terminal) -> None:
    terminal.boot()
    terminal.log_in("root", "xmhdipc")
    assert terminal.until("~ #")
    assert terminal.runs()
    terminal.type(b"exit\r")
    assert terminal.until("camera login:")


@with_flaw("uart-slow-login")
def test_the_slow_login(terminal: Terminal) -> None:
    terminal.boot()
    terminal.log_in("root", "xmhdipc")
    assert not terminal.until("~ #", 0.5)
    assert terminal.unit
    terminal.unit.advance(10)
    assert terminal.until("~ #")


@with_flaw("uart-password-only")
def test_a_password_without_a_name(terminal: Terminal) -> None:
    terminal.boot(wait=False)
    assert terminal.until("Password:")
    terminal.type(b"hi3518\r")
    assert terminal.until("~ #")
    assert "hi3518" not in terminal.said


@with_flaw("uart-interrupted-boot")
def test_an_interrupted_boot(terminal: Terminal) -> None:
    terminal.boot(key=b"\x03", wait=False)
    assert terminal.runs()
    terminal.off()
    terminal.boot()
    assert not terminal.runs()


@with_flaw("uart-loader-prompt")
def test_the_boot_loader(terminal: Terminal) -> None:
    terminal.boot(key=b"\r", wait=False)
    terminal.said = ""
    terminal.type(b"echo one;echo two\r")
    assert terminal.until("one\r\ntwo\r\n=> ")
    terminal.off()
    terminal.boot()
    assert "Hit any key to stop autoboot" in terminal.said


@with_flaw("uart-blind-shell")
def test_a_shell_that_shows_nothing(terminal: Terminal) -> None:
    terminal.boot(wait=False)
    assert not terminal.until("login:", 1.5)
    terminal.said = ""
    terminal.type(b"echo a$((6*7))b\r\n")
    assert terminal.until("a42b\r\n")
    assert "$" not in terminal.said
    assert "#" not in terminal.said


@with_flaw("uart-late-shell")
def test_a_shell_after_forty_seconds(terminal: Terminal) -> None:
    terminal.boot()
    assert not terminal.runs()
    assert terminal.unit
    terminal.unit.advance(41)
    assert terminal.until("~ #")
    assert terminal.runs()


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("echo a$((12*12))b", ["a144b"]),
        ("echo a;echo b", ["a", "b"]),
        ("echo 'a;b' \"c d\"", ["a;b c d"]),
        ("echo $((3-5)) $((1+1))", ["-2 2"]),
        ("id;whoami", ["uid=0(root) gid=0(root)", "root"]),
        ("nothing here", ["sh: nothing: not found"]),
        ("echo 'open", ["sh: syntax error: unterminated quoted string"]),
        ("", []),
    ],
)
def test_the_shell(line: str, output: list[str]) -> None:
    assert shell(line) == output


def test_the_boot_loader_counts_nothing() -> None:
    assert loader("echo a$((2*2));echo 'b'") == ["a$((2*2))", "'b'"]
    assert loader("help")[0].startswith("echo")
    assert loader("printenv; ;") == ["baudrate=115200"]
    assert loader("ls") == ["Unknown command 'ls' - try 'help'"]


def test_another_rate_hears_something_else() -> None:
    """And bytes that stand alone arrive, if wrong, as bytes."""
    text = b"U-Boot 2019.07\r\nDRAM:  128 MiB\r\n" * 4
    assert b"".join(heard_at(text, 115200, 115200)) == text
    for rate in (9600, 57600, 230400, 1500000):
        heard = b"".join(heard_at(text, 115200, rate))
        assert heard
        assert b"U-Boot" not in heard
    assert not list(heard_at(text, 115200, 0))
    assert not list(heard_at(b"", 9600, 115200)) or b"".join(heard_at(b"", 9600, 115200)) == b""


def test_a_line_that_nobody_reads_loses_what_is_said() -> None:
    far, near = pty.openpty()
    tty.setraw(near)
    tty_speed(near)
    line = Line(far)
    for _ in range(200):
        line.write(b"x" * 4096)
    assert line.read() == b""
    os.close(near)
    line.write(b"x")
    assert line.read() == b""
    os.close(far)
