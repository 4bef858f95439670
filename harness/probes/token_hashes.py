"""Is a token the hash of what others may know: a count or the time, alone or beside a name? Pure, and bounded in what is tried."""

import base64
import hashlib
import re
import string
from binascii import Error
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

COUNTS = 5_000
AROUND_S, NEAR_S, CLOSE_S = 600, 5, 1.5
SHORT_S, LONG_S = 0.3, 3.0  # how long a moment may be that is followed to its microseconds: beside names, alone
BETWEEN = ("", ":", "-", "_")
HASHES = {16: "md5", 20: "sha1", 32: "sha256"}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+")
_FORM = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True)
class Known:
    """What others may know of a token: names, each with what it is, and when the first was made: `around` by any clock, `spans` from when
    to when. All times are seconds since 1970."""

    names: tuple[tuple[str, str], ...] = ()
    around: tuple[float, ...] = ()
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class _Form:
    """What stands before and behind the number that is hashed, and how that is called."""

    name: str
    before: bytes = b""
    behind: bytes = b""


def looks_hashed(parts: Iterable[str]) -> bool:
    """Has one of them the length of a hash?"""
    return any(_digest(part) for part in parts)


def made_of(parts: Iterable[str], known: Known) -> str:
    """How one of them is made; empty where that was not found."""
    digests = {digest for part in parts if (digest := _digest(part))}
    for length in sorted({len(each) for each in digests}):
        hashed = partial(getattr(hashlib, HASHES[length]), usedforsecurity=False)
        for what, numbers, forms in _searches(known):
            found = _found(hashed, {each for each in digests if len(each) == length}, numbers, forms)
            if found is not None:
                return f"made of {what}: {HASHES[length]} of it{found}"
    return ""


def _found(hashed: Callable[[bytes], Any], digests: set[bytes], numbers: Iterable[str], forms: Sequence[_Form]) -> str | None:
    """Beside what the number stands, empty where it is alone; None when none is the hash of it."""
    for number in numbers:
        data = number.encode()
        for form in forms:
            if hashed(form.before + data + form.behind).digest() in digests:
                return form.name and f" and {form.name}"
    return None


def _digest(part: str) -> bytes | None:
    """As hexadecimal digits, also in the form of a UUID, else as base64 of either alphabet."""
    plain = part.replace("-", "") if _FORM.fullmatch(part) else part
    if len(plain) // 2 in HASHES and len(plain) % 2 == 0 and set(plain) <= set(string.hexdigits):
        return bytes.fromhex(plain)
    text = part.rstrip("=")
    if not _BASE64.fullmatch(text) or len(text) * 3 // 4 not in HASHES:
        return None
    with suppress(Error, ValueError):
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_" if {"-", "_"} & set(text) else None)
    return None


def _searches(known: Known) -> Iterator[tuple[str, Iterable[str], tuple[_Form, ...]]]:
    """What is tried, the cheapest first; the finer the time, the fewer forms and the nearer to the moment."""
    alone = (_Form(""),)
    every = (*alone, *_forms(known.names, BETWEEN))
    usual = (*alone, *_forms(known.names[:2], BETWEEN[:2]))
    plain = (*alone, *_forms(known.names[:2], BETWEEN[:1]))
    yield "a count", map(str, range(COUNTS)), every
    for at in dict.fromkeys(map(int, known.around)):
        yield "the time in seconds", map(str, range(at - AROUND_S, at + AROUND_S)), every
    for moment in dict.fromkeys(map(int, known.around)):
        yield "the time in milliseconds", _milliseconds(moment - NEAR_S, moment + NEAR_S), usual
        yield "the time in milliseconds", _milliseconds(moment + 0.5 - CLOSE_S, moment + 0.5 + CLOSE_S), every
    for begin, end in known.spans:
        if end - begin <= LONG_S:
            yield "the time in microseconds", _microseconds(begin, end), plain if end - begin <= SHORT_S else alone


def _forms(names: Iterable[tuple[str, str]], between: Iterable[str]) -> Iterator[_Form]:
    for (what, name), mark in product(names, between):
        if name:
            yield _Form(f"the {what}", before=f"{name}{mark}".encode())
            yield _Form(f"the {what}", behind=f"{mark}{name}".encode())


def _milliseconds(begin: float, end: float) -> Iterator[str]:
    for number in range(int(1e3 * begin), int(1e3 * end)):
        yield str(number)
        yield f"{number // 1000}.{number % 1000:03}"


def _microseconds(begin: float, end: float) -> Iterator[str]:
    """Also as a fraction, and as PHP's uniqid() spells it."""
    for number in range(int(1e6 * begin), int(1e6 * end)):
        seconds, fraction = divmod(number, 1_000_000)
        yield str(number)
        yield f"{seconds}.{fraction:06}"
        yield f"{seconds:08x}{fraction:05x}"
