"""RTSP/1.0 on the wire (RFC 2326), pure: requests to bytes, bytes to replies, demands and interleaved packets."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.transports.http import text_of

HEAD_MAX = 64 * 1024
BODY_MAX = 1024 * 1024
HEADERS_MAX = 200

Headers = tuple[tuple[str, str], ...]

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(r"RTSP/\d\.\d +(\d{3})(?: +(.*))?")
_DEMAND = re.compile(r"([A-Z_]{3,20}) +(\S+) +RTSP/\d\.\d")
_STARTS = re.compile(rb"[A-Z_]{3,20} |RTSP/")
_UNSAFE = re.compile(r"[^!-~]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class NotRtspError(Exception):
    """Bytes that are not RTSP, or more than we read."""


@dataclass(frozen=True)
class Reply:
    """An answer of the device."""

    status: int
    reason: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        """The first header of this name, empty when there is none."""
        return next(iter(self.all_headers(name)), "")

    def all_headers(self, name: str) -> tuple[str, ...]:
        """All headers of this name."""
        asked = name.lower()
        return tuple(value for found, value in self.headers if found.lower() == asked)

    @property
    def ok(self) -> bool:
        """2xx: granted."""
        return 200 <= self.status < 300

    @property
    def cseq(self) -> int | None:
        """The number of the request that it answers, where it says so."""
        text = self.header("CSeq").strip()
        return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


@dataclass(frozen=True)
class Demand:
    """A request of the device to us: a redirect, an end of the stream."""

    method: str
    headers: Headers
    body: bytes


@dataclass(frozen=True)
class Interleaved:
    """A packet between the replies of a connection."""

    channel: int
    data: bytes


Message = Reply | Demand | Interleaved


def encode(method: str, url: str, number: int, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """A request; what would break a line of it is percent-encoded in the URL and left out of a header's value."""
    lines = [f"{method} {safe(url)} RTSP/1.0", f"CSeq: {number}", "User-Agent: camlabel"]
    lines += [f"{name}: {_CONTROL.sub('', value)}" for name, value in headers]
    return "\r\n".join((*lines, "", "")).encode()


def safe(url: str) -> str:
    """The URL with blanks, control and non-ASCII characters percent-encoded."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), url)


def is_media(data: bytes) -> bool:
    """Does a packet carry media? Everything does that is longer than a bare RTP header, but for RTCP."""
    return len(data) > 12 and not is_rtcp(data)


def is_rtcp(data: bytes) -> bool:
    """Version 2 and one of the packet types 192 to 223 (RFC 5761)."""
    return len(data) >= 4 and data[0] >> 6 == 2 and 192 <= data[1] <= 223


class Feed:
    """Cuts a stream of bytes into messages, however it is chunked."""

    def __init__(self) -> None:
        self._data = bytearray()

    def take(self, data: bytes) -> None:
        """More bytes of the device."""
        self._data += data

    def next(self) -> Message | None:
        """The next whole message; None when more bytes are needed. Raises NotRtspError, and stays where it is."""
        blank = len(self._data) - len(self._data.lstrip(b"\r\n"))
        del self._data[:blank]
        if not self._data:
            return None
        return self._packet() if self._data[0] == ord("$") else self._message()

    @property
    def rest(self) -> bytes:
        """What came and is no whole message."""
        return bytes(self._data)

    def _packet(self) -> Interleaved | None:
        if len(self._data) < 4:
            return None
        end = 4 + int.from_bytes(self._data[2:4], "big")
        if len(self._data) < end:
            return None
        packet = Interleaved(self._data[1], bytes(self._data[4:end]))
        del self._data[:end]
        return packet

    def _message(self) -> Reply | Demand | None:
        head_end = _HEAD_END.search(self._data, 0, HEAD_MAX)
        if head_end is None:
            self._look_at_beginning()
            return None
        start, headers = read_head(bytes(self._data[: head_end.start()]))
        end = head_end.end() + _length(headers)
        if len(self._data) < end:
            return None
        body = bytes(self._data[head_end.end() : end])
        del self._data[:end]
        return _message_of(start, headers, body)

    def _look_at_beginning(self) -> None:
        beginning = bytes(self._data[:24])
        if len(self._data) >= HEAD_MAX:
            raise NotRtspError(f"a head of {HEAD_MAX} bytes and more")
        if len(beginning) == 24 and not _STARTS.match(beginning):
            raise NotRtspError(f"not RTSP: {beginning!r}")


def read_head(head: bytes) -> tuple[str, Headers]:
    """Start line and headers; a folded line belongs to the header before it."""
    start, *lines = re.split(r"\r?\n", text_of(head))
    if not (_STATUS.fullmatch(start) or _DEMAND.fullmatch(start)):
        raise NotRtspError(f"not RTSP: {start[:40]!r}")
    headers: list[tuple[str, str]] = []
    for line in lines[:HEADERS_MAX]:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon:
            headers.append((name.strip(), value.strip()))
    return start, tuple(headers)


def _length(headers: Headers) -> int:
    """Of the body; none said means none."""
    said = next((value for name, value in headers if name.lower() == "content-length"), "0")
    if not re.fullmatch(r"[0-9]{1,9}", said) or int(said) > BODY_MAX:
        raise NotRtspError(f"a body of {said[:20]!r} bytes")
    return int(said)


def _message_of(start: str, headers: Headers, body: bytes) -> Reply | Demand:
    status = _STATUS.fullmatch(start)
    if status:
        return Reply(int(status[1]), (status[2] or "").strip(), headers, body)
    return Demand(start.split(maxsplit=1)[0], headers, body)
