"""What a device tells anybody: small servers that say too much, that say nothing, and that say anything at all."""

import datetime as dt
import socket
import ssl
import struct
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.model.traffic import Announced
from harness.probes import capture, device, disclosure
from harness.probes.captures.announced import announced
from harness.probes.captures.around import Around
from harness.probes.captures.files import CaptureFile
from harness.probes.detectors.service import Service
from harness.probes.disclosure import Collected
from harness.probes.udp_questions import SSDP_SEARCH
from tests.builders import devices, frames
from tests.builders.devices import HERE, Desk, Talk, answering, read_request, silent
from tests.builders.profiles import emulated_profile

PROFILE = emulated_profile()
SERIAL = "CL00D0C0FFEE"


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANSWER_S", "HEAR_S", "BANNER_S"):
        monkeypatch.setattr(disclosure, name, 0.3)
    monkeypatch.setattr(device, "facts", lambda _: {"serial": SERIAL})


def page(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")).encode() + body


def web(answers: dict[str, bytes]) -> Talk:
    """Answers by path; everything else is not there."""

    def talk(connection: socket.socket) -> None:
        words = read_request(connection).split(b" ")
        if len(words) < 2:
            return
        path = words[1].decode()
        connection.sendall(answers.get(path, page(b"not found", status="404 Not Found")))

    return talk


def collected(tmp_path: Path, talk: Talk, *speaks: str, tls: bool = False) -> Collected:
    with devices.device(talk, tls=tls, tmp_path=tmp_path) as port:
        bench = Desk(tmp_path).bench(PROFILE, {443: port})
        return disclosure.service(bench, Service(address=HERE, port=port, speaks=speaks), "normal")


@pytest.mark.parametrize("quiet", [True, False])
def test_a_port_that_was_heard_to_say_nothing_unasked_is_not_listened_to_again(tmp_path: Path, quiet: bool) -> None:
    with devices.device(lambda connection: connection.sendall(b"220 ProFTPD 1.3.5 Server\r\n")) as port:
        service = Service(address=HERE, port=port, speaks=("ftp",), quiet=quiet)
        seen = disclosure.service(Desk(tmp_path).bench(PROFILE, {}), service, "normal")
    assert [each.place for each in seen.pieces] == ([] if quiet else ["banner"])


TELLS = [
    (web({"/": page(b"hi", "Server: Boa/0.94.13")}), ("http",), "head of the answer to GET / tells software version"),
    (web({"/": page(b'<script src="a.js"></script>'), "/a.js": page(b"firmware='1.22'")}), ("http",), "answer to GET /a.js tells"),
    (web({"/get_status.cgi": page(b"var sys_ver='11.37.2.49'; firmware 5.37")}), ("http",), "GET /get_status.cgi tells software"),
    (web({"/api/state": page(f'{{"id":"{SERIAL.lower()}"}}'.encode())}), ("http",), "GET /api/state tells serial number"),
    (web({"/onvif/device_service": page(b"<Name>hostname</Name>rtsp://1/live/x")}), ("http", "onvif"), "GetDeviceInformation tells stream"),
    (answering(b'RTSP/1.0 401 No\r\nWWW-Authenticate: Digest realm="cam CL00D0C0FFEE"\r\n\r\n'), ("rtsp",), "RTSP OPTIONS / tells serial"),
    (lambda connection: connection.sendall(b"220 ProFTPD 1.3.5 Server\r\n"), ("ftp",), "banner tells software version"),
    (lambda connection: connection.recv(99) and connection.sendall(b"what? firmware 2.4.1\r\n"), (), "banner tells"),
]


@pytest.mark.parametrize(("talk", "speaks", "told"), TELLS)
def test_what_a_service_tells_anybody_is_named(tmp_path: Path, talk: Talk, speaks: tuple[str, ...], told: str) -> None:
    seen = collected(tmp_path, talk, *speaks)
    assert seen.tells_too_much
    assert told in seen.asked


def test_pages_that_tell_nothing_tell_nothing(tmp_path: Path) -> None:
    seen = collected(tmp_path, web({"/": page(b"<a href='//elsewhere.example/x'></a><a href='/?q=1'>camera</a>")}), "http", "onvif")
    assert not seen.tells_too_much
    assert len(seen.pieces) > 10
    assert not seen.unread


def test_a_service_that_says_nothing_was_not_read(tmp_path: Path) -> None:
    seen = collected(tmp_path, silent)
    assert "it said nothing" in seen.unread
    with pytest.raises(Undecided, match="said nothing"):
        _ = seen.tells_too_much


HOSTILE = [
    "\x1b]0;owned\x07" + SERIAL,
    "<script>alert(1)</script>" + SERIAL,
    "A" * 40 + "{{ 7*7 }}" + SERIAL,
    "*." + SERIAL + ".\u202e.local",
]


def certificate(folder: Path, name: str, *, names: int = 0) -> ssl.SSLContext:
    """A certificate under this name, with many others."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64]), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    if names:
        alternatives = [x509.DNSName(f"{number}.{'x' * 50}.example") for number in range(names)]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    text = builder.sign(key, hashes.SHA256()).public_bytes(pem)
    (folder / "odd.pem").write_bytes(text + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "odd.pem")
    return context


@pytest.mark.parametrize("name", HOSTILE)
def test_a_certificate_with_a_hostile_name_is_read_as_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What is in it is told, and nothing of it is ever passed on as it is."""
    monkeypatch.setattr(devices, "server_context", lambda folder: certificate(folder, name, names=100))
    seen = collected(tmp_path, web({}), "https", tls=True)
    assert seen.tells_too_much
    assert "certificate tells serial number" in seen.asked
    assert seen.asked.isprintable()


def test_a_certificate_whose_names_cannot_be_decoded_is_still_read(tmp_path: Path) -> None:
    """Its bytes are searched, so that a name of a wrong type hides nothing."""
    broken = b"\x30\x82\xff\xff\x0c\x0d\xff" + SERIAL.encode() + b"\xc3\x28"
    assert disclosure.tells(broken, "bytes", disclosure.Known(serials=(SERIAL,)))[0].kind == "serial number"


def test_what_is_declared_for_discovery_is_not_too_much(tmp_path: Path) -> None:
    """The end of the MAC address is, for the page of this profile; the serial number is not."""
    piece = disclosure.Piece(place="x", told=(), declared=("MAC address",))
    mac, serial = disclosure.Told(kind="MAC address", shown="ca0007"), disclosure.Told(kind="serial number", shown="1")
    assert piece.model_copy(update={"told": (mac, serial)}).beyond == (serial,)
    bench = Desk(tmp_path).bench(PROFILE, {})
    assert disclosure._Reading(bench, "normal", ("web", "onvif"))._declared == ("MAC address",)
    assert disclosure._Reading(bench, "normal", ("ws-discovery",))._declared == ()


def searched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: bytes, said: Announced | Exception) -> tuple[Collected, ...]:
    """One unit that answers SSDP, and what its capture shows."""

    def shown(_: Bench) -> Announced:
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr(capture, "announced", shown)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind((HERE, 0))
        port = ours.getsockname()[1]

        class Pair:
            def send(self, to: int, data: bytes) -> None:
                self.last = (to, data)

            def drain(self, _: float) -> tuple[object, ...]:
                return (type("P", (), {"port": port, "data": answer})(),) if answer else ()

        class Held:
            def __enter__(self) -> Pair:
                return Pair()

            def __exit__(self, *_: object) -> None: ...

        monkeypatch.setattr(disclosure, "pair", lambda *_: Held())
        return disclosure.broadcasts(Desk(tmp_path).bench(PROFILE, {1900: port}), "normal")


