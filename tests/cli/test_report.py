"""`camlabel report`: a report is written again from the record of a whole run, and only of such."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import application
from harness.model.errors import UsageError
from harness.output.renderers import write
from harness.output.seal import seal
from harness.output.verify import verify
from tests.builders.records import DIGEST, colourful


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run."""
    folder = tmp_path / "runs" / "one"
    (folder / "journal").mkdir(parents=True)
    (folder / "journal" / "0.jsonl").touch()
    write(colourful(), folder)
    seal(folder, "one")
    return folder


def report(*arguments: str) -> str:
    done = CliRunner().invoke(application("report"), ["report", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def test_the_same_report_is_written_again_and_the_seal_stays(run: Path) -> None:
    before = {each: each.read_bytes() for each in run.rglob("*") if each.is_file()}
    assert report(str(run)) == str(run / "reports" / "report.html")
    assert {each: each.read_bytes() for each in run.rglob("*") if each.is_file()} == before


def test_in_another_language_it_is_sealed_anew(run: Path) -> None:
    report(str(run), "--language", "zh")
    assert b'<html lang="zh-CN">' in (run / "reports" / "report.html").read_bytes()
    assert verify(run) == []
    assert json.loads((run / "manifest.json").read_bytes())["run"] == colourful().run


def test_elsewhere_it_leaves_the_run_as_it_is(run: Path, tmp_path: Path) -> None:
    before = (run / "manifest.json").read_bytes()
    out = tmp_path / "client" / "report.html"
    out.parent.mkdir()
    assert report(str(run), "--language", "zh", "--out", str(out)) == str(out)
    assert f'href="../runs/one/artefacts/{DIGEST}"'.encode() in out.read_bytes()
    assert (run / "manifest.json").read_bytes() == before


def test_of_a_changed_run_there_is_no_report(run: Path) -> None:
    path = run / "record.json"
    path.write_bytes(path.read_bytes().replace(b'"verdict": "FAIL"', b'"verdict": "PASS"'))
    with pytest.raises(UsageError, match=r"not as it was sealed \(record.json: changed\)"):
        report(str(run))


def test_wrong_use_is_said(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--language fr: choose en or zh"):
        report(str(run), "--language", "fr")
    with pytest.raises(UsageError, match=r"this is not a run of camlabel; give a folder below runs/"):
        report(str(tmp_path))
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        report(str(run), "--out", str(tmp_path / "nowhere" / "report.html"))
