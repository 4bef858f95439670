"""What a device tells whoever is on its network, without a log-in: every open service, every broadcast."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.lab.lan import ROUTER
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.vocabulary import State
from harness.probes import capture, device, soap
from harness.probes.captures.around import DHCP_PORTS
from harness.probes.detectors.service import Service, ask
from harness.probes.disclosure_text import Form, Known, Told, tells
from harness.probes.ports import services_of
from harness.probes.udp_questions import QUESTIONS, dns_question, question
from harness.probes.web_links import links
from harness.transports.http import HttpReply, HttpRequest, Target, exchange
from harness.transports.scan import scan
from harness.transports.tcp import connect
from harness.transports.udp import pair

ANSWER_S, HEAR_S, QUICK_HEAR_S = 3.0, 1.0, 0.3  # at effort quick, where ports are left out too
BANNER_S = 0.5
READ_MOST = 8192
PARTS_MOST, LONGEST, LOCATIONS_MOST = 12, 600, 3
NOWHERE = "/camlabel-6b1f0c9e27d84a35"
BEFORE_SET_UP = "told-before-set-up"
TELL_ALL = (
    *("/version", "/info", "/get_status.cgi", "/System/deviceInfo", "/ISAPI/System/deviceInfo"),
    "/cgi-bin/magicBox.cgi?action=getSystemInfo",
)
TDS = "http://www.onvif.org/ver10/device/wsdl"
ASK_ANYBODY = ("GetSystemDateAndTime", "GetServices", "GetCapabilities", "GetDeviceInformation", "GetScopes", "GetHostname", "GetUsers")
ASK_NETWORK = ("GetNetworkInterfaces", "GetDNS", "GetNetworkDefaultGateway")
MDNS, SSDP = 5353, 1900
ANNOUNCING = ("ws-discovery", "mdns", "upnp")
MDNS_TYPES = tuple(f"_{name}._tcp.local" for name in ("http", "https", "rtsp", "rtsps", "onvif", "device-info", "axis-video", "hap"))
IDENTIFIERS = {"serial number": "serial", "MAC address": "mac"}
_LOCATION = re.compile(rb"(?im)^location:\s*(\S{1,200})\s*$")
_SCRIPTS = ("javascript", "css", "ecmascript")


class Piece(Frozen):
    """One answer, banner, certificate or broadcast, and what of it was told; what is declared for its service is marked."""

    place: str
    told: tuple[Told, ...] = ()
    declared: tuple[str, ...] = ()

    @property
    def beyond(self) -> tuple[Told, ...]:
        """What no discovery needs."""
        return tuple(each for each in self.told if each.kind not in self.declared)


class Collected(Frozen):
    """All that one service, or one kind of broadcast, said to nobody in particular; `unread` says why that may not be all."""

    asked: str
    pieces: tuple[Piece, ...] = ()
    unread: str = ""

    @property
    def tells_too_much(self) -> bool:
        """Undecided where nothing was read."""
        if not self.pieces and self.unread:
            raise Undecided(f"{self.asked}: {self.unread}")
        return any(piece.beyond for piece in self.pieces)


@reads()
def declared_services(bench: Bench, state: State) -> tuple[Service, ...]:
    """Those that are declared and take a connection now: while a device is being set up there is no time for all ports."""
    entries = [entry for entry in bench.profile.ixit.log_intf if "tcp" in entry.transports]
    seen = scan(bench.access, bench.sample.address, {bench.sample.port(entry.port) for entry in entries})
    return tuple(ask(bench, bench.sample.address, port, (), state) for port in seen.open)


@acts("login")
def service(bench: Bench, at: Service, state: State) -> Collected:
    """Banner, certificate, pages, errors, and what ONVIF and RTSP answer to anybody, on one open TCP port."""
    reading = _Reading(bench, state, services_of(bench, at.port, "tcp"))
    _banner(reading, at)
    if {"https", "rtsps"} & set(at.speaks) or not at.speaks:
        _certificate(reading, at)
    for tls in (False, True):
        if ("https" if tls else "http") in at.speaks:
            _web(reading, at, Target(at.address, at.port, tls=tls))
        if ("rtsps" if tls else "rtsp") in at.speaks:
            _rtsp(reading, at, Target(at.address, at.port, tls=tls))
    return reading.collected(f"port {at.port}/tcp of {at.address}", "it said nothing, whatever it was asked")


@reads()
def said_before_set_up(bench: Bench) -> Collected:
    """What was read in this process until it was set up, compared with what only its owner can be told: the serial number."""
    known = known_of(bench, "normal")
    pieces = tuple(
        Piece(place=place, told=tells(content, form, known), declared=declared) for place, content, form, declared in _kept(bench)
    )
    told = _in_words(pieces)
    bench.note_retry_hint("reset it, and look at the same place")
    return Collected(asked=f"until it was set up{': ' if told else ''}{told}"[:LONGEST], pieces=pieces)


@acts("login")
def broadcasts(bench: Bench, state: State) -> tuple[Collected, ...]:
    """Answers to searches, by service, what a search leads to, and what the capture of the run shows that it announced."""
    heard, asked = _searched(bench), tuple(entry for entry in bench.profile.ixit.log_intf if entry.protocol in ANNOUNCING)
    announced, doubt = _announced(bench)
    found: list[Collected] = []
    for entry in asked:
        port, reading = bench.sample.port(entry.port), _Reading(bench, state, (entry.id,))
        for content in heard.pop(port, []):
            reading.take(f"answer on port {port}/udp", content, "bytes", f"nmap -sU -p {port} --script broadcast-* {bench.sample.address}")
            _documents(reading, content)
        for content in announced.pop(port, []):
            reading.take(f"broadcast to port {port}/udp", content, "bytes")
        found.append(reading.collected(entry.id, "neither answered a search nor was seen to announce itself"))
    for port, contents in sorted((*heard.items(), *announced.items())):
        reading = _Reading(bench, state, services_of(bench, port, "udp"), carries_mac=port in DHCP_PORTS)
        for content in contents:
            reading.take(f"port {port}/udp", content, "bytes")
        found.append(reading.collected(f"datagrams on port {port}/udp", ""))
    return (*found, Collected(asked="announcements in the capture", pieces=(Piece(place="capture"),) if not doubt else (), unread=doubt))


def known_of(bench: Bench, state: State) -> Known:
    """What must not be met; a serial number is known once its owner can ask for it. No probe by itself."""
    hints = len(bench.hints)
    facts = device.facts(bench) if state == "normal" else {}
    del bench.hints[hints:]  # how its owner asks does not show what anybody sees
    firmware = (bench.profile.dut.firmware_version, facts.get("firmware", ""))
    streams = [stream for stream in bench.profile.ixit.stream if stream.protocol != "snapshot"]
    return Known(
        firmware=tuple(dict.fromkeys(each for each in firmware if "." in each)),
        serials=tuple(each for each in (facts.get("serial", ""),) if len(each) >= 4),
        mac=bench.sample.mac or device.mac_of(bench.sample.address) or "",
        users=tuple(account.user for account in bench.sample.accounts.values()),
        gateways=(ROUTER,) if bench.stand_in else (),
        paths=tuple(stream.path for stream in streams if len(stream.path) > 3),
    )


@dataclass
class _Reading:
    """What is read of one service, piece by piece; each is kept, so that what was said before set-up is compared once more is known."""

    bench: Bench
    state: State
    services: tuple[str, ...]
    carries_mac: bool = False
    pieces: list[Piece] = field(default_factory=list)
    _known: Known | None = None

    @property
    def known(self) -> Known:
        """Asked for when it is needed first."""
        self._known = self._known or known_of(self.bench, self.state)
        return self._known

    def take(self, place: str, content: bytes, form: Form, again: str = "") -> None:
        """One more piece."""
        if not content:
            return
        piece = Piece(place=place, told=tells(content, form, self.known), declared=self._declared)
        if self.state != "normal":
            _kept(self.bench).append((place, content[:READ_MOST], form, piece.declared))
        self.pieces.append(piece)
        if piece.beyond and again:
            self.bench.note_retry_hint(again)

    @property
    def _declared(self) -> tuple[str, ...]:
        """Identifiers only, and only those that the profile says this service discloses."""
        texts = [entry.disclosed.lower() for entry in self.bench.profile.ixit.log_intf if entry.id in self.services]
        kinds = tuple(kind for kind, word in IDENTIFIERS.items() if any(word in text for text in texts))
        return tuple(dict.fromkeys((*kinds, *(("MAC address",) if self.carries_mac else ()))))

    def collected(self, asked: str, unread: str) -> Collected:
        """All of it, with what was told in the name, so that reports show it."""
        name = f"{asked}: {told}" if (told := _in_words(tuple(self.pieces))) else asked
        return Collected(asked=name[:LONGEST], pieces=tuple(self.pieces), unread="" if self.pieces else unread)


def _in_words(pieces: tuple[Piece, ...]) -> str:
    """Each thing once, so that reports show what was told and where."""
    return "; ".join(dict.fromkeys(f"{piece.place} tells {each.kind} {each.shown!r}" for piece in pieces for each in piece.beyond))


def _banner(reading: _Reading, at: Service) -> None:
    """What comes unasked, unless it is known that nothing does, and what an empty line or a call for help brings where no protocol was
    recognised."""
    unasked = () if at.quiet else (b"",)
    questions = unasked if at.speaks else (b"\r\n", b"HELP\r\n")
    for words in questions:
        with suppress(Undecided), connect(reading.bench.access, at.address, at.port, within=ANSWER_S) as connection:
            said = connection.listen(READ_MOST, BANNER_S) or b""
            if words:
                connection.send(words)
                said += connection.listen(READ_MOST, ANSWER_S) or b""
            reading.take("banner", said, "head", f"nc {at.address} {at.port}")


def _certificate(reading: _Reading, at: Service) -> None:
    """Its bytes as they are: names in it are of the device and may be anything."""
    with suppress(Undecided), connect(reading.bench.access, at.address, at.port, tls=True, within=ANSWER_S) as connection:
        facts = connection.tls_facts
        if facts and facts.certificate:
            reading.bench.access.received(connection.to, facts.certificate)
            again = f"openssl s_client -connect {at.address}:{at.port} </dev/null | openssl x509 -noout -text"
            reading.take("certificate", facts.certificate, "bytes", again)


def _web(reading: _Reading, at: Service, target: Target) -> None:
    """Pages with what they load, errors of three kinds, what recipes read before a log-in, and paths that are known to tell."""
    first = _page(reading, target, HttpRequest("GET", "/"))
    if first is not None:
        for path in links(first, target, PARTS_MOST):
            _page(reading, target, HttpRequest("GET", path))
    for request in (HttpRequest("GET", NOWHERE), HttpRequest("CAMLABEL", "/"), HttpRequest("GET", "/%")):
        _page(reading, target, request)
    for path in dict.fromkeys((*_declared_paths(reading.bench, at), *TELL_ALL)):
        _page(reading, target, HttpRequest("GET", path))
    if "onvif" in at.speaks:
        for path in _onvif_paths(reading.bench, at):
            for operation in (*ASK_ANYBODY, *ASK_NETWORK):
                _page(reading, target, _soap(path, operation), operation)


def _page(reading: _Reading, target: Target, request: HttpRequest, name: str = "") -> HttpReply | None:
    try:
        reply = exchange(reading.bench.access, target, request, within=ANSWER_S)
    except Undecided:
        return None
    place = name or f"{request.method} {request.path}"
    head = "\n".join((reply.reason, *(f"{header}: {value}" for header, value in reply.headers if header.lower() != "date")))
    again = request.curl(target)
    reading.take(f"head of the answer to {place}", head.encode(), "head", again)
    reading.take(f"answer to {place}", reply.body, "script" if _is_code(reply) else "body", again)
    return reply


def _is_code(reply: HttpReply) -> bool:
    return any(word in (reply.header("Content-Type") or "").lower() for word in _SCRIPTS)


def _declared_paths(bench: Bench, at: Service) -> Iterator[str]:
    """Of the profile's entries of this port, and of its recipes where they can be read without a value."""
    yield from (entry.path for entry in bench.profile.ixit.log_intf if entry.path and bench.sample.port(entry.port) == at.port)
    for recipes in bench.profile.actions.values():
        for step in (step for recipe in recipes.values() for step in recipe.steps):
            with suppress(NotPossible):
                if "{{" not in step.request.path and bench.address(step.service).port == at.port:
                    yield step.request.path


