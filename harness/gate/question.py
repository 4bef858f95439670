"""A question to the device: probe and arguments in one spelling, and the key by which playback finds its answer."""

import base64
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from inspect import isfunction
from typing import Any, Literal, get_type_hints

from pydantic import BaseModel, TypeAdapter

from harness.gate.attempt import Attempt
from harness.gate.marks import Mark, mark_of
from harness.model.errors import CamlabelError
from harness.model.impact import above

Form = Literal["once", "until", "during"]


class AboveImpactError(CamlabelError):
    """A case asked for more than it declares: a mistake in the case."""


@dataclass(frozen=True)
class Question:
    """`key` and `occurrence` find the answer again; `chain` stands for the acts before it. `unit`: another than the run's own."""

    probe: Callable[..., Any]
    name: str
    mark: Mark
    values: tuple[Any, ...]
    args: str
    chain: str
    key: str
    occurrence: int
    unit: str = ""

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.name}({self.args[1:-1]}){f' of {self.unit}' if self.unit else ''}"


def ask(
    attempt: Attempt, probe: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], form: Form = "once", unit: str = ""
) -> Question:
    """Build the question and count it. An act becomes part of the chain of all later keys, and so does what takes device time."""
    name, values, mark = probe_name(probe), _positional(probe, args, kwargs), mark_of(probe)
    permit(attempt, name, mark)
    spelled, chain = canonical(values), attempt.chain
    whom = (unit,) if unit else ()
    key = _hash(attempt.case, str(attempt.number), chain, form, name, spelled, *whom)
    attempt.asked[key] += 1
    if mark.acts or form != "once":
        attempt.chain = _hash(chain, form, name, spelled, *whom)
    return Question(probe, name, mark, values, spelled, chain, key, attempt.asked[key], unit)


def went_otherwise(attempt: Attempt, how: str) -> None:
    """From here on the device is not where a run without this would have left it."""
    attempt.chain = _hash(attempt.chain, how)


def permit(attempt: Attempt, name: str, mark: Mark) -> None:
    """Raises AboveImpactError when an act does more than its case declares."""
    if mark.acts and mark.impact is not None and above(mark.impact, attempt.impact):
        raise AboveImpactError(f"{name} is an act of {mark.impact}; the case {attempt.case} declares {attempt.impact}")


def probe_name(probe: Callable[..., Any]) -> str:
    """`rtsp.attempt` for our own probes, `module:function` for a lab's; a TypeError for what has no lasting name."""
    if not isfunction(probe) or "<" in probe.__qualname__ or "." in probe.__qualname__:
        raise TypeError(f"{getattr(probe, '__qualname__', probe)!r} is no probe; a probe is a function of a module")
    ours = probe.__module__.removeprefix("harness.probes.")
    return f"{ours}{':' if ours == probe.__module__ else '.'}{probe.__qualname__}"


def canonical(values: tuple[Any, ...]) -> str:
    """Arguments as JSON; sets are sorted, anything that is not data is a TypeError."""
    return _spelled([_plain(value) for value in values])


@cache
def answer_type(probe: Callable[..., Any]) -> TypeAdapter[Any]:
    """How the answers of a probe are written and read."""
    hints = get_type_hints(probe)
    if "return" not in hints:
        raise TypeError(f"{probe_name(probe)} has no return hint; its answers could not be read again")
    return TypeAdapter(hints["return"])


def _plain(value: Any) -> Any:
    """As JSON data. An iterator is none: to read it here would leave nothing for the probe."""
    match value:
        case BaseModel() | Enum():
            return _plain(value.value if isinstance(value, Enum) else value.model_dump(by_alias=True))
        case Mapping() if all(isinstance(name, str) for name in value):
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case set() | frozenset():
            return sorted(map(_plain, value), key=_spelled)
        case bytes():
            return base64.b64encode(value).decode()
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"a {type(value).__name__} is not data; a probe is asked with data only")


def _spelled(plain: Any) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


_signature = cache(inspect.signature)


def _positional(probe: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    bound = _signature(probe).bind(None, *args, **kwargs)
    bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(f"{probe_name(probe)} has parameters that are given by name only; a probe has none")
    return bound.args[1:]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
