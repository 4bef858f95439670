"""Ways to a PASS that was not earned: cases in disguise, fixtures of others, criteria that nobody asked."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.runner.places import ROOT
from tests.system.command import IN_A_HURRY, Finished, camlabel

CASE = """\
{before}
from harness.cases.words import Observe, case, expect, none_of
from harness.probes import account, device

@case("{requirement}", side="device")
def {name}(dut, observe, limits):
    observe({probe})
    {body}
"""


def write_case(
    folder: Path, body: str, *, before: str = "", name: str = "test_of_a_lab", requirement: str = "SYS-34", probe: str = "device.identity"
) -> Path:
    """A file with one case."""
    folder.mkdir(exist_ok=True)
    path = folder / "test_lab.py"
    path.write_text(CASE.format(before=before, requirement=requirement, name=name, probe=probe, body=body))
    return path


def run(tmp_path: Path) -> Finished:
    """SYS-34 has no case of our own, so that the lab's alone decides it."""
    where = ("--testcases", str(tmp_path / "lab"), "--out", str(tmp_path / "runs"))
    return camlabel("run", "--json", *IN_A_HURRY, "--select", "SYS-34", *where)


def test_a_function_that_is_called_like_a_case_is_none(tmp_path: Path) -> None:
    """A file outside of the run's test cases cannot speak for one of them."""
    ours = "test_a_changed_password_ends_all_that_the_old_one_opened"
    path = write_case(tmp_path / "lab", 'expect("so", True)', name=ours, requirement="SYS-07")
    words = [sys.executable, "-m", "pytest", str(path), *IN_A_HURRY, f"--out={tmp_path / 'runs'}", "-pno:cacheprovider"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=100, cwd=ROOT)
    assert done.returncode == 4
    assert "no test case" in done.stdout + done.stderr


def test_a_conftest_does_not_change_what_a_case_is_given(tmp_path: Path) -> None:
    """Thresholds are the catalogue's."""
    write_case(tmp_path / "lab", 'expect("of the catalogue", limits is not None)')
    (tmp_path / "lab/conftest.py").write_text("import pytest\n\n@pytest.fixture\ndef limits():\n    return None\n")
    assert run(tmp_path).requirement("SYS-34")["verdict"] == "PASS"


def test_a_case_without_a_criterion_is_an_error(tmp_path: Path) -> None:
    """It looked, and judged nothing."""
    write_case(tmp_path / "lab", "pass")
    found = run(tmp_path).requirement("SYS-34")
    assert (found["verdict"], "neither none_of nor expect" in found["reason"]) == ("ERROR", True), found


def test_a_case_that_only_read_the_profile_is_an_error(tmp_path: Path) -> None:
    """No byte went to the device."""
    write_case(tmp_path / "lab", 'expect("so", True)', probe="account.surfaces")
    found = run(tmp_path).requirement("SYS-34")
    assert (found["verdict"], "nothing was exchanged" in found["reason"]) == ("ERROR", True), found


@pytest.mark.parametrize(
    ("before", "body", "sentence"),
    [
        ("from contextlib import suppress", "with suppress(Exception): none_of('x', (1,), lambda each: None)", "contextlib"),
        ("import pytest", "with pytest.raises(Exception): none_of('x', (1,), lambda each: None)", "import pytest"),
        ("import pytest", "pytest.skip('after a FAIL')", "import pytest"),
    ],
)
def test_what_swallows_a_word_is_refused(tmp_path: Path, before: str, body: str, sentence: str) -> None:
    """Before the device is asked."""
    write_case(tmp_path / "lab", body, before=before)
    done = run(tmp_path)
    assert (done.status, sentence in done.err) == (3, True), done.err
