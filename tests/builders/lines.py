"""Serial lines to try things on: a bench with a console, a power switch and a clock around any device that speaks on a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.lab import emulated
from harness.lab.power import EmulatedPower
from harness.profile.read import read_profile
from harness.runner.places import ROOT
from harness.transports.serial import SerialConsole
from tests.builders.devices import Desk

PROFILE = read_profile(ROOT / "device_profiles/emulated-fast.yaml")


@contextmanager
def emulated_line(folder: Path, *flaws: str, baud: int = 115200) -> Iterator[Bench]:
    """The emulated camera, switched on, with its line and its power."""
    device = emulated.make("fast", folder / "device", flaws=flaws)
    console = SerialConsole(device.uart.url, folder / "console.raw", baud=baud)
    try:
        device.start_again()
        desk = Desk(folder, clock=AdvancedClock(device.advance))
        yield replace(desk.bench(PROFILE, device.ports), console=console, power=EmulatedPower(device))
    finally:
        console.close()
        device.stop()
