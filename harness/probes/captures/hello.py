"""Which server a client names in the first bytes that it sends: TLS server name, HTTP Host and CONNECT."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from harness.probes.captures.names import host_of, shown

HELLO_MAX = 1 << 16
REQUEST_MAX = 1 << 14
LINE_MAX = 4096
VERSION = b" HTTP/1."
HANDSHAKE, CLIENT_HELLO, SERVER_NAME, HOST_NAME, ENCRYPTED_HELLO = 22, 1, 0, 0, 0xFE0D
METHOD = re.compile(rb"(?:GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|CONNECT|[A-Z-]{3,16}) [^\r\n]{1,4000} HTTP/1\.[01]\r?\n", re.DOTALL)
_HOST = re.compile(rb"^host[ \t]*:[ \t]*([^\r\n]{0,300})", re.IGNORECASE | re.MULTILINE)
_TARGET = re.compile(rb"[A-Z-]+ (?:[a-z][a-z0-9+.-]*://)?([^/ ?#]+)")


class Hello(NamedTuple):
    """What a ClientHello says; `hidden`: it holds another one, encrypted."""

    names: tuple[str, ...]
    hidden: bool


def records(data: bytes | bytearray) -> bytes | None:
    """The handshake message in TLS records; None as long as more must come, empty when this is no ClientHello."""
    said = bytearray()
    at = 0
    while len(said) < 4 or len(said) < _length(said):
        if (len(data) >= at + 3 and (data[at] != HANDSHAKE or data[at + 1] != 3)) or (said and said[0] != CLIENT_HELLO):
            return b""
        if len(data) < at + 5:
            return None
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        if not length or len(said) + length > HELLO_MAX:
            return b""
        if len(data) < at + 5 + length:
            return None
        said += data[at + 5 : at + 5 + length]
        at += 5 + length
    return bytes(said[: _length(said)]) if said[0] == CLIENT_HELLO else b""


def client_hello(said: bytes) -> Hello | None:
    """A ClientHello that came whole; None for garbage."""
    try:
        at = 4 + 2 + 32
        at += 1 + said[at]
        at += 2 + int.from_bytes(_exactly(said, at, 2), "big")
        at += 1 + said[at]
        extensions = dict(_extensions(said[at + 2 : at + 2 + int.from_bytes(_exactly(said, at, 2), "big")])) if at < len(said) else {}
    except (IndexError, ValueError):
        return None
    return Hello(tuple(_server_names(extensions.get(SERVER_NAME, b""))), ENCRYPTED_HELLO in extensions)


def requests(data: bytes | bytearray) -> Iterator[str]:
    """The servers that HTTP requests name, request by request."""
    for found in METHOD.finditer(data):
        head = bytes(data[found.end() : found.end() + REQUEST_MAX]).partition(b"\r\n\r\n")[0]
        target = _TARGET.match(data, found.start())
        asked = target[1] if target and (data[found.start() : found.start() + 8] == b"CONNECT " or b"://" in found[0]) else b""
        for host in [asked, *(line[1] for line in _HOST.finditer(head))]:
            if host.strip():
                yield host_of(host)


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


def _server_names(data: bytes) -> Iterator[str]:
    at = 2
    while at + 3 <= len(data):
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        if data[at] == HOST_NAME and data[at + 3 : at + 3 + length]:
            yield shown(data[at + 3 : at + 3 + length])
        at += 3 + length