def test_answers_to_searches_and_announcements_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dhcp = b"\x3c\x0ecamera fw 1.2.3\x0c\x06ca0007"
    said = Announced(datagrams=((5353, b"path=/live/main"), (3702, b"<d:Hello/>"), (67, dhcp)))
    found = searched(monkeypatch, tmp_path, b"HTTP/1.1 200 OK\r\nSERVER: Linux/3.4 UPnP/1.1\r\n\r\n", said)
    words = {each.asked.partition(":")[0]: each for each in found}
    assert words["upnp"].tells_too_much
    assert words["mdns"].tells_too_much
    assert not words["ws-discovery"].tells_too_much
    assert words["datagrams on port 67/udp"].tells_too_much
    assert not words["announcements in the capture"].unread


def test_without_a_capture_announcements_were_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    *_, last = searched(monkeypatch, tmp_path, b"", NotPossible("no capture"))
    assert "no capture" in last.unread


def test_what_was_said_before_set_up_is_compared_once_more_is_known(tmp_path: Path) -> None:
    bench = Desk(tmp_path).bench(PROFILE, {})
    assert disclosure.said_before_set_up(bench).pieces == ()
    reading = disclosure._Reading(bench, "factory", ("rtsp",))
    reading.take("realm", f"realm={SERIAL}".encode(), "head")
    assert not reading.pieces[0].beyond
    assert disclosure.said_before_set_up(bench).tells_too_much


def test_datagrams_to_all_and_to_groups_are_taken_from_a_capture(tmp_path: Path) -> None:
    group = {"dst": "01:00:5e:00:00:fb"}
    told = frames.UDP(sport=5353, dport=5353) / frames.Raw(b"hello all")
    sent = [*frames.lease(), frames.out(told, "224.0.0.251", **group), frames.out(told, "224.0.0.251", **group)]
    sent += [frames.out(frames.UDP(dport=9) / frames.Raw(b"one"), "192.168.77.50"), *frames.connect("203.0.113.5", 443, b"x")]
    frames.write(tmp_path / "a.pcap", sent)
    around = Around(macs=frozenset([bytes.fromhex(frames.UNIT_MAC.replace(":", ""))]), own=set())
    found = list(announced([CaptureFile(tmp_path / "a.pcap")], around))
    assert [port for port, _ in found] == [67, 5353]
    assert found[1][1] == b"hello all"
    assert struct.unpack("!B", found[0][1][:1]) == (1,)


def test_search_questions_are_whole() -> None:
    assert SSDP_SEARCH in disclosure._questions(1900)
    assert len(disclosure._questions(5353)) == 1 + len(disclosure.MDNS_TYPES)
