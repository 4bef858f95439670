"""Captures of real traffic by tcpdump and dumpcap, and tshark's opinion on the same file."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.probes.captures.around import Around
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.survey import Survey
from tests.builders.frames import connect, hello, resolve
from tests.builders.surveys import destinations

UNIT, SERVER = "127.0.0.20", "127.0.0.30"
RECORDERS = {"tcpdump": ["tcpdump", "--immediate-mode", "-U", "-n"], "dumpcap": ["dumpcap", "-q"]}
TOOLS = tuple(name for name in RECORDERS if shutil.which(name))


@contextmanager
def server() -> Iterator[int]:
    """Takes connections and says nothing."""

    def accept() -> None:
        with suppress(OSError):
            while True:
                taken.append(listening.accept()[0])

    taken: list[socket.socket] = []
    with socket.create_server((SERVER, 0)) as listening:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in taken:
                each.close()


@contextmanager
def recorded(tool: str, path: Path, port: int) -> Iterator[None]:
    """This port on the loopback, until left; skipped where that is not allowed."""
    argv = [*RECORDERS[tool], "-i", "lo", "-w", str(path), *(["-f"] if tool == "dumpcap" else []), f"host {UNIT} and port {port}"]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 10
        while not (path.exists() and path.stat().st_size) and time.monotonic() < deadline:
            if process.poll() is not None:
                pytest.skip(f"{tool} may not record here: {process.stderr.read().decode()[-200:] if process.stderr else ''}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def frames_in(path: Path) -> int:
    return sum(1 for _ in CaptureFile(path))


@pytest.mark.once
@pytest.mark.parametrize("tool", TOOLS)
def test_a_handshake_as_recorded_by_others(tmp_path: Path, tool: str) -> None:
    path = tmp_path / f"{tool}.cap"
    path.parent.chmod(0o777)
    with server() as port:
        with recorded(tool, path, port):
            plain = socket.create_connection((SERVER, port), timeout=1, source_address=(UNIT, 0))
            plain.sendall(hello("real.maker.example"))
            deadline = time.monotonic() + 10
            while frames_in(path) < 5 and time.monotonic() < deadline:
                time.sleep(0.05)
            plain.close()
        survey = Survey(Around(frozenset(), {socket.inet_aton(UNIT)}))
        survey.read(CaptureFile(path))
        survey.finish()
    [to] = survey.destinations
    assert (to.address, to.port, to.shown, to.answered) == (SERVER, port, "real.maker.example", True)
    assert not list(survey.lost)


@pytest.mark.once
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_sees_the_same_names(tmp_path: Path) -> None:
    names = [f"host-{number}.maker.example" for number in range(12)]
    packets = []
    for number, name in enumerate(names):
        said = hello(name)
        opened = connect(f"203.0.113.{number + 1}", 443, said[:90], said[90:], own=40000 + number)
        packets += [*resolve(name, f"203.0.113.{number + 1}", number=number), *opened[:2], *reversed(opened[2:])]
    ours = destinations(tmp_path, packets)
    fields = ["-T", "fields", "-e", "dns.qry.name", "-e", "tls.handshake.extensions_server_name"]
    argv = ["tshark", "-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-r", str(tmp_path / "frames.pcap"), *fields]
    rows = [line.split("\t") for line in subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()]
    assert {to.shown for to in ours} == {row[1] for row in rows if len(row) > 1 and row[1]} == set(names)
    assert {name for to in ours for name in to.resolved} == {row[0] for row in rows if row[0]}
