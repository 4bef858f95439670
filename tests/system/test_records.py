"""What a run leaves: judged again without the camera, and noticed when it was changed."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from harness.output.seal import seal
from harness.runner.places import ROOT
from tests.system.command import ALL_PASS, Finished, camlabel, run_folder

XSD = ROOT / "tests/output/junit-10.xsd"


@pytest.fixture
def copy(sound_folder: Path, tmp_path: Path) -> Path:
    """The sound run's folder, to break."""
    return Path(shutil.copytree(sound_folder, tmp_path / sound_folder.name))


def test_the_sound_camera_passes(sound: Finished) -> None:
    """Two PASS; the rest has no case yet, or quick does not suffice; status 2, since the level is undecided."""
    assert sound.verdicts == ALL_PASS, sound.err
    assert sound.status == sound.document["exit_status"] == 2
    assert {each["verdict"] for each in sound.document["requirements"]} == {"PASS", "NOT_TESTED", "INCONCLUSIVE"}
    assert "service side falls away: cloud_account declared absent, absence not checked" in sound.requirement("SYS-07")["reason"]
    assert sound.requirement("NET-11")["evidence"]


def test_rejudge_gives_the_same_document(sound: Finished, copy: Path) -> None:
    """Without the camera, and with verdicts.json deleted."""
    (copy / "verdicts.json").unlink()
    again = camlabel("rejudge", str(copy), "--json")
    assert again.document == sound.document
    assert again.status == sound.status
    assert not (copy / "verdicts.json").exists()


def test_the_reports_are_sealed_and_valid(sound: Finished, sound_folder: Path) -> None:
    """verdicts.json is what --json printed; JUnit is valid; verify is content."""
    assert json.loads((sound_folder / "verdicts.json").read_text()) == sound.document
    schema = etree.XMLSchema(etree.parse(XSD))
    for level in ("basic", "enhanced", "leading"):
        schema.assertValid(etree.parse(sound_folder / f"reports/junit-{level}.xml"))
    assert camlabel("verify", str(sound_folder)).status == 0


def test_the_report_is_written_again_from_the_record(copy: Path) -> None:
    """The same bytes and the same seal; it tells what was asked and when what happened."""
    path = copy / "reports" / "report.html"
    before, seal = path.read_bytes(), (copy / "manifest.json").read_bytes()
    assert camlabel("report", str(copy)).status == 0
    assert (path.read_bytes(), (copy / "manifest.json").read_bytes()) == (before, seal)
    told = json.loads((copy / "record.json").read_bytes())["narrative"]
    assert {"rtsp.attempt", "account.change_password"} <= {each["probe"] for each in told["asked"]}
    assert {"run", "case", "act", "device"} <= {each["lane"] for each in told["moments"]}
    assert len(before) < 2_000_000


def test_a_run_from_before_records_were_kept_is_reported_from_its_journal(copy: Path) -> None:
    """The same report; not where this version would say other verdicts."""
    before = (copy / "reports" / "report.html").read_bytes()
    (copy / "record.json").unlink()
    seal(copy, copy.name)
    assert camlabel("report", str(copy)).status == 0
    assert (copy / "reports" / "report.html").read_bytes() == before
    path = copy / "verdicts.json"
    path.write_text(path.read_text().replace('"verdict": "PASS"', '"verdict": "FAIL"'))
    seal(copy, copy.name)
    refused = camlabel("report", str(copy))
    assert (refused.status, "this version would say other verdicts" in refused.err) == (3, True)


def test_no_secret_is_in_the_evidence(sound_folder: Path) -> None:
    """Values of the private store are in no other file of the record."""
    secrets = [json.loads(line)["value"] for line in (sound_folder / "private/secrets.jsonl").read_text().splitlines()]
    assert len(secrets) > 10
    for path in sound_folder.rglob("*"):
        if path.is_file() and not {"private", "device"} & set(path.relative_to(sound_folder).parts):
            text = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in text], path


def edit_line(folder: Path) -> None:
    """Turn a refusal in the journal into a grant."""
    path = folder / "journal/0.jsonl"
    path.write_text(re.sub(r'"state":"refused"', '"state":"granted"', path.read_text(), count=1))


def drop_line(folder: Path) -> None:
    """Remove a line from the middle."""
    path = folder / "journal/0.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:20] + lines[21:]))


def change_artefact(folder: Path) -> None:
    """One byte more in an artefact."""
    path = next((folder / "artefacts").iterdir())
    path.write_bytes(path.read_bytes() + b" ")