def _onvif_paths(bench: Bench, at: Service) -> tuple[str, ...]:
    declared = [e.path for e in bench.profile.ixit.log_intf if e.protocol == "onvif" and e.path and bench.sample.port(e.port) == at.port]
    return tuple(dict.fromkeys(declared)) or ("/onvif/device_service",)


def _soap(path: str, operation: str) -> HttpRequest:
    headers = (("Content-Type", f'application/soap+xml; charset=utf-8; action="{TDS}/{operation}"'),)
    return HttpRequest("POST", path, headers, soap.envelope(f'<tds:{operation} xmlns:tds="{TDS}"/>'))


def _rtsp(reading: _Reading, at: Service, target: Target) -> None:
    """What it says of itself in heads; streams without a log-in are another requirement's."""
    for method, path in (("OPTIONS", "/"), ("DESCRIBE", "/"), ("DESCRIBE", NOWHERE), ("CAMLABEL", "/")):
        asked = f"{method} rtsp://{target.authority.partition('%')[0]}{path} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: camlabel\r\n\r\n"
        with suppress(Undecided), connect(reading.bench.access, at.address, at.port, tls=target.tls, within=ANSWER_S) as connection:
            connection.send(asked.encode())
            said = connection.receive_until(b"\r\n\r\n", READ_MOST, ANSWER_S)
            reading.take(f"answer to RTSP {method} {path}", said, "head", f"printf {asked!r} | nc {at.address} {at.port}")


