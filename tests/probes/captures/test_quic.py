"""The server that a QUIC client names, from first packets that aioquic makes."""

from pathlib import Path

import pytest
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import QuicProtocolVersion
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import UDP
from scapy.packet import Raw

from harness.probes.captures import quic
from harness.probes.captures.quic import Initials, is_quic
from tests.builders.frames import out, resolve
from tests.builders.surveys import destinations, surveyed

API, SERVER = "api.maker.example", "203.0.113.5"
V1, V2 = QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2


def first(name: str = API, version: int = V1, *, protocols: int = 1) -> list[bytes]:
    """What a client sends first."""
    spoken = [f"protocol-{number:04}" for number in range(protocols)]
    config = QuicConfiguration(
        is_client=True, server_name=name, alpn_protocols=spoken, supported_versions=[version], original_version=version
    )
    client = QuicConnection(configuration=config)
    client.connect((SERVER, 443), now=0.0)
    return [data for data, _ in client.datagrams_to_send(now=0.0)]


@pytest.mark.parametrize("version", [V1, V2])
def test_the_name_in_the_first_packet(version: int) -> None:
    naming = Initials()
    naming.take(first(version=version)[0])
    assert (naming.names, naming.settled, naming.torn, naming.hidden) == ([API], True, False, False)


def test_a_hello_over_several_datagrams_in_any_order() -> None:
    datagrams = first(protocols=200)
    assert len(datagrams) > 1
    naming = Initials()
    for data in reversed(datagrams):
        assert naming.torn
        naming.take(data)
    assert naming.names == [API]


def test_every_connection_between_two_ports_may_name_another_server() -> None:
    naming = Initials()
    for data in (*first(), *first("other.example"), *first()):
        naming.take(data)
    assert naming.names == [API, "other.example"]


def test_a_contact_by_quic_shows_its_name(tmp_path: Path) -> None:
    """An undeclared name on a declared server's address is seen here too."""
    packets = [*resolve(API, SERVER), *(out(UDP(sport=5000, dport=443) / Raw(data)) for data in first("other.example"))]
    tcp_less = destinations(tmp_path, packets)
    assert [(to.shown, to.resolved, to.quic) for to in tcp_less if to.port == 443] == [("other.example", (API,), True)]


def test_a_hello_that_is_not_whole_is_told(tmp_path: Path) -> None:
    survey = surveyed(tmp_path, [out(UDP(sport=5000, dport=4433) / Raw(first(protocols=200)[0]))])
    assert [(to.shown, to.quic) for to in survey.destinations] == [("", True)]
    assert list(survey.lost) == ["1 TLS hellos could not be read to their end"]


def test_other_versions_are_recognised_by_their_port() -> None:
    grease = b"\xca\x1a\x2a\x3a\x4a" + bytes(30)
    assert is_quic(grease, 443)
    assert not is_quic(grease, 4433)
    assert not is_quic(b"\x16\xfe\xfd" + bytes(30), 443)
    assert not is_quic(b"", 443)


@given(at=st.integers(0, 1300), put=st.binary(max_size=30))
def test_any_datagram(at: int, put: bytes) -> None:
    whole = first()[0]
    for data in (put, whole[:at] + put + whole[at + len(put) :], whole[:at], whole[:1] + whole[1:5] + put, whole + put):
        naming = Initials()
        naming.take(data)
        naming.finish()
        assert all(name.isprintable() for name in naming.names)


def test_acknowledgements_and_padding_stand_between_pieces() -> None:
    acknowledged = b"\x02\x05\x40\x07\x01\x00\x01\x02"  # largest 5, delay 7, one more range
    counted = b"\x03\x05\x00\x00\x00\x01\x01\x01"
    said = b"\x00\x01" + acknowledged + b"\x06\x00\x03abc" + counted + b"\x06\x03\x02de" + b"\x1c\x06\x09\x02no"
    assert list(quic._crypto(said)) == [(0, b"abc"), (3, b"de")]
    with pytest.raises((ValueError, IndexError)):
        list(quic._crypto(b"\x02\xc0"))


def test_a_client_that_goes_on_says_nothing_new() -> None:
    """Its later first packets only acknowledge, and carry the id that the server chose."""
    naming = Initials()
    whole = first()[0]
    naming.take(whole)
    handshake = bytes([0xE0]) + whole[1 : 6 + whole[5]] + b"\0\x05hello"
    naming.take(handshake + whole)
    naming.take(bytes([whole[0]]) + whole[1:30])
    assert naming.names == [API]
    naming.take(None)
    naming.finish()
    assert not naming.torn
