"""The generated page."""

import pytest

from harness.catalogue.docs import catalogue_markdown, condition, main, value_text
from harness.catalogue.load import load
from harness.model.requirement import Applicability


def test_the_page_in_the_tree_is_current() -> None:
    assert main(["--check"]) == 0


def test_every_requirement_capability_and_table_is_on_the_page() -> None:
    catalogue, page = load(), catalogue_markdown(load()).replace("\\", "")
    for entry in catalogue.requirements:
        assert f"### {entry.id} {entry.title}\n" in page
        assert all(
            words in page
            for words in (entry.title_zh, entry.statement, entry.pass_criterion, *entry.procedure, *entry.controls, *entry.history)
        )
    for table in (catalogue.capabilities, catalogue.undeclared, catalogue.ixit, catalogue.needs, catalogue.sources):
        assert all(f"\n| {name} |" in page for name in table)


def test_words_of_the_catalogue_are_no_markup() -> None:
    page = catalogue_markdown(load())
    assert "level\\_basis says" in page
    assert "<" not in page.replace("\\<", "")


@pytest.mark.parametrize(
    ("applies", "words"),
    [
        ({"always": True}, "always"),
        ({"requires": ["uart"]}, "uart"),
        ({"requires": ["uart", "wifi"]}, "all of uart, wifi"),
        ({"any_of": ["rtsp", "onvif"], "unless": ["rtos"]}, "one of rtsp, onvif; none of rtos"),
    ],
)
def test_conditions_in_words(applies: dict[str, object], words: str) -> None:
    assert condition(Applicability.model_validate({"condition": "x", **applies})) == words


@pytest.mark.parametrize(("value", "text"), [(60, "60"), (0.5, "0.5"), ("1.2", "1.2"), ((10, 50), "10, 50")])
def test_values_in_words(value: float | str | tuple[int, ...], text: str) -> None:
    assert value_text(value) == text
