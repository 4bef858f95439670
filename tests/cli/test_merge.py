"""`camlabel merge`: a campaign that can be reported, verified and compared; only of runs that belong together."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from harness.cli.main import application
from harness.model.errors import UsageError
from harness.model.plan import PlannedCase
from harness.model.record import Stamp
from harness.model.verdict import Verdict
from harness.output.campaign import NAME
from harness.output.record import read
from harness.output.seal import seal
from harness.output.verify import verify
from tests.builders.folders import finished
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import STARTED, record, told

SIDES = ("device", "inspection")


def bench(folder: Path, number: int, *, verdict: Verdict = Verdict.PASS, name: str = "", **more: object) -> Path:
    """A run on a bench that can ask one side only."""
    cases = tuple(
        PlannedCase(case=f"test_{side}", side=side, runs=n == number, reason="" if n == number else "not on this bench")
        for n, side in enumerate(SIDES)
    )
    planned = plan(requirement(sides=SIDES, cases=cases))
    fields = {
        "run": name or f"2026082{number}T101500Z-cam",
        "started": STARTED + timedelta(days=number),
        "narrative": told(planned),
        **more,
    }
    side = SIDES[number]
    made = record(planned, [attempt(verdict, case=f"test_{side}", side=side)], **fields)
    return finished(folder, made, planned, artefacts=(b"of " + side.encode(),))


@pytest.fixture
def benches(tmp_path: Path) -> list[Path]:
    """Network bench today, UART bench tomorrow."""
    return [bench(tmp_path / "network", 0), bench(tmp_path / "uart", 1)]


def camlabel(*arguments: object) -> Result:
    words = [str(each) for each in arguments]
    return CliRunner().invoke(application(words[0]), words, catch_exceptions=False, standalone_mode=False)


@pytest.fixture
def campaign(benches: list[Path], tmp_path: Path) -> Path:
    done = camlabel("merge", *benches[::-1], "--out", tmp_path / "out")
    assert done.return_value == 0, done.output
    (only,) = (tmp_path / "out").iterdir()
    return only


def test_two_benches_make_one_pass(campaign: Path) -> None:
    found = json.loads((campaign / "verdicts.json").read_bytes())
    (entry,) = found["requirements"]
    assert (entry["verdict"], found["exit_status"]) == ("PASS", 0)
    assert [each["run"] for each in found["runs"]] == ["20260820T101500Z-cam", "20260821T101500Z-cam"]
    assert {each["run"] for each in entry["cases"]} == {each["run"] for each in found["runs"]}
    assert (found["started"][:10], found["ended"][:10]) == ("2026-08-22", "2026-08-22")


def test_it_is_reported_verified_and_compared_like_a_run(campaign: Path, benches: list[Path]) -> None:
    assert "whole" in camlabel("verify", campaign).stdout
    assert camlabel("report", campaign, "--language", "zh").exit_code == 0
    page = (campaign / "reports" / "report.html").read_text()
    assert "合并的运行" in page
    assert "20260821T101500Z-cam" in page
    assert "whole" in camlabel("verify", campaign).stdout
    assert "NET-11 NOT_TESTED → PASS" in camlabel("diff", benches[0], campaign).stdout
    assert camlabel("diff", campaign, benches[0], "--gate", "no-lost-pass").return_value == 1


def test_it_holds_the_runs_as_they_were_sealed_and_their_artefacts(campaign: Path, benches: list[Path]) -> None:
    for path in (campaign / "runs").iterdir():
        assert verify(path) == []
    assert {each.name for each in (campaign / "artefacts").iterdir()} == {"note-0"}
    assert (campaign / "reports" / "grid.txt").read_text().count("of run ") == len(benches)


def test_as_json(benches: list[Path], tmp_path: Path) -> None:
    done = camlabel("merge", *benches, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["exit_status"] == 0
    assert "report: " in done.stderr


def test_a_fail_on_any_bench_is_a_fail(tmp_path: Path) -> None:
    runs = [bench(tmp_path / "network", 0), bench(tmp_path / "uart", 1, verdict=Verdict.FAIL)]
    done = camlabel("merge", *runs, "--out", tmp_path / "out")
    assert done.return_value == 1
    assert "in run 20260821T101500Z-cam" in done.stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": "20260820T101500Z-cam"}, "given twice"),
        ({"catalogue": Stamp(version="9", digest="9" * 64)}, "same catalogue"),
        ({"profile_digest": "8" * 64}, "same profile"),
        ({"overlay": ("NET-11 moved",)}, "same overlay"),
        ({"device": {"firmware_version": "2.0"}}, "same firmware"),
        ({"device": {"hardware_revision": "7"}}, "same hardware revision"),
        ({"device": {"model": "another"}}, "same product"),
        ({"name": "../../etc"}, "a name that no folder may have"),
    ],
)
def test_what_does_not_belong_together_is_refused(benches: list[Path], tmp_path: Path, more: dict[str, object], words: str) -> None:
    if isinstance(changed := more.get("device"), dict):
        more = {"device": read(benches[0]).device.model_copy(update=changed)}
    other = bench(tmp_path / "other", 1, **more)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        camlabel("merge", benches[0], other, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_wrong_use_is_said(benches: list[Path], campaign: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two runs or more"):
        camlabel("merge", benches[0])
    with pytest.raises(UsageError, match="a campaign; give its runs"):
        camlabel("merge", benches[0], campaign)
    planless = finished(tmp_path / "planless", read(benches[1]).model_copy(update={"run": "planless"}))
    with pytest.raises(UsageError, match="holds no plan"):
        camlabel("merge", benches[0], planless)
    path = benches[0] / "record.json"
    path.write_bytes(path.read_bytes().replace(b'"reason": "PASS because"', b'"reason": "I say so"'))
    seal(benches[0], "20260820T101500Z-cam")
    with pytest.raises(UsageError, match="its record and its journal tell of different verdicts"):
        camlabel("merge", *benches)
    (benches[1] / "verdicts.json").write_bytes(b"{}")
    with pytest.raises(UsageError, match="not as it was sealed"):
        camlabel("merge", *benches[::-1])


def change_inner(folder: Path) -> None:
    path = next((folder / "runs").iterdir()) / "verdicts.json"
    path.write_bytes(path.read_bytes() + b" ")


def drop_run(folder: Path) -> None:
    path = sorted((folder / "runs").iterdir())[1]
    path.rename(folder / "private" / path.name)


def another_run(folder: Path) -> None:
    path = sorted((folder / "runs").iterdir())[1]
    seal(path, "resealed")


def no_list(folder: Path) -> None:
    (folder / NAME).write_bytes(b"{}")


def prettier(folder: Path) -> None:
    path = folder / "record.json"
    path.write_bytes(path.read_bytes().replace(b'"exit_status": 0', b'"exit_status": 2', 1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_inner, "verdicts.json: "),
        (drop_run, "names other runs"),
        (another_run, "its seal is not the one that was merged"),
        (no_list, "not a list of runs"),
        (prettier, "exit_status: not what its runs give"),
    ],
)
def test_a_change_is_noticed_also_under_a_new_seal(campaign: Path, change: Callable[[Path], None], words: str) -> None:
    change(campaign)
    assert verify(campaign)
    seal(campaign, campaign.name)
    done = CliRunner().invoke(application("verify"), ["verify", str(campaign)])
    assert (done.exit_code, words in done.output) == (3, True), done.output
