"""A journal is read back as it was written, or refused with the place where it was changed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.journal.chain import canonical, digest, head
from harness.journal.reader import read
from harness.journal.writer import Journal
from harness.model.errors import UsageError

BODIES: list[dict[str, Any]] = [
    {"said": "plain"},
    {"said": "ümläut ⟦label⟧ \u2028", "deep": {"b": [1, 2.5, None], "a": True}},
    {"said": "\n\0"},
    {},
    {"said": 4},
]


def written(folder: Path, *segments: int) -> Path:
    """A journal with that many lines in each segment."""
    for count in segments:
        journal = Journal(folder / "journal")
        for number in range(count):
            journal.append("line", BODIES[number % len(BODIES)])
        journal.close()
    return folder / "journal"


def edit(folder: Path, segment: int, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path = folder / f"{segment}.jsonl"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    lines = read(written(tmp_path, 5, 0, 3))
    assert [line.n for line in lines] == list(range(8))
    assert [{name: value for name, value in line.body.items() if name not in ("kind", "at")} for line in lines] == BODIES + BODIES[:3]
    assert {line.kind for line in lines} == {"line"}


def test_no_journal_has_no_lines(tmp_path: Path) -> None:
    assert read(tmp_path / "journal") == []


def test_many_segments_are_read_in_order(tmp_path: Path) -> None:
    assert [line.n for line in read(written(tmp_path, *[1] * 12))] == list(range(12))


CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "changed": (lambda lines: [lines[0], lines[1].replace(b"deep", b"DEEP"), *lines[2:]], 2),
    "pretty": (lambda lines: [lines[0], lines[1].replace(b'"said":', b'"said": '), *lines[2:]], 2),
    "second body": (lambda lines: [lines[0].replace(b'"body": ', b'"body": {"kind":"evil"}, "body": '), *lines[1:]], 1),
    "true for one": (lambda lines: [lines[0], lines[1].replace(b'"n": 1', b'"n": true'), *lines[2:]], 2),
    "float for one": (lambda lines: [lines[0], lines[1].replace(b'"n": 1', b'"n": 1.0'), *lines[2:]], 2),
    "removed first": (lambda lines: lines[1:], 1),
    "removed": (lambda lines: lines[:1] + lines[2:], 2),
    "duplicated": (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
    "moved": (lambda lines: [lines[1], lines[0], *lines[2:]], 1),
    "last one removed": (lambda lines: lines[:-1], -1),
    "blank line": (lambda lines: [lines[0], b"\n", *lines[1:]], 2),
    "no JSON": (lambda lines: [*lines[:2], b"{torn\n", *lines[2:]], 3),
    "no object": (lambda lines: [*lines[:2], b"[1]\n", *lines[2:]], 3),
    "body no object": (lambda lines: [*lines[:2], head(2, "0", "0") + b'"text"}\n', *lines[2:]], 3),
    "bottomless": (lambda lines: [*lines[:2], b"[" * 200_000 + b"\n", *lines[2:]], 3),
    "not a number": (lambda lines: [lines[0].replace(b'"plain"', b"NaN"), *lines[1:]], 1),
    "half a character": (lambda lines: [lines[0].replace(b'"plain"', b'"\\ud800"'), *lines[1:]], 1),
    "digest of another kind": (lambda lines: [lines[0].replace(b'"digest": "', b'"digest": ["').replace(b'", "body"', b'"], "body"')], 1),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_line_is_refused_with_its_place(tmp_path: Path, name: str) -> None:
    """The last line of a segment is held by the next segment."""
    folder = written(tmp_path, 5, 2)
    change, place = CHANGES[name]
    edit(folder, 0, change)
    where = f"{folder}/0.jsonl:{place}: " if place > 0 else f"{folder}/1.jsonl:1: "
    with pytest.raises(UsageError) as refused:
        read(folder)
    assert str(refused.value).startswith(where)


def test_a_line_made_to_fit_breaks_the_next_one(tmp_path: Path) -> None:
    """Whoever changes a body and its digest must change all that follows."""
    folder = written(tmp_path, 3)
    body = canonical({"kind": "line", "at": "", "said": "evil"})
    edit(folder, 0, lambda lines: [head(0, "0" * 64, digest(body)) + body + b"}\n", *lines[1:]])
    with pytest.raises(UsageError, match=r"0\.jsonl:2: this line does not follow"):
        read(folder)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_missing_segment_is_named(tmp_path: Path, lost: int) -> None:
    folder = written(tmp_path, 2, 2, 2)
    (folder / f"{lost}.jsonl").unlink()
    with pytest.raises(UsageError, match=rf"{lost}\.jsonl: this segment of the journal is missing"):
        read(folder)
    with pytest.raises(UsageError, match="missing"):
        Journal(folder)


@pytest.mark.parametrize("stranger", ["00", "01", "1-copy", "²", "١"])
def test_a_strange_segment_is_refused(tmp_path: Path, stranger: str) -> None:
    folder = written(tmp_path, 2)
    shutil.copy(folder / "0.jsonl", folder / f"{stranger}.jsonl")
    with pytest.raises(UsageError, match="missing"):
        read(folder)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("three"), 3)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_is_refused_or_cuts_the_tail(three: Path, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Only the newline at the very end can go unnoticed: then the last line is torn."""
    whole = (three / "0.jsonl").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    folder = tmp_path_factory.mktemp("changed")
    (folder / "0.jsonl").write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])
    if at == len(whole) - 1:
        assert read(folder) == read(three)[:-1]
    else:
        with pytest.raises(UsageError):
            read(folder)


def test_every_cut_of_the_last_line_leaves_the_others(tmp_path: Path) -> None:
    """And the next process goes on in a new segment without touching the torn one."""
    folder = written(tmp_path, 2)
    whole, lines = (folder / "0.jsonl").read_bytes(), read(folder)
    start = whole.index(b"\n") + 1
    for length in range(start, len(whole)):
        (folder / "0.jsonl").write_bytes(whole[:length])
        assert read(folder) == lines[:1]
        if length % 20:
            continue
        journal = Journal(folder)
        assert journal.append("again", {}) == 1
        journal.close()
        assert (folder / "0.jsonl").read_bytes() == whole[:length]
        assert [line.kind for line in read(folder)] == ["line", "again"]
        (folder / "1.jsonl").unlink()


def test_torn_tails_of_several_processes(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    for number in range(4):
        journal = Journal(folder)
        journal.append("line", {"process": number})
        journal.close()
        with (folder / f"{number}.jsonl").open("ab") as file:
            file.write(b'{"n": 1, "prev": "' + b"0" * number)
    assert [line.body["process"] for line in read(folder)] == [0, 1, 2, 3]
