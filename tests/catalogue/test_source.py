"""YAML with line numbers: what is read, what is refused, and that nothing else ever happens."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from harness.catalogue.files import SIZE_MAX
from harness.catalogue.source import DEPTH_MAX, EVENTS_MAX, Source, plain, read_source
from harness.model.errors import UsageError
from tests.builders.papers import PROFILE, lines, write

QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(tmp_path: Path, text: str | bytes) -> Source:
    return read_source(write(tmp_path, text))


def refused(tmp_path: Path, text: str | bytes) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    return lines(caught.value)


def test_data_are_those_of_another_yaml_reader() -> None:
    assert read_source(PROFILE).data == YAML(typ="safe", pure=True).load(PROFILE)


def test_every_place_knows_its_line(tmp_path: Path) -> None:
    source = read(tmp_path, "a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    assert [source.line(loc) for loc in (("a",), ("b",), ("b", 0), ("b", 1, "c"), ("b", 1, "d"))] == [1, 2, 3, 4, 5]


def test_what_is_missing_is_told_at_what_is_around_it(tmp_path: Path) -> None:
    source = read(tmp_path, "a: 1\nb:\n  c: 2\n")
    assert source.line(("b", "nothing", 3)) == 2
    assert source.line(("nothing",)) == 1


def test_values_are_found_by_their_place(tmp_path: Path) -> None:
    source = read(tmp_path, "a: [{b: 1}]\n")
    assert source.at(("a", 0, "b")) == 1
    assert [source.at(loc) for loc in (("a", 1), ("a", "b"), ("a", 0, "b", "c"), ("c",))] == [None] * 4


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("off", "off"),
        ("443", 443),
        ("-3", -3),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        (".5", 0.5),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1_000", "1_000"),
        ("2026-11-23", "2026-11-23"),
        ("12:30", "12:30"),
        ("9" * 400, "9" * 400),
        ("1.2.3", "1.2.3"),
    ],
)
def test_plain_words_follow_yaml_1_2(written: str, meant: object) -> None:
    assert plain(written) == meant
    assert type(plain(written)) is type(meant)


def test_quoted_words_are_text_and_numbers_keep_what_was_written(tmp_path: Path) -> None:
    source = read(tmp_path, "a: '1.10'\nb: 1.10\nc: |\n  12\n443: x\n")
    assert source.data == {"a": "1.10", "b": 1.1, "c": "12\n", "443": "x"}
    assert source.written == {("b",): "1.10"}


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_every_key_that_is_there_twice_is_told(tmp_path: Path) -> None:
    source = read(tmp_path, "a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert [str(mistake).rpartition("paper.yaml:")[2] for mistake in source.mistakes] == [
        "2: b.c: is there twice, keep one of the two",
        "3: a: is there twice, keep one of the two",
    ]


def test_keys_that_are_there_twice_are_told_with_what_ends_the_reading(tmp_path: Path) -> None:
    told = refused(tmp_path, "a: 1\na: 2\nb: [\n")
    assert told[0] == "2: a: is there twice, keep one of the two"
    assert len(told) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: (file): is empty, write lines of the form key: value"),
        ("# nothing\n", "1: (file): is empty, write lines of the form key: value"),
        ("null\n", "1: (file): holds no mapping, write lines of the form key: value"),
        ("just words\n", "1: (file): holds no mapping, write lines of the form key: value"),
        ("- a\n- b\n", "1: (file): holds a list, write lines of the form key: value"),
        ("a: 1\n---\nb: 2\n", "2: (file): holds a second document (---), keep one document a file"),
        ("a: 1\nb: &x 2\n", "2: (file): has an anchor (&), write values out instead of sharing them"),
        ("a:\n  b: *x\n", "2: a: uses an alias (*), write the value out"),
        ("a: 1\nb: !!str 2\n", "2: (file): has a tag (!), remove it; text, numbers, lists and mappings need none"),
        ("a: !!python/object:os.system 1\n", "1: (file): has a tag (!), remove it; text, numbers, lists and mappings need none"),
        ("a: ! 1\n", "1: (file): has a tag (!), remove it; text, numbers, lists and mappings need none"),
        ("? [a]\n: 1\n", "1: (file): has a key that is a list or a mapping, use text as key"),
        ("a: 1\n b: 2\n", "2: (file): is not YAML: mapping values are not allowed here, mend this line or the one before"),
        ("\ta: 1\n", "1: (file): is not YAML: found character '\\t' that cannot start any token, mend this line or the one before"),
        ("a: \x07\n", "1: (file): is not YAML, check its characters and escapes"),
        ('a: "\\U99999999"\n', "1: (file): is not YAML, check its characters and escapes"),
        ('a: "\\ud800"\n', "1: (file): is not YAML, check its characters and escapes"),
        ("a: b\0\n", "1: (file): is binary, name a YAML file"),
        (b"a: 1\nb: \xff\n", "2: (file): is not UTF-8 text, save it as UTF-8, or name the right file"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str | bytes, told: str) -> None:
    assert refused(tmp_path, text) == [told]


def test_a_billion_laughs_end_at_the_first_anchor(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{name}: &{name} [*{last}, *{last}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True))
    assert refused(tmp_path, bomb) == ["1: (file): has an anchor (&), write values out instead of sharing them"]


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "a: " + "{a: " * 10_000, "".join(" " * depth + "a:\n" for depth in range(200))])
def test_deep_nesting_ends_early(tmp_path: Path, text: str) -> None:
    (told,) = refused(tmp_path, text)
    assert told.endswith(f"is nested deeper than {DEPTH_MAX}, flatten it")


def test_many_parts_end_early(tmp_path: Path) -> None:
    assert refused(tmp_path, "a: [" + "1," * EVENTS_MAX + "]\n") == [f"1: a: has more than {EVENTS_MAX} parts, is it the right file?"]


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a: 1\n")
    with path.open("r+b") as file:
        file.truncate(50 << 20)
    with pytest.raises(UsageError, match=f"is larger than {SIZE_MAX} bytes"):
        read_source(path)


def test_the_parsers_own_error_is_not_chained(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, "password: 'Quite-a-long-one-7\n")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "Quite" not in str(caught.value)


PIECES = st.sampled_from(
    [*":-?{}[],#&*!|>'\"%@` \n\t\\~=<a", "---", "...", "b: ", "- ", "%YAML 1.1\n", "!!", "\\x", "\\u12", "é", "\u2028", "|2-\n"]
)


@QUICK
@given(st.one_of(st.lists(PIECES, max_size=25).map("".join).map(str.encode), st.binary(max_size=40)))
@example(b"")
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    with suppress(UsageError):
        read(tmp_path, data)


TEXT = st.text(
    st.characters(codec="utf-8", max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=20
)  # YAML keys end at 1024 characters
NUMBERS = st.one_of(st.integers(-(10**15), 10**15), st.booleans(), st.none())
JSON = st.recursive(st.one_of(TEXT, NUMBERS), lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXT, inner)), max_leaves=12)


@QUICK
@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_json_is_read_as_json_is(tmp_path: Path, data: dict[str, object]) -> None:
    assert read(tmp_path, json.dumps(data)).data == data
