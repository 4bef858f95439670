"""What answers on one open TCP port: every protocol that we know is spoken to it, plainly and inside TLS, without a log-in."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import partial

from harness.gate.bench import Bench
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import LogIntf
from harness.model.vocabulary import State
from harness.probes import soap
from harness.probes.detectors.media import handed_out
from harness.transports.http import HttpReply, HttpRequest, Target, exchange, text_of
from harness.transports.tcp import Connection, connect

BANNER_S, ANSWER_S, SHORT_S = 0.4, 3.0, 1.0  # short: after a question of the same kind got no answer
AT_ONCE, LIFETIME_S = 4, 30.0
REDIRECTS = 3
READ_MOST = 4096
ONVIF_PATHS = ("/onvif/device_service", "/onvif/device", "/onvif/services", "/onvif", "/device_service")
TDS = "http://www.onvif.org/ver10/device/wsdl"
_BANNERS = (
    (re.compile(rb"^SSH-"), "ssh"),
    (re.compile(rb"^220[ -]"), "ftp"),
    (re.compile(rb"^\xff[\xfb-\xfe]|login:|[Uu]sername:"), "telnet"),
)
_PASSWORD_FIELD = re.compile(r"""<input[^>]*type\s*=\s*["']?password""", re.IGNORECASE)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_HTML = re.compile(r"^\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
UNCLEAR_RTSP, UNCLEAR_SOAP = "an unclear answer in RTSP", "an answer in SOAP that is not ONVIF's"
Place = tuple[str, int]
PROMPTS = ("ssh", "telnet", "ftp")  # a service that is there to log in to


class Service(Frozen):
    """One open port, and the protocols that are declared for it.

    `speaks`: protocols proven by an answer (rtsp, rtsps, http, https, onvif, page, api, ssh, telnet, ftp). `asks` says where a password
    is asked for, `hides` what could not be seen without a log-in or a browser, `gives` which media it hands to nobody. `quiet`: it was
    recognised by answers, and said nothing before it was asked.
    """

    address: str
    port: int
    declared: tuple[str, ...] = ()
    speaks: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    quiet: bool = False

    def __str__(self) -> str:
        """For people."""
        where = f"port {self.port}{'' if '%' not in self.address else f' of {self.address}'}"
        return f"{where}: {' '.join(self.speaks) or 'not recognised'}{''.join(f', {each}' for each in self.gives)}"


def greetings(bench: Bench, places: Sequence[Place]) -> dict[Place, bytes]:
    """What ports say unasked, listened to a few at a time. One that took no connection beside others, or ended it, is left out."""
    heard: dict[Place, bytes] = {}
    for at in range(0, len(places), AT_ONCE):
        heard |= _greeted(bench, places[at : at + AT_ONCE])
    return heard


def ask(bench: Bench, address: str, port: int, paths: tuple[str, ...], state: State, greeting: bytes | None = None) -> Service:
    """Everything about one port; silence is an answer. `paths` are declared RTSP paths, at which a log-in may be asked. `greeting` is what
    it said beside others: one that then said nothing, and is not recognised, is listened to alone."""
    found = _Found()
    found.take(_banner(bench, address, port) if greeting is None else _named(greeting))
    if not found.speaks:
        _speak(bench, Target(address, port, tls=False), paths, found)
        if _takes_tls(bench, address, port, SHORT_S if "rtsp" in found.speaks else ANSWER_S):
            _speak(bench, Target(address, port, tls=True), paths, found)
    quiet = greeting == b"" and bool(found.speaks)
    if greeting is not None and not found.speaks:
        found.take(_banner(bench, address, port))
    unique = {name: tuple(dict.fromkeys(getattr(found, name))) for name in ("speaks", "asks", "hides")}
    entries = [entry for entry in bench.profile.ixit.log_intf if "tcp" in entry.transports and _in_state(entry, state)]
    declared = tuple(entry.protocol for entry in entries if bench.sample.port(entry.port) == port)
    gives = handed_out(bench, address, port, declared, unique["speaks"]) if state == "normal" else ()
    return Service(address=address, port=port, declared=declared, gives=gives, quiet=quiet, **unique)


def _in_state(entry: LogIntf, state: State) -> bool:
    """Declared for this state; what answers while being set up may answer before, too."""
    return not entry.state or state in entry.state or (state == "factory" and "setup" in entry.state)


class _Found:
    def __init__(self) -> None:
        self.speaks: list[str] = []
        self.asks: list[str] = []
        self.hides: list[str] = []

    def take(self, name: str) -> None:
        """A protocol of a banner."""
        if name:
            self.speaks.append(name)
        if name in PROMPTS:
            self.asks.append(name)


def _greeted(bench: Bench, places: Sequence[Place]) -> dict[Place, bytes]:
    heard: dict[Place, bytes] = {}
    with ExitStack() as held:
        opened: dict[Place, Connection] = {}
        for place in places:
            with suppress(Undecided, NotPossible):
                opened[place] = held.enter_context(connect(bench.access, *place, within=ANSWER_S, lifetime=LIFETIME_S))
        until = time.monotonic() + BANNER_S
        for place, connection in opened.items():
            with suppress(Undecided):
                said = connection.listen(READ_MOST, max(0.0, until - time.monotonic()))
                heard |= {place: said or b""} if said != b"" else {}
    return heard


def _banner(bench: Bench, address: str, port: int) -> str:
    """A port that ends the connection of who says nothing has not answered anything."""

    def said() -> bytes | None:
        with connect(bench.access, address, port, within=ANSWER_S, lifetime=2 * ANSWER_S) as connection:
            return connection.listen(READ_MOST, BANNER_S)

    with suppress(Undecided):
        return _named(bench.access.insisting(f"banner of {address} {port}", said, lambda heard: heard == b"") or b"")
    return ""


def _named(banner: bytes) -> str:
    """Its protocol, if it is one of those that say so."""
    return next((name for pattern, name in _BANNERS if pattern.search(banner)), "")


def _spoken(target: Target) -> str:
    """A port that answers inside TLS need not answer without."""
    return f"{target.authority}{' inside TLS' if target.tls else ''}"


def _speak(bench: Bench, target: Target, paths: tuple[str, ...], found: _Found) -> None:
    _rtsp(bench, target, paths, found)
    _http(bench, target, found)


def _takes_tls(bench: Bench, address: str, port: int, within: float) -> bool:
    with suppress(Undecided), connect(bench.access, address, port, tls=True, within=within):
        return True
    return False


def _rtsp(bench: Bench, target: Target, paths: tuple[str, ...], found: _Found) -> None:
    """OPTIONS says that it is RTSP; DESCRIBE, whether a log-in is asked."""
    status = _rtsp_status(bench, target, "OPTIONS", "/")
    if status not in (200, 401):
        found.hides += [UNCLEAR_RTSP] if status else []  # some servers answer in whatever version they were asked in
        return
    found.speaks.append("rtsps" if target.tls else "rtsp")
    statuses = [_rtsp_status(bench, target, "DESCRIBE", path) for path in (*paths, "/")]
    if 401 in statuses:
        found.asks.append("rtsp")
        found.hides.append("stream descriptions")


def _rtsp_status(bench: Bench, target: Target, method: str, path: str) -> int:
    """Of the answer; 0 where none came in RTSP."""
    request = f"{method} rtsp://{target.authority.partition('%')[0]}{path} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: camlabel\r\n\r\n".encode()

    def answered() -> int:
        with connect(bench.access, target.host, target.port, tls=target.tls, within=ANSWER_S, lifetime=10) as connection:
            connection.send(request)
            status = re.match(rb"RTSP/\d\.\d +(\d{3})", connection.receive_until(b"\n", READ_MOST, ANSWER_S))
            return int(status[1]) if status else 0

    with suppress(Undecided):
        return bench.access.insisting(f"RTSP of {_spoken(target)}", answered, lambda _: False)
    return 0


def _http(bench: Bench, target: Target, found: _Found) -> None:
    """The first page, where it leads on the same port, and ONVIF on its known paths."""
    replies = list(_pages(bench, target))
    if not replies:
        return
    found.speaks.append("https" if target.tls else "http")
    for reply in replies:
        _page(reply, found)
    within = ANSWER_S
    for path in ONVIF_PATHS:
        within = ANSWER_S if _onvif(bench, target, path, found, within) else SHORT_S


def _pages(bench: Bench, target: Target) -> Iterator[HttpReply]:
    path, seen = "/", set[str]()
    while path and path not in seen and len(seen) <= REDIRECTS:
        seen.add(path)
        reply = _exchanged(bench, target, HttpRequest("GET", path))
        if reply is None:
            return
        yield reply
        path = _onward(reply, target) if 300 <= reply.status < 400 else ""


def _onward(reply: HttpReply, target: Target) -> str:
    """A path on the same port; elsewhere we do not follow."""
    to = reply.header("Location") or ""
    inside = re.match(r"https?://([^/]+)(/.*)?$", to)
    if inside:
        return (inside[2] or "/") if inside[1] in (target.authority, target.host) else ""
    return to if to.startswith("/") else ""


def _page(reply: HttpReply, found: _Found) -> None:
    kind, text = (reply.header("Content-Type") or "").lower(), text_of(reply.body[:65536])
    html = "html" in kind or bool(_HTML.match(text))
    if reply.status == 401:
        found.asks.append("http")
        found.hides.append("what is behind the log-in of HTTP")
    elif html and reply.status == 200:
        found.speaks.append("page")
    elif "json" in kind:
        found.speaks.append("api")
    if html and _PASSWORD_FIELD.search(text):
        found.asks.append("page")
    if html and _SCRIPT.search(text):
        found.hides.append("what a script shows in a browser")


def _onvif(bench: Bench, target: Target, path: str, found: _Found, within: float) -> bool:
    """An answer in SOAP to a time that everyone may ask; a fault is one too. False where nothing came at all."""
    reply = _soap(bench, target, path, "GetSystemDateAndTime", within)
    root = _envelope(reply) if reply else None
    if reply and root and not _is_onvif(reply, root):
        found.hides.append(UNCLEAR_SOAP)
    elif reply and root:
        found.speaks.append("onvif")
        asked = _soap(bench, target, path, "GetDeviceInformation", within)
        if asked and _is_refused(asked, _envelope(asked)):
            found.asks.append("onvif")
    return reply is not None


def _soap(bench: Bench, target: Target, path: str, operation: str, within: float) -> HttpReply | None:
    body = soap.envelope(f'<tds:{operation} xmlns:tds="{TDS}"/>')
    headers = (("Content-Type", f'application/soap+xml; charset=utf-8; action="{TDS}/{operation}"'),)
    return _exchanged(bench, target, HttpRequest("POST", path, headers, body), within)


def _envelope(reply: HttpReply) -> soap.Node | None:
    try:
        root = soap.parse(reply.body)
    except soap.BadXmlError:
        return None
    return root if root.local == "Envelope" else None


def _is_onvif(reply: HttpReply, root: soap.Node) -> bool:
    """Its own answer or fault; other services speak SOAP too."""
    return b"www.onvif.org" in reply.body or any(root.all("GetSystemDateAndTimeResponse"))


def _is_refused(reply: HttpReply, root: soap.Node | None) -> bool:
    fault = soap.read_fault(soap.payload(root)) if root else None
    return reply.status == 401 or (fault is not None and "NotAuthorized" in fault.codes)


def _exchanged(bench: Bench, target: Target, request: HttpRequest, within: float = ANSWER_S) -> HttpReply | None:
    with suppress(Undecided):
        asking = partial(exchange, bench.access, target, request, within=within)
        return bench.access.insisting(f"HTTP of {_spoken(target)}", asking, lambda _: False)
    return None
