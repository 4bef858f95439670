"""`camlabel catalogue`, as a person and as a program."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.catalogue.load import load
from harness.cli.catalogue import app
from harness.model.errors import UsageError
from tests.builders.catalogues import edit, small_catalogue


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "160", "TERM": "dumb"})


def refused(*arguments: str) -> str:
    result = call(*arguments)
    assert isinstance(result.exception, UsageError)
    return str(result.exception)


def test_the_list_has_all_requirements_in_their_dimensions() -> None:
    text = call("list").output
    assert all(entry.id in text for entry in load().requirements)
    assert "network-communication 网络与通信安全" in text
    assert text.rstrip().endswith("130 of 130 requirements, catalogue 0.2.0")


@pytest.mark.parametrize("dimension", ["NET", "net", "network-communication"])
def test_the_list_is_narrowed_by_level_and_dimension(dimension: str) -> None:
    text = call("list", "--level", "leading", "--dimension", dimension).output
    assert "NET-20" in text
    assert "SYS-" not in text
    assert text.rstrip().endswith("2 of 130 requirements, catalogue 0.2.0")


def test_the_list_as_json() -> None:
    entries = json.loads(call("list", "--json", "--level", "basic").output)
    assert len(entries) == 71
    assert entries[0]["id"] == "PHY-01"


def test_unknown_words_are_told_with_the_nearest() -> None:
    assert refused("list", "--level", "basics") == "--level 'basics' is not known: did you mean basic?"
    assert refused("list", "--dimension", "nett").startswith("--dimension 'nett' is not known: ")
    assert refused("show", "NET-111") == "there is no requirement 'NET-111': did you mean NET-11?"
    assert refused("show", "[bold]") == "there is no requirement '[bold]': see `camlabel catalogue list`"


def test_a_requirement_is_shown_whole() -> None:
    entry, text = load().requirement("SYS-07"), " ".join(call("show", "sys-07").output.split())
    for words in (
        entry.title,
        entry.title_zh,
        entry.statement,
        entry.pass_criterion,
        *entry.procedure,
        *entry.controls,
        *entry.history,
        *entry.ixit,
    ):
        assert words in text
    assert "revoke_within_s = 60 s (criterion)" in text
    assert "device (with password_auth), service (with cloud_account)" in text


@pytest.mark.once
def test_every_requirement_can_be_shown() -> None:
    for entry in load().requirements:
        shown = call("show", entry.id)
        assert shown.exit_code == 0
        assert "[" not in entry.title or entry.title in shown.output


def test_square_brackets_are_no_markup() -> None:
    assert "auth_mech[].change" in call("show", "SYS-07").output


def test_a_requirement_as_json() -> None:
    shown = json.loads(call("show", "NET-11", "--json").output)
    assert shown == load().requirement("NET-11").model_dump(mode="json")


def test_the_catalogue_is_sound() -> None:
    assert call("check").output.startswith("sound: 130 requirements, version 0.2.0, digest ")


def test_a_catalogue_of_a_lab_is_checked(tmp_path: Path) -> None:
    folder = small_catalogue(tmp_path / "catalogue")
    line = edit(folder / "data-security.yaml", "method: ", "method: x")
    assert f"data-security.yaml:{line}: requirements[0].method: DAT-01: x" in refused("check", str(folder))
