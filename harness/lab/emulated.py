"""Emulated devices as the lab holds them: started, asked for the time, cut from power, started again, stopped.

In a private world a device has a network namespace and a cable of its own; elsewhere it listens on 127.0.0.1, on free ports.
"""

import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import repeat
from pathlib import Path
from typing import Any

from harness.lab.devices import DEVICES, Kind, Place, kind_of
from harness.lab.home import NOT_HERE, Home
from harness.lab.lan import CAMERA, CAMERA_MAC, Lan, Namespace
from harness.lab.namespaces import inside
from harness.lab.uart import Uart
from harness.model.errors import NotPossible, Undecided, UsageError
from harness.model.secret import Login

__all__ = ["DEVICES", "Device", "Kind", "advance", "kind_of", "make", "start"]

ADDRESS, MAC = CAMERA, CAMERA_MAC
UNITS = ((ADDRESS, MAC), ("192.168.77.21", "02:00:00:ca:00:02"))  # address and MAC of each unit of a bench
LOOPBACK = "127.0.0.1"
LOOPBACK_LIMITS = (
    "no network of its own for the device: its MAC address is not seen, raw packets and neighbour discovery are not possible",
    "all requests come from one address: limits that count by address are not told apart",
    "a power cut closes connections instead of leaving them silent",
    NOT_HERE,
)

_READY_S, _STOP_S, _CLOCK_S, _STEP_S = 30.0, 5.0, 60.0, 0.001
_MISSING = 69  # exit status of a foreign device whose Debian packages are missing
_LINE_MOST = 1 << 16


def start(
    device: str,
    folder: Path,
    *,
    flaws: Sequence[str] = (),
    login: Login | None = None,
    address: str = ADDRESS,
    mac: str = MAC,
    home: Home | None = None,
) -> "Device":
    """Make an emulated device and switch it on."""
    started = make(device, folder, flaws=flaws, login=login, address=address, mac=mac, home=home)
    try:
        started.start_again()
    except BaseException:
        started.stop()
        raise
    return started


