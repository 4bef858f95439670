"""Which server a client names in the first bytes that it sends: TLS server name, HTTP Host and CONNECT."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.probes.captures.names import host_of, shown

HELLO_MAX = 1 << 16
REQUEST_MAX = 1 << 14
LINE_MAX = 4096
VERSION = b" HTTP/1."
HANDSHAKE, CLIENT_HELLO, SERVER_NAME, HOST_NAME, VERSIONS, ENCRYPTED_HELLO = 22, 1, 0, 0, 43, 0xFE0D
METHOD = re.compile(rb"(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT|[A-Z-]{3,16}) [^\r\n]{1,4000} HTTP/1\.[01]\r?\n", re.DOTALL)
_HOST = re.compile(rb"^host[ \t]*:[ \t]*([^\r\n]{0,300})", re.IGNORECASE | re.MULTILINE)
_METHOD_AT_END = re.compile(rb"[A-Z-]{3,16}$")
METHOD_MAX = 16


class Offer(NamedTuple):
    """What a ClientHello offers: the version in its head, those that it lists (none before TLS 1.3), and suites in their order."""

    highest: int
    listed: tuple[int, ...]
    suites: tuple[int, ...]


class Hello(NamedTuple):
    """What a ClientHello says; `hidden`: it holds another one, encrypted."""

    names: tuple[str, ...]
    hidden: bool
    offer: Offer


class Records:
    """TLS records as they come, up to the end of the first handshake message."""

    __slots__ = ("_left", "_said")

    def __init__(self) -> None:
        self._left, self._said = bytearray(), bytearray()

    def take(self, data: bytes) -> bytes | None:
        """The message; None as long as more must come, empty when this is no ClientHello."""
        self._left += data
        while len(self._said) < 4 or len(self._said) < _length(self._said):
            if len(self._left) >= 3 and (self._left[0] != HANDSHAKE or self._left[1] != 3):
                return b""
            if len(self._left) < 5:
                return None
            end = 5 + int.from_bytes(self._left[3:5], "big")
            if end == 5 or len(self._said) + end > HELLO_MAX:
                return b""
            if len(self._left) < end:
                return None
            self._said += self._left[5:end]
            del self._left[:end]
            if self._said[0] != CLIENT_HELLO:
                return b""
        return bytes(self._said[: _length(self._said)])


def client_hello(said: bytes) -> Hello | None:
    """A ClientHello that came whole; None for garbage."""
    try:
        at = 4 + 2 + 32
        at += 1 + said[at]
        suites = _exactly(said, at + 2, int.from_bytes(_exactly(said, at, 2), "big"))
        at += 2 + len(suites)
        at += 1 + said[at]
        extensions = dict(_extensions(said[at + 2 : at + 2 + int.from_bytes(_exactly(said, at, 2), "big")])) if at < len(said) else {}
    except (IndexError, ValueError):
        return None
    offer = Offer(int.from_bytes(said[4:6], "big"), _numbers(extensions.get(VERSIONS, b"")[1:]), _numbers(suites))
    return Hello(tuple(_server_names(extensions.get(SERVER_NAME, b""))), ENCRYPTED_HELLO in extensions, offer)


def requests(data: bytes) -> Iterator[str]:
    """The servers that HTTP requests name, request by request."""
    at = 0
    while (version := data.find(VERSION, at)) >= 0:
        before, _, target = data[max(at, version - LINE_MAX) : version].rpartition(b" ")
        method = _METHOD_AT_END.search(before[-METHOD_MAX:])
        if method is None:
            at = version + len(VERSION)
            continue
        end = data.find(b"\r\n\r\n", version)
        end = min(len(data) if end < 0 else end, version + REQUEST_MAX)
        for host in [_asked(method[0], target), *(line[1] for line in _HOST.finditer(data[version:end]))]:
            if host.strip():
                yield host_of(host)
        at = end


def _asked(method: bytes, target: bytes) -> bytes:
    """The server in the first line, where a proxy is asked."""
    if method == b"CONNECT":
        return target
    return target.partition(b"://")[2].partition(b"/")[0].rpartition(b"@")[2]


def _length(said: bytearray) -> int:
    return 4 + int.from_bytes(said[1:4], "big")


def _exactly(data: bytes, at: int, length: int) -> bytes:
    if len(data) < at + length:
        raise ValueError("cut")
    return data[at : at + length]


def _extensions(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, length = int.from_bytes(_exactly(data, at, 2), "big"), int.from_bytes(_exactly(data, at + 2, 2), "big")
        yield kind, _exactly(data, at + 4, length)
        at += 4 + length


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2))


def _server_names(data: bytes) -> Iterator[str]:
    at = 2
    while at + 3 <= len(data):
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        if data[at] == HOST_NAME and data[at + 3 : at + 3 + length]:
            yield shown(data[at + 3 : at + 3 + length])
        at += 3 + length
