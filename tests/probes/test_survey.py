"""What answers on a port, and what a survey says of each thing."""

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.model.bench import GovernorLimits
from harness.model.errors import NotPossible
from harness.model.look import Looked
from harness.model.vocabulary import State
from harness.probes.detectors.media import handed_out
from harness.probes.detectors.service import Service, ask, greetings
from harness.probes.detectors.survey import SHOWS, Survey, looked_for, survey
from harness.transports.scan import Scanned
from tests.builders.devices import HERE, Desk, Talk, device, read_request, resetting, silent
from tests.builders.profiles import emulated_profile

PROFILE = emulated_profile()
FORM = b"<!DOCTYPE html><form><input name=p type='password'></form>"
OPEN_PAGE = b"<html>picture</html>"
SOAP = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>'
    b'<s:Value xmlns:ter="http://www.onvif.org/ver10/error">ter:NotAuthorized</s:Value></s:Subcode></s:Code><s:Reason><s:Text>no</s:Text>'
    b"</s:Reason></s:Fault></s:Body></s:Envelope>"
)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("BANNER_S", 0.1), ("ANSWER_S", 0.5), ("SHORT_S", 0.2)):
        monkeypatch.setattr(f"harness.probes.detectors.service.{name}", seconds)


OTHER_SOAP = SOAP.replace(b"www.onvif.org/ver10/error", b"schemas.example").replace(b"ter:NotAuthorized", b"ter:Failed")


def http(status: str, body: bytes = b"", kind: str = "text/html", *more: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more))
    return f"{head}\r\n".encode() + body


def web(answer: Callable[[bytes], bytes]) -> Talk:
    """HTTP only: what is not HTTP is cut off."""

    def talk(connection: socket.socket) -> None:
        request = read_request(connection)
        if b" HTTP/1" in request.split(b"\r\n")[0]:
            connection.sendall(answer(request))

    return talk


def rtsp(describe: str) -> Talk:
    def talk(connection: socket.socket) -> None:
        request = read_request(connection)
        if b"RTSP/1.0" in request:
            status = "200 OK" if request.startswith(b"OPTIONS") else describe
            connection.sendall(f"RTSP/1.0 {status}\r\nCSeq: 1\r\n\r\n".encode())

    return talk


