"""What a TLS port takes: OpenSSL's servers with every flaw of the emulated camera, and servers that nobody would call sound."""

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from harness.emulated.camera.certificate import tls_context
from harness.emulated.camera.flash import Flash
from harness.emulated.camera.tls_flaws import spoil_client
from harness.gate.bench import Bench
from harness.model.errors import Undecided
from harness.model.traffic import ClientHello, ClientHellos
from harness.model.vocabulary import Effort
from harness.probes import tls
from harness.probes.captures import hello
from harness.probes.detectors.service import Service
from harness.probes.tls import OLD_VERSIONS, Key, Place, Taken
from tests.builders.devices import HERE, Desk, Talk, device, silent
from tests.builders.profiles import emulated_profile

PROFILE = emulated_profile()
SOUND = ("TLS 1.2", "TLS 1.3")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "ANSWER_S", 0.3)
    monkeypatch.setattr(tls, "PATIENT_S", 0.6)


def bench(folder: Path, port: int, effort: Effort = "full") -> Bench:
    return replace(Desk(folder).bench(PROFILE, {443: port}), effort=effort)


def secured(folder: Path, *flaws: str) -> Talk:
    """A server with the camera's own context."""
    flash = Flash(folder / "flash")
    context = tls_context(flash, "S1", HERE, frozenset(flaws))
    flash.close()

    def talk(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as inside:
                inside.recv(10)
        except (OSError, ssl.SSLError):
            return

    return talk


def taken(folder: Path, talk: Talk, effort: Effort = "full") -> Taken:
    with device(talk) as port:
        return tls.taken(bench(folder, port, effort), Place(address=HERE, port=port))


def test_a_sound_server(tmp_path: Path) -> None:
    seen = taken(tmp_path, secured(tmp_path))
    assert (seen.versions, seen.weak, seen.static, seen.unclear, seen.left_out) == (SOUND, (), (), {}, "")
    assert seen.keys == (Key(kind="EC", bits=256),)
    assert seen.by_default == ("TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
    assert seen.not_forward_secret == ()
    assert not seen.takes("TLS 1.0")
    assert not seen.takes_kind("null")
    assert seen.connections < 120


FLAWED: list[tuple[str, Callable[[Taken], bool]]] = [
    ("tls-old-versions", lambda seen: seen.takes("TLS 1.0") and seen.takes("TLS 1.1") and not seen.takes("SSL 3.0")),
    ("tls-null-suite", lambda seen: seen.takes_kind("null") and seen.versions == SOUND),
    ("tls-anonymous-suite", lambda seen: seen.takes_kind("anonymous")),
    ("tls-short-second-key", lambda seen: set(seen.keys) == {Key(kind="EC", bits=256), Key(kind="RSA", bits=1024)}),
    ("tls-static-suite", lambda seen: seen.static == ("TLS_RSA_WITH_AES_128_GCM_SHA256",) and not seen.not_forward_secret),
    (
        "tls-cbc-first",
        lambda seen: all("_CBC_" in name for name in seen.not_forward_secret) and bool(seen.not_forward_secret) and not seen.static,
    ),
]


@pytest.mark.parametrize(("flaw", "shows"), FLAWED, ids=[name for name, _ in FLAWED])
def test_a_flaw_shows(flaw: str, shows: Callable[[Taken], bool], tmp_path: Path) -> None:
    seen = taken(tmp_path, secured(tmp_path, flaw))
    assert shows(seen), seen
    assert not seen.unclear


def test_quick_says_what_it_left_out(tmp_path: Path) -> None:
    seen = taken(tmp_path, secured(tmp_path), "quick")
    assert seen.left_out
    assert seen.connections <= 8
    with pytest.raises(Undecided, match="not asked"):
        seen.takes("SSL 3.0")


def hangs_up(folder: Path, *, on_old: bool) -> Talk:
    """Refuses by hanging up without an alert: what is old, or everything."""
    inner = secured(folder)

    def talk(connection: socket.socket) -> None:
        first = connection.recv(16, socket.MSG_PEEK)
        if not on_old or first[:1] != b"\x16" or first[9:11] < b"\x03\x03":
            connection.recv(65536)
            return
        inner(connection)

    return talk


def test_hanging_up_is_a_refusal_where_good_offers_are_taken(tmp_path: Path) -> None:
    seen = taken(tmp_path, hangs_up(tmp_path, on_old=True))
    assert (seen.versions, seen.unclear) == (SOUND, {})


def test_hanging_up_on_everybody_is_unclear(tmp_path: Path) -> None:
    """It may have fallen over at the first offer."""
    seen = taken(tmp_path, hangs_up(tmp_path, on_old=False))
    for version in OLD_VERSIONS:
        with pytest.raises(Undecided, match="cut"):
            seen.takes(version)


def test_silence_is_no_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "ANSWER_S", 0.05)
    monkeypatch.setattr(tls, "ALL_12", tls.CURRENT)
    seen = taken(tmp_path, silent)
    with pytest.raises(Undecided, match="no answer"):
        seen.takes("TLS 1.0")
    assert seen.keys == ()


def quiet_about_ssl2(folder: Path, for_s: float, then: bytes = b"") -> Talk:
    """Takes its first bytes for the beginning of something else, and waits for the rest; or thinks about it."""
    inner = secured(folder)

    def talk(connection: socket.socket) -> None:
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            inner(connection)
            return
        connection.settimeout(for_s)
        with suppress(TimeoutError):
            while connection.recv(65536):
                pass
            return
        connection.sendall(then)

    return talk


def test_silence_is_a_refusal_where_others_are_answered_and_it_lasts(tmp_path: Path) -> None:
    seen = taken(tmp_path, quiet_about_ssl2(tmp_path, 5.0))
    assert (seen.versions, seen.unclear) == (SOUND, {})


LATE_HELLO = bytes.fromhex("8010040001000200000000000000000000" + "00")


@pytest.mark.parametrize(
    ("then", "versions", "unclear"),
    [
        (LATE_HELLO, ("SSL 2.0", *SOUND), []),
        (b"\x15\x03\x01\x00\x02\x02\x46", SOUND, []),
        (b"HTTP/1.1 408", SOUND, []),
        (b"\x16\x03", SOUND, ["SSL 2.0"]),
    ],
)
def test_who_takes_long_to_answer_is_waited_for(then: bytes, versions: tuple[str, ...], unclear: list[str], tmp_path: Path) -> None:
    seen = taken(tmp_path, quiet_about_ssl2(tmp_path, 0.45, then))
    assert (seen.versions, list(seen.unclear)) == (versions, unclear)


def test_a_server_of_old_versions_only_is_seen(tmp_path: Path) -> None:
    """Ours cannot speak SSL 3.0, and sees all the same that it is spoken."""

    def talk(connection: socket.socket) -> None:
        said = connection.recv(65536)
        if said[9:11] == b"\x03\x00":
            body = b"\x03\x00" + bytes(32) + b"\x00\x00\x05\x00"
            flight = b"\x02\x00\x00" + bytes([len(body)]) + body + b"\x0e\x00\x00\x00"
            connection.sendall(b"\x16\x03\x00\x00" + bytes([len(flight)]) + flight)
        else:
            connection.sendall(b"\x15\x03\x00\x00\x02\x02\x28")

    with device(talk) as port:
        desk = bench(tmp_path, port)
        assert [place.port for place in tls.places(desk, (Service(address=HERE, port=port),))] == [port]
        seen = tls.taken(desk, Place(address=HERE, port=port))
        assert seen.versions == ("SSL 3.0",)
        assert seen.takes_kind("RC4")
        with pytest.raises(Undecided):
            tls.handshake(desk, Place(address=HERE, port=port))


def test_a_handshake_is_completed(tmp_path: Path) -> None:
    with device(secured(tmp_path)) as port:
        assert tls.handshake(bench(tmp_path, port), Place(address=HERE, port=port)).current


def test_ports_that_speak_plainly_are_not_asked(tmp_path: Path) -> None:
    """Others are, and a declared one is always; over IPv6 it is the same service."""
    with device(secured(tmp_path)) as port:
        desk = bench(tmp_path, port)
        services = (
            Service(address="fe80::1%lab0", port=port, speaks=("https",)),
            Service(address=HERE, port=port, speaks=("https",)),
            Service(address=HERE, port=1, speaks=("rtsp",)),
        )
        found = tls.places(desk, services)
    assert [(each.address, each.services) for each in found] == [(HERE, ("web", "onvif"))]


def test_a_port_that_speaks_no_tls_is_none(tmp_path: Path) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with device(plain) as port:
        assert tls.places(replace(Desk(tmp_path).bench(PROFILE, {}), effort="full"), (Service(address=HERE, port=port),)) == ()


def said_by(context: ssl.SSLContext) -> ClientHello:
    """Its hello, as the capture shows it."""
    went = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), went, server_hostname="api.camlabel.example").do_handshake()
    found = cast("hello.Hello", hello.client_hello(went.read()[5:]))
    suites = tuple(suite for suite in found.offer.suites if suite != 0xFF)
    return ClientHello(
        address="198.18.0.1", port=443, name=found.names[0], highest=found.offer.highest, listed=found.offer.listed, suites=suites
    )


