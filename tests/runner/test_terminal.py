"""Questions at a real terminal (a pty): answers, silence, garbage, hanging up, Ctrl-C."""

import os
import pty
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.model.errors import NotPossible
from harness.model.operator import Choice, Given, Question, Words
from harness.runner.terminal import Terminal, attended

WORDS = Words(en="Is there a \x1b[2Jserial port?", zh="有串口吗？")
CHOICES = (Choice(id="none", words=Words(en="no pads", zh="无焊盘")), Choice(id="pads", words=Words(en="pads", zh="有焊盘")))
UART = Question(key="uart", kind="choice", words=WORDS, choices=CHOICES)
PHOTO = Question(key="board", kind="photo", words=WORDS)
VOLTS = Question(key="volts", kind="number", words=WORDS, unit="V", lowest=0, highest=5)


@dataclass
class Person:
    """Sits at the far end of a pty; `keys` are typed one after the other, each after a prompt."""

    near: int
    far: int
    screen: bytes = b""

    def ask(self, question: Question, *keys: bytes, timeout_s: float = 20.0) -> Given:
        """The answer, while the keys are typed."""
        typing = threading.Thread(target=self._type, args=(keys,))
        typing.start()
        try:
            return Terminal(self.near, self.near, "ann", timeout_s).ask(question)
        finally:
            typing.join()

    def _type(self, keys: tuple[bytes, ...]) -> None:
        for number, key in enumerate(keys, 1):
            while (
                b"\xe5\x88\x99\xe4\xb8\x8d\xe6\xb5\x8b\xe8\xaf\x95" not in self.screen or self.screen.count(b"Not understood") < number - 1
            ):
                self.screen += os.read(self.far, 4096)
            os.write(self.far, key)


@contextmanager
def person() -> Iterator[Person]:
    far, near = pty.openpty()
    try:
        yield Person(near, far)
    finally:
        os.close(near)
        os.close(far)


def test_an_answer_says_who_gave_it_and_when() -> None:
    with person() as ann:
        given = ann.ask(UART, b"2\n")
    assert (given.value, given.who, given.scripted) == ("pads", "ann", False)
    assert given.at > 1e9


def test_the_question_is_shown_in_both_languages_and_escaped() -> None:
    with person() as ann:
        ann.ask(UART, b"1\n")
    assert "有串口吗".encode() in ann.screen
    assert b"no pads" in ann.screen
    assert b"\x1b[2J" not in ann.screen


def test_an_empty_line_and_garbage_are_no_answer() -> None:
    with person() as ann:
        given = ann.ask(UART, b"\n", b"\xff\xfe\x80\n", b"yes\n", b"1\n")
    assert given.value == "none"


def test_five_times_garbage_is_not_tested() -> None:
    with person() as ann, pytest.raises(NotPossible, match="5 answers"):
        ann.ask(VOLTS, *[b"x\n"] * 5)


def test_silence_is_not_tested() -> None:
    with person() as ann, pytest.raises(NotPossible, match="nobody answered"):
        ann.ask(UART, timeout_s=0.05)


def test_a_line_without_end_is_no_answer() -> None:
    with person() as ann, pytest.raises(NotPossible, match="nobody answered"):
        ann.ask(UART, b"1", timeout_s=0.3)


def test_end_of_input_is_not_tested() -> None:
    with person() as ann, pytest.raises(NotPossible, match="closed"):
        ann.ask(UART, b"\x04")


def test_a_terminal_that_is_gone_is_not_tested() -> None:
    far, near = pty.openpty()
    os.close(far)
    with pytest.raises(NotPossible, match="closed"):
        Terminal(near, near, "ann", 5.0).ask(UART)
    os.close(near)


def test_ctrl_c_ends_the_run_and_is_no_answer() -> None:
    timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with person() as ann, pytest.raises(KeyboardInterrupt):
        ann.ask(UART, timeout_s=20.0)


def test_a_photo_is_taken_from_its_path_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "\x1b]0;hi a-𝒷\u202e.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 picture")
    far, near = pty.openpty()
    with os.fdopen(os.open(os.devnull, os.O_WRONLY), "wb") as sink:
        read, write = os.pipe()
        os.write(write, f"{path}\n".encode())
        given = Terminal(read, sink.fileno(), "ann", 5.0).ask(PHOTO)
    for each in (far, near, read, write):
        os.close(each)
    assert given.value == path.name
    assert given.content.endswith(b"picture")


def test_others_keep_still_while_somebody_is_asked() -> None:
    said: list[str] = []

    @contextmanager
    def suspended() -> Iterator[None]:
        said.append("still")
        try:
            yield
        finally:
            said.append("on")

    with person() as ann, pytest.raises(NotPossible):
        Terminal(ann.near, ann.near, "ann", 0.01, suspended).ask(UART)
    assert said == ["still", "on"]


def test_pipes_and_foreign_terminals_are_nobody() -> None:
    read, write = os.pipe()
    assert not attended(read, write)
    with person() as ann:
        assert not attended(ann.near, ann.near)
    os.close(read)
    os.close(write)
