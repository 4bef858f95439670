"""What came of a question: an answer or a failure, in the one form that is journalled, restored and returned."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

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
    _survives(adapter, question, answer)
    plain = adapter.dump_python(answer, by_alias=True)
    if _holds_a_secret(plain, mask) and (masked := _masked(plain, mask)) != plain:
        answer = _survives(adapter, question, adapter.validate_python(masked))
    return json.loads(adapter.dump_json(answer, by_alias=True))


def _survives(adapter: TypeAdapter[Any], question: Question, answer: Any) -> Any:
    if adapter.validate_json(adapter.dump_json(answer, by_alias=True, warnings="error")) != answer:
        name = type(answer).__name__
        raise NotRestorable(f"{question.name} returned a {name} that does not survive the journal; correct its return hint")
    return answer


def _holds_a_secret(plain: Any, mask: Callable[[bytes], bytes]) -> bool:
    """One look at all texts together: most answers hold none."""
    texts = b"\0".join(_texts(plain))
    return mask(texts) != texts


def _texts(plain: Any) -> Iterator[bytes]:
    """In any order."""
    unread = [plain]
    while unread:
        match unread.pop():
            case str(text):
                yield text.encode("utf-8", "replace")
            case bytes(data):
                yield data
            case dict(pairs):
                unread += (*pairs, *pairs.values())
            case list() | tuple() | set() | frozenset() as several:
                unread += several


def _masked(plain: Any, mask: Callable[[bytes], bytes]) -> Any:
    """Before anything is encoded: a secret in bytes would be cut by their base64."""
    match plain:
        case str():
            found = mask(text := plain.encode("utf-8", "replace"))
            return plain if found == text else found.decode("utf-8", "replace")
        case bytes():
            return mask(plain)
        case dict():
            return {_masked(name, mask): _masked(each, mask) for name, each in plain.items()}
        case list() | tuple() | set() | frozenset():
            return type(plain)([_masked(each, mask) for each in plain])
    return plain


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
