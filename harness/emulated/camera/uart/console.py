"""What a unit does on its serial line from power-on: boot log, log-in, and the ways in that its flaws leave open."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Literal

from harness.emulated.camera.uart import bootlog
from harness.emulated.camera.uart.line import Line
from harness.emulated.camera.uart.shell import loader, shell
from harness.emulated.camera.unit import Unit

State = Literal["boot", "autoboot", "loader", "login", "password", "checking", "shell", "blind"]

SHARED = ("root", "xmhdipc")
SHARED_ALONE = "hi3518"
SHELL, LOADER = "~ # ", "=> "
LATE_S, SLOW_S = 40.0, 10.0
_LINE_MOST = 512
_BOOTS = "uart-boots"
_CTRL_C, _CTRL_D, _ERASE = 0x03, 0x04, (0x08, 0x7F)


class Console:
    """From one boot to the next. A sound unit asks for a log-in that takes nothing that is in any list."""

    def __init__(self, line: Line, unit: Unit) -> None:
        self._line, self._unit, self._flaws = line, unit, unit.flaws
        self._state: State = "boot"
        self._began = 0.0
        self._services_start = self._up = False
        self._typed = bytearray()
        self._user = ""
        self._early_key = False
        self._after_return = False

    def start(self) -> None:
        """Begin to boot."""
        self._began = self._unit.clock.uptime()
        self._unit.on_log(self._say)
        asyncio.get_running_loop().add_reader(self._line.descriptor, self._hear)
        for at, text in bootlog.LOADER:
            self._later(at, partial(self._say, text))
        if "uart-loader-prompt" in self._flaws:
            self._later(bootlog.AUTOBOOT_FROM, self._count_down)
        self._later(bootlog.AUTOBOOT_TO, self._leave_loader)

    def stop(self) -> None:
        """Say and hear nothing any more."""
        asyncio.get_running_loop().remove_reader(self._line.descriptor)

    def _later(self, at: float, action: Callable[[], None]) -> None:
        """At a moment of this boot."""
        self._unit.clock.call_later(max(0.0, self._began + at - self._unit.clock.uptime()), action)

    def _say(self, text: str) -> None:
        self._line.write(text.replace("\n", "\r\n").encode())

    def _count_down(self) -> None:
        self._state = "autoboot"
        self._say(bootlog.AUTOBOOT)

    def _leave_loader(self) -> None:
        """Go on to the kernel, unless somebody stopped it."""
        if self._state == "loader":
            return
        if self._state == "autoboot":
            self._say("\b\b\b 0 \n")
        self._state = "boot"
        for at, text in (*bootlog.KERNEL, *bootlog.SERVICES):
            self._later(at, partial(self._booting, text))
        self._later(bootlog.SERVICES[0][0], self._start_services)
        self._later(bootlog.READY, self._ready)

    def _booting(self, text: str) -> None:
        if self._state == "boot":
            self._say(text)

    def _start_services(self) -> None:
        self._services_start = True

    def _ready(self) -> None:
        """A second after power-on."""
        self._up = True
        if self._state != "boot":
            return
        if "uart-late-shell" in self._flaws:
            self._later(LATE_S, self._open_shell)
        if "uart-blind-shell" in self._flaws:
            self._state = "blind"
        elif "uart-third-boot-shell" in self._flaws and self._boots() % 3 == 0:
            self._open_shell()
        else:
            self._ask()

    def _boots(self) -> int:
        count = int(self._unit.flash.read(_BOOTS) or b"0") + 1
        self._unit.flash.write(_BOOTS, str(count).encode())
        return count

    def _ask(self) -> None:
        """For a name, or at once for the password."""
        self._typed.clear()
        if "uart-password-only" in self._flaws:
            self._user, self._state = "", "password"
            self._say("Password: ")
        else:
            self._state = "login"
            self._say("\ncamera login: ")

    def _open_shell(self) -> None:
        self._typed.clear()
        self._state = "shell"
        self._say(f"\n\nBusyBox v1.36.1 built-in shell (ash)\n\n{SHELL}")

    def _hear(self) -> None:
        for byte in self._line.read():
            self._key(byte)

    def _key(self, byte: int) -> None:
        self._early_key = self._early_key or not self._up
        if self._state == "boot":
            self._key_while_booting(byte)
        elif self._state == "autoboot":
            self._state = "loader"
            self._say(f"\b\b\b 0 \n{LOADER}")
        elif byte == _CTRL_C:
            self._interrupt()
        elif byte == _CTRL_D:
            self._end_of_input()
        elif byte in b"\r\n":
            self._return(byte)
        else:
            self._type(byte)

    def _key_while_booting(self, byte: int) -> None:
        """A script of the start that is interrupted leaves its shell."""
        if byte == _CTRL_C and self._services_start and "uart-interrupted-boot" in self._flaws:
            self._say("^C")
            self._open_shell()

    def _interrupt(self) -> None:
        self._typed.clear()
        prompts = {"shell": f"^C\n{SHELL}", "loader": f"\n{LOADER}"}
        if self._state in prompts:
            self._say(prompts[self._state])
        elif self._state in ("login", "password"):
            self._ask()

    def _end_of_input(self) -> None:
        if self._state in ("login", "password") or (self._state == "shell" and not self._typed):
            self._ask()

    def _type(self, byte: int) -> None:
        self._after_return = False
        if byte in _ERASE:
            if self._typed and self._echoes:
                self._say("\b \b")
            del self._typed[-1:]
        elif byte >= 0x20 and len(self._typed) < _LINE_MOST:
            self._typed.append(byte)
            if self._echoes:
                self._line.write(bytes([byte]))

    @property
    def _echoes(self) -> bool:
        return self._state in ("login", "shell", "loader")

    def _return(self, byte: int) -> None:
        """CR, LF or both end a line once."""
        if byte == 0x0A and self._after_return:
            self._after_return = False
            return
        self._after_return = byte == 0x0D
        typed, now = self._typed.decode(errors="replace"), self._state
        self._typed.clear()
        if now != "blind":
            self._say("\n")
        match now:
            case "login":
                self._name(typed)
            case "password":
                self._password(typed)
            case "shell" | "blind":
                self._command(typed)
            case "loader":
                self._say("".join(f"{each}\n" for each in loader(typed)) + LOADER)

    def _name(self, typed: str) -> None:
        if not typed:
            self._ask()
        elif typed == "root" and self._early_key and "uart-root-first-key" in self._flaws:
            self._open_shell()
        else:
            self._user, self._state = typed, "password"
            self._say("Password: ")

    def _password(self, typed: str) -> None:
        if "uart-slow-login" in self._flaws:
            self._state = "checking"
            self._unit.clock.call_later(SLOW_S, lambda: self._check(typed))
        else:
            self._check(typed)

    def _check(self, typed: str) -> None:
        shared = self._flaws & {"uart-shared-login", "uart-slow-login"} and (self._user, typed) == SHARED
        if shared or ("uart-password-only" in self._flaws and typed == SHARED_ALONE):
            self._open_shell()
        else:
            self._say("Login incorrect\n")
            self._ask()

    def _command(self, typed: str) -> None:
        if typed.strip() in ("exit", "logout") and self._state == "shell":
            self._ask()
            return
        self._say("".join(f"{each}\n" for each in shell(typed)) + (SHELL if self._state == "shell" else ""))