def echoing(answer: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        if b"RTSP/1.0" in read_request(connection):
            connection.sendall(answer)

    return talk


def banner(text: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.sendall(text)
        connection.recv(100)

    return talk


def page(body: bytes) -> Talk:
    return web(lambda request: http("200 OK", body) if request.startswith(b"GET / ") else http("404 Not Found"))


def asked(tmp_path: Path, talk: Talk, *, tls: bool = False) -> Service:
    with device(talk, tls=tls, tmp_path=tmp_path) as port:
        return ask(Desk(tmp_path).bench(PROFILE, {443: port}), HERE, port, ("/live/main",), "normal")


TABLE: list[tuple[Talk, bool, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    (page(OPEN_PAGE), False, ("http", "page"), (), ()),
    (page(FORM), True, ("https", "page"), ("page",), ()),
    (page(b"<html><script src=app.js></script></html>"), False, ("http", "page"), (), ("what a script shows in a browser",)),
    (web(lambda _: http("401 Unauthorized", b"", "text/html", 'WWW-Authenticate: Basic realm="x"')), False, ("http",), ("http",), None),  # type: ignore[list-item]
    (web(lambda _: http("200 OK", b"{}", "application/json")), False, ("http", "api"), (), ()),
    (
        web(lambda request: http("302 Found", b"", "text/html", "Location: /doc/") if b"GET / " in request else http("200 OK", OPEN_PAGE)),
        False,
        ("http", "page"),
        (),
        (),
    ),
    (
        web(
            lambda request: http("400 Bad", SOAP, "application/soap+xml") if b"/onvif/device_service" in request else http("404 Not Found")
        ),
        False,
        ("http", "onvif"),
        ("onvif",),
        (),
    ),
    (rtsp("401 Unauthorized"), False, ("rtsp",), ("rtsp",), ("stream descriptions",)),
    (rtsp("404 Not Found"), True, ("rtsps",), (), ()),
    (echoing(b"RTSP/1.0 400 Bad Request\r\n\r\n"), False, (), (), ("an unclear answer in RTSP",)),
    (web(lambda _: http("500 Error", OTHER_SOAP, "text/xml")), False, ("http",), (), ("an answer in SOAP that is not ONVIF's",)),
    (banner(b"\x01\x02\xff\xfb"), False, (), (), ()),
    (banner(b"SSH-2.0-dropbear\r\n"), False, ("ssh",), ("ssh",), ()),
    (banner(b"\xff\xfd\x01cam login: "), False, ("telnet",), ("telnet",), ()),
    (banner(b"220 FTP ready\r\n"), False, ("ftp",), ("ftp",), ()),
]


@pytest.mark.parametrize(("talk", "tls", "speaks", "asks", "hides"), TABLE)
def test_a_port_is_asked_in_every_protocol(
    tmp_path: Path, talk: Talk, tls: bool, speaks: tuple[str, ...], asks: tuple[str, ...], hides: tuple[str, ...] | None
) -> None:
    found = asked(tmp_path, talk, tls=tls)
    assert (found.speaks, found.asks) == (speaks, asks)
    assert hides is None or found.hides == hides
    assert found.declared == ("https", "onvif")


SDP = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nm=video 0 RTP/AVP 96\r\n"
PICTURE = b"\xff\xd8\xff\xe0" + bytes(100)


def describing(connection: socket.socket) -> None:
    while request := read_request(connection):
        number = request.partition(b"CSeq: ")[2].split(b"\r\n")[0].decode()
        body = SDP if b"/live/main" in request.split(b"\r\n")[0] and request.startswith(b"DESCRIBE") else ""
        head = f"RTSP/1.0 {'200 OK' if body or request.startswith(b'OPTIONS') else '404 Not Found'}\r\nCSeq: {number}\r\n"
        connection.sendall(f"{head}Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


def still(*paths: bytes) -> Talk:
    """Gives a picture at these addresses, everywhere where there are none."""
    return web(
        lambda request: (
            http("200 OK", PICTURE, "image/jpeg") if not paths or request.split(b" ")[1] in paths else http("404 Not Found", b"no")
        )
    )


@pytest.mark.parametrize(
    ("talk", "away", "gives"),
    [
        (describing, False, ("the description of /live/main without a log-in",)),
        (still(b"/snap.jpg"), True, ("a picture at /snap.jpg without a log-in",)),
        (still(b"/snap.jpg"), False, ()),  # its case asks
        (still(), True, ()),
        (page(OPEN_PAGE), True, ()),
    ],
)
def test_media_that_no_case_asks_for_are_found(tmp_path: Path, talk: Talk, away: bool, gives: tuple[str, ...]) -> None:
    capabilities = {**PROFILE.capabilities, **({"local_snapshot": PROFILE.capabilities["rtsp"]} if away else {})}
    profile = PROFILE.model_copy(update={"capabilities": capabilities})
    with device(talk) as port:
        found = ask(Desk(tmp_path).bench(profile, {443: port}), HERE, port, ("/live/main",), "normal")
    assert found.gives == gives
    told = looked_for("open_media", Survey(scans=(), services=(found,)))
    assert bool(told.seen) == bool(gives)


def test_heads_without_a_body_are_silences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RTSP servers answer HTTP so; at the third address of them nobody waits any more."""
    monkeypatch.setattr("harness.probes.detectors.media.ANSWER_S", 0.1)
    paths: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        paths.append(read_request(connection).split(b" ")[1])
        connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n")
        connection.recv(1)

    with device(talk) as port:
        assert handed_out(Desk(tmp_path).bench(PROFILE, {}), HERE, port, (), ("http",)) == ()
    assert len(paths) == 2


def test_a_port_that_says_nothing_is_not_recognised(tmp_path: Path) -> None:
    found = asked(tmp_path, silent)
    assert (found.speaks, str(found)) == ((), f"port {found.port}: not recognised")


def test_ports_are_listened_to_together(tmp_path: Path) -> None:
    """More than a few at a time are not; one that ends the connection, or refuses it, is left to be heard alone."""
    meeting = threading.Barrier(2, timeout=5)

    def greets_in_company(connection: socket.socket) -> None:
        meeting.wait()
        banner(b"SSH-2.0-x\r\n")(connection)

    with device(greets_in_company) as one, device(greets_in_company) as two, device(silent) as three, device(resetting) as four:
        bench = Desk(tmp_path).bench(PROFILE, {})
        heard = greetings(bench, [(HERE, port) for port in (four, one, two, three)])
    assert heard == {(HERE, one): b"SSH-2.0-x\r\n", (HERE, two): b"SSH-2.0-x\r\n", (HERE, three): b""}
    assert greetings(bench, [(HERE, one)]) == {}, "it is shut now"


def test_no_more_are_listened_to_together_than_the_bench_allows(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with device(silent) as one, device(silent) as two, device(silent) as three, ExitStack() as held:
        for _ in range(GovernorLimits().concurrent - 2):
            held.enter_context(desk.access.admit(HERE, one, "tcp"))
        places = [(HERE, port) for port in (one, two, three)]
        assert set(greetings(desk.bench(PROFILE, {}), places)) == set(places[:2])


@pytest.mark.parametrize(("greeting", "talk", "speaks"), [
    (b"SSH-2.0-x\r\n", silent, ("ssh",)),
    (b"", banner(b"login: "), ("telnet",)),
    (None, banner(b"login: "), ("telnet",)),
    (b"", silent, ()),
    (b"", page(OPEN_PAGE), ("http", "page")),
    (None, page(OPEN_PAGE), ("http", "page")),
])  # fmt: skip
def test_who_said_nothing_beside_others_is_heard_alone(tmp_path: Path, greeting: bytes | None, talk: Talk, speaks: tuple[str, ...]) -> None:
    with device(talk) as port:
        found = ask(Desk(tmp_path).bench(PROFILE, {}), HERE, port, (), "normal", greeting)
    assert (found.speaks, found.quiet) == (speaks, greeting == b"" and "http" in speaks)


def test_redirects_lead_nowhere_else(tmp_path: Path) -> None:
    """Only paths of the same port are followed, and not for ever."""
    elsewhere = web(lambda _: http("302 Found", b"", "text/html", "Location: http://192.0.2.1/"))
    for_ever = web(lambda request: http("302 Found", b"", "text/html", f"Location: {request.split()[1].decode()}x"))
    assert asked(tmp_path, elsewhere).speaks == asked(tmp_path, for_ever).speaks == ("http",)


def test_on_the_loopback_nothing_is_surveyed(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="shares its address with this computer"):
        survey(Desk(tmp_path).bench(PROFILE, {}), "normal")


def service(*speaks: str, port: int = 80, declared: tuple[str, ...] = ("http",), **more: tuple[str, ...]) -> Service:
    return Service(address="192.0.2.9", port=port, declared=declared, speaks=speaks, **more)


def said(thing: str, *services: Service, left_out: str = "") -> Looked:
    scanned = Scanned(address="192.0.2.9", asked=65535, open=(), per_s=1, took_s=1)
    return looked_for(thing, Survey(scans=(scanned,), services=services, left_out=left_out))


SEEN = [
    ("rtsp", service("rtsp")),
    ("rtsps", service("rtsps")),
    ("onvif", service("http", "onvif")),
    ("local_web_ui", service("https", "page")),
    ("local_api", service("http", "api")),
    ("password_auth", service("ssh", asks=("ssh",))),
    ("port_or_service", service("http", declared=())),
    ("port_or_service", service("rtsp", declared=("http",))),
    ("port_or_service", service("telnet", declared=("http", "rtsp"))),
]


@pytest.mark.parametrize(("thing", "one"), SEEN)
def test_what_is_there_is_seen_whatever_was_left_out(thing: str, one: Service) -> None:
    found = said(thing, one, left_out="effort quick: 85 of 65535 TCP ports")
    assert found.seen == (str(one),)


@pytest.mark.parametrize("thing", SHOWS)
def test_absence_is_earned_by_all_ports_only(thing: str) -> None:
    found = said(thing, service("http"))
    assert found.seen == ()
    assert found.complete is (thing != "local_api")
    assert not said(thing, service("http"), left_out="effort quick").complete


HIDDEN = [
    ("rtsps", service("rtsp", hides=("stream descriptions",)), "stream descriptions on port 80"),
    ("local_web_ui", service("http", hides=("what is behind the log-in of HTTP",)), "what is behind the log-in of HTTP on port 80"),
    ("password_auth", service("page", hides=("what a script shows in a browser",)), "what a script shows in a browser on port 80"),
    ("password_auth", service(), "port 80 speaks something else"),
    ("local_api", service(), "port 80 speaks something else; UDP is not scanned"),
]


@pytest.mark.parametrize(("thing", "one", "left_out"), HIDDEN)
def test_what_is_hidden_earns_nothing(thing: str, one: Service, left_out: str) -> None:
    assert (said(thing, one).complete, said(thing, one).left_out) == (False, left_out)


@pytest.mark.parametrize(
    "one",
    [
        service("http", "page"),
        service("rtsp", "http", declared=("rtsp",)),
        service("https", "page", "onvif", declared=("https", "onvif")),
        service("ssh", declared=("other",)),
        service(declared=("http",)),
    ],
)
def test_what_is_declared_is_no_offence(one: Service) -> None:
    assert said("port_or_service", one).seen == ()


def test_a_survey_does_not_show_everything() -> None:
    with pytest.raises(NotPossible, match="does not show uart"):
        said("uart")


@pytest.mark.parametrize(
    ("states", "state", "declared"),
    [
        ((), "factory", True),
        (("normal",), "factory", False),
        (("setup",), "factory", True),
        (("factory",), "normal", False),
        (("normal",), "normal", True),
    ],
)
def test_a_service_is_declared_for_its_states(tmp_path: Path, states: tuple[State, ...], state: State, declared: bool) -> None:
    entries = tuple(entry.model_copy(update={"state": states}) for entry in PROFILE.ixit.log_intf if entry.id == "web")
    profile = PROFILE.model_copy(update={"ixit": PROFILE.ixit.model_copy(update={"log_intf": entries})})
    with device(page(OPEN_PAGE)) as port:
        found = ask(Desk(tmp_path).bench(profile, {443: port}), HERE, port, (), state)
    assert found.declared == (("https",) if declared else ())


def test_what_is_declared_over_udp_is_not_over_tcp(tmp_path: Path) -> None:
    with device(page(OPEN_PAGE)) as port:
        found = ask(Desk(tmp_path).bench(PROFILE, {3702: port}), HERE, port, (), "normal")
    assert found.declared == ()
