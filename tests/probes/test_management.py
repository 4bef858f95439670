"""Management in the clear: who offers it, who only leads to TLS, and what cannot be told."""

import socket
from pathlib import Path

import pytest

from harness.model.errors import Undecided
from harness.probes import management
from harness.probes.detectors.service import Service
from harness.probes.management import Spoken
from harness.transports.udp_scan import UdpScanned
from tests.builders.devices import HERE, Desk, Talk, device, read_request
from tests.builders.profiles import emulated_profile

PROFILE = emulated_profile()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(management, "ANSWER_S", 0.4)


def greets(greeting: bytes, answer: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(greeting)
        if connection.recv(4096):
            connection.sendall(answer)

    return talk


def web(answers: dict[bytes, bytes], otherwise: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        first = read_request(connection).split(b" HTTP/")[0]
        connection.sendall(answers.get(first, otherwise))

    return talk


def said(status: str, *headers: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", "Content-Length: 0", *headers, "", "")).encode()


TO_TLS = said("301 Moved", "Location: https://192.0.2.9/")


def prompts(tmp_path: Path, talk: Talk, *speaks: str) -> Spoken:
    with device(talk) as port:
        return management.prompts(Desk(tmp_path).bench(PROFILE, {}), Service(address=HERE, port=port, speaks=speaks))


def plain(tmp_path: Path, talk: Talk, *speaks: str) -> Spoken:
    with device(talk) as port:
        service = Service(address=HERE, port=port, speaks=("http", *speaks))
        return management.plain_web(Desk(tmp_path).bench(PROFILE, {443: port}), service)


PROMPTS = [
    (greets(b"\xff\xfd\x18", b""), ("telnet",), ("telnet",)),
    (greets(b"220 ready\r\n", b"331 password?\r\n"), ("ftp",), ("FTP",)),
    (greets(b"220 mail\r\n", b"502 no such command\r\n"), ("ftp",), ()),
    (greets(b"", b"\r\nlogin: "), (), ("telnet",)),
    (greets(b"220-\r\n", b"331 password?\r\n"), (), ("FTP",)),
    (greets(b"", b"\x01Permission denied\n"), (), ("rexec",)),
    (greets(b"", b"\x00"), (), ("rlogin",)),
    (greets(b"hello\r\n", b"what?\r\n"), (), ()),
    (greets(b"SSH-2.0-x\r\n", b""), ("ssh",), ()),
]


@pytest.mark.parametrize(("talk", "speaks", "offers"), PROMPTS)
def test_prompts_are_known_at_any_port(tmp_path: Path, talk: Talk, speaks: tuple[str, ...], offers: tuple[str, ...]) -> None:
    seen = prompts(tmp_path, talk, *speaks)
    assert (seen.offers, seen.answers()) == (offers, bool(offers))


def test_http_that_only_leads_to_tls_offers_nothing(tmp_path: Path) -> None:
    seen = plain(tmp_path, web({}, TO_TLS))
    assert (seen.offers, seen.unclear, seen.answers()) == ((), (), False)


OFFERS = [
    (web({b"GET /": said("200 OK")}, TO_TLS), "GET /: status 200"),
    (web({b"POST /api/login": said("401 Unauthorized")}, TO_TLS), "POST /api/login with a log-in: status 401"),
    (web({}, said("302 Found", "Location: https://192.0.2.9/", "Set-Cookie: s=1")), "a cookie is set"),
    (web({}, said("302 Found", "Location: /login.html")), "leads on in the clear, to '/login.html'"),
    (web({}, said("302 Found", "Location: http://192.0.2.9/")), "leads on in the clear"),
    (web({}, said("403 Forbidden", "WWW-Authenticate: Basic")), "judged, in the clear"),
]


@pytest.mark.parametrize(("talk", "why"), OFFERS)
def test_http_that_does_more_offers_management(tmp_path: Path, talk: Talk, why: str) -> None:
    seen = plain(tmp_path, talk)
    assert seen.answers()
    assert any(why in each for each in seen.offers), seen


def test_a_page_that_is_nowhere_to_be_found_is_undecided(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="status 404"):
        plain(tmp_path, web({}, said("404 Not Found"))).answers()


def test_a_tls_port_that_says_400_to_plain_requests_serves_nothing(tmp_path: Path) -> None:
    """As Apache and nginx do."""
    talk = web({}, said("400 Bad Request"))
    assert not plain(tmp_path, talk, "https").answers()
    with pytest.raises(Undecided):
        plain(tmp_path, talk).answers()


def test_a_stream_port_that_tunnels_serves_no_pages(tmp_path: Path) -> None:
    """GStreamer's says 503 to whoever opens no tunnel; a log-in is asked for all the same."""
    assert not plain(tmp_path, web({}, said("503 Service Unavailable")), "rtsp").answers()
    assert plain(tmp_path, web({}, said("401 Unauthorized")), "rtsp").answers()


def test_onvif_without_tls_is_management(tmp_path: Path) -> None:
    assert plain(tmp_path, web({}, TO_TLS), "onvif").offers == ("ONVIF",)


def test_ports_without_http_are_not_asked(tmp_path: Path) -> None:
    assert not management.plain_web(Desk(tmp_path).bench(PROFILE, {}), Service(address=HERE, port=1, speaks=("rtsp",))).answers()


def datagrams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **how: dict[int, str]) -> tuple[Spoken, ...]:
    """`how`: of each port, whether it answers or is silent; all others are closed."""

    def scan(_: object, host: str, questions: dict[int, bytes]) -> UdpScanned:
        states = how["ports"]
        of = {state: tuple(port for port in questions if states.get(port) == state) for state in ("open", "silent")}
        closed = len(questions) - len(of["open"]) - len(of["silent"])
        return UdpScanned(address=host, asked=len(questions), open=of["open"], silent=of["silent"], closed=closed, took_s=0)

    monkeypatch.setattr(management, "scan_udp", scan)
    return management.datagrams(Desk(tmp_path).bench(PROFILE, {}), HERE)


def test_closed_ports_answer_no_datagrams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = datagrams(monkeypatch, tmp_path, ports={})
    assert len(seen) == 7
    assert not {each.asked for each in seen if each.answers()}


def test_snmp_and_tftp_that_answer_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = datagrams(monkeypatch, tmp_path, ports={161: "open", 69: "open"})
    assert {(each.asked.split()[1], each.offers) for each in seen if each.offers} == {
        ("161/udp", ("SNMP v1",)),
        ("161/udp", ("SNMP v2c",)),
        ("69/udp", ("TFTP",)),
    }


def test_silent_ports_are_undecided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An agent that wants another community is as silent as a filter."""
    seen = datagrams(monkeypatch, tmp_path, ports={161: "silent", 69: "silent"})
    unclear = [each for each in seen if each.unclear]
    assert len(unclear) == 9
    with pytest.raises(Undecided, match="neither answered nor were told closed"):
        unclear[0].answers()