def pretty_verdict(folder: Path) -> None:
    """A better word in the document."""
    path = folder / "verdicts.json"
    path.write_text(path.read_text().replace("NOT_TESTED", "PASS", 1))


@pytest.mark.parametrize("change", [edit_line, drop_line, change_artefact, pretty_verdict])
def test_verify_notices_any_change(copy: Path, change: Callable[[Path], None]) -> None:
    """Status 3."""
    change(copy)
    assert camlabel("verify", str(copy)).status == 3


@pytest.mark.parametrize("change", [edit_line, drop_line])
def test_a_changed_journal_is_not_judged(copy: Path, change: Callable[[Path], None]) -> None:
    """Status 3 with the line; also no resume."""
    change(copy)
    for again in (camlabel("rejudge", str(copy)), camlabel("run", "--resume", str(copy))):
        assert again.status == 3
        assert "0.jsonl:" in again.err


EDITS = [
    ("testcases/network_communication/test_rtsp_needs_login.py", "asked: bool(", "asked: not bool(", {"NET-11": "FAIL"}),
    (
        "testcases/network_communication/test_rtsp_needs_login.py",
        "way in path.ways",
        'way in ("tcp",)',
        {"NET-11": "INCONCLUSIVE"},
    ),
    ("testcases/system_software/test_password_change.py", "alive.last, granted", "surfaces, bool", {"SYS-07": "FAIL"}),
]


@pytest.mark.parametrize(("file", "old", "new", "verdicts"), EDITS)
def test_an_edited_case_gets_the_verdict_it_deserves(
    copy: Path, tree: Path, file: str, old: str, new: str, verdicts: dict[str, str]
) -> None:
    """Another predicate is judged from the record; another question is INCONCLUSIVE."""
    text = (tree / file).read_text()
    assert old in text
    (tree / file).write_text(text.replace(old, new))
    again = camlabel("rejudge", str(copy), "--json", environment={"PYTHONPATH": str(tree)})
    assert again.verdicts == ALL_PASS | verdicts, again.err


def test_a_changed_procedure_needs_a_new_run(copy: Path, tree: Path) -> None:
    """More known paths are asked for than were tried."""
    path = tree / "harness/catalogue/network-communication.yaml"
    path.write_text(re.sub(r"(known_paths_max: {value: )100", r"\g<1>120", path.read_text()))
    again = camlabel("rejudge", str(copy), "--json", environment={"PYTHONPATH": str(tree)})
    assert again.verdicts == ALL_PASS | {"NET-11": "INCONCLUSIVE"}, again.err
    assert "needs a new run" in again.requirement("NET-11")["reason"]


def test_other_code_does_not_go_on(copy: Path, tree: Path) -> None:
    """A resume is refused; a rejudgement is what other code may do."""
    (tree / "harness/more.py").write_text("")
    again = camlabel("run", "--resume", str(copy), environment={"PYTHONPATH": str(tree)})
    assert again.status == 3
    assert "another code" in again.err


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the harness to edit."""
    for name in ("harness", "testcases", "device_profiles", "fixtures", "reports"):
        shutil.copytree(ROOT / name, tmp_path / "tree" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "tree"


@pytest.fixture(scope="session")
def sound_folder(sound: Finished, sound_out: Path) -> Path:
    """Where the sound run lies."""
    return run_folder(sound_out)


def without_rtsp(folder: Path) -> None:
    """The profile declares less than it did."""
    path = folder / "profile.yaml"
    path.write_text(path.read_text().replace("rtsp: {absent:", "rtsp:  {absent:"))


def other_selection(folder: Path) -> None:
    """The requirement that may have failed is deselected afterwards."""
    path = folder / "run.json"
    path.write_text(path.read_text().replace('"select": []', '"select": ["SYS-07"]'))


@pytest.mark.parametrize("change", [without_rtsp, other_selection])
def test_what_decides_which_cases_there_are_may_not_change(copy: Path, change: Callable[[Path], None]) -> None:
    """Else a FAIL would be judged away: neither rejudged nor resumed."""
    change(copy)
    for again in (camlabel("rejudge", str(copy)), camlabel("run", "--resume", str(copy))):
        assert (again.status, "made with another" in again.err) == (3, True), again.err


def test_a_run_does_not_go_on_with_another_unit(copy: Path) -> None:
    """The flash is another's: what was seen of the first one says nothing of it."""
    shutil.rmtree(copy / "device/flash")
    again = camlabel("run", "--resume", str(copy))
    assert again.status == 3
    assert "another device answers" in again.err
