"""People who know pytest use pytest: -k, -m, -x, --lf, a debugger; no way of calling it turns red into green."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.runner.places import ROOT
from tests.system.command import IN_A_HURRY, Finished, camlabel, run_folder


def plain(tmp_path: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """`pytest testcases …` on the emulated camera."""
    words = [sys.executable, "-m", "pytest", str(ROOT / "testcases"), *IN_A_HURRY, f"--out={tmp_path / 'runs'}"]
    words += ["-o", f"cache_dir={tmp_path / 'cache'}", *arguments]
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=540, cwd="/", input=stdin)


def verdicts(tmp_path: Path) -> dict[str, str]:
    """By requirement, from the one run."""
    document = json.loads((run_folder(tmp_path / "runs") / "verdicts.json").read_text())
    return {each["id"]: each["verdict"] for each in document["requirements"] if each["id"] in {"NET-11", "SYS-07"}}


def test_k_selects_a_case_and_never_a_pass(tmp_path: Path) -> None:
    """One case of three passes; the requirement does not."""
    done = plain(tmp_path, "-k", "onvif_answers")
    assert "1 passed" in done.stdout
    assert verdicts(tmp_path) == {"NET-11": "NOT_TESTED", "SYS-07": "NOT_TESTED"}
    assert "did not run" in done.stdout


def test_m_selects_by_requirement(tmp_path: Path) -> None:
    """Markers come from the catalogue."""
    done = plain(tmp_path, "-m", "sys_07")
    assert re.search(r"2 passed, \d+ deselected", done.stdout)
    assert verdicts(tmp_path)["SYS-07"] == "PASS"


def test_a_fail_stops_at_x_and_is_asked_again_by_lf(tmp_path: Path) -> None:
    """pytest's own status and words."""
    done = plain(tmp_path, "--flaw=snapshot-open", "-x", "-k", "snapshots_are_given or a_changed_password")
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert verdicts(tmp_path) == {"NET-11": "FAIL", "SYS-07": "NOT_TESTED"}
    again = plain(tmp_path / "again", "--flaw=snapshot-open", "--lf", "-o", f"cache_dir={tmp_path / 'cache'}")
    assert "1 failed in" in again.stdout


def test_the_debugger_opens_where_a_case_fails(tmp_path: Path) -> None:
    """--pdb takes commands from the terminal, and the record is whole after quitting."""
    done = plain(tmp_path, "--flaw=change-without-current", "-m", "sys_07", "--pdb", stdin="p 6 * 7\nq\n")
    assert "42" in done.stdout
    assert camlabel("verify", str(run_folder(tmp_path / "runs"))).status == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-n", "2"), "one process per device"),
        (("--assert=plain",), "--assert=plain is refused"),
        (("--select=NET-99",), "no such requirement"),
        (("--flaw=nonsense",), "unknown flaw"),
        (("--resume=/nonexistent",), "not a run of camlabel"),
    ],
)
def test_ways_that_are_refused(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """A usage error with a sentence."""
    done = plain(tmp_path, *arguments)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr


LAB_CASE = '''\
from harness.cases.words import case
{decorator}
@case("SYS-07", side="device")
def test_of_a_lab(dut, observe{more}):
    """A lab's own."""
    {body}
'''


def with_a_lab_case(tmp_path: Path, *, decorator: str = "", more: str = "", body: str = "") -> Finished:
    """A run with one more case from outside the tree."""
    folder = tmp_path / "lab"
    folder.mkdir()
    (folder / "test_lab.py").write_text(LAB_CASE.format(decorator=decorator, more=more, body=body))
    where = ("--testcases", str(folder), "--out", str(tmp_path / "runs"))
    return camlabel("run", "--json", *IN_A_HURRY, "--select", "SYS-07", *where)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ({"decorator": "import pytest\n@pytest.mark.skip"}, "a case has @case and no other decorator"),
        ({"decorator": "import pytest\n@pytest.mark.parametrize('x', [1, 2])", "more": ", x"}, "import pytest: only observe reaches it"),
        ({"body": "assert observe"}, "assert: use expect"),
        ({"more": ", tmp_path"}, "dut, observe and limits only"),
    ],
)
def test_cases_that_could_hide_something_are_refused(tmp_path: Path, case: dict[str, str], sentence: str) -> None:
    """At collection, before the device is asked."""
    done = with_a_lab_case(tmp_path, **case)
    assert done.status == 3, done.out
    assert sentence in done.err


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ({}, "without a single observation"),
        ({"decorator": "import nothing_of_this_name"}, "cannot be collected"),
        ({"body": "observe(dut)"}, "TypeError"),
    ],
)
def test_a_labs_broken_case_is_an_error_and_the_worst_counts(tmp_path: Path, case: dict[str, str], sentence: str) -> None:
    """ERROR for its requirement, though our own case passes."""
    done = with_a_lab_case(tmp_path, **case)
    assert done.verdicts["SYS-07"] == "ERROR", done.err
    assert sentence in done.requirement("SYS-07")["reason"]
