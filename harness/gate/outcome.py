"""What came of a question: an answer or a failure, in the one form that is journalled, restored and returned."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.gate.question import Question, answer_type
from harness.model import errors


class ProbeBroke(errors.CamlabelError):
    """Playback of a probe that broke: ERROR, as it was live."""


class NotRestorable(errors.CamlabelError):
    """A probe returned what cannot be read back as it was; the probe's hints are wrong."""


RAISED: tuple[type[errors.CamlabelError], ...] = (errors.DeviceSilent, errors.OutOfScope, errors.Undecided, errors.NotPossible)


@dataclass(frozen=True)
class Failure:
    """A journalled exception."""

    kind: str
    message: str

    def exception(self) -> errors.CamlabelError:
        """The same kind again; anything unknown is ProbeBroke."""
        for raised in RAISED:
            if raised.__name__ == self.kind:
                return raised(self.message)
        return ProbeBroke(f"{self.kind}: {self.message}")


def failure_of(error: Exception) -> Failure:
    """By the nearest class that playback knows."""
    for raised in RAISED:
        if isinstance(error, raised):
            return Failure(raised.__name__, str(error))
    return Failure(type(error).__name__, str(error))


def spelled(question: Question, answer: Any, mask: Callable[[bytes], bytes]) -> Any:
    """The answer as masked JSON data; NotRestorable when it would not come back equal."""
    adapter = answer_type(question.probe)
    raw = adapter.dump_json(answer, by_alias=True)
    if adapter.validate_json(raw) != answer:
        raise NotRestorable(
            f"{question.name} returned a {type(answer).__name__} that does not survive the journal; correct its return hint"
        )
    return json.loads(mask(raw))


def restored(question: Question, data: Any) -> Any:
    """The observation from journalled data; Undecided when this version cannot read it."""
    try:
        return answer_type(question.probe).validate_json(json.dumps(data))
    except ValueError as error:
        raise errors.Undecided(f"the record of {question.name} cannot be read by this version: {error}") from error


def answer_or_raise(question: Question, body: Mapping[str, Any]) -> Any:
    """What a journalled observation gives to the case."""
    if "failure" in body:
        raise Failure(**body["failure"]).exception()
    return restored(question, body["result"])
