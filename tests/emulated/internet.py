"""A small internet on 127.0.0.1: names, time and HTTPS servers by other people's code, in threads; says what it heard."""

import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme
from dnslib import QTYPE, RR, A, DNSRecord

from harness.emulated.camera.options import Far

HOSTS = ("api.camlabel.example", "update.camlabel.example", "media.camlabel.example")
SINCE_1900 = 2_208_988_800


@dataclass
class Internet:
    """What was heard, in order: (service, what, size)."""

    trust: Path
    far: Far = field(default_factory=Far)
    heard: list[tuple[str, str]] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    connections: int = 0
    ahead_s: float = 0.0
    answers: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    silent: bool = False

    def count(self, what: str) -> int:
        """How often this was heard."""
        return sum(said == what for _, said in self.heard)

    def paths(self) -> list[str]:
        """Requests over HTTPS, in order."""
        return [said for service, said in self.heard if service == "https"]

    def asked(self) -> set[str]:
        """Names that were looked up."""
        return {said for service, said in self.heard if service == "dns"}


def server_context(authority: trustme.CA, *names: str, **more: object) -> ssl.SSLContext:
    """A server's, with a certificate for these names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **more).configure_cert(context)  # type: ignore[arg-type]
    return context


@contextmanager
def internet(folder: Path, context: ssl.SSLContext | None = None) -> Iterator[Internet]:
    """Up on free ports; without `context` with a certificate that the camera trusts."""
    authority = trustme.CA()
    trust = folder / "trust.pem"
    authority.cert_pem.write_to_path(trust)
    here = Internet(trust)
    servers = [
        socketserver.ThreadingUDPServer(("127.0.0.1", 0), _handler(here, _name)),
        socketserver.ThreadingUDPServer(("127.0.0.1", 0), _handler(here, _time)),
        _Https(("127.0.0.1", 0), _pages(here), here, context or server_context(authority, *HOSTS)),
    ]
    here.far = Far(*(server.server_address[1] for server in servers))
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield here
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


class _Https(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type, here: Internet, context: ssl.SSLContext) -> None:
        super().__init__(address, handler)
        self._here, self._context = here, context

    def finish_request(self, request: object, client: object) -> None:
        """With TLS, in the thread of the connection."""
        try:
            with self._context.wrap_socket(request, server_side=True) as secure:  # type: ignore[arg-type]
                self._here.connections += 1
                super().finish_request(secure, client)  # type: ignore[arg-type]
        except OSError as problem:
            self._here.heard.append(("refused", str(problem)))


def _pages(here: Internet) -> type:
    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one segment

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            here.bodies[path] = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            here.heard.append(("https", f"{self.command} {self.headers['Host']}{path}"))
            if here.silent:
                time.sleep(5)
                return
            answer = here.answers.get(path, b"{}")
            self.send_response(here.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    Pages.do_POST = Pages.do_PUT = Pages.do_GET  # type: ignore[attr-defined]
    return Pages


def _handler(here: Internet, answer: object) -> type:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            said = answer(here, data)  # type: ignore[operator]
            if said and not here.silent:
                sock.sendto(said, self.client_address)

    return Handler


def _name(here: Internet, data: bytes) -> bytes:
    asked = DNSRecord.parse(data)
    here.heard.append(("dns", str(asked.q.qname).rstrip(".")))
    answer = asked.reply()
    if asked.q.qtype == QTYPE.A:
        answer.add_answer(RR(asked.q.qname, QTYPE.A, rdata=A("127.0.0.1"), ttl=60))
    return answer.pack()


def _time(here: Internet, data: bytes) -> bytes:
    here.heard.append(("ntp", "time"))
    if len(data) < 48:
        return b""
    now = time.time() + here.ahead_s + SINCE_1900
    stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
    return bytes([0x24, 2, 6, 0xEC]) + bytes(8) + b"GPS\0" + stamp + data[40:48] + stamp + stamp
