"""What a person at the bench is asked and answers; the terminal, the bench file and the gate share it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from harness.model.base import Frozen

QuestionKind = Literal["choice", "number", "text", "photo", "file"]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,60}$")]
ScriptedAnswer = str | int | float

TEXT_MOST = 2000
FILE_MOST = 32 * 1024 * 1024


class Words(Frozen):
    """One sentence in English and Chinese."""

    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]


class Choice(Frozen):
    """One of the answers that may be given."""

    id: Key
    words: Words


class Question(Frozen):
    """A question without a default answer. `key` names it in the bench file's `operator.answers`.

    A choice has at least two answers; a number has a unit and both limits.
    """

    key: Key
    kind: QuestionKind
    words: Words
    choices: tuple[Choice, ...] = ()
    unit: str = ""
    lowest: float | None = None
    highest: float | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "choice" and len({each.id for each in self.choices}) < max(2, len(self.choices)):
            raise ValueError("a choice has two answers or more, each once")
        if self.kind != "choice" and self.choices:
            raise ValueError(f"a {self.kind} has no choices")
        limits = (self.lowest, self.highest)
        if self.kind == "number" and (not self.unit or None in limits):
            raise ValueError("a number has a unit, a lowest and a highest value")
        return self


class Answer(Frozen):
    """What was answered, by whom and when. `value` is a choice's id, a text, or the name of a file; `at` is in seconds since 1970.

    `scripted`: it was read from the bench file, and nobody looked. A photo or file lies in the artefact `digest`.
    """

    key: str
    kind: QuestionKind
    value: str
    number: float | None = None
    who: str
    at: float
    scripted: bool = False
    digest: str = ""
    size: int = 0
    media_type: str = ""

    def __str__(self) -> str:
        """For people."""
        return f"{self.key}: {self.value} ({'scripted' if self.scripted else self.who})"


class Given(Frozen):
    """An answer as the terminal or the bench file gives it: a file's content is still with it."""

    value: str
    number: float | None = None
    who: str
    at: float
    scripted: bool = False
    content: bytes = b""
