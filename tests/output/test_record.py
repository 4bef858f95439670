"""record.json: what renderers get, written and read again; old and damaged ones."""

import json
from pathlib import Path

import pytest

from harness.model.errors import UsageError
from harness.output import record
from tests.builders.hostile import HOSTILE, said
from tests.builders.records import colourful


def kept(folder: Path, data: bytes) -> Path:
    (folder / record.NAME).write_bytes(data)
    return folder


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    assert record.read(kept(tmp_path, record.render(colourful()))) == colourful()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str, tmp_path: Path) -> None:
    data = record.render(said(HOSTILE[name]))
    assert set(data) <= {10, *range(32, 127)}
    record.read(kept(tmp_path, data))


def test_a_record_without_what_came_later_is_read(tmp_path: Path) -> None:
    older = json.loads(record.render(colourful()))
    for name in ("schema", "narrative", "effort", "overlay", "times", "waits"):
        del older[name]
    found = record.read(kept(tmp_path, json.dumps(older).encode()))
    assert found.requirements == colourful().requirements
    assert found.narrative.moments == ()


def test_what_is_no_record_is_said_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="this is not a run of camlabel; give a folder below runs/"):
        record.read(tmp_path)
    (tmp_path / "run.json").touch()
    with pytest.raises(UsageError, match=r"record\.json: missing; `camlabel run --resume"):
        record.read(tmp_path)
    with pytest.raises(UsageError, match="not a record that this version can read"):
        record.read(kept(tmp_path, b"{}"))
    with pytest.raises(UsageError, match="schema: Input should be 'camlabel-record/1'"):
        record.read(kept(tmp_path, record.render(colourful()).replace(b"camlabel-record/1", b"camlabel-record/9")))
