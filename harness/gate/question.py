"""A question to the device: probe and arguments in one spelling, and the key by which playback finds its answer."""

import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from harness.gate.attempt import Attempt
from harness.gate.marks import Mark, mark_of


@dataclass(frozen=True)
class Question:
    """`key` and `occurrence` find the answer again; `chain` stands for the acts before it."""

    probe: Callable[..., Any]
    name: str
    mark: Mark
    values: tuple[Any, ...]
    args: str
    chain: str
    key: str
    occurrence: int

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.name}({self.args[1:-1]})"


def ask(attempt: Attempt, probe: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Question:
    """Build the question and count it; an act becomes part of the chain of all later keys."""
    name, values, mark = probe_name(probe), _positional(probe, args, kwargs), mark_of(probe)
    spelled, chain = canonical(values), attempt.chain
    key = _hash(attempt.case, str(attempt.number), chain, name, spelled)
    attempt.asked[key] += 1
    if mark.acts:
        attempt.chain = _hash(chain, name, spelled)
    return Question(probe, name, mark, values, spelled, chain, key, attempt.asked[key])


def probe_name(probe: Callable[..., Any]) -> str:
    """`rtsp.attempt` for our own probes, the whole module path for a lab's."""
    return f"{probe.__module__}.{probe.__qualname__}".removeprefix("harness.probes.")


def canonical(values: tuple[Any, ...]) -> str:
    """Arguments as JSON; sets are sorted, anything that is not data is a TypeError."""
    plain = [to_jsonable_python(_ordered(value), bytes_mode="base64") for value in values]
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


@cache
def answer_type(probe: Callable[..., Any]) -> TypeAdapter[Any]:
    """How the answers of a probe are written and read."""
    return TypeAdapter(get_type_hints(probe)["return"])


def _ordered(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else value


def _positional(probe: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    bound = inspect.signature(probe).bind(None, *args, **kwargs)
    bound.apply_defaults()
    return tuple(bound.arguments.values())[1:]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
