"""Two units side by side: keys, serial numbers and addresses of their own, both in scope, each asked by its name."""

from pathlib import Path

import pytest

from harness.journal.reader import read
from tests.system.command import PROFILE, Finished, camlabel, run_folder

pytestmark = pytest.mark.once

CASES = """\
from harness.cases.words import Observe, case, expect, none_of
from harness.probes import account, device


@case("SYS-34", side="device", impact="change")
def test_units_differ(dut, observe, limits):
    beside = observe.of(dut.sibling)
    ours, other = observe(device.identity), beside(device.identity)
    expect("serial numbers differ", bool(ours.serial and other.serial) and ours.serial != other.serial)
    expect("MAC addresses differ", ours.mac != other.mac or ours.mac is None)
    web = observe(account.surfaces)[0]
    expect("each takes its own password", beside(account.log_in, web, dut.sibling.owner).granted)
    none_of("units that take the password of the other", (beside,), lambda each: each(account.log_in, web, dut.owner).granted)
    wrong = dut.owner.wrong
    none_of("changes with a wrong password", (beside,), lambda each: each(account.change_password, dut.sibling.owner, wrong).granted)
"""
BENCH = """\
schema: camlabel-bench/1
lab: emulated
emulated: {{device: fast, units: {units}}}
samples:
  - {{name: cam-1, address: 192.168.77.20, accounts: {{owner: {{user: admin}}}}}}
  - {{name: cam-2, address: 192.168.77.21, accounts: {{owner: {{user: admin}}}}}}
impact: change
governor: {{connections_per_s: 200}}
"""


def run(tmp_path: Path, units: int) -> Finished:
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/test_lab.py").write_text(CASES)
    (tmp_path / "bench.yaml").write_text(BENCH.format(units=units))
    where = ("--profile", str(PROFILE), "--bench", str(tmp_path / "bench.yaml"), "--testcases", str(tmp_path / "lab"))
    return camlabel("run", "--json", *where, "--select", "SYS-34", "--out", str(tmp_path / "runs"))


def test_two_units_are_told_apart(tmp_path: Path) -> None:
    done = run(tmp_path, 2)
    folder = run_folder(tmp_path / "runs")
    assert done.requirement("SYS-34")["verdict"] == "PASS", (done.requirement("SYS-34"), done.err)
    lines = read(folder / "journal")
    beside = [line.body for line in lines if line.kind == "observation" and line.body.get("unit") == "cam-2"]
    assert {"device.bring_to", "device.identity", "account.log_in"} <= {body["probe"] for body in beside}
    owed = [line.body for line in lines if line.kind == "obligation"]
    assert [body["unit"] for body in owed] == ["cam-2"]
    assert len([line for line in lines if line.kind == "discharged"]) == 1
    again = camlabel("rejudge", str(folder), "--json")
    assert again.requirement("SYS-34")["verdict"] == "PASS"
    flash = folder / "device"
    assert (flash / "flash/fuses.json").read_bytes() != (flash / "cam-2/flash/fuses.json").read_bytes()


def test_one_unit_is_started_where_nothing_needs_two(tmp_path: Path) -> None:
    done = run(tmp_path, 1)
    entry = done.requirement("SYS-34")
    assert entry["verdict"] == "NOT_TESTED"
    assert "two units" in entry["reason"]
    assert not (run_folder(tmp_path / "runs") / "device/cam-2").exists()
