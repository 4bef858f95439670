"""Management in the clear: telnet, FTP, remote shells, TFTP, SNMP before version 3, and web pages without TLS, at whatever port."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, Undecided
from harness.probes.detectors.service import Service
from harness.probes.udp_questions import TFTP_READ, snmp_get
from harness.transports.http import HttpReply, HttpRequest, Target, exchange
from harness.transports.tcp import connect
from harness.transports.udp_scan import scan_udp

ANSWER_S, READ_MOST = 3.0, 4096
SNMP_PORTS, TFTP_PORT = (161, 1161, 10161), 69
COMMUNITIES = (b"public", b"private", b"admin", b"camera")
FALSE_LOG_IN = "Basic Y2FtbGFiZWw6bm90LXRoZS1wYXNzd29yZA=="
_TELNET = re.compile(rb"\xff[\xfb-\xfe]|(login|[Uu]sername|[Pp]assword) ?:")
_FTP = re.compile(rb"(220|331|332|530|230)[ -]")
_SMTP = re.compile(rb"5\d\d|4\d\d")
HTTPS = "https://"


class Spoken(Frozen):
    """What one port does in the clear; `offers` says what, `unclear` what cannot be told. Both empty: nothing."""

    asked: str
    offers: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    def answers(self) -> bool:
        """Is management offered in the clear? Undecided where that cannot be told."""
        if not self.offers and self.unclear:
            raise Undecided(f"{self.asked}: {'; '.join(self.unclear)}")
        return bool(self.offers)


@acts("login")
def prompts(bench: Bench, service: Service) -> Spoken:
    """Telnet, FTP, rlogin and rexec on one open TCP port, whatever its number is; nobody is logged in."""
    asked = f"port {service.port} of {service.address}"
    bench.note_retry_hint(f"nc {service.address} {service.port}")
    if "telnet" in service.speaks:
        _said(bench, service, b"\r\n")
        return Spoken(asked=asked, offers=("telnet",))
    if "ftp" in service.speaks:
        return Spoken(asked=asked, offers=("FTP",) if _is_ftp(bench, service) else ())
    if service.speaks:
        return Spoken(asked=asked)
    offers = [name for name, question, answer in _ROUNDS if answer.search(_said(bench, service, question))]
    return Spoken(asked=asked, offers=tuple(offers))


@acts("login")
def plain_web(bench: Bench, service: Service) -> Spoken:
    """Pages, log-ins and ONVIF over HTTP without TLS, with and without a false log-in. A redirect to TLS without a cookie is none."""
    asked = f"HTTP on port {service.port} of {service.address}"
    if "http" not in service.speaks:
        return Spoken(asked=asked)
    target, offers, unclear = Target(service.address, service.port, tls=False), list[str](), list[str]()
    if "onvif" in service.speaks and "https" not in service.speaks:
        offers.append("ONVIF")
    for request in _requests(bench, service):
        what = f"{request.method} {request.path}{' with a log-in' if request.headers or request.body else ''}"
        try:
            reply = exchange(bench.access, target, request, within=ANSWER_S)
        except DeviceSilent:
            continue
        except Undecided as doubt:
            unclear.append(f"{what}: {doubt}")
            continue
        kind, why = judged(reply, also=set(service.speaks))
        if kind != "nothing":
            bench.note_retry_hint(request.curl(target))
            (offers if kind == "offers" else unclear).append(f"{what}: {why}")
    return Spoken(asked=asked, offers=tuple(offers), unclear=tuple(unclear))


@acts("login")
def datagrams(bench: Bench, address: str) -> tuple[Spoken, ...]:
    """SNMP v1 and v2c with the usual communities, and TFTP, on their usual UDP ports."""
    found: list[Spoken] = []
    bench.note_retry_hint(f"snmpget -v2c -c public {address} 1.3.6.1.2.1.1.1.0")
    for version, word in ((0, "SNMP v1"), (1, "SNMP v2c")):
        for community in COMMUNITIES:
            seen = scan_udp(bench.access, address, dict.fromkeys(SNMP_PORTS, snmp_get(community, version)))
            found += [Spoken(asked=f"port {port}/udp of {address}", offers=(word,) if port in seen.open else ()) for port in SNMP_PORTS]
            if len(seen.silent) + seen.unasked:
                silent = f"{word}: {len(seen.silent) + seen.unasked} ports neither answered nor were told closed"
                found.append(Spoken(asked=f"UDP of {address}", unclear=(silent,)))
            if seen.closed == len(SNMP_PORTS):
                break
    tftp = scan_udp(bench.access, address, {TFTP_PORT: TFTP_READ})
    unclear = () if tftp.open or tftp.closed else ("TFTP: its port neither answered nor was told closed",)
    found.append(Spoken(asked=f"port {TFTP_PORT}/udp of {address}", offers=("TFTP",) if tftp.open else (), unclear=unclear))
    return tuple(found)


def judged(reply: HttpReply, *, also: set[str]) -> tuple[Literal["offers", "nothing", "unclear"], str]:
    """Pure: what an answer in the clear means. A TLS port that says 400 to a request without TLS has served nothing, and neither has a
    stream port, which takes HTTP as a tunnel only, with any error."""
    if reply.header("Set-Cookie"):
        return "offers", "a cookie is set in the clear"
    if 300 <= reply.status < 400:
        to = reply.header("Location") or ""
        return ("nothing", "") if to.lower().startswith(HTTPS) else ("offers", f"leads on in the clear, to {to[:60]!r}")
    if reply.status == 401 or reply.header("WWW-Authenticate"):
        return "offers", f"status {reply.status}: a log-in is asked for, or judged, in the clear"
    if 200 <= reply.status < 300:
        return "offers", f"status {reply.status}: it is served in the clear"
    if also & {"rtsp", "rtsps"} or (reply.status == 400 and "https" in also):
        return "nothing", ""
    return "unclear", f"status {reply.status}: neither served nor led to TLS"


def _requests(bench: Bench, service: Service) -> Iterator[HttpRequest]:
    yield HttpRequest("GET", "/")
    yield HttpRequest("GET", "/", (("Authorization", FALSE_LOG_IN),))
    for entry in bench.profile.ixit.log_intf:
        if entry.path and bench.sample.port(entry.port) == service.port:
            yield HttpRequest("GET", entry.path)
    steps = [step.request for recipe in bench.profile.actions.get("log_in", {}).values() for step in recipe.steps]
    for path in dict.fromkeys(step.path for step in steps if "{{" not in step.path):
        yield HttpRequest("GET", path)
        yield HttpRequest("POST", path, (("Content-Type", "application/json"),), b'{"user": "camlabel", "password": "not-the-password"}')


def _said(bench: Bench, service: Service, question: bytes) -> bytes:
    with suppress(Undecided), connect(bench.access, service.address, service.port, within=ANSWER_S, lifetime=4 * ANSWER_S) as connection:
        first = connection.listen(READ_MOST, 0.5) or b""
        connection.send(question)
        return first + (connection.listen(READ_MOST, ANSWER_S) or b"")
    return b""


def _is_ftp(bench: Bench, service: Service) -> bool:
    """Mail servers greet with the same number."""
    answer = _said(bench, service, b"USER camlabel\r\n").splitlines()[1:]
    return not any(_SMTP.match(line) and not _FTP.match(line) for line in answer)


_ROUNDS = (
    ("telnet", b"\r\n", _TELNET),
    ("FTP", b"USER camlabel\r\n", re.compile(rb"^(331|332|530|230)[ -]", re.MULTILINE)),
    ("rlogin", b"\0camlabel\0camlabel\0vt100/9600\0", re.compile(rb"^\0(?=.|$)")),
    ("rexec", b"0\0camlabel\0not-the-password\0id\0", re.compile(rb"^\x01[ -~]")),
)
