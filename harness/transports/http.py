"""HTTP/1.1, one exchange a connection, byte-exact; a redirect is an answer like any other and is never followed."""

import re
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass

from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, Undecided
from harness.transports.access import Access
from harness.transports.auth import Authorizer
from harness.transports.tcp import CHUNK, Connection, connect

HEAD_MAX = 64 * 1024
HEADERS_MAX = 200
BODY_MAX = 4 * 1024 * 1024
INTERIM_MAX = 8
ANSWER_S = 10.0
CONNECT_S = 5.0
FILM, FILM_S = "multipart/x-mixed-replace", 2.0  # pictures without end: the first say what it is
EXCHANGE_S = 30.0

Headers = tuple[tuple[str, str], ...]
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? +(\d{3})(?: ([^\r\n]*))?\r?\n")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\uffff]")


@dataclass(frozen=True)
class Target:
    """Where an exchange goes."""

    host: str
    port: int
    tls: bool

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def url(self, path: str) -> str:
        """How a person would write it."""
        return f"{'https' if self.tls else 'http'}://{self.authority}{path}"


@dataclass(frozen=True)
class HttpRequest:
    """A request as it goes out; it may hold secrets, so it is never part of an observation. `by_curl` is how a file is sent by hand."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""
    by_curl: tuple[str, ...] = ()

    def curl(self, target: Target) -> str:
        """A command that sends the same."""
        words = ["curl", "-sk", "-i", "-X", self.method, target.url(self.path)]
        multipart = bool(self.by_curl) and self.by_curl[0] == "-F"
        for name, value in self.headers:
            words += [] if multipart and name.lower() == "content-type" else ["-H", f"{name}: {value}"]
        if self.by_curl:
            return shlex.join([*words, *self.by_curl])
        return shlex.join(words + (["--data-raw", self.body.decode(errors="replace")] if self.body else []))

    def encoded(self, target: Target, extra: Headers = ()) -> bytes:
        """The bytes; a path or header that would break the line is refused."""
        fixed: Headers = (("Host", target.authority), ("User-Agent", "camlabel"), ("Accept", "*/*"), ("Connection", "close"))
        length: Headers = (("Content-Length", str(len(self.body))),) if self.body or self.method in {"POST", "PUT", "PATCH"} else ()
        given = (*self.headers, *extra)
        names = {name.lower() for name, _ in given}
        lines = [f"{name}: {value}" for name, value in (*(pair for pair in (*fixed, *length) if pair[0].lower() not in names), *given)]
        if _UNSAFE.search(self.path) or not _TOKEN.fullmatch(self.method) or any(re.search(r"[\r\n\x00]", line) for line in lines):
            raise Undecided("the request cannot be written: a blank, a line break or a non-ASCII character in its path or headers")
        return "\r\n".join((f"{self.method} {self.path} HTTP/1.1", *lines, "", "")).encode() + self.body


class HttpReply(Frozen):
    """An answer; `truncated` when its body was cut by our limits or ended before its declared length."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    truncated: bool
    sent_at: float
    answered_at: float

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next(iter(self.all_headers(name)), None)

    def all_headers(self, name: str) -> tuple[str, ...]:
        """All headers of this name."""
        return tuple(value for found, value in self.headers if found.lower() == name.lower())


def exchange(
    access: Access, target: Target, request: HttpRequest, *, authorizer: Authorizer | None = None, within: float = ANSWER_S
) -> HttpReply:
    """Ask once; with an authorizer, a challenge is answered once, on a new connection."""
    with access.device_time():
        return _exchange(access, target, request, authorizer, within)


def _exchange(access: Access, target: Target, request: HttpRequest, authorizer: Authorizer | None, within: float) -> HttpReply:
    known = authorizer.header(request.method, request.path) if authorizer else None
    reply = _ask(access, target, request, known, within)
    if authorizer is None or reply.status != 401 or not authorizer.challenged(reply.all_headers("WWW-Authenticate")):
        return reply
    answer = authorizer.header(request.method, request.path)
    return _ask(access, target, request, answer, within) if answer else reply


def _ask(access: Access, target: Target, request: HttpRequest, authorization: str | None, within: float) -> HttpReply:
    data = request.encoded(target, (("Authorization", authorization),) if authorization else ())
    with connect(access, target.host, target.port, tls=target.tls, within=min(within, CONNECT_S), lifetime=EXCHANGE_S) as connection:
        sent_at = time.time()
        connection.send(data)
        return _Reader(connection, within).reply(request.method, sent_at)


