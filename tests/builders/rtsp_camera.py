"""RTSP servers of many manners, over real sockets: `Camera` is sound, and each manner changes one thing of it."""

import base64
import hashlib
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.builders.devices import OWNERS_PASSWORD

SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=cam\r\nt=0 0\r\na=control:*\r\n"
SDP += "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{control}\r\n"
RTP = bytes((0x80, 96)) + b"\0" * 10 + b"\x67" * 40
RTCP = bytes((0x80, 200)) + b"\0" * 26
REALM = "cam"


@dataclass
class Request:
    """One request as the server read it."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """Path and query of the URL."""
        return re.sub(r"^rtsps?://[^/]*", "", self.url) or "/"


Answer = tuple[int, Mapping[str, str], bytes] | bytes | None


@dataclass
class Camera:
    """Sound: digest (MD5) for everything but OPTIONS, two streams, interleaved and UDP."""

    streams: tuple[str, ...] = ("/live/main", "/live/sub")
    algorithms: tuple[str, ...] = ("MD5",)
    basic: bool = False
    also_basic: bool = False
    password: str = OWNERS_PASSWORD
    control: str = "trackID=0"
    content_base: bool = True
    free: Callable[[Request], bool] = lambda _: False
    before: Callable[["Camera", Request, socket.socket], Answer | str] = lambda *_: "go on"
    closes_after_401: bool = False
    packet: bytes = RTP
    one_time_nonces: bool = False
    asked: list[Request] = field(default_factory=list)
    failed: int = 0
    described: set[str] = field(default_factory=set)
    nonces: set[str] = field(default_factory=set)
    sessions: dict[str, tuple[str, int | None, str]] = field(default_factory=dict)
    playing: bool = True
    period: float = 0.02

    def talk(self, connection: socket.socket) -> None:
        """Serve one connection."""
        stop = threading.Event()
        try:
            self._serve(connection, stop)
        finally:
            stop.set()

    def _serve(self, connection: socket.socket, stop: threading.Event) -> None:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                more = connection.recv(65536)
                if not more:
                    return
                data += more
            head, _, data = data.partition(b"\r\n\r\n")
            self.asked.append(parse(head))
            if not self._exchange(connection, self.asked[-1], stop):
                return

    def _exchange(self, connection: socket.socket, request: Request, stop: threading.Event) -> bool:
        """Answer one request; False to hang up."""
        told = self.before(self, request, connection)
        answer = self.answer(request) if told == "go on" else told
        if answer is None or isinstance(answer, str):
            return answer is None
        connection.sendall(answer if isinstance(answer, bytes) else encode(request, *answer))
        status = 0 if isinstance(answer, bytes) else answer[0]
        if request.method == "PLAY" and status == 200:
            self._start(connection, request, stop)
        return status != 401 or not self.closes_after_401

    def answer(self, request: Request) -> Answer:
        """As a sound camera does."""
        if request.method == "OPTIONS":
            return 200, {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"}, b""
        if not (self.free(request) or self.authorized(request)):
            return 401, self.challenge(), b""
        stream = self.stream_of(request.path)
        if stream is None:
            return 404, {}, b""
        return getattr(self, request.method.lower())(request, stream)

    def challenge(self) -> dict[str, str]:
        """What is asked of a stranger."""
        if self.basic:
            return {"WWW-Authenticate": f'Basic realm="{REALM}"'}
        nonce = secrets.token_hex(8)
        self.nonces.add(nonce)
        offers = [f'Digest realm="{REALM}", nonce="{nonce}", algorithm={name}' for name in self.algorithms]
        offers += [f'Basic realm="{REALM}"'] if self.also_basic else []
        return {"WWW-Authenticate" + " " * place: offer for place, offer in enumerate(offers)}

    def authorized(self, request: Request) -> bool:
        """Is the log-in right? Wrong ones are counted."""
        header = request.headers.get("authorization", "")
        if not header:
            return False
        good = self._basic(header) if self.basic or header.startswith("Basic") else self._digest(header, request)
        self.failed += not good
        return good

    def _basic(self, header: str) -> bool:
        return header == "Basic " + base64.b64encode(f"admin:{self.password}".encode()).decode()

    def _digest(self, header: str, request: Request) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', header))
        if given.get("nonce") not in self.nonces:
            return False
        if self.one_time_nonces:
            self.nonces.discard(given["nonce"])
        name = given.get("algorithm", "MD5")
        made = lambda text: hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[name], text.encode()).hexdigest()  # noqa: E731
        account, asked = made(f"admin:{REALM}:{self.password}"), made(f"{request.method}:{given.get('uri')}")
        return given.get("username") == "admin" and given.get("response") == made(f"{account}:{given['nonce']}:{asked}")

    def stream_of(self, path: str) -> str | None:
        """The stream that a path or a track leads to."""
        plain = path.removesuffix("/" + self.control.rpartition("/")[2])
        if path.endswith("/") and path.rstrip("/") in self.described:
            plain = path.rstrip("/")  # its own Content-Base
        return plain if plain in self.streams else None

    def describe(self, request: Request, stream: str) -> Answer:
        """An SDP with one track."""
        self.described.add(stream)
        base = {"Content-Base": request.url + "/"} if self.content_base else {}
        return 200, {**base, "Content-Type": "application/sdp"}, SDP.format(control=self.control).encode()

    def setup(self, request: Request, stream: str) -> Answer:
        """A session."""
        way = request.headers.get("transport", "")
        ports = re.search(r"client_port=(\d+)", way)
        session = secrets.token_hex(4)
        self.sessions[session] = (stream, int(ports[1]) if ports else None, session)
        return 200, {"Session": f"{session};timeout=60", "Transport": way + (";server_port=6970-6971" if ports else "")}, b""

    def play(self, request: Request, stream: str) -> Answer:
        """Media for its session."""
        session = request.headers.get("session", "").partition(";")[0]
        if session not in self.sessions or self.sessions[session][0] != stream:
            return 454, {}, b""
        return 200, {"Session": session, "RTP-Info": f"url={request.url}"}, b""

    def teardown(self, request: Request, stream: str) -> Answer:
        """Its end."""
        self.sessions.pop(request.headers.get("session", ""), None)
        return 200, {}, b""

    def get_parameter(self, request: Request, stream: str) -> Answer:
        """A sign of life."""
        return 200, {}, b""

    def _start(self, connection: socket.socket, request: Request, stop: threading.Event) -> None:
        session = request.headers.get("session", "").partition(";")[0]
        port = self.sessions.get(session, ("", None, ""))[1]
        threading.Thread(target=self._stream, args=(connection, session, port, stop), daemon=True).start()

    def _stream(self, connection: socket.socket, session: str, port: int | None, stop: threading.Event) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            while not stop.is_set() and (session in self.sessions or not session):
                if self.playing:
                    try:
                        if port:
                            udp.sendto(self.packet, ("127.0.0.1", port))
                        else:
                            connection.sendall(interleaved(self.packet))
                    except OSError:
                        return
                time.sleep(self.period)


def parse(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").lstrip("\r\n").split("\r\n")
    method, url, *_ = [*first.split(" "), "", ""]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(method, url, headers)


def encode(request: Request, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    length = {"Content-Length": str(len(body))} if body else {}
    lines = [f"RTSP/1.0 {status} Word", f"CSeq: {request.headers.get('cseq', '0')}"]
    lines += [f"{name.strip()}: {value}" for name, value in {**headers, **length}.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


def interleaved(packet: bytes, channel: int = 0) -> bytes:
    return b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet
