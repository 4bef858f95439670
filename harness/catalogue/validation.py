"""Data against a model: every mistake with its line, and the model of what is left when the wrong parts are cut out."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from harness.catalogue.source import Source
from harness.catalogue.wording import Problem, wording
from harness.model.mistake import Loc, Mistake, Step, refusal

Model = TypeVar("Model", bound=BaseModel)
Part = tuple[str, ...]  # a kind of place that may be cut out; * stands for any key or index


@dataclass(frozen=True)
class Checked(Generic[Model]):
    """What validation says of a source. `model` is None when not even the rest makes sense; `cut` are the places left out of it."""

    source: Source
    mistakes: tuple[Mistake, ...]
    model: Model | None
    cut: tuple[Loc, ...] = ()

    def accepted(self, more: Iterable[Mistake] = ()) -> Model:
        """The model, when neither validation nor a look at the whole found a mistake; else UsageError tells all of them."""
        mistakes = [*self.mistakes, *more]
        if mistakes or self.model is None:
            raise refusal(mistakes)
        return self.model


def validated(source: Source, kind: type[Model], parts: Iterable[Part], stand_ins: Mapping[str, JsonValue]) -> Checked[Model]:
    """Check a source; wrong parts are cut out and wrong sections replaced by stand-ins, so that the rest is looked at too."""
    try:
        return Checked(source, tuple(source.mistakes), kind.model_validate(source.data))
    except ValidationError as error:
        errors = [entry for entry in error.errors(include_url=False) if not _is_echo(source, entry)]
        schema = kind.model_json_schema()
        mistakes = (_mistake(source, schema, entry) for entry in errors)
        cut = tuple({_cut_at(_real(source, entry), tuple(parts)) for entry in errors})
        return Checked(source, (*source.mistakes, *mistakes), _rest(kind, source.data, cut, stand_ins), cut)


def _is_echo(source: Source, entry: ErrorDetails) -> bool:
    """A list whose entries are wrong counts as empty too."""
    return entry["type"] == "too_short" and bool(source.at(_real(source, entry)))


def _rest(kind: type[Model], data: dict[str, JsonValue], cut: Iterable[Loc], stand_ins: Mapping[str, JsonValue]) -> Model | None:
    left = deepcopy(data)
    for loc in sorted(cut, key=_last_first, reverse=True):
        _remove(left, loc)
    try:
        return kind.model_validate({**stand_ins, **left})
    except ValidationError:
        return None


def _last_first(loc: Loc) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, step) for step in loc]


def _remove(data: Any, loc: Loc) -> None:
    around, last = loc[:-1], loc[-1]
    for step in around:
        data = data[step]
    data.pop(last, None) if isinstance(data, dict) else data.pop(last)


def _cut_at(loc: Loc, parts: tuple[Part, ...]) -> Loc:
    """The smallest part around a wrong place, else its whole section."""
    fitting = [len(part) for part in parts if len(part) <= len(loc) and all(p in ("*", s) for p, s in zip(part, loc, strict=False))]
    return loc[: max(fitting, default=1)]


def _real(source: Source, entry: ErrorDetails) -> Loc:
    """The place of an error without pydantic's marks for unions and keys; the last step may be missing in the file."""
    loc: Loc = ()
    for step in entry["loc"]:
        around = source.at(loc)
        if (isinstance(around, dict) and step in around) or (isinstance(around, list) and isinstance(step, int)):
            loc = (*loc, step)
    return (*loc, entry["loc"][-1]) if entry["type"] == "missing" else loc


def _mistake(source: Source, schema: dict[str, Any], entry: ErrorDetails) -> Mistake:
    loc = _real(source, entry)
    problem = Problem(
        context=entry.get("ctx", {}),
        message=entry["msg"],
        value=str(loc[-1]) if entry["loc"][-1:] == ("[key]",) else source.at(loc),
        written=source.written.get(loc, ""),
        key=str(loc[-1]) if loc else "",
        hide=bool({"accounts", "password"} & set(loc)),
        known=known_keys(schema, loc[:-1]),
        only=only_value(schema, loc),
    )
    return source.mistake(loc, *wording(entry["type"], problem))


def known_keys(schema: dict[str, Any], loc: Loc) -> frozenset[str]:
    """The keys that a JSON Schema knows in the mapping at a place."""
    return frozenset(_at(schema, loc).get("properties", {}))


def only_value(schema: dict[str, Any], loc: Loc) -> str:
    """The one value that a JSON Schema knows at a place, empty where there are others."""
    return str(_at(schema, loc).get("const", ""))


def _at(schema: dict[str, Any], loc: Loc) -> dict[str, Any]:
    here = _resolved(schema, schema)
    for step in loc:
        here = _resolved(schema, _inside(here, step))
    return here


def _inside(here: dict[str, Any], step: Step) -> dict[str, Any]:
    if isinstance(step, int):
        return _mapping(here.get("items"))
    any_key = here.get("additionalProperties") or next(iter(here.get("patternProperties", {}).values()), None)
    return _mapping(here.get("properties", {}).get(step, any_key))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _resolved(schema: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, also one that stands beside null."""
    for option in here.get("anyOf", ()):
        if "$ref" in option:
            here = option
    name = here.get("$ref", "").rpartition("/")[2]
    return _mapping(schema.get("$defs", {}).get(name)) if name else here
