"""Mistakes: how they read, and that they are all told."""

from pathlib import Path

from harness.model.mistake import SHOWN_MAX, Mistake, dotted, file_mistake, printable, refusal


def mistake(line: int, path: str = "a.b", what: str = "is wrong") -> Mistake:
    return Mistake(file="x.yaml", line=line, path=path, what=what, remedy="mend it")


def test_a_mistake_reads_as_file_line_path_what_remedy() -> None:
    assert str(mistake(7)) == "x.yaml:7: a.b: is wrong, mend it"


def test_nothing_in_a_mistake_moves_the_cursor() -> None:
    assert str(mistake(1, "a\x1b[31m\n", "is \u202ewrong\ud800")) == "x.yaml:1: a\\x1b[31m\\n: is \\u202ewrong\\ud800, mend it"
    assert printable("端口 é") == "端口 é"


def test_places_are_written_as_people_write_them() -> None:
    assert dotted(("ixit", "log_intf", 2, "port")) == "ixit.log_intf[2].port"
    assert dotted(()) == "(file)"


def test_a_refusal_tells_each_mistake_once_in_the_order_of_lines() -> None:
    assert str(refusal([mistake(9), mistake(2), mistake(9)])).splitlines() == [str(mistake(2)), str(mistake(9))]


def test_a_refusal_has_an_end() -> None:
    told = str(refusal(mistake(number) for number in range(1, 1000))).splitlines()
    assert len(told) == SHOWN_MAX + 1
    assert told[-1] == "… and 899 more"


def test_a_mistake_of_the_whole_file_stands_in_line_one() -> None:
    assert str(file_mistake(Path("x.yaml"), "is empty", "fill it")) == "x.yaml:1: (file): is empty, fill it"
