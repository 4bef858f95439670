"""Private keys in what a serial line said, without the line that names them: as text or digits, in one row or in many.

Pure functions of bytes. A key is what decodes as one: a certificate, a public key or a digest is none.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.probes.firmware_patterns import is_key

TRIES_MAX = 64
ROWS_MAX, BETWEEN_MAX = 200, 3  # lines of one key, and of others that the kernel says in between
ROW_LEAST = 16
LONGEST = 4800  # bytes of a key of 8192 bits
_LINE_END = re.compile(rb"(?:\\r|\\n|[\r\n])+")
_LENGTH = re.compile(rb"\x30(?:\x82(..)|\x81(.)|([\x20-\x7f]))\x02\x01[\x00\x01]", re.DOTALL)


@dataclass(frozen=True)
class _Writing:
    """How bytes are written: the begin of a key, a row at the end of a line, and back."""

    first: re.Pattern[bytes]
    row: re.Pattern[bytes]
    decode: Callable[[bytes], bytes]


def _from_base64(text: bytes) -> bytes:
    try:
        return base64.b64decode(text[: len(text) - len(text) % 4])
    except binascii.Error:
        return b""


def _from_hex(text: bytes) -> bytes:
    return bytes.fromhex(text[: len(text) - len(text) % 2].decode())


_END = rb"[\"',;\\ \t]{0,4}$"
_WRITINGS = (
    _Writing(
        re.compile(rb"(?<![A-Za-z0-9+/=])M[A-P][A-Za-z0-9+/]{14,8000}={0,2}"),
        re.compile(rb"(?<![A-Za-z0-9+/=])([A-Za-z0-9+/]{4,8000}={0,2})" + _END),
        _from_base64,
    ),
    _Writing(
        re.compile(rb"(?<![0-9A-Fa-f])30(?:82[0-9A-Fa-f]{4}|81[0-9A-Fa-f]{2}|[2-7][0-9A-Fa-f])0201(?:00|01)[0-9A-Fa-f]{2,16000}"),
        re.compile(rb"(?<![0-9A-Fa-f])([0-9A-Fa-f]{2,16000})" + _END),
        _from_hex,
    ),
)


def keys_in(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The place of each, and how it is written in its first row."""
    for writing in _WRITINGS:
        for tries, match in enumerate(writing.first.finditer(data)):
            if tries == TRIES_MAX:
                break
            if is_key(_whole(writing, match[0], data[match.end() : match.end() + 4 * LONGEST])):
                yield match.start(), match[0]


def _whole(writing: _Writing, text: bytes, behind: bytes) -> bytes:
    """As many bytes as the first ones say, with rows of the lines behind; empty where that is no key's begin."""
    head = _LENGTH.match(writing.decode(text[:32]))
    if not head:
        return b""
    length = int.from_bytes(head[1] or head[2] or head[3], "big") + (4 if head[1] else 3 if head[2] else 2)
    if length > LONGEST:
        return b""
    between, lines = 0, _LINE_END.split(behind)
    for line in lines[1:ROWS_MAX] if not lines[0].strip(b"\"',; \t") else ():
        if between > BETWEEN_MAX or len(writing.decode(text)) >= length:
            break
        row = writing.row.search(line)
        taken = row is not None and (len(row[1]) >= ROW_LEAST or len(writing.decode(text + row[1])) >= length)  # the last may be short
        between = 0 if taken else between + 1
        text += row[1] if row and taken else b""
    return writing.decode(text)[:length]
