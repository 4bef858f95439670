"""Values that are only written otherwise in a file: letters moved, each byte moved, under a repeating key; pure and bounded."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from harness.probes.images.needles import KEY_MAX, SHORTEST, differences, tells

LOOKED_AT = 1 << 20
KEY_LONGEST = 64
ENOUGH = 6  # bytes of a value beyond one length of the key
_LETTERS = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_DIGITS = "0123456789"


def hidden(data: bytes, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Which of the values stand in it, by label, and how they are written; what `Needles` finds is not told again."""
    content = data[:LOOKED_AT]
    raw = {label: value.encode() for label, value in values.items()}
    raw = {label: value for label, value in raw.items() if len(value) >= SHORTEST and tells(value)}
    steps, apart = _steps(content), _apart(content, max(map(len, raw.values()), default=0))
    for label, value in raw.items():
        if how := _letters_moved(content, value) or _bytes_moved(content, steps, value) or _under_a_key(content, apart, value):
            yield label, how


def _letters_moved(data: bytes, value: bytes) -> str:
    """Letters of the alphabet, with and without digits, by as many places."""
    for by in range(1, 26):
        if any((moved := value.translate(table)) != value and moved in data for table in _tables(by)):
            return f"letters moved by {by}"
    return ""


def _tables(by: int) -> Iterator[bytes]:
    """Letters alone, and digits with them."""
    turned = [alphabet[by:] + alphabet[:by] for alphabet in _LETTERS]
    digits = _DIGITS[by % 10 :] + _DIGITS[: by % 10]
    yield bytes.maketrans("".join(_LETTERS).encode(), "".join(turned).encode())
    yield bytes.maketrans("".join((*_LETTERS, _DIGITS)).encode(), "".join((*turned, digits)).encode())


def _bytes_moved(data: bytes, steps: bytes, value: bytes) -> str:
    row = _steps(value)
    at = steps.find(row) if tells(row) else -1
    return "bytes moved by the same number" if at >= 0 and data[at] != value[0] else ""


def _steps(data: bytes) -> bytes:
    """From each byte to the next."""
    return bytes((after - before) & 0xFF for before, after in pairwise(data))


def _apart(data: bytes, longest: int) -> dict[int, bytes]:
    """By length of a key: its bytes against those that stand so far before them, where the same byte of the key lies over both."""
    return {length: differences(data, length) for length in range(KEY_MAX + 1, min(longest - ENOUGH, KEY_LONGEST) + 1)}


def _under_a_key(data: bytes, apart: Mapping[int, bytes], value: bytes) -> str:
    for length, rows in apart.items():
        row = differences(value, length)
        at = rows.find(row) if len(row) >= ENOUGH and tells(row) else -1
        if at >= 0 and data[at : at + len(value)] != value:
            return f"XOR with {length} bytes"
    return ""
