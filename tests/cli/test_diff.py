"""`camlabel diff` and the gates of `camlabel run`: over sealed runs of one product only."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from harness.cli.main import application
from harness.model.errors import UsageError
from harness.model.record import RunRecord, Stamp
from harness.model.verdict import Verdict
from tests.builders.folders import finished
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import record


def made(verdict: Verdict, **more: object) -> RunRecord:
    return record(plan(requirement()), [attempt(verdict)], **more)


@pytest.fixture
def passed(tmp_path: Path) -> Path:
    return finished(tmp_path / "old", made(Verdict.PASS))


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    return finished(tmp_path / "new", made(Verdict.FAIL), code="1" * 64)


def camlabel(*arguments: object) -> Result:
    words = [str(each) for each in arguments]
    return CliRunner().invoke(application(words[0]), words, catch_exceptions=False, standalone_mode=False)


def test_the_difference_is_printed(passed: Path, failed: Path) -> None:
    done = camlabel("diff", passed, failed)
    assert done.return_value == 0
    assert "NET-11 PASS → FAIL" in done.stdout
    assert "two versions of camlabel" in done.stdout


@pytest.mark.parametrize("gate", ["no-new-failures", "no-lost-pass"])
def test_a_gate_decides_the_exit_status(passed: Path, failed: Path, gate: str) -> None:
    assert camlabel("diff", passed, failed, "--gate", gate).return_value == 1
    assert f"gate {gate} does not hold" in camlabel("diff", passed, failed, "--gate", gate).stdout
    assert camlabel("diff", failed, passed, "--gate", gate).return_value == 0


def test_as_json(passed: Path, failed: Path) -> None:
    found = json.loads(camlabel("diff", passed, failed, "--json").stdout)
    assert (found["schema"], found["gate"]) == ("camlabel-diff/1", None)
    assert found["changes"][0]["came"][0]["again"] == "curl it"
    gated = camlabel("diff", passed, failed, "--json", "--gate", "no-lost-pass")
    assert (json.loads(gated.stdout)["gate"]["exit_status"], gated.return_value) == (1, 1)


def test_a_run_that_does_not_verify_is_refused(passed: Path, failed: Path, tmp_path: Path) -> None:
    path = failed / "record.json"
    path.write_bytes(path.read_bytes().replace(b'"verdict": "FAIL"', b'"verdict": "PASS"'))
    for arguments in (("diff", passed, failed), ("run", "--gate", "no-lost-pass", "--baseline", failed)):
        with pytest.raises(UsageError, match=r"not as it was sealed \(record.json: changed\)"):
            camlabel(*arguments)
    with pytest.raises(UsageError, match=r"nowhere: this is not a run of camlabel"):
        camlabel("diff", passed, tmp_path / "nowhere")


def test_wrong_use_is_said(passed: Path, failed: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose no-new-failures or no-lost-pass"):
        camlabel("diff", passed, failed, "--gate", "all-green")
    with pytest.raises(UsageError, match="choose no-new-failures or no-lost-pass"):
        camlabel("run", "--gate", "all-green", "--baseline", passed)
    for half in (("--gate", "no-lost-pass"), ("--baseline", passed)):
        with pytest.raises(UsageError, match="go together"):
            camlabel("run", *half)
    with pytest.raises(UsageError, match=r"leave out --select, --effort, or begin a new run"):
        camlabel("run", "--resume", passed, "--select", "NET-11", "--effort", "full")
    other = finished(tmp_path / "other", made(Verdict.PASS, catalogue=Stamp(version="9", digest="9" * 64)))
    with pytest.raises(UsageError, match="another catalogue"):
        camlabel("diff", other, failed, "--gate", "no-lost-pass")
