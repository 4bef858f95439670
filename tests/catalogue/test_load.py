"""The catalogue in the tree: complete, fast, and read from what people edit."""

from copy import deepcopy
from pathlib import Path

import pytest

from harness.catalogue.folder import Folder, read_folder
from harness.catalogue.load import HERE, TWIN, load, twin_is_current
from harness.catalogue.tally import tally
from harness.model.errors import UsageError
from harness.model.requirement import Catalogue
from tests.builders.catalogues import edit, small_catalogue


@pytest.fixture(scope="module")
def whole() -> Folder:
    return read_folder(HERE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_catalogue(tmp_path / "catalogue")


def test_all_130_requirements_are_there_as_the_head_says() -> None:
    catalogue = load()
    assert len({entry.id for entry in catalogue.requirements}) == 130
    assert {**catalogue.catalogue.counts, **tally(catalogue)} == catalogue.catalogue.counts
    assert (len(catalogue.capabilities), len(catalogue.undeclared), len(catalogue.sources)) == (40, 18, 17)


def test_requirements_stand_in_the_file_of_their_dimension_in_order(whole: Folder) -> None:
    for source in whole.dimensions:
        entries = source.data["requirements"]
        assert {entry["dimension"] for entry in entries} == {source.path.stem}
        assert [entry["id"] for entry in entries] == sorted(entry["id"] for entry in entries)
    assert len(whole.dimensions) == 6


def test_every_field_of_the_files_is_in_the_model(whole: Folder) -> None:
    content = deepcopy(whole.content)
    made = Catalogue.model_validate(content).model_dump(mode="json", exclude_unset=True)
    for entry in content["requirements"]:
        entry["state"] = [entry["state"]] if isinstance(entry["state"], str) else entry["state"]
    for capability in content["capabilities"].values():
        capability["detector"] = [{"kind": kind, "text": text} for each in capability["detector"] for kind, text in each.items()]
    assert made == content


def test_the_twin_in_the_tree_is_current_and_says_the_same(whole: Folder) -> None:
    assert twin_is_current()
    assert load() == Catalogue.model_validate({**whole.content, "digest": load().digest})


def test_an_edited_file_is_believed_before_the_twin(folder: Path) -> None:
    before = load(folder)
    edit(folder / "network-communication.yaml", "title: ", "title: Edited ")
    assert not twin_is_current(folder)
    after = load(folder)
    assert after.requirement("NET-01").title == f"Edited {before.requirement('NET-01').title}"
    assert before.digest != after.digest


@pytest.mark.parametrize("twin", [None, "", "{", "[]", "{}", '{"files": {}, "content": {}}'])
def test_a_twin_that_is_missing_or_broken_is_not_needed(folder: Path, twin: str | None) -> None:
    before = load(folder)
    (folder / TWIN).unlink()
    if twin is not None:
        (folder / TWIN).write_text(twin)
    assert load(folder) == before


def test_a_folder_without_catalogue(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"catalogue\.yaml:1: \(file\): does not exist"):
        load(tmp_path)


def test_mistakes_of_form_in_all_files_come_at_once(folder: Path) -> None:
    edit(folder / "catalogue.yaml", "prefix: PHY", "prefx: PHY")
    edit(folder / "data-security.yaml", "level: basic", "level: basics")
    edit(folder / "physical-hardware.yaml", "impact: reboot", "impact: explode")
    (folder / "stranger.yaml").write_text("a: 1\n")
    with pytest.raises(UsageError) as caught:
        load(folder)
    told = str(caught.value).replace(f"{folder}/", "").splitlines()
    assert told == [
        "catalogue.yaml:66: dimensions.physical-hardware.prefix: is missing, add prefix",
        "catalogue.yaml:67: dimensions.physical-hardware.prefx: is not known here, did you mean prefix?",
        "data-security.yaml:6: requirements[0].level: is 'basics', did you mean basic?",
        "physical-hardware.yaml:18: requirements[0].impact: is 'explode', use one of ask, change, flash, listen, login, reboot, reset",
        "stranger.yaml:1: (file): names no dimension, name it in the table dimensions of catalogue.yaml, or remove it",
    ]


def test_files_that_cannot_be_read_come_at_once(folder: Path) -> None:
    (folder / "data-security.yaml").unlink()
    (folder / "system-software.yaml").write_text("[")
    with pytest.raises(UsageError) as caught:
        load(folder)
    told = str(caught.value).replace(f"{folder}/", "").splitlines()
    assert [line.partition(",")[0] for line in told] == [
        "system-software.yaml:1: (file): holds a list",
        "data-security.yaml:1: (file): does not exist",
    ]


def test_a_head_without_dimensions(folder: Path) -> None:
    edit(folder / "catalogue.yaml", "dimensions:", "dimensons:")
    with pytest.raises(UsageError, match="dimensions: is missing, add dimensions"):
        load(folder)


def test_a_file_without_requirements(folder: Path) -> None:
    (folder / "data-security.yaml").write_text("requirements: none\n")
    with pytest.raises(UsageError, match="requirements: is 'none', write a list"):
        load(folder)
