"""What a validation error means to the person who wrote the file: (what, remedy)."""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from harness.model.mistake import printable

Words = tuple[str, str]
SHOWN_MAX = 40
_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (type(None), "empty"),
    (bool, "a truth value"),
    ((int, float), "a number"),
    (dict, "a mapping"),
    (list, "a list"),
)


def shown(value: JsonValue, *, hide: bool = False) -> str:
    """A value as it may be shown: text short and printable, everything else by its kind, a secret not at all."""
    if isinstance(value, str) and hide:
        return "text"
    if isinstance(value, str):
        return f"'{printable(value[:SHOWN_MAX])}{'…' if len(value) > SHOWN_MAX else ''}'"
    if isinstance(value, int | float) and not isinstance(value, bool) and not hide:
        return str(value)
    return next(name for kind, name in _KINDS if isinstance(value, kind))


def nearest(word: str, known: Iterable[str], otherwise: str = "remove it") -> str:
    """A remedy for an unknown word: the known one that it was meant to be, or all of them when they are few."""
    known = sorted(known)
    if near := difflib.get_close_matches(word, known, n=1, cutoff=0.65):
        return f"did you mean {near[0]}?"
    return f"use one of {', '.join(known)}" if 0 < len(known) <= 15 else otherwise


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One validation error: its context, the value, the text as written in the file, the keys known at its place, the only value there."""

    context: dict[str, Any]
    message: str
    value: JsonValue
    written: str
    key: str
    hide: bool
    known: Iterable[str]
    only: str = ""

    @property
    def shown(self) -> str:
        """The value as it may be shown."""
        return shown(self.value, hide=self.hide)


def wording(kind: str, problem: Problem) -> Words:
    """The words for one kind of validation error."""
    return _WORDINGS.get(kind, _other)(problem)


def _missing(problem: Problem) -> Words:
    return "is missing", f"add {problem.key}: {problem.only}" if problem.only else f"add {problem.key}"


def _unknown(problem: Problem) -> Words:
    return "is not known here", nearest(problem.key, problem.known)


def _text(problem: Problem) -> Words:
    if problem.written:
        quoted = "put it between quotes" if problem.hide else f'quote it: "{printable(problem.written)}"'
        return f"is read as {shown(problem.value, hide=True)}", quoted
    return f"is {problem.shown}", "write text"


def _literal(problem: Problem) -> Words:
    known = re.findall(r"'([^']*)'", str(problem.context.get("expected", "")))
    return f"is {problem.shown}", nearest(str(problem.value), known) if len(known) > 1 else f"write {known[0]}"


def _limit(words: str, key: str) -> Callable[[Problem], Words]:
    return lambda problem: (f"is {problem.shown}", f"{words} {problem.context[key]:g}")


def _kind(words: str) -> Callable[[Problem], Words]:
    return lambda problem: (f"is {problem.shown}", words)


def _pattern(problem: Problem) -> Words:
    pattern = problem.context["pattern"]
    return f"is {problem.shown}", _PATTERNS.get(pattern, f"write it as {pattern}")


def _own(problem: Problem) -> Words:
    what, _, remedy = problem.message.removeprefix("Value error, ").partition("; ")
    return what, remedy


def _other(problem: Problem) -> Words:
    return f"is {problem.shown}", problem.message[:1].lower() + problem.message[1:]


_PATTERNS = {
    "^/": "begin it with /",
    r"^(/[^\s?#]+|(socket|rfc2217)://[^\s/?#]+:\d{1,5}([/?]\S*)?)$": "write /dev/ttyUSB0, socket://host:port or rfc2217://host:port",
    "^[a-z][a-z0-9_-]{0,40}$": "use small letters, digits, - and _ only, a letter first",
    r"^[^\s/:.][^\s/:]{0,14}$": "write the name of a network card as `ip link` shows it",
    "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$": "write six pairs of small letters and digits: 02:00:00:ca:00:01",
    "^[0-9a-f]{64}$": "write 64 hexadecimal digits in small letters",
}
_MAPPING = _kind("write a mapping (key: value)")
_LIST = _kind("write a list")
_WHOLE = _kind("write a whole number")
_NUMBER = _kind("write a number")
_WORDINGS: dict[str, Callable[[Problem], Words]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "string_type": _text,
    "string_too_short": lambda _: ("is empty", "write text"),
    "string_pattern_mismatch": _pattern,
    "literal_error": _literal,
    "bool_type": _kind("write yes or no"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "greater_than": _limit("it must be more than", "gt"),
    "greater_than_equal": _limit("it must be at least", "ge"),
    "less_than_equal": _limit("it must be at most", "le"),
    "too_short": lambda _: ("is an empty list", "list at least one"),
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "value_error": _own,
}
