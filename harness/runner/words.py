"""Observations in words, for reports: what was asked, what came back, short and bounded. What cannot be restored is told as it was kept."""

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from harness.model.errors import Undecided
from harness.model.secret import Credential

LONGEST = 400
_SHORT = 80
_ITEMS = 4
_NAMED_ITEMS = 12
_CLOCK = 1e9  # seconds since 1970: when it was is said beside
_NOT_TOLD = ("asked",)


def cut(text: str, longest: int = LONGEST) -> str:
    """A bounded text."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def asked(body: Mapping[str, Any], answer: Any) -> str:
    """What was asked, as the answer says it, else probe and arguments."""
    told = getattr(answer, "asked", None) or (answer.get("asked") if isinstance(answer, Mapping) else None)
    return cut(str(told) if told else called(body))


def called(body: Mapping[str, Any]) -> str:
    """Probe and arguments of an observation."""
    return f"{body['probe']}({', '.join(filter(None, map(brief, body['args'])))})"


def verdict_facts(answer: Any) -> str:
    """What a case may judge by: properties and closed words of the answer. Answers of the same sound read alike."""
    if not isinstance(answer, BaseModel):
        return brief(answer)
    facts = [*_properties(answer), *_closed(answer)]
    return cut("; ".join(f"{name} {text}" for name, text in facts)) if facts else brief(answer)


def whole(answer: Any, longest: int = LONGEST) -> str:
    """Everything that the answer says, bounded."""
    if not isinstance(answer, BaseModel):
        return brief(answer, longest)
    told = [f"{_name(name)} {text}" for name, text in _properties(answer)]
    for name in type(answer).model_fields:
        value = getattr(answer, name)
        text = "nothing" if value == () else "" if name in _NOT_TOLD else brief(value, longest // 2)
        told += [f"{_name(name)} {text}"] if text else []
    return cut("; ".join(told), longest)


def brief(value: Any, longest: int = _SHORT) -> str:
    """A value in a few words; what is empty is empty."""
    match value:
        case None | "" | False | True:
            text = "yes" if value else ""
        case float() if value > _CLOCK:
            text = ""
        case BaseModel() if not (text := _own_words(value)):
            text = _pairs({name: getattr(value, name) for name in type(value).model_fields})
        case {"role": _, "unit": _, "which": _}:
            text = _credential(value)
        case Mapping():
            text = _pairs(value)
        case list() | tuple() | set() | frozenset():
            text = _several(tuple(value), longest)
        case _:
            text = _own_words(value) or str(value.value if isinstance(value, Enum) else value)
    return cut(text, longest)


def _own_words(value: Any) -> str:
    """Of an answer's part that says its name, by `str` or by what is worked out as `asked`; empty for one that does not."""
    if not isinstance(value, BaseModel):
        return ""
    if isinstance(getattr(type(value), "asked", None), property):
        return str(value.asked)  # type: ignore[attr-defined]
    return str(value) if type(value).__str__ is not BaseModel.__str__ else ""


def _credential(kept: Mapping[str, Any]) -> str:
    """As the journal has it."""
    try:
        return str(Credential.model_validate(kept))
    except ValidationError:
        return _pairs(kept)


def _pairs(fields: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (_pair(name, each) for name, each in fields.items())))


def _pair(name: str, value: Any) -> str:
    """A truth by its name, all else by its value."""
    return _name(name) if value is True else brief(value)


def _several(values: tuple[Any, ...], longest: int) -> str:
    """Things that say their name may be many."""
    most = _NAMED_ITEMS if values and _own_words(values[0]) else _ITEMS
    told = [text for each in values[:most] if (text := brief(each, longest))]
    rest = len(values) - most
    return cut(", ".join([*told, *([f"and {rest} more"] if rest > 0 else [])]), longest)


def _properties(answer: BaseModel) -> Iterator[tuple[str, str]]:
    """Truths and lists of words that the answer's class works out; an unclear one says so."""
    yield from ((_name(name), _worked_out(answer, name)) for name in _told_by(type(answer)))


@cache
def _told_by(kind: type[BaseModel]) -> tuple[str, ...]:
    """Their names, a class's own after those of what it is derived from."""
    found = [(name, each) for owner in reversed(kind.__mro__) if owner is not BaseModel for name, each in vars(owner).items()]
    worked_out = [(name, each.fget) for name, each in found if isinstance(each, property) and not name.startswith("_")]
    hints = [(name, get_type_hints(getter).get("return")) for name, getter in worked_out]
    return tuple(name for name, hint in hints if hint is bool or get_args(hint)[:1] == (str,))


def _worked_out(answer: BaseModel, name: str) -> str:
    try:
        value = getattr(answer, name)
    except Undecided:
        return "unclear"
    except Exception as error:  # noqa: BLE001 - a report is written whatever a lab's own probe does
        return f"({type(error).__name__})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return brief(value) or "nothing"


def _closed(answer: BaseModel) -> Iterator[tuple[str, str]]:
    for name, field in type(answer).model_fields.items():
        if name not in _NOT_TOLD and (field.annotation is bool or get_origin(field.annotation) is Literal):
            value = getattr(answer, name)
            yield _name(name), ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _name(name: str) -> str:
    return name.replace("_", " ")
