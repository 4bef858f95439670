"""Gates of whole runs against a baseline."""

from pathlib import Path

import pytest

from harness.model.verdict import Verdict
from tests.builders.folders import finished
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import record
from tests.system.command import IN_A_HURRY, Finished, camlabel, run_folder

STREAMS = ("--select", "NET-11", "--flaw", "rtsp-sub-open")


def test_a_flaw_breaks_the_gate_and_the_offender_is_in_the_difference(sound: Finished, sound_out: Path, tmp_path: Path) -> None:
    """What was not asked is undecided, what fails anew is named; a run differs from itself in nothing."""
    sound_folder = run_folder(sound_out)
    found = camlabel("run", *IN_A_HURRY, *STREAMS, "--out", str(tmp_path), "--gate", "no-new-failures", "--baseline", str(sound_folder))
    assert (found.status, sound.status) == (1, 2), found.err
    assert "gate no-new-failures does not hold" in found.out
    told = camlabel("diff", str(sound_folder), str(run_folder(tmp_path)), "--json")
    changes = {each["id"]: each for each in told.document["changes"]}
    assert (changes["NET-11"]["kind"], changes["SYS-07"]["kind"]) == ("failed", "lost")
    assert all(each["again"] and each["evidence"] for each in changes["NET-11"]["came"])
    assert any("/live/sub" in seen for each in changes["NET-11"]["came"] for seen in each["seen"])
    assert [each for each in told.document["misleading"] if "narrower" in each or "flaws" in each]
    merged = camlabel("merge", str(sound_folder), str(run_folder(tmp_path)), "--out", str(tmp_path / "merged"), "--json")
    assert (merged.verdicts, merged.status) == ({**sound.verdicts, "NET-11": "FAIL"}, 1), merged.err
    assert camlabel("verify", str(run_folder(tmp_path / "merged"))).status == 0
    assert camlabel("diff", str(sound_folder), str(sound_folder), "--json", "--gate", "no-lost-pass").document["changes"] == []


@pytest.mark.parametrize(("producer", "words"), [("camlabel", "judged by another catalogue"), ("Somebody", "of Somebody emulated camera")])
def test_a_baseline_that_would_mislead_ends_a_run_before_it_begins(tmp_path: Path, producer: str, words: str) -> None:
    """Of another product or catalogue."""
    planned = plan(requirement())
    made = record(planned, [attempt(Verdict.PASS)])
    made = made.model_copy(update={"device": made.device.model_copy(update={"producer": producer})})
    baseline = finished(tmp_path / "old", made, planned)
    found = camlabel("run", *IN_A_HURRY, "--gate", "no-lost-pass", "--baseline", str(baseline), "--out", str(tmp_path / "runs"))
    assert (found.status, words in found.err) == (3, True), found.err
    assert not (tmp_path / "runs").exists()
