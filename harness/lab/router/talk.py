"""One connection to the stand-in internet: TLS under any name, HTTP answered, anything else swallowed and counted."""

import re
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate

from harness.lab.router.authority import Authority
from harness.lab.router.held import Held
from harness.lab.router.moved import MovedClock
from harness.lab.router.names import Names
from harness.lab.router.notebook import Entry
from harness.lab.router.shelf import Shelf
from harness.lab.router.uploads import Body, Uploads

IDLE_S, LONGEST_S = 60.0, 3600.0
_HEAD_MOST, _LINE_MOST = 1 << 16, 1 << 10
_TLS_HANDSHAKE = 0x16
_METHOD = re.compile(rb"[A-Z]{3,20} \S{1,8000} HTTP/1\.[01]\r?\n")
_BODY = b"{}"


@dataclass
class Line:
    """Reads and writes with a deadline; counts into the entry."""

    peer: socket.socket
    entry: Entry
    until: float
    idle_s: float = IDLE_S
    rest: bytes = b""

    def more(self) -> bytes:
        """The next bytes; empty at the end, or when the time is up."""
        left = min(self.idle_s, self.until - time.monotonic())
        if left <= 0:
            return b""
        self.peer.settimeout(left)
        data = self.peer.recv(1 << 16)
        self.entry.took(len(data))
        return data

    def fill(self) -> bool:
        """Read on; False at the end."""
        data = self.more()
        self.rest += data
        return bool(data)

    def write(self, data: bytes) -> None:
        """Answer."""
        self.peer.settimeout(self.idle_s)
        self.peer.sendall(data)
        self.entry.took(0, len(data))


@dataclass(frozen=True)
class Talker:
    """Holds what every connection needs."""

    authority: Authority
    names: Names
    clock: MovedClock
    idle_s: float = IDLE_S
    longest_s: float = LONGEST_S
    shelf: Shelf = field(default_factory=Shelf)
    held: Held = field(default_factory=Held)
    uploads: Uploads = field(default_factory=Uploads)

    def pretend(self, hosts: Iterable[str], certificate: str) -> None:
        """From now on show this false certificate as these, under their names and at their addresses; what they talk now ends."""
        places = self._places(hosts)
        self.authority.pretend(places, certificate)
        self.held.end(lambda entry: entry.name in places or entry.address in places)

    def be_genuine(self, hosts: Iterable[str] = ()) -> None:
        """Show nothing false any more; what these talk now ends, and what was shown something false."""
        places = self._places(hosts)
        self.authority.pretend((), "")
        self.held.end(lambda entry: bool(entry.shown) or entry.name in places or entry.address in places)

    def _places(self, hosts: Iterable[str]) -> set[str]:
        return {place for host in hosts for place in (host, *self.names.addresses(host))}

    def talk(self, peer: socket.socket, entry: Entry) -> None:
        """Serve one connection to its end; whatever the device does, only this connection ends."""
        until = time.monotonic() + self.longest_s
        try:
            with peer, self.held.holding(peer, entry):
                peer.settimeout(self.idle_s)
                if peer.recv(1, socket.MSG_PEEK)[:1] == bytes([_TLS_HANDSHAKE]):
                    entry.protocol = "tls"
                    with self.authority.secure(peer, entry) as secure:
                        entry.secured = True
                        self._serve(Line(secure, entry, until, self.idle_s))
                else:
                    self._serve(Line(peer, entry, until, self.idle_s))
        except ssl.SSLError as error:
            _refused(entry, error.reason or "the handshake failed")
        except TimeoutError:
            _refused(entry, "no more came of the handshake")
        except (OSError, ValueError):
            _refused(entry, "hung up amid the handshake")

    def _serve(self, line: Line) -> None:
        if line.entry.port == 53 and not line.entry.protocol:
            line.entry.protocol = "dns"
            self._resolve(line)
            return
        while line.rest or line.fill():
            if not self._request(line):
                break
        line.rest = b""
        while line.more():
            pass

    def _request(self, line: Line) -> bool:
        """Answer one HTTP request; False when this is none, or the last."""
        while b"\n" not in line.rest and len(line.rest) < _LINE_MOST * 9 and line.fill():
            pass
        if not _METHOD.match(line.rest):
            return False
        while not (end := re.search(rb"\r?\n\r?\n", line.rest)):
            if len(line.rest) > _HEAD_MOST or not line.fill():
                return False
        head, line.rest = line.rest[: end.start()], line.rest[end.end() :]
        line.entry.protocol = line.entry.protocol or "http"
        host = _name(_field(head, b"Host"))
        if line.entry.protocol == "tls":
            line.entry.inside = line.entry.inside or host[:255]
        else:
            line.entry.call(host)
        if _field(head, b"Expect").lower() == "100-continue":
            line.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = Body()
        if not _read_body(line, head, body):
            return False
        self.uploads.add(line.entry.source, host, _target(head), body)
        last = _field(head, b"Connection").lower() == "close" or head.split(b"\n", 1)[0].rstrip().endswith(b"1.0")
        self._answer(line, head, host, last=last)
        return not last

    def _answer(self, line: Line, head: bytes, host: str, *, last: bool) -> None:
        """What lies on the shelf for this, else an empty object."""
        asked = self.shelf.ask(line.entry.source, host, _target(head))
        kind, body = (asked[0].content_type, asked[0].body) if asked else ("application/json", _BODY)
        bare = head.startswith(b"HEAD ")
        line.write(self._head(kind, len(body), last=last) + (b"" if bare else body))
        if asked and not bare:
            asked[1].whole = True

    def _head(self, kind: str, size: int, *, last: bool) -> bytes:
        fields = ["HTTP/1.1 200 OK", f"Date: {formatdate(self.clock.now(), usegmt=True)}", f"Content-Type: {kind}"]
        fields += [f"Content-Length: {size}", "Cache-Control: no-store", f"Connection: {'close' if last else 'keep-alive'}", "", ""]
        return "\r\n".join(fields).encode()

    def _resolve(self, line: Line) -> None:
        """DNS over TCP: each message after its length."""
        while True:
            while len(line.rest) < 2 or len(line.rest) < 2 + int.from_bytes(line.rest[:2]):
                if not line.fill():
                    return
            size = int.from_bytes(line.rest[:2])
            message, line.rest = line.rest[2 : 2 + size], line.rest[2 + size :]
            if reply := self.names.answer(line.entry.source, message):
                line.write(len(reply).to_bytes(2) + reply)


