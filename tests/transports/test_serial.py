"""The recorder of a serial line: every byte with its time, on ports that behave and ports that do not."""

import hashlib
import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.model.errors import NotPossible, UsageError
from harness.transports import serial as transport
from harness.transports.serial import SerialConsole
from tests.builders.devices import HERE

PATIENCE_S = 10.0


class Port:
    """A pseudo terminal: `url` is ours, `far` the device's."""

    def __init__(self) -> None:
        self.far, self.near = pty.openpty()
        tty.setraw(self.near)
        self.url = os.ttyname(self.near)

    def unplug(self) -> None:
        """Both ends are gone."""
        for end in (self.far, self.near):
            with suppress(OSError):
                os.close(end)


@pytest.fixture
def port() -> Iterator[Port]:
    made = Port()
    yield made
    made.unplug()


@contextmanager
def recorded(url: str, folder: Path, **more: int) -> Iterator[SerialConsole]:
    console = SerialConsole(url, folder / "line.raw", **more)
    try:
        yield console
    finally:
        console.close()


def heard(console: SerialConsole, count: int) -> bytes:
    """As soon as there are so many bytes."""
    until = time.monotonic() + PATIENCE_S
    while console.mark() < count and time.monotonic() < until:
        console.wait(console.mark(), 0.1)
    return console.window(0).data


def test_every_byte_has_its_time(port: Port, tmp_path: Path) -> None:
    with recorded(port.url, tmp_path) as console:
        before = time.time()
        os.write(port.far, b"one\r\n")
        assert heard(console, 5) == b"one\r\n"
        mark = console.mark()
        os.write(port.far, b"\x00\xff\x1btwo")
        assert heard(console, 11)[5:] == b"\x00\xff\x1btwo"
        window = console.window(mark)
        assert (window.begin, window.end, window.data) == (5, 11, b"\x00\xff\x1btwo")
        assert before <= console.window(0).chunks[0].at <= window.chunks[-1].at <= time.time()
        assert console.window(1, 4).data == b"ne\r"
        assert console.window(11).data == console.window(400).data == b""
        assert not console.wait(console.mark(), 0.01)
        left = console.close()
        assert console.close() == left
    raw = (tmp_path / "line.raw").read_bytes()
    assert (left.bytes, left.lost, left.sha256, left.broke) == (11, 0, hashlib.sha256(raw).hexdigest(), "")
    times = [json.loads(line) for line in (tmp_path / "line.times").read_text().splitlines()]
    assert times[-1][1] == 11
    assert (tmp_path / "line.raw").stat().st_mode & 0o777 == 0o600


def test_what_is_sent_arrives(port: Port, tmp_path: Path) -> None:
    with recorded(port.url, tmp_path, baud=9600) as console:
        assert console.baud == 9600
        console.set_baud(1500000)
        console.send(b"\x03root\r")
        assert os.read(port.far, 100) == b"\x03root\r"
        with pytest.raises(NotPossible, match="cannot be set"):
            console.set_baud(-1)


def test_a_flood_is_kept_up_to_an_end_and_counted(port: Port, tmp_path: Path) -> None:
    """1.5 MB, of which the recording takes 1 MB; memory grows with reads only."""
    line = b"x" * 63 + b"\n"
    with recorded(port.url, tmp_path, most=1 << 20) as console:
        for _ in range(1500000 // 4096):
            os.write(port.far, line * 64)
        until = time.monotonic() + PATIENCE_S
        while console.mark() + console.lost < 1500000 // 4096 * 4096 and time.monotonic() < until:
            time.sleep(0.05)
        assert console.mark() == 1 << 20
        assert console.lost == 1500000 // 4096 * 4096 - (1 << 20)
        assert console.window(0).end <= transport.WINDOW
        left = console.close()
    assert left.bytes == (tmp_path / "line.raw").stat().st_size == 1 << 20


def test_a_port_that_is_pulled(port: Port, tmp_path: Path) -> None:
    with recorded(port.url, tmp_path) as console:
        os.write(port.far, b"last words")
        assert heard(console, 10) == b"last words"
        port.unplug()
        with pytest.raises(UsageError, match="is it plugged in"):
            heard(console, 11)
        with pytest.raises(UsageError):
            console.send(b"x")
        assert console.window(0).data == b"last words"
        left = console.close()
    assert (left.bytes, "broke" in left.broke) == (10, True)


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="is not there; is the adapter plugged in"):
        SerialConsole("/dev/ttyNOWHERE7", tmp_path / "line.raw")
    with pytest.raises(NotPossible, match="cannot be opened"):
        SerialConsole(str(Path(__file__)), tmp_path / "line.raw")
    with pytest.raises(NotPossible, match="cannot be opened"):
        SerialConsole("socket://127.0.0.1:1", tmp_path / "line.raw")


