"""A person at a real terminal while a run goes on: asked, answering, keeping silent, breaking off, changing the device meanwhile."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.journal.reader import read
from harness.lab.emulated import Device, start
from tests.system.command import AWAY, PROFILE, command, run_folder

pytestmark = pytest.mark.once

PROMPT = "则不测试".encode()
CASES = """\
from harness.cases.words import Observe, case, expect
from harness.model.operator import Question, Words
from harness.probes import device, operator

LED = Question(key="led", kind="choice", words=Words(en="Is the light on?", zh="指示灯是否亮？"), choices=operator.YES_NO)


@case("SYS-34", side="device")
def test_a_light(dut, observe, limits):
    expect("the light is on", observe(operator.answer, LED).value == "yes")


@case("SYS-34", side="device")
def test_b_later(dut, observe, limits):
    expect("it tells its serial number", bool(observe(device.identity).serial))
"""
BENCH = """\
schema: camlabel-bench/1
lab: desk
samples:
  - name: cam-1
    address: 127.0.0.1
    ports: {ports}
    accounts: {{owner: {{user: admin, password: Correct-Horse-7}}}}
operator: {{timeout_s: {timeout_s}}}
"""


@dataclass
class Run:
    """A run at a terminal of its own, as a person sees it."""

    process: subprocess.Popen[bytes]
    far: int
    folder: Path
    screen: bytes = b""

    def read_until(self, text: bytes) -> None:
        """See what comes."""
        deadline = time.monotonic() + 100
        while text not in self.screen and self.process.poll() is None:
            assert time.monotonic() < deadline, self.screen.decode(errors="replace")
            self._see()

    def end(self) -> int:
        """Its status."""
        while self.process.poll() is None:
            self._see()
        return self.process.returncode

    def _see(self) -> None:
        if select.select([self.far], [], [], 0.1)[0]:
            try:
                self.screen += os.read(self.far, 4096)
            except OSError:
                time.sleep(0.05)

    @property
    def verdicts(self) -> dict[str, str]:
        """By case."""
        lines = read(run_folder(self.folder / "runs") / "journal")
        return {line.body["verdict"]["case"]: line.body["verdict"]["verdict"] for line in lines if line.kind == "verdict"}


@contextmanager
def at_a_terminal(tmp_path: Path, device: Device, timeout_s: float = 100.0) -> Iterator[Run]:
    """`camlabel run` on a camera on the desk."""
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/test_lab.py").write_text(CASES, encoding="utf-8")
    ports = "{" + ", ".join(f"{declared}: {actual}" for declared, actual in device.ports.items()) + "}"
    (tmp_path / "bench.yaml").write_text(BENCH.format(ports=ports, timeout_s=timeout_s))
    where = ("--profile", str(PROFILE), "--bench", str(tmp_path / "bench.yaml"), "--testcases", str(tmp_path / "lab"))
    far, near = pty.openpty()
    words = command("run", *where, "--select", "SYS-34", "--out", str(tmp_path / "runs"))
    process = subprocess.Popen(["setsid", "--ctty", *words], stdin=near, stdout=subprocess.DEVNULL, stderr=near, cwd=AWAY)
    os.close(near)
    try:
        yield Run(process, far, tmp_path)
    finally:
        process.kill()
        process.wait()
        os.close(far)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    started = start("fast", tmp_path / "camera")
    try:
        yield started
    finally:
        started.stop()


def test_a_person_is_asked_and_answers(tmp_path: Path, device: Device) -> None:
    with at_a_terminal(tmp_path, device) as run:
        run.read_until(PROMPT)
        os.write(run.far, b"maybe\n")
        run.read_until(b"Not understood")
        os.write(run.far, b"1\n")
        run.end()
    assert "指示灯是否亮".encode() in run.screen
    assert run.verdicts["test_a_light"] == "PASS"
    seen = [line.body for line in read(run_folder(tmp_path / "runs") / "journal") if line.kind == "observation"]
    [answer] = [body["result"] for body in seen if body["probe"] == "operator.answer"]
    assert (answer["value"], answer["scripted"]) == ("yes", False)
    assert answer["who"]


def test_whoever_keeps_silent_has_not_tested(tmp_path: Path, device: Device) -> None:
    with at_a_terminal(tmp_path, device, timeout_s=0.5) as run:
        run.end()
    assert run.verdicts["test_a_light"] == "NOT_TESTED"
    assert run.verdicts["test_b_later"] == "PASS"


def test_ctrl_c_at_a_question_leaves_the_case_undecided(tmp_path: Path, device: Device) -> None:
    with at_a_terminal(tmp_path, device) as run:
        run.read_until(PROMPT)
        os.write(run.far, b"\x03")
        assert run.end() != 0
    assert "test_a_light" not in run.verdicts
    lines = read(run_folder(tmp_path / "runs") / "journal")
    assert [line.body["interrupted"] for line in lines if line.kind == "end"] == [True]


def test_a_device_that_is_replaced_meanwhile_ends_the_run(tmp_path: Path, device: Device) -> None:
    with at_a_terminal(tmp_path, device) as run:
        run.read_until(PROMPT)
        with another_in_its_place(tmp_path, device):
            os.write(run.far, b"yes\n")
            assert run.end() == 3
    assert b"another device answers: its serial was" in run.screen
    assert "test_b_later" not in run.verdicts


@contextmanager
def another_in_its_place(tmp_path: Path, device: Device) -> Iterator[None]:
    """Somebody plugs in another unit, which was set up with the same password."""
    device.kill()
    flash, kept = device.folder / "flash", tmp_path / "kept"
    flash.rename(kept)
    device.start_again()
    _set_up(device)
    yield


def _set_up(device: Device) -> None:
    account = '{"user": "admin", "password": "Correct-Horse-7"}'
    words = ["curl", "-sfk", "-H", "Content-Type: application/json", "-d", account, f"https://127.0.0.1:{device.ports[443]}/api/setup"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