class _Reader:
    """Reads one answer from a connection that may say anything."""

    def __init__(self, connection: Connection, within: float) -> None:
        self._connection = connection
        self._until = time.monotonic() + EXCHANGE_S
        self._within = within

    def reply(self, method: str, sent_at: float) -> HttpReply:
        """Status, headers and body; interim answers are passed over."""
        status, reason, headers = self._final_head()
        answered_at = time.time()
        bare = method == "HEAD" or status in {204, 304}
        body, truncated = (b"", False) if bare else self._body(headers)
        return HttpReply(
            status=status, reason=reason, headers=headers, body=body, truncated=truncated, sent_at=sent_at, answered_at=answered_at
        )

    def _final_head(self) -> tuple[int, str, Headers]:
        for _ in range(INTERIM_MAX):
            head = self._head()
            if not 100 <= head[0] < 200:
                return head
        raise Undecided(f"{self._connection.to} sent {INTERIM_MAX} interim answers and none that counts")

    def _head(self) -> tuple[int, str, Headers]:
        first = self._line(HEAD_MAX)
        status = _STATUS.fullmatch(first)
        if status is None:
            raise Undecided(f"{self._connection.to} did not answer in HTTP: {first[:60]!r}")
        return int(status[1]), text_of(status[2] or b"").strip(), self._headers()

    def _headers(self) -> Headers:
        headers: list[tuple[str, str]] = []
        left = HEAD_MAX
        while (line := self._line(left)).strip(b"\r\n"):
            left -= len(line)
            name, colon, value = text_of(line).partition(":")
            if colon:
                headers.append((name.strip(), value.strip()))
            if len(headers) > HEADERS_MAX or left <= 0:
                raise Undecided(f"{self._connection.to} sends headers without end")
        return tuple(headers)

    def _line(self, limit: int) -> bytes:
        return self._connection.receive_until(b"\n", limit, self._left())

    def _left(self) -> float:
        return min(self._within, self._until - time.monotonic())

    def _body(self, headers: Headers) -> tuple[bytes, bool]:
        fields = {name.lower(): value for name, value in headers}
        got = bytearray()
        try:
            complete = self._fill(got, fields)
        except DeviceSilent:
            complete = False
        return bytes(got[:BODY_MAX]), not complete

    def _fill(self, got: bytearray, fields: dict[str, str]) -> bool:
        if fields.get("content-type", "").lower().startswith(FILM):
            self._until = min(self._until, time.monotonic() + FILM_S)
        if "chunked" in fields.get("transfer-encoding", "").lower():
            return self._chunks(got)
        length = fields.get("content-length", "")
        if length.isascii() and length.isdigit():
            return self._some(got, int(length)) and len(got) <= BODY_MAX
        return self._rest(got)

    def _some(self, got: bytearray, count: int) -> bool:
        """Exactly `count` more bytes, unless the limit comes first; False when they did not all come."""
        wanted = len(got) + count
        while len(got) < wanted and len(got) <= BODY_MAX:
            data = self._connection.listen(min(CHUNK, wanted - len(got)), self._left())
            if not data:
                return False
            got += data
        return len(got) >= wanted

    def _rest(self, got: bytearray) -> bool:
        """All until the device ends the connection."""
        while len(got) <= BODY_MAX:
            data = self._connection.listen(CHUNK, self._left())
            if not data:
                return data == b""
            got += data
        return False

    def _chunks(self, got: bytearray) -> bool:
        while len(got) <= BODY_MAX:
            size = self._line(256).split(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
                return False
            if int(size, 16) == 0:
                return True
            if not self._some(got, int(size, 16)):
                return False
            self._line(256)
        return False


def text_of(data: bytes) -> str:
    """Bytes of a device as text: UTF-8 where it is, else Latin-1, so that nothing is lost."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


@dataclass(frozen=True)
class SetCookie:
    """A cookie as an answer sets it; the value may be a secret, so it is never part of an observation."""

    name: str
    value: str
    http_only: bool = False
    secure: bool = False
    same_site: str = ""


def set_cookies(reply: HttpReply) -> tuple[SetCookie, ...]:
    """Every cookie that the answer sets, with the attributes that guard it."""
    return tuple(cookie for value in reply.all_headers("Set-Cookie") if (cookie := _cookie(value)))


def _cookie(header: str) -> SetCookie | None:
    pair, *attributes = header.split(";")
    name, equals, value = pair.partition("=")
    words = {attribute.strip().lower() for attribute in attributes}
    same_site = next((word.partition("=")[2].strip() for word in words if word.partition("=")[0].strip() == "samesite"), "")
    return SetCookie(name.strip(), value.strip().strip('"'), "httponly" in words, "secure" in words, same_site) if equals else None


def cookies_of(reply: HttpReply) -> dict[str, str]:
    """Names and values that the answer sets; attributes are left aside."""
    return {cookie.name: cookie.value for cookie in set_cookies(reply)}


def with_cookies(headers: Headers, cookies: Mapping[str, str]) -> Headers:
    """The headers with these cookies beside, or in place of, those that they carry."""
    if not cookies:
        return headers
    before = [value for name, value in headers if name.lower() == "cookie"]
    pairs = (pair.strip().partition("=") for value in before for pair in value.split(";"))
    merged = {name: value for name, _, value in pairs} | dict(cookies)
    others = tuple((name, value) for name, value in headers if name.lower() != "cookie")
    return (*others, ("Cookie", cookie_header(merged)))


def cookie_header(cookies: Mapping[str, str]) -> str:
    """One Cookie header for them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
