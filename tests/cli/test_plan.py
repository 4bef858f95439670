"""`camlabel plan`: for people and as JSON; nothing is started or written."""

import json
import re
from pathlib import Path

import pytest

from harness.cli import plan as command
from harness.model.errors import UsageError


def test_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command.plan()
    told = capsys.readouterr().out
    assert "effort quick" in told
    assert re.search(r"^run: \d+ sides of \d+ requirements$", told, re.MULTILINE)
    assert "PHY-01 device" in told
    assert "no case yet" in told
    assert list(tmp_path.iterdir()) == []


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    command.plan(effort="full", select="NET-11", json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["effort"], found["expected_s"] > 0) == ("full", True)
    assert [line["requirement"] for line in found["lines"] if line["what"] == "run"] == ["NET-11"]


def test_what_was_left_out_is_counted_not_listed(capsys: pytest.CaptureFixture[str]) -> None:
    command.plan(select="NET-11")
    told = capsys.readouterr().out
    assert "SYS-07" not in told
    assert "not possible here" not in told
    assert re.search(r"^\d+ deselected$", told, re.MULTILINE)


def test_small_letters_and_spaces_in_a_list_are_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    command.plan(select="net-11, SYS-07")
    assert "of 2 requirements" in capsys.readouterr().out


def test_an_overlay_is_told_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text("schema: camlabel-overlay/1\nname: lab\nreason: draft\nlevels: {NET-11: enhanced}\n")
    command.plan(overlay=tmp_path / "o.yaml")
    assert "Overlay: NET-11: level basic → enhanced" in capsys.readouterr().out


def test_a_stranger_is_refused() -> None:
    with pytest.raises(UsageError, match="NET-99: no such requirement; did you mean NET-19"):
        command.plan(select="NET-99")
