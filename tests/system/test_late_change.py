"""A password change that was refused and takes effect when the case is over: the undo finds it, and the case does not pass."""

from pathlib import Path

from harness.runner.places import ROOT
from tests.system.command import IN_A_HURRY, camlabel, run_folder

CASE = '''\
from harness.cases.words import assume, case, expect
from harness.model.secret import NOBODY
from harness.probes import account
from tests.builders.late_change import land

@case("SYS-34", side="device", impact="change")
def test_of_a_lab(dut, observe, limits):
    """Refused, and made when nobody looks any more."""
    expect("refused", observe(account.change_password, dut.owner, NOBODY).refused)
    assume("it lands", observe(land, dut.owner).granted)
'''


def test_a_change_that_lands_after_the_case_fails_it(tmp_path: Path) -> None:
    """FAIL with the label of what was offered; the camera is put back, the same is judged again from the journal."""
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab/test_lab.py").write_text(CASE)
    where = ("--testcases", str(tmp_path / "lab"), "--out", str(tmp_path / "runs"))
    done = camlabel("run", "--json", *IN_A_HURRY, "--select", "SYS-34", *where, environment={"PYTHONPATH": str(ROOT)})
    told = done.requirement("SYS-34")
    assert (done.status, told["verdict"]) == (1, "FAIL"), done.err
    assert told["reason"] == "changes of the password that were refused and took effect all the same: 1"
    (offender,) = told["offenders"]
    assert offender["item"] == "⟦cam-1/owner-password#2⟧"
    assert offender["evidence"]
    folder = run_folder(tmp_path / "runs")
    assert "0 open" in camlabel("settle", str(folder)).out
    assert camlabel("verify", str(folder)).status == 0
