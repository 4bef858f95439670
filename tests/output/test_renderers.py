"""Every form of a record has a golden file, and is written whole into the run's folder."""

import json
from pathlib import Path

import pytest

from harness.model.vocabulary import LEVELS
from harness.output.renderers import RENDERERS, Renderer, write
from tests.builders.golden import FOLDER, difference, place
from tests.builders.records import colourful


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda each: each.name)
def test_output_is_as_in_its_golden_file(renderer: Renderer) -> None:
    found = renderer.render(colourful())
    expected = place(renderer.file).read_bytes()
    changed = difference(expected.decode(), found.decode(), renderer.name)
    assert found == expected, f"{changed}\nif this is meant: python -m tests.builders.golden"


def test_there_is_no_golden_file_without_a_renderer() -> None:
    assert {each.name for each in FOLDER.iterdir()} == {Path(each.file).name for each in RENDERERS}


def test_names_and_files_are_unique_and_complete() -> None:
    names = [each.name for each in RENDERERS]
    files = [each.file for each in RENDERERS]
    assert len(set(names)) == len(set(files)) == len(RENDERERS)
    assert {"record", "verdicts", "grid", "html", *(f"junit-{level}" for level in LEVELS)} == set(names)


def test_a_difference_is_shown() -> None:
    assert difference("a\nb", "a\nc", "grid") == "--- golden/grid\n+++ now/grid\n@@ -1,2 +1,2 @@\n a\n-b\n+c"


def test_all_forms_are_written(tmp_path: Path) -> None:
    written = write(colourful(), tmp_path)
    assert [each.relative_to(tmp_path).as_posix() for each in written] == [each.file for each in RENDERERS]
    assert sorted(each for each in tmp_path.rglob("*") if each.is_file()) == sorted(written)
    assert [each.read_bytes() for each in written] == [each.render(colourful()) for each in RENDERERS]
    assert json.loads((tmp_path / "verdicts.json").read_bytes())["exit_status"] == 1


def test_undecided_may_be_skipped_in_junit(tmp_path: Path) -> None:
    write(colourful(), tmp_path, "skipped")
    text = (tmp_path / "reports" / "junit-basic.xml").read_text(encoding="utf-8")
    assert '<skipped type="skipped" message="INCONCLUSIVE: PASS only on attempt 2' in text
    assert "<error" not in text
