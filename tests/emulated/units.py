"""Emulated cameras to try things on: in this process (quick) or as the process that a lab starts."""

import asyncio
import http.client
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.emulated.camera.app import Camera
from harness.emulated.camera.network import listeners
from harness.emulated.camera.options import Options

HERE = "127.0.0.1"
OWNER, PASSWORD, NEW_PASSWORD = "admin", "first-Pass-1", "second-Pass-2"
PATIENCE_S = 20
UNVERIFIED = ssl.create_default_context()
UNVERIFIED.check_hostname, UNVERIFIED.verify_mode = False, ssl.CERT_NONE


EXTRA_PORTS = ("DIAGNOSIS", "FACTORY_TEST", "MIRROR", "RELAY", "SEARCH", "TELNET", "HTTP", "SNMP", "SUPPORT", "HOME")


def free_extra_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the ports beside the declared ones other numbers: a second camera on this machine may have the usual ones."""
    for name in EXTRA_PORTS:
        with socket.socket() as one:
            one.bind((HERE, 0))
            monkeypatch.setattr(listeners, name, one.getsockname()[1])


@dataclass
class Reply:
    """What was answered."""

    status: int
    headers: str
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, understood."""
        return json.loads(self.body)


@dataclass
class Handle:
    """A camera that listens."""

    https_port: int
    rtsps_port: int
    rtsp_port: int
    control: Path
    flash: Path
    said: dict[str, Any] = field(default_factory=dict)

    def curl(self, path: str, body: object = None, *, token: str = "", more: tuple[str, ...] = ()) -> Reply:
        """Ask with curl; a body makes it a POST of JSON."""
        command = ["curl", "-sk", "-i", "--max-time", str(PATIENCE_S), "--path-as-is", *more, f"https://{HERE}:{self.https_port}{path}"]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        if token:
            command += ["-H", f"Authorization: Bearer {token}"]
        raw = subprocess.run(command, capture_output=True, check=True).stdout
        head, _, rest = raw.partition(b"\r\n\r\n")
        return Reply(int(head.split()[1]), head.decode(), rest)

    def ask(self, path: str, body: object = None, *, token: str = "") -> Reply:
        """The same without a process for it: quicker, where many things are asked."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is None:
            return self.exchange("GET", path, None, headers)
        return self.exchange("POST", path, json.dumps(body).encode(), {**headers, "Content-Type": "application/json"})

    def exchange(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        """One request on a connection of its own."""
        connection = http.client.HTTPSConnection(HERE, self.https_port, timeout=PATIENCE_S, context=UNVERIFIED)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Reply(response.status, str(response.headers), response.read())
        finally:
            connection.close()

    def set_up(self) -> None:
        """Make the owner's account."""
        assert self.ask("/api/setup", {"user": OWNER, "password": PASSWORD}).json == {"ok": True}

    def log_in(self, password: str = PASSWORD, user: str = OWNER) -> str:
        """A session's token, empty when refused."""
        return self.ask("/api/login", {"user": user, "password": password}).json.get("token", "")

    def change(self, new: str = NEW_PASSWORD, *, current: str | None = PASSWORD, token: str = "") -> int:
        """The status of a change of the password in a session (a new one, if none is given)."""
        body = {"new": new} if current is None else {"current": current, "new": new}
        return self.ask("/api/account/password", body, token=token or self.log_in()).status

    def alive(self, token: str) -> bool:
        """Is this a session?"""
        return self.ask("/api/session", token=token).status == 200

    def order(self, line: str) -> dict[str, Any]:
        """Send one line to the control socket."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE_S)
            control.connect(str(self.control))
            control.sendall(line.encode() + b"\n")
            return json.loads(control.makefile().readline())

    def advance(self, seconds: float) -> float:
        """Move the device's clock; what it shows then."""
        answer = self.order(json.dumps({"do": "advance", "seconds": seconds}))
        assert answer["ok"], answer
        return float(answer["now"])

    def now(self) -> float:
        """What the device's clock shows."""
        return float(self.order('{"do": "now"}')["now"])

    def stream(self, path: str = "/live/main", *, user: str = OWNER, password: str = PASSWORD, clear: bool = False) -> str:
        """A stream's address with name and password."""
        if clear:
            return f"rtsp://{user}:{password}@{HERE}:{self.rtsp_port}{path}"
        return f"rtsps://{user}:{password}@{HERE}:{self.rtsps_port}{path}"

    def allow_clear_streams(self, on: bool = True) -> None:
        """As its owner, who was warned."""
        assert self.ask("/api/settings", {"clear_streams": on, "confirmed": True}, token=self.log_in()).status == 200


@contextmanager
def unit(folder: Path, *flaws: str, set_up: bool = True, **more: Any) -> Iterator[Handle]:
    """A camera in a thread of this process; `more` are options."""
    control = folder / "control"
    options = Options(folder / "flash", HERE, 0, 0, 0, control=control, flaws=frozenset(flaws), **more)
    listening, off = threading.Event(), threading.Event()
    said: dict[str, Any] = {}

    async def live() -> None:
        camera = Camera(options)
        try:
            said.update(await camera.switch_on())
            listening.set()
            await asyncio.to_thread(off.wait)
        finally:
            await camera.switch_off()

    thread = threading.Thread(target=asyncio.run, args=(live(),))
    thread.start()
    try:
        assert listening.wait(PATIENCE_S)
        handle = Handle(said["https_port"], said["rtsps_port"] or 0, said["rtsp_port"] or 0, control, options.flash, said)
        if set_up:
            handle.set_up()
        yield handle
    finally:
        off.set()
        thread.join()


class Process:
    """A camera as a lab starts it."""

    def __init__(self, folder: Path, *more: str, environment: dict[str, str] | None = None, pass_fds: tuple[int, ...] = ()) -> None:
        self._control, self._flash = folder / "control", folder / "flash"
        where = ("--flash", str(self._flash), "--address", HERE, "--https-port", "0", "--rtsps-port", "0", "--rtsp-port", "0")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.emulated.camera", *where, "--control", str(self._control), *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            pass_fds=pass_fds,
        )

    def ready(self) -> Handle:
        """Wait for the ready line."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], PATIENCE_S)[0]
        said = json.loads(self.process.stdout.readline())
        return Handle(said["https_port"], said["rtsps_port"] or 0, said["rtsp_port"] or 0, self._control, self._flash, said)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; the exit status and what was logged."""
        self.process.send_signal(number)
        _, log = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, log.decode()
