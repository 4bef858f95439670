"""How well can tokens be guessed from tokens? Pure: texts in the order in which a device gave them, to figures.

A text is read in columns, one a character. What does not vary, what is given by another column, and what is given by the token
before counts nothing; a column that is as even as chance counts for its whole alphabet, any other for its likeliest character.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

from harness.probes.token_clock import without_clock
from harness.probes.token_hashes import Known, made_of

ENOUGH = 100  # fewer tokens do not show that columns hang together
STEPS_SHARE = 0.1
RUN_MIN = 8
UUID_BITS, UUID_FIXED = 128, 6  # version and variant of a random UUID are its form (RFC 9562)
_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_PARTS = re.compile(r"[^A-Za-z0-9+/_=-]+|=+(?=[^=])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)

NOTHING = Known()

Column = tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """Of some tokens: how many bits nobody can know beforehand, how many came twice, and the rule that they follow, if one shows.

    `timed`: the time at which each was given is spelled in them, and does not count.
    """

    bits: float
    repeats: int
    rule: str = ""
    timed: bool = False


def figures_of(tokens: Sequence[str], known: Known = NOTHING, times: Sequence[float] = ()) -> Figures:
    """`times`: when each was given, in seconds of any clock."""
    repeats = len(tokens) - len(set(tokens))
    rule = _steps(tokens) or made_of({part for token in tokens for part in parts_of(token)}, known)
    bits, timed = (0.0, False) if rule else _measured(tokens, times)
    return Figures(bits, repeats, rule, timed)


def bits_of(tokens: Sequence[str], times: Sequence[float] = ()) -> float:
    """How many bits vary without a rule."""
    return _measured(tokens, times)[0]


def parts_of(token: str) -> list[str]:
    """What punctuation divides."""
    return _PARTS.split(unquote(token))


def _measured(tokens: Sequence[str], times: Sequence[float]) -> tuple[float, bool]:
    """And whether there is a clock in them."""
    parts = list(dict.fromkeys(zip(*_parts(tokens), strict=True)))
    timed = [tuple(without_clock(part, times)) for part in parts]
    bits = [min((_bits_of_part(part), *map(_bits_of_part, others))) for part, others in zip(parts, timed, strict=True)]
    return sum(bits), any(timed)


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
    parts = [parts_of(token) for token in tokens]
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
    part = parts_of(token)[-1].rstrip("=").translate(str.maketrans("-_", "+/"))
    if part.isascii() and part.isdigit():
        return int(part)
    if part and set(part) <= set(string.hexdigits):
        return int(part, 16)
    if not part or not set(part) <= set(_BASE64):
        return None
    return sum(_BASE64.index(character) << 6 * place for place, character in enumerate(reversed(part)))