def test_a_port_that_another_program_holds(port: Port, tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import time; port = open({port.url!r}, 'rb', 0); print(flush=True); time.sleep(60)"], stdout=-1
    )
    try:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(NotPossible, match=f"held by another program .process {holder.pid}, python"):
            SerialConsole(port.url, tmp_path / "line.raw")
    finally:
        holder.kill()
        holder.communicate()
    with recorded(port.url, tmp_path), pytest.raises(NotPossible, match="Could not exclusively lock port"):
        SerialConsole(port.url, tmp_path / "other.raw")


def test_a_lock_file_of_a_terminal_program(port: Port, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a process that lives; a stale one counts for nothing."""
    lock = tmp_path / f"LCK..{Path(port.url).name}"
    monkeypatch.setattr(transport, "_LOCKS", (tmp_path,))
    lock.write_text(f"{os.getpid():10d}\n")
    with pytest.raises(NotPossible, match=f"process {os.getpid()}"):
        SerialConsole(port.url, tmp_path / "line.raw")
    lock.write_text("999999999\n")
    with recorded(port.url, tmp_path):
        pass


def test_a_line_over_a_socket(tmp_path: Path) -> None:
    """As fast as it comes, and broken when the server closes."""
    many = b"0123456789abcdef" * 8192
    with socket.create_server((HERE, 0)) as server, recorded(f"socket://{HERE}:{server.getsockname()[1]}", tmp_path) as console:
        peer, _ = server.accept()
        threading.Thread(target=peer.sendall, args=(many,)).start()
        assert heard(console, len(many)) == many
        console.send(b"back")
        assert peer.recv(10) == b"back"
        peer.close()
        with pytest.raises(UsageError, match="broke"):
            heard(console, len(many) + 1)


SER2NET = """\
connection: &line
  accepter: {accepter},{host},{port}
  connector: serialdev,{device},115200n81,local
"""


@pytest.mark.filterwarnings("ignore:set(Daemon|Name)")  # pyserial's
@pytest.mark.parametrize(("accepter", "url"), [("tcp", "socket://{}:{}"), ("telnet(rfc2217)", "rfc2217://{}:{}?ign_set_control")])
def test_ser2net(port: Port, tmp_path: Path, accepter: str, url: str) -> None:
    """Somebody else's server between us and the line."""
    if shutil.which("ser2net", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
        pytest.skip("apt-get install ser2net")
    with socket.create_server((HERE, 0)) as free:
        number = free.getsockname()[1]
    settings = tmp_path / "ser2net.yaml"
    settings.write_text(SER2NET.format(accepter=accepter, host=HERE, port=number, device=port.url))
    program = shutil.which("ser2net", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    server = subprocess.Popen([str(program), "-n", "-d", "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        console = opened(url.format(HERE, number), tmp_path)
        os.write(port.far, b"\xff\x00boot\r\n")
        assert heard(console, 8) == b"\xff\x00boot\r\n"
        console.send(b"root\r")
        assert os.read(port.far, 100) == b"root\r"
        server.kill()
        server.wait()
        with pytest.raises(UsageError, match="broke"):
            heard(console, 9)
        console.close()
    finally:
        server.kill()
        server.wait()


def opened(url: str, folder: Path) -> SerialConsole:
    """Once the server listens."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return SerialConsole(url, folder / "line.raw")
        except NotPossible:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
