"""Serial lines to try things on: devices that speak on one, sound and hostile, with a power switch, and the real case asked of them."""

import importlib.util
import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.cases.dut import Limits
from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock, Clock
from harness.lab import emulated
from harness.lab.power import EmulatedPower
from harness.model.profile import Profile
from harness.model.verdict import CaseVerdict
from harness.runner.places import ROOT
from harness.transports.console import Power
from harness.transports.serial import SerialConsole
from tests.builders.devices import Desk
from tests.builders.profiles import emulated_profile
from tests.builders.toy import attempt, gate, judged

PROFILE = emulated_profile()
ON_NO_NETWORK = PROFILE.model_copy(update={"ixit": PROFILE.ixit.model_copy(update={"log_intf": (), "auth_mech": ()})})
BOOT = b"\r\n\r\nU-Boot 2019.07\r\nDRAM:  128 MiB\r\nStarting kernel ...\r\n[    0.000000] Booting Linux\r\ninit started\r\n"
LIMITS: dict[str, float] = {"credential_pairs_max": 5, "post_boot_listen_s": 60, "cold_boots": 3}


@dataclass
class Wire:
    """The device's end of a line while it has power."""

    descriptor: int
    off: threading.Event

    def say(self, data: bytes) -> None:
        """What nobody takes is lost."""
        with suppress(BlockingIOError):
            os.write(self.descriptor, data)

    def key(self) -> bytes:
        """The next byte, empty when the power is cut."""
        while not self.off.is_set():
            if select.select([self.descriptor], [], [], 0.02)[0]:
                return os.read(self.descriptor, 1)
        return b""

    def line(self, *, echo: bool = True) -> str | None:
        """What was typed up to Enter, Ctrl-C or Ctrl-D; None when the power is cut."""
        typed = bytearray()
        while key := self.key():
            if key in b"\r\n\x03\x04":
                if echo:
                    self.say(b"\r\n")
                return "" if key in b"\x03\x04" else typed.decode(errors="replace")
            typed += key
            if echo:
                self.say(key)
        return None


Device = Callable[[Wire], object]


class Switched:
    """A device that runs while it has power; `url` is our end of its line."""

    way = "commands"
    off_s = 0.05

    def __init__(self, device: Device) -> None:
        self._device = device
        self._far, self._near = pty.openpty()
        tty.setraw(self._near)
        os.set_blocking(self._far, False)
        self.url = os.ttyname(self._near)
        self._off = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_on(self) -> bool:
        """Has it power?"""
        return self._thread is not None

    def on(self) -> None:
        """What was sent while it was off reached nobody."""
        if self._thread is None:
            with suppress(BlockingIOError):
                while os.read(self._far, 65536):
                    pass
            self._off = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(Wire(self._far, self._off),))
            self._thread.start()

    def off(self) -> None:
        """Cut it."""
        self._off.set()
        if self._thread:
            self._thread.join()
        self._thread = None

    def unplug(self) -> None:
        """The adapter is pulled."""
        self._off.set()
        for end in (self._far, self._near):
            with suppress(OSError):
                os.close(end)

    def close(self) -> None:
        """Take it down."""
        self.off()
        self.unplug()

    def _run(self, wire: Wire) -> None:
        with suppress(OSError):
            self._device(wire)
            while wire.key():
                pass


class Stuck(Switched):
    """A power switch that switches something else."""

    def off(self) -> None:
        """Nothing."""


@contextmanager
def switched(device: Device, kind: type[Switched] = Switched) -> Iterator[Switched]:
    """A device that has power."""
    made = kind(device)
    made.on()
    try:
        yield made
    finally:
        Switched.off(made)
        made.unplug()


def serial_case() -> ModuleType:
    """The module of PHY-01's case."""
    path = ROOT / "testcases/physical_hardware/test_serial_console.py"
    spec = importlib.util.spec_from_file_location("phy_01", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def verdict_on(
    folder: Path,
    url: str,
    power: Power | None,
    *,
    profile: Profile = ON_NO_NETWORK,
    clock: Clock | None = None,
    limits: dict[str, float] | None = None,
    ports: dict[int, int] | None = None,
    **means: Any,
) -> CaseVerdict:
    """PHY-01's case, judged on this line. The recorder starts before the power that the case cuts first."""
    console = SerialConsole(url, folder / "console.raw")
    if power:
        power.on()
    time.sleep(0.1)
    try:
        with gate(folder, clock=clock or AdvancedClock(lambda _: None)) as made:
            sample = made.live.bench.sample.model_copy(update={"ports": ports or {}})
            made.live.bench = replace(made.live.bench, profile=profile, sample=sample, console=console, power=power, **means)
            case = serial_case().test_serial_console_gives_no_shell
            return judged(
                made.live, lambda observe: case(None, observe, Limits("PHY-01", limits or LIMITS)), attempt("phy", impact="reboot")
            )
    finally:
        console.close()


@contextmanager
def emulated_line(folder: Path, *flaws: str, baud: int = 115200) -> Iterator[Bench]:
    """The emulated camera, switched on, with its line and its power."""
    device = emulated.make("fast", folder / "device", flaws=flaws)
    assert device.uart
    console = SerialConsole(device.uart.url, folder / "console.raw", baud=baud)
    try:
        device.start_again()
        desk = Desk(folder, clock=AdvancedClock(device.advance))
        yield replace(desk.bench(PROFILE, device.ports), console=console, power=EmulatedPower(device))
    finally:
        console.close()
        device.stop()