def make(
    device: str,
    folder: Path,
    *,
    flaws: Sequence[str] = (),
    login: Login | None = None,
    address: str = ADDRESS,
    mac: str = MAC,
    home: Home | None = None,
) -> "Device":
    """An emulated device whose memory lies in `folder`, not switched on yet; the same folder is the same unit again.

    `login` is the one account of a device that cannot be set up over its network (`Kind.needs_login`). Units in one
    `home` see each other and have its router; without one a unit gets a network of its own, with nothing behind it.
    """
    kind = kind_of(device)
    if flaws and not kind.has_flaws:
        raise UsageError(f"{device} is as its makers left it and has no flaws to choose; leave --flaw out")
    if kind.missing:
        raise NotPossible(f"{device}: apt-get install {' '.join(kind.missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    if kind.needs_login:
        _leave_login(folder, login)
    network, limits = _network(address, mac, home.lan if home else None)
    made = Device(kind, folder, flaws, network, mac, home)
    made.limits = limits
    return made


class Device:
    """One emulated device. `ports` maps the declared ports to the actual ones; `limits` says what cannot be tested on it here."""

    def __init__(
        self, kind: Kind, folder: Path, flaws: Sequence[str], network: Namespace | None, mac: str, home: Home | None = None
    ) -> None:
        self.kind, self.folder = kind, folder
        self.address = network.address if network else LOOPBACK
        self.ports = {declared: declared if network else 0 for declared in kind.ports.values()}
        self.limits: tuple[str, ...] = ()
        self._flaws, self._network, self._mac = tuple(flaws), network, mac
        self._home = home if network else None
        self._folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._process: subprocess.Popen[bytes] | None = None
        self._starting: Future[None] | None = None
        self.uart = Uart() if kind.has_uart else None

    @property
    def has_clock(self) -> bool:
        """Can its clock be advanced?"""
        return self.kind.has_clock

    @property
    def alive(self) -> bool:
        """Is it switched on and running?"""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> Path:
        """What it says of itself."""
        return self.folder / "device.log"

    def start_again(self) -> None:
        """Switch on and wait until its services are there; does nothing when it runs."""
        self.switch_on()
        self.await_ready()

    def switch_on(self) -> None:
        """Give it power; it starts by itself. Does nothing when it runs."""
        if self.alive:
            return
        if self._network:
            self._network.plug(connected=True)
        uart = self.uart.device_end if self.uart else None
        login = self.folder / "login.json"
        place = Place(self.folder, self.address, self.ports, self._mac, self._control, self._flaws, login, uart, *self._router())
        if self.uart:
            self.uart.forget()
        with self.log.open("ab") as log:
            self._process = self._launch(self.kind.command(place), log.fileno())
        self._starting = Future()
        threading.Thread(target=self._start, args=(self._process, self._starting), daemon=True).start()

    def await_ready(self) -> None:
        """Until it has started; raises what went wrong."""
        if self._starting:
            self._starting.result()

    def kill(self) -> None:
        """Cut the power: no goodbye on any connection (where the device has a cable of its own)."""
        if self._network:
            self._network.plug(connected=False)
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Switch off in order, and take everything down that was made for it."""
        self._end(signal.SIGTERM)
        if self._network:
            self._network.close()
        if self.uart:
            self.uart.close()
        if self._folder_fd >= 0:
            with suppress(FileNotFoundError):
                os.unlink("control", dir_fd=self._folder_fd)
            os.close(self._folder_fd)
            self._folder_fd = -1

    def now(self) -> float:
        """Device time, in seconds since 1970."""
        return float(self._ask({"do": "now"})["now"])

    def advance(self, seconds: float) -> None:
        """Move its clock on, timer by timer."""
        advance([self], seconds)

    def step(self, seconds: float, more: bool = False) -> float | None:
        """Move on; what falls into these seconds is done when this returns the seconds until the next timer. `more` steps follow."""
        due = self._ask({"do": "advance", "seconds": seconds, "more": more})["due"]
        return None if due is None else float(due)

    @property
    def home(self) -> Home | None:
        """The network that it lives in."""
        return self._home

    def press_reset(self, seconds: float) -> None:
        """Hold its reset button; comes back when it runs again."""
        self._ask({"do": "press_reset", "seconds": seconds})

    def _router(self) -> tuple[str, Path | None]:
        return (self._home.gateway, self._home.services.trust) if self._home else ("", None)

    @property
    def _control(self) -> str:
        """A short path of the control socket: a Unix socket's may not be longer than 107 bytes."""
        return f"/proc/self/fd/{self._folder_fd}/control"

    def _launch(self, argv: list[str], log: int) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}
        popen: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": log, "env": environment}
        inherited = (self._folder_fd, self.uart.device_end) if self.uart else (self._folder_fd,)
        popen |= {"pass_fds": inherited, "start_new_session": True}
        if self._network:
            return self._network.start(argv, **popen)
        return subprocess.Popen(argv, **popen)

    def _start(self, process: subprocess.Popen[bytes], started: "Future[None]") -> None:
        """In a thread of its own: whoever waits for the device is told how it went."""
        try:
            self._take_ready_line(process)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            started.set_exception(error)
        else:
            started.set_result(None)

    def _take_ready_line(self, process: subprocess.Popen[bytes]) -> None:
        line = _first_line(process, time.monotonic() + _READY_S)
        try:
            ready = json.loads(line)
            self.ports = {declared: int(ready[name] or 0) for name, declared in self.kind.ports.items()}
        except (ValueError, TypeError, KeyError):
            self._explain(process)
        if not all(self.ports.values()):
            self.limits = (*self.limits, "ffmpeg is missing (apt-get install ffmpeg): the device has no streams and no still picture")
            self.ports = {declared: actual or declared for declared, actual in self.ports.items()}

    def _explain(self, process: subprocess.Popen[bytes]) -> None:
        """Why there was no ready line."""
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        said = self.log.read_bytes()[-4000:].decode(errors="replace").strip().splitlines()[-4:]
        if process.returncode == _MISSING:
            raise NotPossible(f"{self.kind.name}: {said[-1].replace('missing:', 'apt-get install')}")
        raise UsageError(
            f"{self.kind.name} did not start (status {process.returncode}); its log {self.log} ends: {' | '.join(said) or 'nothing'}"
        )

    def _end(self, number: signal.Signals) -> None:
        """Signal the device, then make sure that nothing of it is left."""
        process, self._process = self._process, None
        if process is None:
            return
        if number != signal.SIGKILL:
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_S)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if self._starting:
            self._starting.exception()
        if process.stdout:
            process.stdout.close()

    def _ask(self, order: dict[str, object]) -> dict[str, Any]:
        if not self.has_clock:
            raise NotPossible(f"{self.kind.name} has no clock that can be advanced")
        self.await_ready()
        try:
            answer: dict[str, Any] = json.loads(self._exchange(json.dumps(order).encode() + b"\n"))
        except (OSError, ValueError) as error:
            raise Undecided(f"the clock of {self.kind.name} does not answer: {error}") from error
        if not answer.get("ok"):
            raise UsageError(f"the clock of {self.kind.name} refuses {order}: {answer.get('error')}")
        return answer

    def _exchange(self, order: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(_CLOCK_S)
            peer.connect(self._control)
            peer.sendall(order)
            with peer.makefile("rb") as answers:
                return answers.readline(_LINE_MOST)


def advance(devices: Sequence[Device], seconds: float) -> None:
    """Move the clocks of devices that live together, timer by timer: before each, the router's clock is where theirs will be."""
    homes = {id(device.home): device.home for device in devices if device.home}
    if not homes:
        for device in devices:
            device.step(seconds)
        return
    with ThreadPoolExecutor(len(devices)) as together:
        left, due = seconds, list(together.map(Device.step, devices, repeat(0.0), repeat(seconds > 0)))
        while left > 0:
            step = min([left, *(each + _STEP_S for each in due if each is not None)])
            for home in homes.values():
                home.services.advance(step)
            left -= step
            due = list(together.map(Device.step, devices, repeat(step), repeat(left > 0)))


def _network(address: str, mac: str, lan: Lan | None) -> tuple[Namespace | None, tuple[str, ...]]:
    """A network of its own where we are in a private world that allows it; else what is lost without."""
    if not inside():
        return None, LOOPBACK_LIMITS
    network = Namespace(address, mac, lan)
    try:
        network.open()
    except NotPossible as error:
        return None, (str(error), *LOOPBACK_LIMITS)
    return network, ()


def _leave_login(folder: Path, login: Login | None) -> None:
    """The account of a device without set-up, in a file that only we read."""
    path = folder / "login.json"
    if login is None:
        if path.exists():
            return
        raise UsageError("this device has no set-up of its own; start it with the login of its owner")
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({"user": login.user, "password": login.password}))


def _first_line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """What it prints first; empty when it ends or says nothing in time."""
    if process.stdout is None:
        return b""
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < _LINE_MOST:
        if not select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
            break
        more = os.read(process.stdout.fileno(), 4096)
        if not more:
            break
        line += more
    return bytes(line)
