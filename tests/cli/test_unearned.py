"""`camlabel verify`, `diff` and the gates compare the verdicts of a run with its journal: a seal that was made anew vouches for nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.main import application
from harness.model.errors import UsageError
from harness.model.verdict import Verdict
from harness.output.seal import seal
from harness.runner.campaign import differences, earned
from tests.cli.test_merge import bench


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    return bench(tmp_path / "run", 0, verdict=Verdict.FAIL)


def spoil(run: Path, name: str, **changed: object) -> None:
    """Other words in a file, sealed anew."""
    path = run / name
    document: dict[str, Any] = json.loads(path.read_bytes())
    document["requirements"][0] |= changed
    path.write_text(json.dumps(document))
    seal(run, run.name)


def test_a_run_as_it_was_judged_agrees(failed: Path) -> None:
    assert differences(failed) == []


def test_attempts_that_the_journal_does_not_tell(failed: Path) -> None:
    cases = json.loads((failed / "record.json").read_bytes())["requirements"][0]["cases"]
    spoil(failed, "record.json", verdict="PASS", cases=[{**each, "verdict": "PASS"} for each in cases])
    assert differences(failed) == ["record.json: its attempts are not those of the journal"]


def test_a_verdict_better_than_its_attempts(failed: Path) -> None:
    spoil(failed, "record.json", verdict="PASS")
    found = differences(failed)
    assert any(each.endswith("PASS, and its journal gives FAIL") for each in found), found
    assert "verdicts.json: its verdicts are not those of record.json" in found


def test_levels_that_were_not_reached(failed: Path) -> None:
    path = failed / "record.json"
    document = json.loads(path.read_bytes())
    document["levels"][0] |= {"reached": True, "blockers": []}
    path.write_text(json.dumps(document))
    seal(failed, failed.name)
    assert differences(failed) == ["record.json: levels: not what its journal gives by this version"]


def test_verdicts_that_the_record_does_not_have(failed: Path) -> None:
    spoil(failed, "verdicts.json", verdict="PASS")
    assert differences(failed) == ["verdicts.json: its verdicts are not those of record.json"]


def test_what_was_not_earned_is_not_compared(failed: Path, tmp_path: Path) -> None:
    other = bench(tmp_path / "other", 0, verdict=Verdict.PASS)
    assert earned(failed).requirements[0].verdict == "FAIL"
    spoil(failed, "record.json", verdict="PASS")
    with pytest.raises(UsageError, match="and its journal gives FAIL; what is said of it would not be true"):
        earned(failed)
    for words in (["diff", failed, other], ["diff", other, failed], ["run", "--gate", "no-lost-pass", "--baseline", failed]):
        told = CliRunner().invoke(application(str(words[0])), [str(each) for each in words], standalone_mode=False)
        assert "and its journal gives FAIL" in str(told.exception), words
