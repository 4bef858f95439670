"""Cases by state: as delivered first, one reset for each that finds the device in use, and none where the bench forbids it."""

from pathlib import Path

import pytest

from harness.journal.reader import read
from tests.system.command import PROFILE, Finished, camlabel, run_folder

pytestmark = pytest.mark.once

CASES = """\
from harness.cases.words import Observe, case, expect
from harness.probes import device


@case("SYS-34", side="device", state="factory", impact="change")
def test_a_first(dut, observe, limits):
    expect("as delivered", observe(device.bring_to, "factory").state == "factory")
    observe(device.bring_to, "normal")


@case("SYS-34", side="device", state="factory", impact="change")
def test_b_second(dut, observe, limits):
    expect("as delivered", observe(device.bring_to, "factory").state == "factory")


@case("SYS-34", side="device", state="normal", impact="change")
def test_c_in_use(dut, observe, limits):
    expect("in use", observe(device.bring_to, "normal").how == "the owner is let in")


@case("SYS-34", side="device", state="privacy", impact="change")
def test_d_private(dut, observe, limits):
    expect("never asked", False)
"""
BENCH = """\
schema: camlabel-bench/1
lab: emulated
emulated: {{device: fast, flaws: []}}
samples:
  - name: cam-1
    address: 192.168.77.20
    accounts: {{owner: {{user: admin}}}}
impact: {impact}
governor: {{connections_per_s: 100}}
"""


def run(tmp_path: Path, impact: str) -> Finished:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/test_lab.py").write_text(CASES)
    (tmp_path / "bench.yaml").write_text(BENCH.format(impact=impact))
    where = ("--profile", str(PROFILE), "--bench", str(tmp_path / "bench.yaml"), "--testcases", str(tmp_path / "lab"))
    return camlabel("run", "--json", *where, "--select", "SYS-34", "--out", str(tmp_path / "runs"))


def test_each_case_finds_the_device_in_its_state(tmp_path: Path) -> None:
    done = run(tmp_path, "reset")
    lines = read(run_folder(tmp_path / "runs") / "journal")
    verdicts = {line.body["verdict"]["case"]: line.body["verdict"] for line in lines if line.kind == "verdict"}
    assert [verdicts[name]["verdict"] for name in ("test_a_first", "test_b_second", "test_c_in_use")] == ["PASS"] * 3, done.err
    assert "privacy: bring the device to privacy: no action" in verdicts["test_d_private"]["reason"]
    asked = [line.body["probe"] for line in lines if line.kind == "observation"]
    assert asked.count("device.reset") == 1
    assert not any(line.body["stopped"] for line in lines if line.kind == "end")
    assert "device.reset" in [line.body["why"] for line in lines if line.kind == "epoch"]
    again = camlabel("rejudge", str(run_folder(tmp_path / "runs")), "--json")
    assert again.document["requirements"] == done.document["requirements"]


def test_without_leave_to_reset_a_device_in_use_is_not_tested_as_delivered(tmp_path: Path) -> None:
    run(tmp_path, "change")
    lines = read(run_folder(tmp_path / "runs") / "journal")
    verdicts = {line.body["verdict"]["case"]: line.body["verdict"] for line in lines if line.kind == "verdict"}
    assert [verdicts[name]["verdict"] for name in ("test_a_first", "test_b_second", "test_c_in_use")] == ["PASS", "NOT_TESTED", "PASS"]
    assert "permits acts up to change, no reset" in verdicts["test_b_second"]["reason"]
