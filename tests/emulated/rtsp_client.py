"""A raw RTSP client for tests: sends exactly what it is told to, with or without a digest."""

import hashlib
import re
import socket
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.emulated.units import HERE, OWNER, PASSWORD, PATIENCE_S, UNVERIFIED

TCP, TRACK = "RTP/AVP/TCP;unicast;interleaved=0-1", "/trackID=0"


@dataclass
class Answer:
    """An RTSP response."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    def header(self, name: str) -> str:
        """The last one of this name."""
        return self.headers.get(name, [""])[-1]

    @property
    def session(self) -> str:
        """The session's id, empty without one."""
        return self.header("session").partition(";")[0]


class Client:
    """One connection, inside TLS or `clear`; `login` makes it answer challenges, by itself, with the last one it got."""

    def __init__(self, port: int, login: tuple[str, str] | None = None, algorithm: str = "MD5", *, clear: bool = False) -> None:
        plain = socket.create_connection((HERE, port), timeout=PATIENCE_S)
        self.socket: socket.socket | ssl.SSLSocket = plain if clear else UNVERIFIED.wrap_socket(plain)
        self._file = self.socket.makefile("rb")
        self._base, self.login, self._algorithm = f"rtsp{'' if clear else 's'}://{HERE}:{port}", login, algorithm
        self._cseq = 0
        self.nonce = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        self.socket.close()

    def ask(self, method: str, path: str, **headers: str) -> Answer:
        """Ask; once more with a digest, when challenged and able."""
        answer = self.ask_once(method, path, **headers)
        if answer.status == 401 and self.login is not None:
            self.nonce = re.search('nonce="([^"]+)"', answer.header("www-authenticate"))[1]
            answer = self.ask_once(method, path, **headers)
        return answer

    def ask_once(self, method: str, path: str, **headers: str) -> Answer:
        """Ask, with a digest if there is a nonce already."""
        uri = path if path == "*" else self._base + path
        if self.login is not None and self.nonce and "Authorization" not in headers:
            headers["Authorization"] = self.authorization(method, uri)
        self._cseq += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self._cseq}", *(f"{name}: {value}" for name, value in headers.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        return self.answer()

    def authorization(self, method: str, uri: str) -> str:
        """RFC 2069, the form without qop."""
        user, password = self.login or ("", "")
        make = hashlib.sha256 if self._algorithm == "SHA-256" else hashlib.md5
        secret, request = (make(text.encode()).hexdigest() for text in (f"{user}:camera:{password}", f"{method}:{uri}"))
        response = make(f"{secret}:{self.nonce}:{request}".encode()).hexdigest()
        fields = f'username="{user}", realm="camera", nonce="{self.nonce}", uri="{uri}", response="{response}"'
        return f"Digest {fields}, algorithm={self._algorithm}"

    def answer(self) -> Answer:
        """The next response; packets before it are dropped."""
        while (first := self._file.read(1)) == b"$":
            self._packet()
        if not first:
            raise EOFError
        head = (first + self._file.readline()).decode().split(" ", 2)
        headers: dict[str, list[str]] = {}
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(": ")
            headers.setdefault(name.lower(), []).append(value)
        length = int(headers.get("content-length", ["0"])[0])
        return Answer(int(head[1]), headers, self._file.read(length))

    def packet(self) -> tuple[int, bytes] | None:
        """The next interleaved packet and its channel; None when the camera hung up."""
        first = self._file.read(1)
        return self._packet() if first == b"$" else None

    def media(self, count: int = 10) -> bool:
        """Do so many packets come?"""
        return all(self.packet() is not None for _ in range(count))

    def still_plays(self, count: int = 20) -> bool:
        """Do packets come that were sent after this question?"""
        try:
            self.socket.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 0\r\n\r\n")
            self.answer()
        except (ConnectionError, EOFError):
            return False
        return self.media(count)

    def gone(self) -> bool:
        """Did the camera hang up? What is on the way is read."""
        while (packet := self.packet()) is not None:
            assert packet
        return True

    def play(self, path: str = "/live/main", transport: str = TCP) -> str:
        """DESCRIBE, SETUP, PLAY; the session's id."""
        assert self.ask("DESCRIBE", path).status == 200
        session = self.ask("SETUP", path + TRACK, Transport=transport).session
        assert self.ask("PLAY", path, Session=session).status == 200
        return session

    def _packet(self) -> tuple[int, bytes]:
        channel, high, low = self._file.read(3)
        return channel, self._file.read(high << 8 | low)


def as_owner(port: int, password: str = PASSWORD, algorithm: str = "MD5", *, clear: bool = False) -> Client:
    return Client(port, (OWNER, password), algorithm, clear=clear)
