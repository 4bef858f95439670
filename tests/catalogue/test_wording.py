"""How validation errors are told, by table."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from harness.catalogue.source import Source
from harness.catalogue.validation import Checked, known_keys, validated
from harness.catalogue.wording import nearest, shown
from harness.model.base import Frozen
from harness.model.errors import UsageError
from harness.model.vocabulary import YesNo


class Inner(Frozen):
    """A part."""

    number: int = 1
    share: Annotated[float, Field(gt=0, le=1)] = 1
    word: Literal["one", "two"] = "one"


class Outer(Frozen):
    """One field of each kind."""

    text: Annotated[str, Field(min_length=1)]
    path: Annotated[str, Field(pattern="^/")] = "/"
    code: Annotated[str, Field(pattern="^x+$")] = "x"
    truth: YesNo = True
    password: str = ""
    names: tuple[str, ...] = ()
    inner: Inner | None = None
    rows: tuple[Inner, ...] = Field(default=(Inner(),), min_length=1)
    table: dict[str, Inner] = Field(default_factory=dict)
    fixed: Literal["a/1"] = "a/1"
    level: Annotated[int, Field(ge=1, lt=9)] = 1


def check(data: dict[str, object], **written: str) -> Checked[Outer]:
    lines = {(name,): number for number, name in enumerate(data, 1)}
    source = Source(Path("paper.yaml"), data, lines, {(name,): text for name, text in written.items()})  # type: ignore[arg-type]
    return validated(source, Outer, [("rows", "*"), ("table", "*")], {"text": "?"})


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"path": "/"}, "1: text: is missing, add text"),
        ({"text": ""}, "1: text: is empty, write text"),
        ({"text": None}, "1: text: is empty, write text"),
        ({"text": []}, "1: text: is a list, write text"),
        ({"text": "a", "tuth": "yes"}, "2: tuth: is not known here, did you mean truth?"),
        ({"text": "a", "inner": {"numbr": 1}}, "2: inner.numbr: is not known here, did you mean number?"),
        ({"text": "a", "rows": [{"zzz": 1}]}, "2: rows[0].zzz: is not known here, use one of number, share, word"),
        ({"text": "a", "table": {"k": {"wrd": "one"}}}, "2: table.k.wrd: is not known here, did you mean word?"),
        ({"text": "a", "path": "x"}, "2: path: is 'x', begin it with /"),
        ({"text": "a", "code": "y\x1b"}, "2: code: is 'y\\x1b', write it as ^x+$"),
        ({"text": "a", "truth": "maybe"}, "2: truth: is 'maybe', write yes or no"),
        ({"text": "a", "truth": 1}, "2: truth: is 1, write yes or no"),
        ({"text": "a", "names": "b"}, "2: names: is 'b', write a list"),
        ({"text": "a", "names": ["b", True]}, "2: names[1]: is a truth value, write text"),
        ({"text": "a", "inner": "b"}, "2: inner: is 'b', write a mapping (key: value)"),
        ({"text": "a", "table": "b"}, "2: table: is 'b', write a mapping (key: value)"),
        ({"text": "a", "rows": []}, "2: rows: is an empty list, list at least one"),
        ({"text": "a", "inner": {"number": "b"}}, "2: inner.number: is 'b', write a whole number"),
        ({"text": "a", "inner": {"number": 1.5}}, "2: inner.number: is 1.5, write a whole number"),
        ({"text": "a", "inner": {"number": {}}}, "2: inner.number: is a mapping, write a whole number"),
        ({"text": "a", "inner": {"share": "b"}}, "2: inner.share: is 'b', write a number"),
        ({"text": "a", "inner": {"share": []}}, "2: inner.share: is a list, write a number"),
        ({"text": "a", "inner": {"share": 0}}, "2: inner.share: is 0, it must be more than 0"),
        ({"text": "a", "inner": {"share": 1.5}}, "2: inner.share: is 1.5, it must be at most 1"),
        ({"text": "a", "level": 0}, "2: level: is 0, it must be at least 1"),
        ({"text": "a", "level": 9}, "2: level: is 9, input should be less than 9"),
        ({"text": "a", "inner": {"word": "on"}}, "2: inner.word: is 'on', did you mean one?"),
        ({"text": "a", "inner": {"word": "zzz"}}, "2: inner.word: is 'zzz', use one of one, two"),
        ({"text": "a", "fixed": "a/2"}, "2: fixed: is 'a/2', write a/1"),
        ({"text": "a", "password": ["b"]}, "2: password: is a list, write text"),
    ],
)
def test_an_error_says_what_and_what_would_be_right(data: dict[str, object], told: str) -> None:
    assert [str(mistake).removeprefix("paper.yaml:") for mistake in check(data).mistakes] == [told]


def test_a_number_where_text_belongs_is_shown_as_it_was_written() -> None:
    (mistake,) = check({"text": 1.1}, text="1.10").mistakes
    assert (mistake.what, mistake.remedy) == ("is read as a number", 'quote it: "1.10"')


def test_a_secret_is_never_shown() -> None:
    (mistake,) = check({"text": "a", "password": 12345678}, password="12345678").mistakes
    assert (mistake.what, mistake.remedy) == ("is read as a number", "put it between quotes")


def test_what_is_sound_is_kept() -> None:
    checked = check({"text": "a", "rows": [{"number": "x"}, {"number": 2}, {"zzz": 0}], "table": {"k": {"number": 3}, "l": 5}})
    assert len(checked.mistakes) == 3
    assert set(checked.cut) == {("rows", 0), ("rows", 2), ("table", "l")}
    assert checked.model.rows == (Inner(number=2),)
    assert checked.model.table == {"k": Inner(number=3)}


def test_a_wrong_section_is_replaced_where_there_is_a_stand_in() -> None:
    checked = check({"text": [], "level": 3})
    assert checked.model == Outer(text="?", level=3)
    assert checked.cut == (("text",),)


def test_without_a_sound_rest_there_is_no_model() -> None:
    checked = check({"text": "a", "rows": [{"number": "x"}]})
    assert checked.model is None
    with pytest.raises(UsageError, match="write a whole number"):
        checked.accepted()


def test_what_is_right_is_accepted_unless_more_is_found() -> None:
    checked = check({"text": "a"})
    assert checked.accepted() == Outer(text="a")
    with pytest.raises(UsageError, match=r"paper\.yaml:1: text: is odd, mend it"):
        checked.accepted([checked.source.mistake(("text",), "is odd", "mend it")])


@pytest.mark.parametrize(
    ("value", "hide", "words"),
    [
        ("a", False, "'a'"),
        ("a", True, "text"),
        ("a" * 99, False, f"'{'a' * 40}…'"),
        (1, False, "1"),
        (1, True, "a number"),
        (True, False, "a truth value"),
    ],
)
def test_values_are_shown_short_and_safe(value: str | int, hide: bool, words: str) -> None:
    assert shown(value, hide=hide) == words


def test_the_nearest_word_is_offered_else_all_when_they_are_few() -> None:
    assert nearest("rstp", ["rtsp", "http"]) == "did you mean rtsp?"
    assert nearest("x", ["rtsp", "http"]) == "use one of http, rtsp"
    assert nearest("https", ["rtsp", "rtsps", "snapshot"]) == "use one of rtsp, rtsps, snapshot"
    assert nearest("x", []) == "remove it"
    assert nearest("zz", map(str, range(50))) == "remove it"


def test_a_place_without_known_keys_has_none() -> None:
    assert known_keys(Outer.model_json_schema(), ("text", "deeper", 3)) == frozenset()