@pytest.mark.parametrize(("flaw", "old", "secret"), [("", False, True), ("cloud-old-tls", True, True), ("cloud-cbc-first", False, False)])
def test_what_a_client_offers(flaw: str, old: bool, secret: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    spoil_client(context, frozenset({flaw}))
    said = said_by(context)
    assert (tls.offers_old(said), tls.prefers_secrecy(said), tls.offered_kinds(said)) == (old, secret, ())
    assert said.asked == "hello to api.camlabel.example port 443"
    assert tls.greeted(ClientHellos(hellos=(said,)), "api.camlabel.example", 443)
    assert not tls.greeted(ClientHellos(hellos=(said,)), "api.camlabel.example", 8443)


def offer(highest: int, *suites: int, listed: tuple[int, ...] = ()) -> ClientHello:
    return ClientHello(address="198.18.0.1", port=443, highest=highest, listed=listed, suites=suites)


def test_a_hello_without_a_list_leaves_open_what_it_takes() -> None:
    with pytest.raises(Undecided, match="lists no versions"):
        tls.offers_old(offer(0x0303, 0xC02B))
    assert tls.offers_old(offer(0x0301, 0xC02B))
    assert not tls.offers_old(offer(0x0303, 0x1301, listed=(0x0304,)))
    with pytest.raises(Undecided, match="no suites"):
        tls.prefers_secrecy(offer(0x0303))


def test_weak_suites_of_a_client_are_named() -> None:
    assert tls.offered_kinds(offer(0x0303, 0xC02B, 0x000A, 0x0005, 0x0004)) == ("3DES", "RC4")
