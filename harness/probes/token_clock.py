"""Which characters of tokens spell the time at which each was given? Pure.

A field does when what it reads runs with the clock: whatever it counts from, it is ahead of it by the same for nearly all tokens. The times
must be spread much wider than what a log-in takes, else any number would run with them.
"""

import base64
import string
from binascii import Error
from collections.abc import Iterator, Sequence
from contextlib import suppress
from statistics import median, quantiles

JITTER_S, SPREAD, MOST_OF = 0.2, 4, 0.85
FEW = 8
WIDTHS = range(6, 20)
UNITS = (1.0, 1e3, 1e6, 1e7, 1e9)  # a second: seconds, milliseconds … nanoseconds
BASES = ((16, frozenset(string.hexdigits)), (10, frozenset(string.digits)))


def without_clock(texts: Sequence[str], times: Sequence[float]) -> Iterator[list[str]]:
    """The texts, and what they are when base64 is taken off, with the time left out; nothing for a spelling that holds none."""
    if len(times) != len(texts) or len(texts) < FEW:
        return
    for spelled in (list(texts), *_decoded(texts)):
        if columns := clock_columns(spelled, times):
            yield ["".join("." if at in columns else character for at, character in enumerate(text)) for text in spelled]


def clock_columns(texts: Sequence[str], times: Sequence[float]) -> frozenset[int]:
    """Counted from the left. Of decimal digits only as many as the coarsest unit needs: what follows may be chance as well."""
    found: set[int] = set()
    low, _, high = quantiles(times, n=4)
    for base, digits in BASES:
        for unit in UNITS:
            within = JITTER_S + 1 / unit
            if high - low >= SPREAD * within and (fields := _fields(texts, times, base, digits, unit, within)):
                found |= fields
                if base == 10:
                    break
    return frozenset(found)


def _fields(texts: Sequence[str], times: Sequence[float], base: int, digits: frozenset[str], unit: float, within: float) -> set[int]:
    width = min(map(len, texts))
    plain = [all(text[at] in digits for text in texts) for at in range(width)]
    found: set[int] = set()
    for begin in range(width):
        for end in range(begin + WIDTHS.start, min(begin + WIDTHS.stop, width + 1)):
            if not all(plain[begin:end]):
                break
            numbers = () if found.issuperset(range(begin, end)) else [int(text[begin:end], base) for text in texts]
            if numbers and _runs(numbers, unit, times, within):
                found |= set(range(begin, end))
    return found


def _runs(numbers: Sequence[int], unit: float, times: Sequence[float], within: float) -> bool:
    """Is it ahead of the clock by the same? A few are asked first."""
    for some in (slice(None, None, max(1, len(numbers) // FEW)), slice(None)):
        pairs = zip(numbers[some], times[some], strict=True)
        ahead = [(number - numbers[0]) / unit - (at - times[0]) for number, at in pairs]
        middle = median(ahead)
        if sum(abs(each - middle) <= within / 2 for each in ahead) < MOST_OF * len(ahead):
            return False
    return True


def _decoded(texts: Sequence[str]) -> Iterator[list[str]]:
    """As text where it is some, and as hexadecimal digits."""
    with suppress(Error, ValueError):
        data = [_bytes_of(text) for text in texts]
        if all(each.isascii() and each.decode().isprintable() for each in data):
            yield [each.decode() for each in data]
        yield [each.hex() for each in data]


def _bytes_of(text: str) -> bytes:
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
