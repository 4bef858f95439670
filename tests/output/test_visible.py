"""Nothing that a device says reaches a screen as anything but visible text."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.output.visible import visible

DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, 中文, é ★", "plain text, 中文, é ★"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("\u202eabc", "\\u202eabc"),
        ("\U000e0041", "\\U000e0041"),
        ("\udc80", "\\udc80"),
        ("\ufffe", "\\ufffe"),
        ("\x9b\x7f", "\\x9b\\x7f"),
        ("\\d+ [bold]", "\\d+ [bold]"),
        ("", ""),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_lines_are_kept_on_request() -> None:
    assert visible("a\n\tb\r\n", lines=True) == "a\n\tb\\r\n"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert visible("x" * 1_000_000, 10) == "xxxxxxxxxx… (+999990 characters)"
    assert visible("x" * 10, 10) == "x" * 10


@given(st.text())
def test_nothing_dangerous_is_left(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(each) for each in shown} & DANGEROUS
    assert re.fullmatch(r"[^\x00-\x1f\x7f]*", shown)
    assert visible(shown) == shown
