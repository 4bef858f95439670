"""Ways to switch a unit's supply: the bench's shell commands, the person at the bench, an emulated device."""

import subprocess

from harness.lab.emulated import Device
from harness.lab.namespaces import on_host
from harness.model.bench import PowerSwitch
from harness.model.errors import UsageError
from harness.transports.console import Way

COMMAND_S = 60.0
EMULATED_OFF_S = 0.2
_TAIL = 300


class CommandPower:
    """Implements harness.transports.console.Power by two commands of the bench file."""

    way: Way = "commands"

    def __init__(self, switch: PowerSwitch) -> None:
        self._switch = switch

    @property
    def off_s(self) -> float:
        """As the bench says."""
        return self._switch.off_s

    def off(self) -> None:
        """Run the command `off`."""
        _run("off", self._switch.off)

    def on(self) -> None:
        """Run the command `on`."""
        _run("on", self._switch.on)


class OperatorPower:
    """Implements harness.transports.console.Power where a person switches: the probe asks them, so that their answers are recorded."""

    way: Way = "operator"

    def __init__(self, switch: PowerSwitch) -> None:
        self.off_s = switch.off_s

    def off(self) -> None:
        """The person was asked."""

    def on(self) -> None:
        """The person was asked."""


class EmulatedPower:
    """Implements harness.transports.console.Power on an emulated device: its processes are killed, as a power cut kills them."""

    way: Way = "emulated"
    off_s = EMULATED_OFF_S

    def __init__(self, device: Device) -> None:
        self._device = device

    def off(self) -> None:
        """Cut it."""
        self._device.kill()

    def on(self) -> None:
        """Give it."""
        self._device.switch_on()


def _run(which: str, command: str) -> None:
    """By the shell; what it says is told when it fails."""
    try:
        argv, descriptors = on_host(["sh", "-c", command])
        done = subprocess.run(argv, check=False, pass_fds=descriptors, capture_output=True, stdin=subprocess.DEVNULL, timeout=COMMAND_S)
    except subprocess.TimeoutExpired:
        raise UsageError(f"the bench's command power.{which} did not end within {COMMAND_S:g} s; try it by hand") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-_TAIL:]
        raise UsageError(f"the bench's command power.{which} ended with status {done.returncode} ({said or 'no words'}); try it by hand")
