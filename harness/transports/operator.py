"""The person at the bench. The lab gives one back end, or none where nobody can be asked."""

import math
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from harness.model.errors import NotPossible, UsageError
from harness.model.operator import FILE_MOST, TEXT_MOST, Given, Question, ScriptedAnswer

NOBODY_THERE = "nobody can be asked: no terminal, and the bench file has no operator.answers"
SCRIPT = "bench file (scripted)"
_IMAGES: tuple[tuple[bytes, int, str], ...] = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"WEBP", 8, "image/webp"),
    (b"ftyphei", 4, "image/heic"),
    (b"ftypmif1", 4, "image/heic"),
)


class Operator(Protocol):
    """Someone, or the bench file in the place of someone."""

    @property
    def scripted(self) -> bool:
        """Are the answers read from the bench file?"""
        ...

    def ask(self, question: Question) -> Given:
        """The answer, checked against the question. Raises NotPossible when there is none."""
        ...


class Scripted:
    """Answers of the bench file. Files are named from `folder`."""

    scripted = True

    def __init__(self, answers: Mapping[str, ScriptedAnswer], folder: Path) -> None:
        self._answers, self._folder = dict(answers), folder

    def ask(self, question: Question) -> Given:
        """A wrong answer is a mistake in the bench file."""
        place = f"operator.answers.{question.key}"
        if question.key not in self._answers:
            raise NotPossible(f"nobody was asked: the bench file has no {place}")
        try:
            return understood(question, str(self._answers[question.key]), SCRIPT, folder=self._folder, scripted=True)
        except NotUnderstood as problem:
            raise UsageError(f"the bench file's {place}: {problem}") from problem


class NotUnderstood(Exception):
    """What was typed is no answer to the question; the message says what would be."""


def understood(question: Question, typed: str, who: str, *, folder: Path | None = None, scripted: bool = False) -> Given:
    """The answer that was typed; NotUnderstood says what would be one."""
    typed, at = typed.strip(), time.time()
    match question.kind:
        case "choice":
            return Given(value=_chosen(question, typed), who=who, at=at, scripted=scripted)
        case "number":
            number = _number(question, typed)
            return Given(value=f"{number:g} {question.unit}", number=number, who=who, at=at, scripted=scripted)
        case "text":
            return Given(value=_text(typed), who=who, at=at, scripted=scripted)
    typed = _unquoted(typed)
    if folder is not None and typed != Path(typed).name:
        raise NotUnderstood("name a file beside the bench file, without folders")
    path = Path(typed) if folder is None else folder / typed
    content = _content(path, typed)
    if question.kind == "photo" and not media_type(content):
        raise NotUnderstood("this is no JPEG, PNG, WebP or HEIC picture")
    return Given(value=path.name, who=who, at=at, scripted=scripted, content=content)


def media_type(content: bytes) -> str:
    """Of a picture; empty for anything else."""
    return next((kind for magic, place, kind in _IMAGES if content[place : place + len(magic)] == magic), "")


def _unquoted(typed: str) -> str:
    """As terminals quote a file that was dragged there."""
    return typed[1:-1] if len(typed) > 1 and typed[0] == typed[-1] and typed[0] in "'\"" else typed


def _chosen(question: Question, typed: str) -> str:
    """By its number or its id."""
    ids = [each.id for each in question.choices]
    if typed in ids:
        return typed
    if typed.isascii() and typed.isdecimal() and len(typed) < 4 and 1 <= int(typed) <= len(ids):
        return ids[int(typed) - 1]
    raise NotUnderstood(f"answer one of {', '.join(ids)}")


def _number(question: Question, typed: str) -> float:
    lowest, highest = question.lowest, question.highest
    number = math.nan
    with suppress(ValueError):
        number = float(typed.removesuffix(question.unit).strip().replace(",", "."))
    if lowest is None or highest is None or not lowest <= number <= highest:
        raise NotUnderstood(f"answer a number from {lowest:g} to {highest:g} {question.unit}")
    return number


def _text(typed: str) -> str:
    if not typed or len(typed) > TEXT_MOST:
        raise NotUnderstood(f"answer with 1 to {TEXT_MOST} characters")
    return typed


def _content(path: Path, typed: str) -> bytes:
    """Of a plain file that is not too large; a pipe or a device is never waited for."""
    if not typed or "\0" in typed:
        raise NotUnderstood("give the path of a file")
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise NotUnderstood("this is no plain file")
            content = file.read(FILE_MOST + 1)
    except (OSError, UnicodeError) as problem:
        raise NotUnderstood(f"the file cannot be read: {getattr(problem, 'strerror', None) or 'no such name'}") from problem
    if not content:
        raise NotUnderstood("the file is empty")
    if len(content) > FILE_MOST:
        raise NotUnderstood(f"the file is larger than {FILE_MOST // 1024 // 1024} MB")
    return content
