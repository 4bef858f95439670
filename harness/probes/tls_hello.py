"""A client's first message of SSL 2.0 to TLS 1.3, written byte by byte, and what a server says to it. No library stands between.

So what the library of this machine cannot speak is asked all the same: that ours cannot is never taken for a refusal of theirs.
"""

import os
import struct
from collections.abc import Iterable, Sequence
from typing import Literal

from harness.model.base import Frozen

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
WORDS = {SSL2: "SSL 2.0", SSL3: "SSL 3.0", TLS10: "TLS 1.0", TLS11: "TLS 1.1", TLS12: "TLS 1.2", TLS13: "TLS 1.3"}
OLD = (SSL2, SSL3, TLS10, TLS11)
ALERT, HANDSHAKE = 21, 22
SERVER_HELLO, CERTIFICATE = 2, 11
MESSAGE_MAX = 1 << 17
_GROUPS = (29, 23, 24, 25, 30, 22, 21, 19, 256, 257)
_SIGNATURES = (
    0x0403,
    0x0503,
    0x0603,
    0x0807,
    0x0808,
    0x0804,
    0x0805,
    0x0806,
    0x0401,
    0x0501,
    0x0601,
    0x0203,
    0x0201,
    0x0202,
    0x0402,
    0x0101,
)
_SSL2_SUITES = (0x010080, 0x020080, 0x030080, 0x040080, 0x050080, 0x060040, 0x0700C0)
_RENEGOTIATION = 0x00FF

Said = Literal["hello", "alert", "closed", "silent", "plain", "other"]


class Answer(Frozen):
    """To one client hello. `hello`: version and suite are the server's choice, `certificates` its own first, as far as they came in the
    clear. `alert`: its number. `closed`: the connection ended without a word. `plain`: not TLS. `other`: broken TLS."""

    said: Said
    version: int = 0
    suite: int = 0
    alert: int = 0
    certificates: tuple[bytes, ...] = ()


def client_hello(version: int, suites: Sequence[int], *, lists: Sequence[int] = ()) -> bytes:
    """One record; `lists` are versions for the extension that TLS 1.3 needs. Small enough for servers that stumble over 256 bytes."""
    if version == SSL2:
        return _ssl2()
    spoken = min(version, TLS12)
    numbers = b"".join(struct.pack("!H", suite) for suite in (*suites, *(() if version == TLS13 else (_RENEGOTIATION,))))
    session = os.urandom(32) if version == TLS13 else b""
    body = struct.pack("!H", spoken) + os.urandom(32) + bytes([len(session)]) + session + _block(numbers) + b"\x01\x00"
    if version > SSL3:
        body += _block(b"".join(_extensions(version, lists or ((TLS13,) if version == TLS13 else ()))))
    message = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return bytes([HANDSHAKE]) + struct.pack("!H", min(spoken, TLS10)) + _block(message)


def read(data: bytes, *, ended: bool) -> Answer | None:
    """What the bytes up to now say; None while more must come. `ended`: nothing more will."""
    if data and not _looks_like_tls(data):
        return _other(data)
    messages, fatal, warned = _messages(data)
    if fatal is not None:
        return Answer(said="alert", alert=fatal)
    if not messages:
        return _nothing(data, warned) if ended else None
    kind, hello = messages[0]
    found = _server_hello(hello) if kind == SERVER_HELLO else None
    if found is None:
        return Answer(said="other")
    chain = next((_certificates(body) for kind, body in messages if kind == CERTIFICATE), ())
    enough = ended or bool(chain) or found.version == TLS13 or messages[-1][0] != SERVER_HELLO
    return found.model_copy(update={"certificates": chain}) if enough else None


def _nothing(data: bytes, warned: int | None) -> Answer:
    if warned is not None:
        return Answer(said="alert", alert=warned)
    return Answer(said="other" if data else "closed")


def _block(data: bytes) -> bytes:
    return struct.pack("!H", len(data)) + data


def _extensions(version: int, lists: Iterable[int]) -> Iterable[bytes]:
    def numbers(values: Iterable[int]) -> bytes:
        return b"".join(struct.pack("!H", value) for value in values)

    yield struct.pack("!H", 10) + _block(_block(numbers(_GROUPS)))
    yield struct.pack("!H", 11) + _block(b"\x01\x00")
    if version >= TLS12:
        yield struct.pack("!H", 13) + _block(_block(numbers(_SIGNATURES)))
    listed = numbers(lists)
    if listed:
        yield struct.pack("!H", 43) + _block(bytes([len(listed)]) + listed)
        yield struct.pack("!H", 45) + _block(b"\x01\x01")
        yield struct.pack("!H", 51) + _block(_block(struct.pack("!H", 29) + _block(os.urandom(32))))


def _ssl2() -> bytes:
    suites = b"".join(suite.to_bytes(3, "big") for suite in _SSL2_SUITES)
    body = struct.pack("!BHHHH", 1, SSL2, len(suites), 0, 16) + suites + os.urandom(16)
    return struct.pack("!H", 0x8000 | len(body)) + body


def _looks_like_tls(data: bytes) -> bool:
    return data[0] in (ALERT, HANDSHAKE) and (len(data) < 2 or data[1] == 3)


def _other(data: bytes) -> Answer | None:
    """A server's hello of SSL 2.0 has its own shape."""
    if data[0] & 0x80 and len(data) < 7:
        return None
    if data[0] & 0x80 and data[2] == 4 and data[5:7] == b"\x00\x02":
        return Answer(said="hello", version=SSL2)
    return Answer(said="plain")


def _messages(data: bytes) -> tuple[list[tuple[int, bytes]], int | None, int | None]:
    """Whole handshake messages, the fatal alert and the warning, if there were such."""
    stream, at = bytearray(), 0
    fatal: int | None = None
    warned: int | None = None
    while at + 5 <= len(data) and data[at] in (HANDSHAKE, ALERT):
        end = at + 5 + int.from_bytes(data[at + 3 : at + 5], "big")
        part = data[at + 5 : end]
        if len(data) < end:
            break
        if data[at] == HANDSHAKE:
            stream += part
        elif len(part) >= 2:
            fatal, warned = (part[1], warned) if part[0] == 2 else (fatal, part[1])
        at = end
    found, at = [], 0
    while at + 4 <= len(stream):
        length = int.from_bytes(stream[at + 1 : at + 4], "big")
        if at + 4 + length > len(stream):
            break
        found.append((stream[at], bytes(stream[at + 4 : at + 4 + length])))
        at += 4 + length
    return found, fatal, warned


def _server_hello(body: bytes) -> Answer | None:
    try:
        version, at = struct.unpack_from("!H", body)[0], 34
        at += 1 + body[at]
        (suite,) = struct.unpack_from("!H", body, at)
        at += 3
        if at + 2 <= len(body):
            version = _chosen(body[at + 2 :]) or version
    except (IndexError, struct.error):
        return None
    return Answer(said="hello", version=version, suite=suite)


def _chosen(extensions: bytes) -> int:
    at = 0
    while at + 4 <= len(extensions):
        kind, length = struct.unpack_from("!HH", extensions, at)
        if kind == 43 and length == 2 and at + 6 <= len(extensions):
            return int.from_bytes(extensions[at + 4 : at + 6], "big")
        at += 4 + length
    return 0


def _certificates(body: bytes) -> tuple[bytes, ...]:
    found, at = [], 3
    while at + 3 <= len(body):
        length = int.from_bytes(body[at : at + 3], "big")
        if length and at + 3 + length <= len(body):
            found.append(body[at + 3 : at + 3 + length])
        at += 3 + length
    return tuple(found)
