"""What other ends and the unit may put into a capture: nothing breaks it, and nothing is believed that is not well formed."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import UDP
from scapy.packet import Raw

from harness.probes.captures import dhcp, dns, hello
from harness.probes.captures.conversation import Naming
from harness.probes.captures.files import Frame
from harness.probes.captures.fragments import OPEN_MAX, Fragments
from harness.probes.captures.layers import LINKS, Datagram, datagram
from harness.probes.captures.names import host_of, shown
from tests.builders import frames
from tests.builders.frames import DNS, UNIT_MAC, lease, out, resolve
from tests.builders.surveys import around, surveyed

HELLO = frames.hello()
ANSWER = bytes(resolve("api.maker.example", "203.0.113.5", "2001:db8::5", chain=["b.example", "c.example"])[1][DNS])
CARD = bytes.fromhex(UNIT_MAC.replace(":", ""))
LEASE = bytes(lease(name_server="192.168.77.1", router="192.168.77.1", domain=b"lan")[1][UDP].payload)


@given(data=st.binary(max_size=200), link=st.sampled_from(sorted(LINKS)))
def test_any_frame(data: bytes, link: int) -> None:
    for head in (b"", bytes(12) + b"\x08\x00\x45", bytes(12) + b"\x86\xdd\x60", bytes(12) + b"\x81\x00"):
        found = datagram(Frame(1, 0.0, link, head + data, len(data)))
        assert found is None or len(found.source) in (4, 16)


@given(at=st.integers(0, len(ANSWER)), put=st.binary(max_size=20))
def test_any_dns_message(at: int, put: bytes) -> None:
    for data in (put, ANSWER[:at] + put + ANSWER[at + len(put) :], ANSWER[:at]):
        found = dns.message(data)
        if found is not None:
            assert found.name.isprintable()
            assert all(len(address) in (4, 16) for address in found.addresses)


def test_dns_names_that_point_at_themselves() -> None:
    head = struct.pack(">HHHHHH", 1, 0x100, 1, 0, 0, 0)
    for name in (b"\xc0\x0c", b"\x01a\xc0\x0c", b"\xc0", b"\x3f" + b"a" * 10, b"\x80a\0", b"\x01a" * 140 + b"\0"):
        assert dns.message(head + name + b"\0\1\0\1") is None
    assert dns.message(head[:4] + b"\0\2" + head[6:] + b"\x01a\0\0\1\0\1") is None
    assert dns.message(head) is None


def test_a_chain_that_goes_round_ends() -> None:
    records = (("a", dns.CNAME, "b"), ("b", dns.CNAME, "a"), ("b", dns.A, b"\1\2\3\4"), ("x", dns.A, b"\5\6\7\x08"))
    assert list(dns.Message(1, True, "a", 1, records).addresses) == [b"\1\2\3\4"]


@given(at=st.integers(0, len(HELLO)), put=st.binary(max_size=20))
def test_any_hello(at: int, put: bytes) -> None:
    for data in (put, HELLO[:at] + put + HELLO[at + len(put) :], HELLO[:at], b"\x16\x03\x01" + put):
        naming = Naming()
        naming.take(data)
        naming.finish()
        assert all(name.isprintable() for name in naming.names)
        assert naming.settled


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_hello_in_any_pieces(cut: int) -> None:
    naming = Naming()
    for at in range(0, len(HELLO), cut):
        naming.take(HELLO[at : at + cut])
    assert naming.names == ["api.maker.example"]
    assert naming.settled


def test_hellos_that_are_none() -> None:
    assert hello.Records().take(b"\x16\x03\x01\0\0") == b""  # an empty record
    assert hello.Records().take(b"\x16\x03\x01\0\x04\x02\0\0\0") == b""  # a ServerHello
    assert hello.Records().take(b"\x16\x03\x01\0\x02\x01\xff\x17\x03\x03") == b""  # goes on as something else
    assert hello.client_hello(b"\x01\0\0\x05hello") is None
    assert hello.client_hello(bytes(50)) == hello.Hello((), False, hello.Offer(0, (), ()))


def test_a_hello_that_never_ends_is_given_up() -> None:
    naming = Naming()
    for _ in range(30):
        naming.take(b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(0x4000 - 4))
    assert naming.settled


def test_what_is_neither_tls_nor_http_says_nothing() -> None:
    for data in (b"\0\1\2\3", b"EHLO x\r\n", b"\x10\x1e\0\4MQTT", b"A" * 20_000):
        naming = Naming()
        naming.take(data)
        assert naming.kind == "other"
        naming.take(b"GET / HTTP/1.1\r\nHost: late.example\r\n\r\n")
        assert naming.names == []


def test_a_request_without_end_is_read_as_far_as_it_goes() -> None:
    naming = Naming()
    naming.take(b"GET / HTTP/1.1\r\nHost: a.example\r\n" + b"X: y\r\n" * 4000)
    assert naming.names == ["a.example"]
    torn = Naming()
    torn.take(b"GET / HTTP/1.1\r\nHost: b.example\r\nX: ")
    torn.take(None)
    assert torn.names == ["b.example"]
    long = Naming()
    long.take(b"POST / HTTP/1.1\r\nHost: a.example\r\n\r\n")
    for _ in range(100):
        long.take(bytes(2000))
    assert len(long._head) <= hello.LINE_MAX


def test_hosts() -> None:
    assert host_of(b" A.Example.:8080") == "a.example."
    assert host_of(b"[2001:DB8::1]:80") == "2001:db8::1"
    assert host_of(b"192.0.2.1:80") == "192.0.2.1"
    assert shown(b"a.example.") == "a.example"
    assert shown("bücher.example".encode()) == "b\\xc3\\xbccher.example"
    assert len(shown(b"a" * 5000)) == 255


@given(at=st.integers(0, len(LEASE)), put=st.binary(max_size=20))
def test_any_lease(at: int, put: bytes) -> None:
    for data in (put, LEASE[:at] + put + LEASE[at + len(put) :], LEASE[:at]):
        surroundings = around()
        dhcp.learn(surroundings, data, b"")
        assert all(len(each) == 4 for each in surroundings.resolvers)


def test_a_mask_that_is_none_makes_no_network() -> None:
    for mask in (b"\xff\0\xff\0", b"\0\0\0\0", b"\xff\xff"):
        surroundings = around()
        dhcp.learn(surroundings, LEASE[:240] + b"\x01" + bytes([len(mask)]) + mask + b"\xff", CARD)
        assert len(surroundings.networks) == 1
    wide = around()
    dhcp.learn(wide, LEASE[:240] + b"\0\x01\x04\xff\xff\0\0\x2a\4\1\2\3\4\xff", CARD)
    assert [str(each) for each in wide.networks] == ["192.168.77.0/24", "192.168.0.0/16"]
    assert wide.clocks == {b"\1\2\3\4"}


def test_pieces_are_bounded() -> None:
    fragments = Fragments()
    given_up = []
    for number in range(OPEN_MAX + 10):
        given_up += fragments.add(Datagram(CARD, CARD, b"\1\1\1\1", b"\2\2\2\2", 17, b"beginning", (number, 0, True)))
    assert [part.payload for part in given_up] == [b"beginning"] * 10
    assert fragments.incomplete == 10
    tail = Datagram(CARD, CARD, b"\1\1\1\1", b"\3\3\3\3", 17, b"end", (1, 65528, False))
    assert [part.payload for part in fragments.add(tail)] == [b"beginning"]
    assert len([part for part in fragments.finish() if part.target == tail.target]) == 0


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_any_datagrams_of_name_servers(tmp_path_factory: pytest.TempPathFactory, datagrams: list[bytes]) -> None:
    packets = [out(UDP(sport=4000 + n, dport=53) / Raw(each), frames.ROUTER) for n, each in enumerate(datagrams)]
    survey = surveyed(tmp_path_factory.mktemp("dns"), packets)
    assert survey.packets == len(packets)
    assert all(to.transport == "dns" for to in survey.destinations)


def test_openssl_makes_hellos_that_are_read_without_a_name() -> None:
    naming = Naming()
    naming.take(frames.hello(""))
    assert (naming.names, naming.settled, naming.torn) == ([], True, False)
