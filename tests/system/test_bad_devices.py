"""Devices that are off, die, or answer nonsense: a clear sentence and never a PASS."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders import devices
from tests.builders.devices import Talk
from tests.system.command import FEW, IN_A_HURRY, Finished, camlabel, command, run_folder

PROFILE = Path(__file__).parents[2] / "device_profiles/emulated-fast.yaml"
BENCH = """\
schema: camlabel-bench/1
lab: desk
samples:
  - name: cam-1
    address: 127.0.0.1
    ports: {{443: {https}, 322: {rtsp}}}
    accounts: {{owner: {{user: owner, password: "Correct-Horse-7"}}, viewer: {{user: viewer, password: "Battery-Staple-9"}}}}
governor: {{connections_per_s: 500, concurrent: 16, failed_login_wait_max_s: 0, away_s: 3}}
"""


@contextmanager
def two_services(https: Talk, rtsp: Talk, folder: Path) -> Iterator[Path]:
    """A device with an HTTPS and an RTSPS port; yields its bench file."""
    with devices.device(https, tls=True, tmp_path=folder) as web, devices.device(rtsp, tls=True, tmp_path=folder) as video:
        bench = folder / "bench.yaml"
        bench.write_text(BENCH.format(https=web, rtsp=video))
        yield bench


def judged(bench: Path, out: Path, *more: str) -> Finished:
    """A run on that bench."""
    return camlabel("run", "--json", "--profile", str(PROFILE), "--bench", str(bench), "--out", str(out), *more)


def http(status: str, body: bytes = b"") -> bytes:
    """One HTTP or RTSP answer."""
    return f"{status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


OK = http("HTTP/1.1 200 OK", b"{}")
ALWAYS_200 = (devices.answering(OK), devices.answering(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"))
ALWAYS_401 = (devices.answering(http("HTTP/1.1 401 Unauthorized")), devices.answering(b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n"))
BINARY = (devices.answering(bytes(range(256)) * 64), devices.answering(bytes(range(256)) * 64))
ESCAPES = (
    devices.answering(http("HTTP/1.1 200 \x1b[2J\x1b]0;owned\x07", b'{"token": "\\u001b[31mred"}')),
    devices.answering(b"RTSP/1.0 200 \x1b[2J\r\nCSeq: 1\r\nServer: \x1b]0;x\x07\r\n\r\n"),
)
ENDLESS = (devices.endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), devices.endless(b"RTSP/1.0 200 OK\r\n", b"A: b\r\n" * 1000))
ELSEWHERE = (
    devices.answering(http("HTTP/1.1 302 Found\r\nLocation: https://192.0.2.1/api/login")),
    devices.answering(b"RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: rtsp://192.0.2.1/live/main\r\n\r\n"),
)


@pytest.mark.parametrize(
    "talks", [ALWAYS_200, ALWAYS_401, BINARY, ESCAPES, ENDLESS, ELSEWHERE], ids=["200", "401", "binary", "escapes", "endless", "elsewhere"]
)
def test_nonsense_never_passes(talks: tuple[Talk, Talk], tmp_path: Path) -> None:
    """No requirement is PASS, and nothing of the device reaches the terminal raw."""
    few = ("--select", "SYS-03,SYS-07") if talks is ENDLESS else ()  # it answers each question with megabytes
    with two_services(*talks, tmp_path) as bench:
        done = judged(bench, tmp_path / "runs", *few)
    assert done.status in (1, 2, 3), done.err
    not_put_back = {name for name in done.verdicts if "could not be put back" in done.requirement(name)["reason"]}
    assert {name for name, verdict in done.verdicts.items() if verdict == "ERROR"} <= not_put_back, done.document
    assert set(done.verdicts.values()) <= {"FAIL", "ERROR", "INCONCLUSIVE", "NOT_TESTED"}, done.document
    assert "\x1b" not in done.out + done.err
    assert "Traceback" not in done.err
    assert talks is not ALWAYS_401 or "is accounts.owner of the bench file right?" in done.err
    assert camlabel("verify", str(run_folder(tmp_path / "runs"))).status == 0


def test_a_device_that_is_off(tmp_path: Path) -> None:
    """Status 3 and a sentence with its address."""
    bench = tmp_path / "bench.yaml"
    bench.write_text(BENCH.format(https=9, rtsp=10))
    done = judged(bench, tmp_path / "runs")
    assert done.status == 3
    assert "127.0.0.1 does not answer" in done.err
    assert set(done.verdicts.values()) == {"NOT_TESTED"}


def test_a_camera_that_dies_half_way(tmp_path: Path) -> None:
    """What it did not answer is INCONCLUSIVE; the run ends by itself."""
    done = while_running(tmp_path, kill_the_camera)
    assert done.status in {2, 3}
    assert {done.verdicts["NET-11"], done.verdicts["SYS-07"]} <= {"INCONCLUSIVE", "ERROR", "NOT_TESTED"}, done.verdicts
    assert {"INCONCLUSIVE", "ERROR"} & set(done.verdicts.values())


def test_ctrl_c_keeps_what_was_found(tmp_path: Path) -> None:
    """The record is sealed, the camera put back, and the run can go on."""
    done = while_running(tmp_path, lambda process: process.send_signal(signal.SIGINT))
    assert done.status == 3
    assert any(each["reason"].startswith("the run was stopped: it was interrupted") for each in done.document["requirements"])
    folder = run_folder(tmp_path / "runs")
    assert f"camlabel run --resume {folder} goes on" in done.err
    assert camlabel("verify", str(folder)).status == 0
    assert camlabel("rejudge", str(folder), "--json").document == done.document
    assert "0 open" in camlabel("settle", str(folder)).out
    again = camlabel("run", "--json", "--resume", str(folder))
    assert {again.verdicts[name] for name in FEW[1].split(",")} == {"PASS"}, again.err


def while_running(tmp_path: Path, strike: Callable[[subprocess.Popen[str]], None]) -> Finished:
    """Start a run on the emulated camera and strike while it asks."""
    process = subprocess.Popen(
        command("run", "--json", *IN_A_HURRY, *FEW, "--out", str(tmp_path / "runs")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not asks_for_streams(tmp_path / "runs") and time.monotonic() < deadline:
        time.sleep(0.02)
    strike(process)
    out, err = process.communicate(timeout=540)
    return Finished(process.returncode, out, err)


def asks_for_streams(out: Path) -> bool:
    """Does the one run observe for NET-11?"""
    asked = re.compile(rb'"case":"test_rtsp_inside_tls_gives_nothing[^\n]*"kind":"observation"')
    return any(asked.search(path.read_bytes()) for path in out.glob("*/journal/*.jsonl"))


def kill_the_camera(process: subprocess.Popen[str]) -> None:
    """SIGKILL to the camera's process, which is a descendant of the run's."""
    for child in descendants(process.pid):
        words = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"harness.emulated.camera" in words:
            os.kill(child, signal.SIGKILL)
            return
    raise AssertionError("no camera found")


def descendants(process: int) -> list[int]:
    """All processes below one, by number."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found
