"""How well can tokens be guessed from tokens? Pure: texts in the order in which a device gave them, to figures.

A text is read in columns, one a character. What does not vary, what is given by another column, and what is given by the token
before counts nothing; a column that is as even as chance counts for its whole alphabet, any other for its likeliest character.
"""

import base64
import hashlib
import math
import re
import string
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

ENOUGH = 100  # fewer tokens do not show that columns hang together
STEPS_SHARE = 0.1
COUNTS = 5_000
AROUND_S = 600
NEAR_MS = 5_000
RUN_MIN = 8
UUID_BITS, UUID_FIXED = 128, 6  # version and variant of a random UUID are its form (RFC 9562)
_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_PARTS = re.compile(r"[^A-Za-z0-9+/_=-]+|=+(?=[^=])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)

Column = tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """Of some tokens: how many bits nobody can know beforehand, how many came twice, and the rule that they follow, if one shows."""

    bits: float
    repeats: int
    rule: str = ""


def figures_of(tokens: Sequence[str], *, user: str = "", around: Iterable[float] = ()) -> Figures:
    """`around`: seconds since 1970 near which the first one was made, by any clock."""
    repeats = len(tokens) - len(set(tokens))
    rule = _steps(tokens) or _made_of_count_or_time(tokens, user, around)
    return Figures(0.0 if rule else bits_of(tokens), repeats, rule)


def bits_of(tokens: Sequence[str]) -> float:
    """How many bits vary without a rule."""
    return sum(_bits_of_part(part) for part in dict.fromkeys(zip(*_parts(tokens), strict=True)))


def known_again(before: Sequence[str], after: Sequence[str]) -> int:
    """How many of the later ones were among the earlier ones, whole, or half of what varies in them at any place.

    A generator that begins anew with each start gives the same numbers, but not always to the same log-in.
    """
    known = set(before)
    width = min(map(len, (*before, *after)), default=0)
    varying = [at for at in range(width) if len({text[at] for text in (*before, *after)}) > 1]
    earlier, later = (["".join(text[at] for at in varying) for text in texts] for texts in (before, after))
    run = max(RUN_MIN, len(varying) // 2)
    runs = {text[at : at + run] for text in earlier for at in range(len(text) - run + 1)}
    seen = [any(text[at : at + run] in runs for at in range(len(text) - run + 1)) for text in later]
    return sum(text in known or partly for text, partly in zip(after, seen, strict=True))


def _parts(tokens: Sequence[str]) -> list[list[str]]:
    """Each token in its parts; where their numbers differ, as one."""
    parts = [_PARTS.split(unquote(token)) for token in tokens]
    return parts if len({len(each) for each in parts}) == 1 else [["".join(each)] for each in parts]


def _bits_of_part(texts: Sequence[str]) -> float:
    columns = _columns(_as_digits(texts))
    alphabet = len({character for column in columns for character in column})
    varying = sum(_bits(column, alphabet) for column in _independent(columns))
    whole_uuids = varying > UUID_BITS - UUID_FIXED - 1 and all(map(_UUID.fullmatch, texts))
    return UUID_BITS if whole_uuids else varying


def _as_digits(texts: Sequence[str]) -> Sequence[str]:
    """Decimal numbers of any length, in which every digit occurs, as hexadecimal ones of one length."""
    if set("".join(texts)) != set(string.digits) or not all(texts):
        return texts
    width = max(len(f"{int(text):x}") for text in texts)
    return [f"{int(text):0{width}x}" for text in texts]


def _columns(texts: Sequence[str]) -> list[Column]:
    """Those that vary."""
    return [column for column in zip(*texts, strict=False) if len(set(column)) > 1]


def _independent(columns: Sequence[Column]) -> Iterator[Column]:
    """Leaves out what another column, or the token before, already says."""
    if not columns or len(columns[0]) < ENOUGH:
        yield from columns
        return
    before, seen = {_pattern(column[:-1]) for column in columns}, set[tuple[int, ...]]()
    for column in columns:
        pattern = _pattern(column)
        if pattern not in seen and _pattern(column[1:]) not in before:
            yield column
        seen.add(pattern)


def _pattern(column: Sequence[str]) -> tuple[int, ...]:
    """Where it has the same character; what one substitution makes of a column has the same pattern."""
    names: dict[str, int] = {}
    return tuple(names.setdefault(character, len(names)) for character in column)


def _bits(column: Column, alphabet: int) -> float:
    counts = Counter(column)
    for size in (alphabet, len(counts)):
        if size >= len(counts) and _even(counts, size):
            return math.log2(size)
    return min(math.log2(len(counts)), -math.log2(max(counts.values()) / len(column)))


def _even(counts: Counter[str], size: int) -> bool:
    """Chi-square, with a bound that chance does not reach in the life of a laboratory."""
    number = sum(counts.values())
    square = size / number * sum(count * count for count in counts.values()) - number
    return square <= size - 1 + 8 * math.sqrt(2 * (size - 1)) + 16


def _steps(tokens: Sequence[str]) -> str:
    """Does the same step lead from token to token, again and again?"""
    numbers = [_number(token) for token in tokens]
    known = [number for number in numbers if number is not None]
    if len(known) < len(tokens) or len(tokens) < 5:
        return ""
    steps = Counter(after - before for before, after in pairwise(known))
    step, times = steps.most_common(1)[0]
    often = times > max(2, STEPS_SHARE * len(tokens)) and step != 0
    return f"each is the one before and {step}, {times} of {len(tokens) - 1} times" if often else ""


def _number(token: str) -> int | None:
    """The last part as a number: decimal, hexadecimal, else base64."""
    part = _PARTS.split(unquote(token))[-1].rstrip("=").translate(str.maketrans("-_", "+/"))
    if part.isascii() and part.isdigit():
        return int(part)
    if part and set(part) <= set(string.hexdigits):
        return int(part, 16)
    if not part or not set(part) <= set(_BASE64):
        return None
    return sum(_BASE64.index(character) << 6 * place for place, character in enumerate(reversed(part)))


def _made_of_count_or_time(tokens: Sequence[str], user: str, around: Iterable[float]) -> str:
    """Is one the hash of a small number or of the time, alone or beside the user's name?"""
    given = {part.lower() for token in tokens for part in _PARTS.split(unquote(token))}
    spellings = _spellings({len(part) for part in given})
    for what, number in _numbers(tuple(around)) if spellings else ():
        for text in (number, f"{user}{number}", f"{user}:{number}", f"{number}{user}"):
            data = text.encode()
            for name, spelled in spellings:
                if spelled(data) in given:
                    return f"made of {what}: {name} of {'it' if text == number else 'it and the user name'}"
    return ""


def _spellings(lengths: set[int]) -> list[tuple[str, Callable[[bytes], str]]]:
    """How hashes are written, by their name, as far as something has their length."""
    found: list[tuple[str, Callable[[bytes], str]]] = []
    for name in ("md5", "sha1", "sha256"):
        ways = (partial(_in_hex, getattr(hashlib, name)), partial(_in_base64, getattr(hashlib, name)))
        found += [(name, spelled) for spelled in ways if len(spelled(b"")) in lengths]
    return found


def _in_hex(hashed: Callable[..., Any], data: bytes) -> str:
    return str(hashed(data, usedforsecurity=False).hexdigest())


def _in_base64(hashed: Callable[..., Any], data: bytes) -> str:
    return base64.b64encode(hashed(data, usedforsecurity=False).digest()).decode().lower()


def _numbers(around: Sequence[float]) -> Iterator[tuple[str, str]]:
    """Each with what it is; a clock that is off by more than a few seconds is not followed to its milliseconds."""
    yield from (("a count", str(number)) for number in range(COUNTS))
    for moment in dict.fromkeys(map(int, around)):
        yield from (("the time in seconds", str(number)) for number in range(moment - AROUND_S, moment + AROUND_S))
        for number in range(1000 * moment - NEAR_MS, 1000 * moment + NEAR_MS):
            yield "the time in milliseconds", str(number)
            yield "the time in milliseconds", f"{number // 1000}.{number % 1000:03}"
