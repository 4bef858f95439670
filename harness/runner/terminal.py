"""A person at a terminal: asked in English and Chinese, without a default answer, and not for ever."""

import os
import select
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress

from harness.model.errors import NotPossible
from harness.model.operator import Given, Question, Words
from harness.output.visible import visible
from harness.transports.operator import NotUnderstood, understood

TRIES = 5
LINE_MOST = 4096
HOW: Mapping[str, Words] = {
    "choice": Words(en="Type the number of your answer.", zh="请输入答案的编号。"),
    "number": Words(en="Type a number.", zh="请输入数字。"),
    "text": Words(en="Type your answer.", zh="请输入答案。"),
    "photo": Words(en="Type the path of a picture (JPEG, PNG, WebP, HEIC).", zh="请输入照片文件的路径（JPEG、PNG、WebP、HEIC）。"),
    "file": Words(en="Type the path of a file.", zh="请输入文件的路径。"),
}
ASKED = Words(en="OPERATOR, please", zh="请操作员回答")
WAITS = Words(
    en="There is no default; after {s:.0f} s without an answer this is not tested.", zh="无默认答案；{s:.0f} 秒内未回答则不测试。"
)
AGAIN = Words(en="Not understood", zh="无法识别")
THANKS = Words(en="Noted", zh="已记录")


class Terminal:
    """Reads lines from `source`, writes to `sink`; `suspended` silences whatever else uses the terminal."""

    scripted = False

    def __init__(
        self, source: int, sink: int, who: str, timeout_s: float, suspended: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self._source, self._sink, self._who, self._timeout_s, self._suspended = source, sink, who, timeout_s, suspended

    def ask(self, question: Question) -> Given:
        """Asks again after what is no answer. Raises NotPossible when nobody answers in time."""
        with self._suspended():
            with suppress(termios.error):
                termios.tcflush(self._source, termios.TCIFLUSH)  # what was typed before answers nothing
            self._say(*_prompt(question, self._timeout_s))
            given = self._answer(question, time.monotonic() + self._timeout_s)
            self._say(f"{THANKS.en} / {THANKS.zh}: {visible(given.value, 200)}")
            return given

    def _answer(self, question: Question, deadline: float) -> Given:
        for _ in range(TRIES):
            try:
                return understood(question, self._line(deadline), self._who)
            except NotUnderstood as problem:
                self._say(f"{AGAIN.en} / {AGAIN.zh}: {visible(str(problem), 300)}", "> ", end="")
        raise NotPossible(f"{question.key}: {TRIES} answers at the terminal were none to the question")

    def _line(self, deadline: float) -> str:
        line = bytearray()
        while not line.endswith(b"\n"):
            if not select.select([self._source], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise NotPossible(f"nobody answered at the terminal within {self._timeout_s:g} s")
            more = self._read()
            if not more:
                raise NotPossible("the terminal was closed before there was an answer")
            line += more
            if len(line) > LINE_MOST:
                raise NotUnderstood(f"more than {LINE_MOST} characters in one line")
        return line.decode(errors="replace").rstrip("\r\n")

    def _read(self) -> bytes:
        try:
            return os.read(self._source, LINE_MOST)
        except OSError:
            return b""

    def _say(self, *lines: str, end: str = "\n") -> None:
        data = ("\n".join(lines) + end).encode(errors="replace")
        with suppress(OSError):
            while data:
                data = data[os.write(self._sink, data) :]


def attended(source: int, sink: int) -> bool:
    """Is there a terminal on both, and are we the ones whom it listens to?"""
    try:
        return os.isatty(source) and os.isatty(sink) and os.tcgetpgrp(source) == os.getpgrp()
    except OSError:
        return False


def _prompt(question: Question, timeout_s: float) -> tuple[str, ...]:
    return tuple(_prompt_lines(question, timeout_s))


def _prompt_lines(question: Question, timeout_s: float) -> Iterator[str]:
    yield f"\n── {ASKED.en} / {ASKED.zh} [{question.key}]"
    yield visible(question.words.en, 1000)
    yield visible(question.words.zh, 1000)
    for number, choice in enumerate(question.choices, 1):
        yield f"  {number}  {visible(choice.words.en, 200)} / {visible(choice.words.zh, 200)}"
    if question.kind == "number":
        yield f"  {question.lowest:g} … {question.highest:g} {question.unit}"
    how = HOW[question.kind]
    yield f"{how.en} {WAITS.en.format(s=timeout_s)}"
    yield f"{how.zh}{WAITS.zh.format(s=timeout_s)}"