def _refused(entry: Entry, why: str) -> None:
    """Of a handshake that the device did not go through with, or of which it repented before it sent anything."""
    if entry.protocol == "tls" and not entry.sent:
        entry.refused = entry.refused or why[:100]


def _target(head: bytes) -> str:
    return head.split(b" ", 2)[1].decode("latin-1")


def _read_body(line: Line, head: bytes, body: Body) -> bool:
    """Read the request's body; False when it does not come whole."""
    if "chunked" in _field(head, b"Transfer-Encoding").lower():
        return _read_chunks(line, body)
    length = _field(head, b"Content-Length")
    return _read(line, int(length), body) if length.isdecimal() and len(length) < 16 else not length


def _read_chunks(line: Line, body: Body) -> bool:
    while True:
        size = _take_line(line, _LINE_MOST)
        digits = size.split(b";")[0].strip() if size is not None else b""
        if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", digits):
            return False
        if (count := int(digits, 16)) == 0:
            return _skip_trailer(line)
        if not _read(line, count, body) or not _skip_line_end(line):
            return False


def _skip_line_end(line: Line) -> bool:
    end = _take_line(line, 1)
    return end is not None and end.strip() == b""


def _skip_trailer(line: Line) -> bool:
    while True:
        field = _take_line(line, _HEAD_MOST)
        if field is None or not field.strip():
            return field is not None


def _take_line(line: Line, most: int) -> bytes | None:
    """The next line without its end; None when it does not come, or not within so many bytes."""
    while b"\n" not in line.rest:
        if len(line.rest) > most or not line.fill():
            return None
    taken, _, line.rest = line.rest.partition(b"\n")
    return taken


def _read(line: Line, count: int, body: Body) -> bool:
    while count > len(line.rest):
        body.take(line.rest)
        count, line.rest = count - len(line.rest), b""
        if not line.fill():
            return False
    body.take(line.rest[:count])
    line.rest = line.rest[count:]
    return True


def _field(head: bytes, name: bytes) -> str:
    found = re.search(rb"^" + name + rb":[ \t]*([^\r\n]*)", head, re.IGNORECASE | re.MULTILINE)
    return found[1].decode("latin-1").strip() if found else ""


def _name(host: str) -> str:
    """The Host line without its port; empty for an address, which names nobody."""
    name = re.sub(r":\d+$", "", host.lower())
    return "" if name.startswith("[") or re.fullmatch(r"[\d.]+", name) else name
