"""RTSP 1.0 requests and answers as text (RFC 2326), with a limit on everything."""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

HEAD_MOST, BODY_MOST, HEADERS_MOST = 8192, 4096, 64
_SINGLE = ("authorization", "content-length", "cseq", "session", "transport")
_REASONS = {
    451: "Parameter Not Understood",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}


class BadRequest(Exception):
    """Not RTSP, or too big; carries the status to answer with before closing."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What a client asks."""

    method: str
    uri: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """The path as it was written."""
        return self._parts[0]

    @property
    def query(self) -> dict[str, str]:
        """What stands behind it."""
        return dict(parse_qsl(self._parts[1]))

    @property
    def _parts(self) -> tuple[str, str]:
        try:
            parts = urlsplit(self.uri)
        except ValueError:
            return "", ""
        return parts.path, parts.query


@dataclass(frozen=True)
class Response:
    """What the camera answers."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def encode(self, cseq: str) -> bytes:
        """As bytes."""
        reason = _REASONS.get(self.status) or HTTPStatus(self.status).phrase
        headers = [("CSeq", cseq), ("Server", "camlabel emulated camera"), *self.headers]
        if self.body:
            headers.append(("Content-Length", str(len(self.body))))
        lines = [f"RTSP/1.0 {self.status} {reason}", *(f"{name}: {value}" for name, value in headers)]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


async def read_message(reader: asyncio.StreamReader, first: bytes) -> Request | bytes:
    """The rest of a request, or of an interleaved packet, whose first byte has come."""
    if first == b"$":
        _, high, low = await reader.readexactly(3)
        return await reader.readexactly(high << 8 | low)
    if first and not first.isalpha():
        raise BadRequest  # such as a TLS hello, which would be waited for without end
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise BadRequest from None
    request = parse_head(head)
    await _skip_body(reader, request)
    return request


def parse_head(head: bytes) -> Request:
    """Request line and headers."""
    first, *lines = head.decode("utf-8", errors="replace").strip().split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[1].isprintable() or len(lines) > HEADERS_MOST:
        raise BadRequest
    if words[2] != "RTSP/1.0":
        raise BadRequest(505 if words[2].startswith("RTSP/") else 400)
    return Request(words[0], words[1], _headers(lines))


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        key = name.lower()
        if not colon or not name or (key in _SINGLE and key in headers):
            raise BadRequest
        headers[key] = value.strip()
    if not headers.get("cseq", "").isdecimal() or len(headers["cseq"]) > 10:
        raise BadRequest
    return headers


async def _skip_body(reader: asyncio.StreamReader, request: Request) -> None:
    """Bodies carry nothing that this camera reads."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 4 or int(length) > BODY_MOST:
        raise BadRequest(413)
    await reader.readexactly(int(length))