def _searched(bench: Bench) -> dict[int, list[bytes]]:
    """By port, what came back from searches of every kind that is known; those that are declared are asked twice."""
    own = [bench.sample.port(entry.port) for entry in bench.profile.ixit.log_intf if entry.protocol in ANNOUNCING]
    heard: dict[int, list[bytes]] = {}
    with bench.access.device_time(), pair(bench.access, bench.sample.address) as ours:
        for ports in ((*own, *QUESTIONS), own):
            left = [port for port in dict.fromkeys(ports) if port not in heard]
            for port, words in ((each, words) for each in left for words in _questions(each)):
                ours.send(port, words)
            for packet in ours.drain(HEAR_S if bench.effort == "full" else QUICK_HEAR_S) if left else ():
                heard.setdefault(packet.port, []).append(packet.data)
    return {port: list(dict.fromkeys(contents)) for port, contents in heard.items()}


def _questions(port: int) -> tuple[bytes, ...]:
    return (question(port), *(dns_question(name) for name in MDNS_TYPES)) if port == MDNS else (question(port),)


def _documents(reading: _Reading, content: bytes) -> None:
    """What a search's answer leads to, where that is on the unit itself."""
    for location in _LOCATION.findall(content)[:LOCATIONS_MOST]:
        with suppress(ValueError, UnicodeDecodeError):
            parts = urlsplit(location.decode("ascii"))
            if parts.hostname == reading.bench.sample.address and parts.scheme in ("http", "https"):
                tls = parts.scheme == "https"
                target = Target(parts.hostname, parts.port or (443 if tls else 80), tls=tls)
                _page(reading, target, HttpRequest("GET", parts.path or "/"))


def _announced(bench: Bench) -> tuple[dict[int, list[bytes]], str]:
    """By port; and why there may be more."""
    try:
        said = capture.announced(bench)
    except (NotPossible, Undecided) as nothing:
        return {}, f"what it announces, and asks DHCP with, needs a capture: {nothing}"
    found: dict[int, list[bytes]] = {}
    for port, content in said.datagrams:
        found.setdefault(port, []).append(content)
    return found, "; ".join(said.lost)


def _kept(bench: Bench) -> list[tuple[str, bytes, Form, tuple[str, ...]]]:
    return bench.remembered(BEFORE_SET_UP, list)


def names_of(known: Known) -> tuple[str, ...]:
    """Identifiers as they could be passwords; no probe by itself."""
    bare = known.mac.replace(":", "")
    return tuple(dict.fromkeys(word for word in (*known.serials, bare, bare.upper(), bare[-6:]) if word))
