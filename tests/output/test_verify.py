"""A sealed run is whole, and every change to it is noticed and named."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from harness.cli.verify import verify as command
from harness.journal.artefacts import Artefacts
from harness.journal.chain import canonical
from harness.journal.writer import Journal
from harness.model.errors import UsageError
from harness.output.campaign import seal_of
from harness.output.manifest import Manifest
from harness.output.renderers import write
from harness.output.seal import seal
from harness.output.verify import verify
from tests.builders.records import colourful

ARTEFACT = "artefacts/" + "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished, sealed run."""
    folder = tmp_path / "20260822T101500Z-emulated-camera"
    folder.mkdir()
    journal = Journal(folder / "journal")
    for number in range(5):
        journal.append("observation", {"number": number})
    journal.close()
    artefacts = Artefacts(folder / "artefacts")
    artefacts.put(b"foo")
    artefacts.sync()
    for name in ("run.json", "plan.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    for name in ("private", "device"):
        (folder / name).mkdir()
        (folder / name / "thing").write_text("not evidence", encoding="utf-8")
    write(colourful(), folder)
    seal(folder, folder.name)
    return folder


def edit(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def reseal(run: Path, **changes: object) -> None:
    """What somebody does who prettifies a manifest by hand."""
    manifest = json.loads((run / "manifest.json").read_bytes())
    (run / "manifest.json").write_text(json.dumps({**manifest, **changes}), encoding="utf-8")


def listed(run: Path) -> list[dict[str, object]]:
    return list(json.loads((run / "manifest.json").read_bytes())["files"])


def test_a_sealed_run_is_whole(run: Path) -> None:
    assert verify(run) == []


def test_the_seal_names_every_file_and_what_is_left_out(run: Path) -> None:
    manifest = Manifest.model_validate_json((run / "manifest.json").read_bytes())
    paths = [each.path for each in manifest.files]
    assert paths == [
        "plan.json",
        "record.json",
        "run.json",
        "verdicts.json",
        ARTEFACT,
        "journal/0.jsonl",
        "reports/grid.txt",
        "reports/junit-basic.xml",
        "reports/junit-enhanced.xml",
        "reports/junit-leading.xml",
        "reports/report.html",
    ]
    assert [each.path for each in manifest.left_out] == ["private", "device"]
    assert json.loads((run / "manifest.json").read_bytes())["schema"] == "camlabel-manifest/1"
    artefact = manifest.files[4]
    assert (artefact.size, artefact.sha256) == (3, ARTEFACT.removeprefix("artefacts/"))


def test_what_is_left_out_may_change(run: Path) -> None:
    (run / "private" / "thing").write_text("another", encoding="utf-8")
    (run / "device" / "new").write_text("another", encoding="utf-8")
    assert verify(run) == []


def test_a_run_may_be_sealed_again(run: Path) -> None:
    (run / "run.json").write_text('{"resumed": true}', encoding="utf-8")
    assert [each.partition(":")[0] for each in verify(run)] == ["run.json"]
    seal(run, run.name)
    assert verify(run) == []


def prettier_verdict(run: Path) -> None:
    edit(run / "verdicts.json", b'"exit_status": 1', b'"exit_status": 0')


def prettier_line(run: Path) -> None:
    edit(run / "journal" / "0.jsonl", b'"number":3', b'"number":4')


def lost_line(run: Path) -> None:
    path = run / "journal" / "0.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))


def swapped_artefact(run: Path) -> None:
    (run / ARTEFACT).write_bytes(b"bar")


def cut_artefact(run: Path) -> None:
    (run / ARTEFACT).write_bytes(b"f")


def lost_artefact(run: Path) -> None:
    (run / ARTEFACT).unlink()


def added_file(run: Path) -> None:
    (run / "reports" / "better.xml").write_text("<testsuites/>", encoding="utf-8")


def added_segment(run: Path) -> None:
    (run / "journal" / "1.jsonl").write_text("", encoding="utf-8")


def linked_file(run: Path) -> None:
    data = (run / "plan.json").read_bytes()
    (run.parent / "elsewhere").write_bytes(data)
    (run / "plan.json").unlink()
    (run / "plan.json").symlink_to(run.parent / "elsewhere")


def linked_folder(run: Path) -> None:
    (run / "more").symlink_to("/etc")


def pipe_instead(run: Path) -> None:
    (run / "plan.json").unlink()
    os.mkfifo(run / "plan.json")


def hostile_name(run: Path) -> None:
    (run / "\x1b[2J").write_text("", encoding="utf-8")


CHANGES: list[tuple[Callable[[Path], None], list[str]]] = [
    (prettier_verdict, ["verdicts.json: changed"]),
    (prettier_line, ["journal/0.jsonl: changed", "journal: journal/0.jsonl:4: the body does not match"]),
    (lost_line, ["journal/0.jsonl: cut or changed", "journal: journal/0.jsonl:3: this line does not follow"]),
    (swapped_artefact, [f"{ARTEFACT}: changed"]),
    (cut_artefact, [f"{ARTEFACT}: cut or changed, 1 of 3 bytes"]),
    (lost_artefact, [f"{ARTEFACT}: missing"]),
    (added_file, ["reports/better.xml: added after the run was sealed"]),
    (added_segment, ["journal/1.jsonl: added after the run was sealed"]),
    (linked_file, ["plan.json: cannot be read: plan.json: not a plain file"]),
    (linked_folder, ["more: added after the run was sealed"]),
    (pipe_instead, ["plan.json: cannot be read: plan.json: not a plain file"]),
    (hostile_name, ["\x1b[2J: added after the run was sealed"]),
]


@pytest.mark.parametrize(("change", "words"), CHANGES, ids=lambda each: getattr(each, "__name__", ""))
def test_a_change_is_named(run: Path, change: Callable[[Path], None], words: list[str]) -> None:
    change(run)
    found = verify(run)
    assert len(found) == len(words)
    assert all(each.startswith(start) for each, start in zip(found, words, strict=True))


@pytest.mark.parametrize("each", range(9))
def test_every_byte_counts(run: Path, each: int) -> None:
    path = run / str(listed(run)[each]["path"])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert f"{listed(run)[each]['path']}: changed" in verify(run)


def manifest_without(run: Path, path: str) -> None:
    reseal(run, files=[each for each in listed(run) if each["path"] != path])


SEALS: list[tuple[str, Callable[[Path], object]]] = [
    ("manifest.json: missing", lambda run: (run / "manifest.json").unlink()),
    ("manifest.json: not a seal", lambda run: (run / "manifest.json").write_bytes(b"\xff{" * 100)),
    ("manifest.json: not a seal", lambda run: (run / "manifest.json").write_bytes(b"[" * 100_000)),
    ("manifest.json: not a seal", lambda run: reseal(run, schema="camlabel-manifest/9")),
    ("manifest.json: not a seal", lambda run: reseal(run, files=[{"path": "x", "size": -1, "sha256": "?"}])),
    ("manifest.json: names ../secret outside the run", lambda run: reseal(run, files=[{**listed(run)[0], "path": "../secret"}])),
    ("manifest.json: names /etc/passwd outside the run", lambda run: reseal(run, files=[{**listed(run)[0], "path": "/etc/passwd"}])),
    ("manifest.json: names a\0b outside the run", lambda run: reseal(run, files=[{**listed(run)[0], "path": "a\0b"}])),
    ("manifest.json: names a file twice", lambda run: reseal(run, files=listed(run)[:1] * 2)),
]


@pytest.mark.parametrize(("words", "change"), SEALS)
def test_a_broken_seal_is_one_sentence(run: Path, words: str, change: Callable[[Path], object]) -> None:
    change(run)
    [found] = verify(run)
    assert found.startswith(words)


def test_a_link_is_no_seal(run: Path) -> None:
    (run / "manifest.json").rename(run.parent / "manifest.json")
    (run / "manifest.json").symlink_to(run.parent / "manifest.json")
    assert verify(run) == ["manifest.json: missing; this is no folder of a run, the run was not finished, or the seal was taken away"]


def test_an_endless_manifest_is_not_read(run: Path) -> None:
    os.truncate(run / "manifest.json", 1 << 40)
    assert verify(run) == ["manifest.json: too long to be one"]


@pytest.mark.parametrize("path", ["verdicts.json", "journal/0.jsonl"])
def test_a_seal_must_cover_verdicts_and_journal(run: Path, path: str) -> None:
    manifest_without(run, path)
    (run / path).unlink()
    assert f"{path}: the seal does not cover it, as it must" in verify(run)


def test_an_artefact_is_known_by_its_name_whatever_the_seal_says(run: Path) -> None:
    swapped_artefact(run)
    seal(run, run.name)
    assert verify(run) == [f"{ARTEFACT}: sealed with a content that does not fit its name"]


def test_a_broken_chain_is_found_whatever_the_seal_says(run: Path) -> None:
    prettier_line(run)
    seal(run, run.name)
    [found] = verify(run)
    assert found.startswith("journal: journal/0.jsonl:4: the body does not match its digest")


@pytest.mark.parametrize("line", [b"[" * 200_000 + b"\n", canonical({"n": 5}) + b"\n", b'"\\ud800"\n'])
def test_a_strange_journal_line_is_a_sentence(run: Path, line: bytes) -> None:
    with (run / "journal" / "0.jsonl").open("ab") as file:
        file.write(line)
    seal(run, run.name)
    [found] = verify(run)
    assert found.startswith("journal: ")


def test_no_run_at_all(tmp_path: Path) -> None:
    assert verify(tmp_path / "nothing") == ["nothing: there is no such run"]


@pytest.mark.parametrize("change", [linked_file, linked_folder, pipe_instead])
def test_links_and_special_files_cannot_be_sealed(run: Path, change: Callable[[Path], None]) -> None:
    change(run)
    with pytest.raises(UsageError, match="not a plain file"):
        seal(run, run.name)


APP = Typer()
APP.command()(command)


def test_the_command_says_that_a_run_is_whole(run: Path) -> None:
    said = CliRunner().invoke(APP, [str(run)])
    assert (said.exit_code, said.stdout) == (
        0,
        f"{run.name}: whole, nothing was changed, lost or added since it was sealed\nseal {seal_of(run)}\n",
    )


def test_the_command_names_each_difference(run: Path) -> None:
    prettier_verdict(run)
    hostile_name(run)
    said = CliRunner().invoke(APP, [str(run)])
    assert said.exit_code == 3
    assert said.stdout == "\\x1b[2J: added after the run was sealed\nverdicts.json: changed\n"
    assert said.stderr == f"{run.name}: not as it was sealed, 2 differences\n"


def test_the_words_of_a_seal_are_its_own(run: Path) -> None:
    whole = (run / "manifest.json").read_bytes()
    for change in ({"left_out": [{"path": "journal", "why": "nobody needs it"}]}, {}):
        reseal(run, **change)
        assert verify(run) == ["manifest.json: not as it was written; the seal was tampered with"]
    (run / "manifest.json").write_bytes(whole)
    assert verify(run) == []
