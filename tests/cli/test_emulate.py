"""`camlabel emulate`: a bench to practise on, with a mains switch."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.worlds import eventually
from tests.system.command import command

pytestmark = pytest.mark.once


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT])
def emulated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What it says of itself, by name; in the end it is asked to go."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    running = subprocess.Popen(command("emulate"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert running.stdout
    said: dict[str, str] = {"pid": str(running.pid)}
    for line in running.stdout:
        name, _, words = line.strip().partition(": ")
        said[name] = words
        if name == "power":
            break
    yield said
    running.send_signal(request.param)
    try:
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    assert "switched off" in out, err
    assert list(tmp_path.iterdir()) == []


def listening(address: str) -> bool:
    """Does somebody answer there?"""
    host, _, port = address.rpartition(":")
    words = [sys.executable, "-c", f"import socket; socket.create_connection(({host!r}, {port}), 2)"]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def test_it_says_how_it_is_reached_and_is_switched_by_signals(emulated: dict[str, str]) -> None:
    """Off is off, on is on again at the same ports and the same serial line."""
    assert emulated["page"].startswith("https://127.0.0.1:")
    assert emulated["serial line"].startswith("socket://127.0.0.1:")
    off, on = re.findall("`kill -(USR[12]) ([0-9]+)`", emulated["power"])
    assert (off, on) == (("USR1", emulated["pid"]), ("USR2", emulated["pid"]))
    rtsp = emulated["port 322"]
    assert listening(rtsp)
    os.kill(int(off[1]), signal.SIGUSR1)
    assert eventually(lambda: not listening(rtsp))
    time.sleep(0.5)
    assert not listening(rtsp)
    os.kill(int(on[1]), signal.SIGUSR2)
    assert eventually(lambda: listening(rtsp), 30)
