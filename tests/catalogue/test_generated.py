"""Generated files: written when they differ, told when only checked."""

from pathlib import Path

import pytest

from harness.catalogue.generated import keep_current


def test_what_is_missing_or_old_is_told_then_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "new" / "a.md"
    assert keep_current({place: "one"}, "a.module", ["--check"]) == 1
    assert capsys.readouterr().err == "a.md is out of date: run `python -m a.module`\n"
    assert keep_current({place: "one"}, "a.module", []) == 0
    assert keep_current({place: "one"}, "a.module", ["--check"]) == 0
    assert keep_current({place: "two"}, "a.module", ["--check"]) == 1
    assert place.read_text() == "one"
