"""The camera as a lab starts it: says when it is ready, forgets nothing, leaves nothing behind."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builders.images import kept
from tests.emulated.units import HERE, NEW_PASSWORD, PASSWORD, PATIENCE_S, Handle, Process


def gone(pid: int) -> bool:
    """Within a while."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_unit_is_the_same_after_a_power_cut(tmp_path: Path) -> None:
    first = Process(tmp_path, "--serial", "SN-1", "--mac", "02:00:00:00:00:07")
    camera = first.ready()
    assert camera.said["media"] is True
    assert (camera.said["serial"], camera.said["mac"], camera.said["flaws"]) == ("SN-1", "02:00:00:00:00:07", [])
    assert stat.S_IMODE(camera.control.stat().st_mode) == 0o600
    camera.set_up()
    token = camera.log_in()
    certificate = kept(camera.flash, "tls.pem")
    assert camera.change() == 200
    encoders = children(first.process.pid)
    assert len(encoders) == 1
    assert first.end(signal.SIGKILL)[0] == -signal.SIGKILL
    assert gone(encoders[0])
    second = Process(tmp_path)
    camera = second.ready()
    assert (camera.said["serial"], camera.said["mac"]) == ("SN-1", "02:00:00:00:00:07")
    assert b"PRIVATE KEY" in certificate
    assert kept(camera.flash, "tls.pem") == certificate
    assert (camera.log_in(PASSWORD), camera.alive(token)) == ("", False)
    assert camera.log_in(NEW_PASSWORD)
    encoders = children(second.process.pid)
    status, log = second.end()
    assert (status, "Traceback" in log, camera.control.exists()) == (0, False, False)
    assert gone(encoders[0])


def test_the_camera_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness.emulated.camera", "--flash", str(tmp_path), "--address", HERE]
    command += ["--https-port", "0", "--rtsps-port", "0", "--rtsp-port", "0"]
    starter = (
        "import os, subprocess, signal\n"
        f"unit = subprocess.Popen({command!r}, stdout=subprocess.PIPE)\n"
        "print(unit.pid, unit.stdout.readline() != b'', flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", starter], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    pid, ready = done.stdout.split()
    assert ready == "True"
    assert gone(int(pid))


def test_without_an_encoder_there_is_no_stream_and_it_says_so(tmp_path: Path) -> None:
    process = Process(tmp_path, environment={"PATH": os.fspath(tmp_path)})
    camera = process.ready()
    assert (camera.said["media"], camera.said["rtsps_port"], camera.said["rtsp_port"]) == (False, None, None)
    camera.set_up()
    assert camera.curl("/snapshot.jpg", token=camera.log_in()).status == 404
    assert "ffmpeg was not found" in process.end()[1]


def test_an_encoder_that_dies_is_started_again(tmp_path: Path) -> None:
    process = Process(tmp_path)
    camera = process.ready()
    camera.set_up()
    token = camera.log_in()
    assert camera.curl("/snapshot.jpg", token=token).status == 200
    first = children(process.process.pid)
    os.kill(first[0], signal.SIGKILL)
    assert gone(first[0])
    while not (second := children(process.process.pid)) or second == first:
        time.sleep(0.05)
    before = camera.curl("/snapshot.jpg", token=token).body
    while camera.curl("/snapshot.jpg", token=token).body == before:
        time.sleep(0.05)
    assert "starting it again" in process.end()[1]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--flaw", "no-such-flaw"), "unknown flaw no-such-flaw: `camlabel flaws` lists them"),
        (("--address", "camera.local"), "invalid _address value"),
        (("--https-port", "70000"), "invalid _port value"),
        (("--serial", "two words"), "a serial is 1 to 32 letters"),
        (("--address", "192.0.2.1"), "camera: "),
    ],
)
def test_wrong_use_is_one_sentence(tmp_path: Path, more: tuple[str, ...], says: str) -> None:
    process = Process(tmp_path, *more)
    _, log = process.process.communicate(timeout=PATIENCE_S)
    assert process.process.returncode != 0
    assert says in log.decode()
    assert "Traceback" not in log.decode()


def test_a_flash_in_use_or_of_another_unit_is_refused(tmp_path: Path) -> None:
    first = Process(tmp_path)
    first.ready()
    _, log = Process(tmp_path).process.communicate(timeout=PATIENCE_S)
    assert b"in use by another process" in log
    first.end()
    _, log = Process(tmp_path, "--serial", "OTHER").process.communicate(timeout=PATIENCE_S)
    assert b"the serial of this flash is CL" in log


def test_the_control_socket_answers_every_line(camera: Handle) -> None:
    for line in ("{", "[]", "7", "{}", '{"do": "stop"}', '{"do": "advance"}', '{"do": "advance", "seconds": "9"}'):
        assert camera.order(line)["ok"] is False
    for seconds in (-1, 1e12, True, float("nan"), float("inf")):
        assert camera.order(json.dumps({"do": "advance", "seconds": seconds}))["ok"] is False
    before = camera.now()
    assert camera.advance(86400) - before >= 86400
