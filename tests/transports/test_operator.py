"""What is an answer to a question, and what the bench file answers in the place of a person."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from harness.model.errors import NotPossible, UsageError
from harness.model.operator import FILE_MOST, Choice, Question, Words
from harness.transports.operator import NotUnderstood, Scripted, media_type, understood

WORDS = Words(en="Is there a serial port?", zh="有串口吗？")
CHOICES = (Choice(id="none", words=Words(en="no pads", zh="无焊盘")), Choice(id="pads", words=Words(en="pads", zh="有焊盘")))
UART = Question(key="uart", kind="choice", words=WORDS, choices=CHOICES)
VOLTS = Question(key="volts", kind="number", words=WORDS, unit="V", lowest=0, highest=5)
NOTE = Question(key="note", kind="text", words=WORDS)
PHOTO = Question(key="board", kind="photo", words=WORDS)
FILE = Question(key="log", kind="file", words=WORDS)
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 60


@pytest.mark.parametrize(("typed", "value"), [("1", "none"), (" pads ", "pads"), ("2\n", "pads")])
def test_a_choice_is_answered_by_number_or_name(typed: str, value: str) -> None:
    assert understood(UART, typed, "ann").value == value


@pytest.mark.parametrize("typed", ["", "0", "3", "-1", "yes", "1 2", "９", "\x1b[A", "1" * 400])
def test_anything_else_is_no_choice(typed: str) -> None:
    with pytest.raises(NotUnderstood, match="none, pads"):
        understood(UART, typed, "ann")


@pytest.mark.parametrize(("typed", "number"), [("3.3", 3.3), ("3,3 V", 3.3), ("0", 0.0), ("5V", 5.0)])
def test_a_number_may_have_its_unit(typed: str, number: float) -> None:
    given = understood(VOLTS, typed, "ann")
    assert (given.number, given.value) == (number, f"{number:g} V")


@pytest.mark.parametrize("typed", ["", "nan", "inf", "-0.1", "5.01", "3 A", "0x3", "three"])
def test_anything_else_is_no_number(typed: str) -> None:
    with pytest.raises(NotUnderstood, match="from 0 to 5 V"):
        understood(VOLTS, typed, "ann")


def test_a_text_has_a_length() -> None:
    assert understood(NOTE, " four pads by the lens ", "ann").value == "four pads by the lens"
    for typed in ("", "  ", "x" * 2001):
        with pytest.raises(NotUnderstood):
            understood(NOTE, typed, "ann")


def test_a_file_is_taken_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "a photo.jpg").write_bytes(JPEG)
    given = understood(PHOTO, f"'{tmp_path}/a photo.jpg'", "ann")
    assert (given.value, given.content, media_type(given.content)) == ("a photo.jpg", JPEG, "image/jpeg")


def test_what_is_no_plain_readable_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    (tmp_path / "text.jpg").write_text("no picture")
    for name in ("pipe", "empty", "text.jpg", "missing", "a\0b", "n" * 5000, ""):
        with pytest.raises(NotUnderstood):
            understood(PHOTO, f"{tmp_path}/{name}" if name else "", "ann")
    for place in (tmp_path, Path("/dev/zero"), Path("/dev/tty")):
        with pytest.raises(NotUnderstood):
            understood(FILE, str(place), "ann")


def test_an_oversized_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(FILE_MOST + 1)
    with pytest.raises(NotUnderstood, match="32 MB"):
        understood(FILE, str(tmp_path / "large"), "ann")


def test_the_bench_file_answers_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "board.jpg").write_bytes(JPEG)
    operator = Scripted({"uart": "none", "volts": 3.3, "board": "board.jpg"}, tmp_path)
    assert operator.ask(UART).scripted
    assert operator.ask(VOLTS).number == 3.3
    assert operator.ask(PHOTO).content == JPEG


def test_what_the_bench_file_does_not_answer_is_not_tested(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match=r"operator\.answers\.uart"):
        Scripted({}, tmp_path).ask(UART)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", ".."])
def test_the_bench_file_names_files_beside_it_only(tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "secret").write_bytes(JPEG)
    with pytest.raises(UsageError, match=r"operator\.answers\.log"):
        Scripted({"log": name}, tmp_path).ask(FILE)


def test_a_wrong_answer_in_the_bench_file_is_a_mistake_of_the_bench(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"operator\.answers\.uart: answer one of none, pads"):
        Scripted({"uart": "perhaps"}, tmp_path).ask(UART)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "choice", "choices": CHOICES[:1]},
        {"kind": "choice", "choices": CHOICES * 2},
        {"kind": "number", "unit": "V", "lowest": 0},
        {"kind": "number", "lowest": 0, "highest": 1},
        {"kind": "text", "choices": CHOICES},
    ],
)
def test_an_incomplete_question_cannot_be_asked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Question.model_validate({"key": "k", "words": WORDS, **wrong})
