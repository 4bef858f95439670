"""Whom the unit contacted, from frames that scapy made: names by DNS and by what the unit shows, and what is no destination."""

from pathlib import Path

import pytest
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    fragment6,
)
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from harness.probes.captures import resolved as resolved_module
from harness.probes.captures import survey as survey_module
from harness.probes.captures import table as table_module
from tests.builders import frames
from tests.builders.frames import ROUTER, ROUTER_MAC, TESTER, TESTER_MAC, UNIT, UNIT_MAC, back, connect, hello, lease, out, resolve
from tests.builders.surveys import MAC, around, destinations, surveyed

API, SERVER = "api.maker.example", "203.0.113.5"
OUR_V6, V6 = "2001:db8:77::20", "2001:db8:ffff::5"


def shown(path: Path, packets: list[Packet]) -> list[tuple[str, int, str, str, tuple[str, ...]]]:
    return [(to.address, to.port, to.transport, to.shown, to.resolved) for to in destinations(path, packets)]


def test_a_name_is_resolved_and_contacted(tmp_path: Path) -> None:
    [to] = destinations(tmp_path, [*resolve(API, SERVER), *connect(SERVER, 443, hello(API))])
    assert (to.address, to.port, to.transport, to.shown, to.resolved) == (SERVER, 443, "tcp", API, (API,))
    assert (to.packets, to.answered, to.sender, to.file, to.packet) == (2, True, UNIT_MAC, "frames.pcap", 3)
    assert (to.first, to.last) == (frames.START + 1.0, frames.START + 2.0)
    assert not to.hidden


def test_names_are_compared_in_small_letters_and_along_their_chain(tmp_path: Path) -> None:
    asked = resolve("API.Maker.Example.", SERVER, "2001:db8::1", chain=["a.cdn.example.", "b.cdn.example."])
    [to] = destinations(tmp_path, [*asked, *connect(SERVER, 443)])
    assert to.resolved == (API,)


def test_two_names_of_one_address_are_two_destinations_where_they_are_shown(tmp_path: Path) -> None:
    asked = [*resolve(API, SERVER), *resolve("other.example", SERVER, number=8)]
    found = destinations(tmp_path, [*asked, *connect(SERVER, 443, hello(API)), *connect(SERVER, 443, hello("other.example"), own=50001)])
    assert [(to.shown, to.resolved) for to in found] == [(API, (API,)), ("other.example", ("other.example",))]


def test_a_name_that_was_asked_for_is_not_contacted_by_contacting_another_on_its_address(tmp_path: Path) -> None:
    """A question may itself carry something out."""
    packets = [*resolve(API, SERVER), *resolve("b64data.evil.example", SERVER, number=8), *connect(SERVER, 443, hello(API))]
    assert [(to.transport, to.resolved) for to in destinations(tmp_path, packets)] == [("dns", ("b64data.evil.example",)), ("tcp", (API,))]


def test_a_name_counts_only_for_what_comes_after_it(tmp_path: Path) -> None:
    """Who knows an address by heart did not get it from a name server."""
    found = destinations(tmp_path, [*connect(SERVER, 443), *resolve(API, SERVER), *connect(SERVER, 443, own=50001)])
    assert [to.resolved for to in found] == [(), (API,)]


@pytest.mark.parametrize("cut", [1, 5, 60, 200])
def test_a_hello_in_pieces_in_any_order(tmp_path: Path, cut: int) -> None:
    said = hello(API)
    first, *rest = connect(SERVER, 443, said[:cut], said[cut : cut + 90], said[cut + 90 :])
    answer, *pieces = rest
    assert shown(tmp_path, [first, answer, *reversed(pieces), *pieces])[0][3] == API


def test_a_hello_in_several_records(tmp_path: Path) -> None:
    said = hello(API)
    body = said[5:]
    records = b"".join(
        b"\x16\x03\x01" + len(body[at : at + 100]).to_bytes(2, "big") + body[at : at + 100] for at in range(0, len(body), 100)
    )
    assert shown(tmp_path, connect(SERVER, 443, records))[0][3] == API


def test_a_repeat_with_other_bytes_is_told(tmp_path: Path) -> None:
    """Which of the two arrived is not known, so that no name may be believed."""
    other = hello(API).replace(API.encode(), b"abc.maker.example")
    survey = surveyed(tmp_path, [*connect(SERVER, 443, hello(API)), connect(SERVER, 443, other)[-1]])
    assert list(survey.lost) == ["1 connections sent other bytes when they sent again, so that it is not known what arrived"]
    same = surveyed(tmp_path, [*connect(SERVER, 443, hello(API)), connect(SERVER, 443, hello(API))[0]])
    assert not list(same.lost)


def test_every_request_of_a_connection_may_name_another_host(tmp_path: Path) -> None:
    first = b"POST /up HTTP/1.1\r\nContent-Length: 6000\r\nHOST:  a.example:8080 \r\n\r\n" + b"Host: body.example\r\n" * 300
    second = b"GET http://c.example/ HTTP/1.1\r\nHost: b.example\r\n\r\n"
    third = b"CONNECT d.example:443 HTTP/1.1\r\n\r\n"
    data = first + second + third
    parts = [data[at : at + 700] for at in range(0, len(data), 700)]
    assert [to[3] for to in shown(tmp_path, connect(SERVER, 8080, *parts))] == ["a.example", "c.example", "b.example", "d.example"]


def test_an_unanswered_attempt_is_a_contact(tmp_path: Path) -> None:
    [to] = destinations(tmp_path, connect(SERVER, 6667, answered=False))
    assert not to.answered
    assert to.asked == f"no name at {SERVER} port 6667/tcp, no answer (frames.pcap packet 1)"


def test_udp_quic_icmp_and_other_protocols_are_contacts(tmp_path: Path) -> None:
    found = destinations(
        tmp_path,
        [
            out(UDP(sport=123, dport=123) / Raw(b"\x23" + bytes(47))),
            out(UDP(sport=5, dport=443) / Raw(b"\xc0\0\0\0\1" + bytes(1200))),
            out(ICMP()),
        ],
    )
    assert {(to.port, to.transport, to.quic) for to in found} >= {(123, "udp", False), (443, "udp", True), (0, "icmp", False)}
    tunnel = Ether(src=UNIT_MAC, dst=ROUTER_MAC) / IP(src=UNIT, dst=SERVER, proto=47) / Raw(b"tunnel")
    assert [to.transport for to in destinations(tmp_path, [tunnel])] == ["ip-47"]


def test_a_complaint_about_an_answer_is_no_contact_and_one_about_nothing_is(tmp_path: Path) -> None:
    answer = IP(src=SERVER, dst=UNIT) / UDP(sport=123, dport=50123) / Raw(b"late")
    asked = out(UDP(sport=50123, dport=123))
    complaint = out(ICMP(type=3, code=3) / Raw(bytes(answer)))
    assert [to.transport for to in destinations(tmp_path, [asked, Ether(src=ROUTER_MAC, dst=UNIT_MAC) / answer, complaint])] == ["udp"]
    assert [to.transport for to in destinations(tmp_path, [complaint])] == ["icmp"]
    six = IPv6(src=V6, dst=OUR_V6) / UDP(sport=123, dport=50123)
    about = out(ICMPv6DestUnreach(code=4) / Raw(bytes(six)), V6, OUR_V6)
    assert [to.transport for to in destinations(tmp_path, [out(UDP(sport=50123, dport=123), V6, OUR_V6), about])] == ["udp"]
    assert [to.transport for to in destinations(tmp_path, [about, out(ICMP(type=3))])] == ["icmp", "icmp"]


def test_another_resolver_is_a_destination_and_the_networks_own_is_none(tmp_path: Path) -> None:
    assert shown(tmp_path, resolve(API, SERVER, server="9.9.9.9"))[0][:3] == ("9.9.9.9", 53, "udp")
    assert not [to for to in destinations(tmp_path, resolve(API, SERVER)) if to.transport != "dns"]
    given = [*lease(name_server="10.0.0.53", router=ROUTER, subnet_mask="255.255.255.0"), *resolve(API, SERVER, server="10.0.0.53")]
    assert not [to for to in destinations(tmp_path, given) if to.transport != "dns"]


def test_only_its_own_lease_tells_a_unit_its_resolver(tmp_path: Path) -> None:
    """The unit cannot make a resolver the lab's by saying so."""
    lie = lease(name_server="9.9.9.9")[1]
    lie[Ether].src, lie[IP].src, lie[IP].dst = UNIT_MAC, UNIT, "192.168.77.99"
    given = [lie, *lease("02:00:00:ca:00:99", name_server="9.9.9.9"), *resolve(API, SERVER, server="9.9.9.9")]
    assert ("9.9.9.9", 53, "udp") in [to[:3] for to in shown(tmp_path, given)]


def test_a_name_that_was_only_asked_for_is_told(tmp_path: Path) -> None:
    tries = [question for name in ("alone.example", "x.local", "1.1.168.192.in-addr.arpa", "host") for question in resolve(name)]
    [to] = destinations(tmp_path, [*tries, *resolve(API, SERVER), *connect(SERVER, 443)])[:1]
    assert (to.transport, to.resolved, to.address) == ("dns", ("alone.example",), ROUTER)
    assert len(destinations(tmp_path, tries)) == 1


def test_a_name_may_be_carried_out_in_any_kind_of_question(tmp_path: Path) -> None:
    """Only the search for services of the network itself is left out."""
    kinds = (("secret.evil.example", "PTR"), ("lb._dns-sd._udp.lan", "PTR"), ("b.evil.example", "TXT"))
    asked = [out(UDP(sport=4000, dport=53) / DNS(id=1, qd=DNSQR(qname=name, qtype=kind)), ROUTER) for name, kind in kinds]
    told = destinations(tmp_path, [*lease(domain=b"lan"), *asked])
    assert [to.resolved for to in told] == [("secret.evil.example",), ("b.evil.example",)]


def test_a_name_with_the_networks_ending_is_what_was_meant(tmp_path: Path) -> None:
    packets = [*lease(domain=b"lan"), *resolve(f"{API}.lan"), *resolve(API, SERVER), *connect(SERVER, 443, hello(API))]
    assert [to.shown for to in destinations(tmp_path, packets)] == [API]


def test_dns_over_tcp(tmp_path: Path) -> None:
    question, answer = (bytes(packet[DNS]) for packet in resolve(API, SERVER))
    asked = connect(ROUTER, 53, len(question).to_bytes(2, "big") + question)
    told = len(answer).to_bytes(2, "big") + answer
    replies = [
        back(TCP(sport=53, dport=50000, flags="PA", seq=5001 + at, ack=1) / Raw(told[at : at + 20]), ROUTER)
        for at in range(0, len(told), 20)
    ]
    [to] = destinations(tmp_path, [*asked, *replies, *connect(SERVER, 443, own=50001)])
    assert to.resolved == (API,)


def test_answers_that_nobody_asked_for_say_nothing(tmp_path: Path) -> None:
    asked, answer = resolve(API, SERVER)
    liar = resolve(API, SERVER, server="203.0.113.66")[1]
    late = resolve(API, SERVER, number=9)[1]
    other = resolve("other.example", SERVER)[1]
    for lie in (liar, late, other):
        found = destinations(tmp_path, [asked, lie, *connect(SERVER, 443)])
        assert [to.resolved for to in found if to.port == 443] == [()]
    assert [to.resolved for to in destinations(tmp_path, [asked, answer, *connect(SERVER, 443)])] == [(API,)]


def test_records_of_other_owners_in_an_answer_say_nothing(tmp_path: Path) -> None:
    asked, answer = resolve("other.example", "203.0.113.1")
    answer[DNS].an[0].rrname = b"api.maker.example."
    found = destinations(tmp_path, [asked, answer, *connect("203.0.113.1", 443)])
    assert [to.resolved for to in found if to.transport == "tcp"] == [()]


def test_hostile_names_are_escaped(tmp_path: Path) -> None:
    """A dot inside a label, escape codes, and bytes that are no text."""
    question = DNS(id=7, rd=1, qd=DNSQR(qname="x.example"))
    raw = bytes(question)[:12] + b"\x09api.maker\x07example\0\0\1\0\1"
    esc = bytes(question)[:12] + b"\x04\x1b[2J\x07example\0\0\1\0\1"
    packets = [out(UDP(sport=4, dport=53) / Raw(each), ROUTER) for each in (raw, esc)]
    packets += connect(SERVER, 80, b"GET / HTTP/1.1\r\nHost: a\x1b]0;x\x07.example\r\n\r\n")
    names = [to.shown or to.resolved[0] for to in destinations(tmp_path, packets)]
    assert names == ["api\\x2emaker.example", "\\x1b\\x5b2j.example", "a\\x1b]0\\x3bx\\x07.example"]
    assert all(name.isprintable() for name in names)


def test_no_destination_is_what_stays_on_the_network(tmp_path: Path) -> None:
    nothing = [
        *frames.boot(),
        *lease(router=ROUTER),
        out(UDP(sport=1900, dport=1900), "239.255.255.250"),
        out(UDP(sport=3702, dport=3702), "224.0.0.251"),
        out(UDP(sport=1, dport=1), "192.168.77.255"),
        out(UDP(sport=1, dport=1), "255.255.255.255"),
        out(UDP(sport=1, dport=1), "ff02::fb", "fe80::1"),
        out(ICMP(), ROUTER),
        out(UDP(sport=5351, dport=5351), ROUTER),
        *connect(TESTER, 80),
        out(UDP(sport=5000, dport=6000), TESTER),
        back(TCP(sport=9999, dport=554, flags="S"), "192.168.77.99"),
        out(TCP(sport=554, dport=9999, flags="SA"), "192.168.77.99"),
        out(UDP(sport=6970, dport=6000), "192.168.77.99"),  # a stream to who opened that connection
        Ether(src=TESTER_MAC, dst="01:00:5e:7f:ff:fa") / IP(src="192.168.77.98", dst="239.255.255.250") / UDP(sport=777, dport=3702),
        out(UDP(sport=3702, dport=777), "192.168.77.98"),  # an answer to who asked everyone
        back(UDP(sport=7, dport=7), "192.168.77.97"),
        out(UDP(sport=7, dport=7), "192.168.77.97"),
    ]
    survey = surveyed(tmp_path, nothing)
    assert survey.destinations == ()
    assert survey.began_with == "start"
    assert not list(survey.lost)


def test_a_connection_that_the_unit_opens_on_its_own_network_is_a_destination(tmp_path: Path) -> None:
    found = destinations(
        tmp_path, [*connect("192.168.77.60", 8000), out(UDP(sport=1, dport=9000), "192.168.77.61"), *connect(ROUTER, 80, own=50001)]
    )
    assert [(to.address, to.port) for to in found] == [("192.168.77.60", 8000), ("192.168.77.61", 9000), (ROUTER, 80)]


def test_a_datagram_to_the_outside_is_a_contact_whoever_began(tmp_path: Path) -> None:
    packets = [
        back(UDP(sport=7, dport=7)),
        out(UDP(sport=7, dport=7)),
        back(TCP(sport=9, dport=554, flags="S")),
        out(TCP(sport=554, dport=9, flags="SA")),
    ]
    assert [(to.transport, to.port) for to in destinations(tmp_path, packets)] == [("udp", 7)]


def test_global_groups_are_destinations(tmp_path: Path) -> None:
    assert [to.address for to in destinations(tmp_path, [out(UDP(sport=1, dport=1), "232.1.1.1"), out(UDP(), "ff0e::1", OUR_V6)])] == [
        "232.1.1.1",
        "ff0e::1",
    ]


def test_ipv6_of_the_same_card_is_the_units(tmp_path: Path) -> None:
    packets = [*resolve(API, V6), *connect(V6, 443, hello(API), source=OUR_V6), out(ICMPv6EchoRequest(), "2001:db8:9::1", OUR_V6)]
    assert [to[:4] for to in shown(tmp_path, packets)] == [(V6, 443, "tcp", API), ("2001:db8:9::1", 0, "icmp", "")]


def test_ipv6_with_extensions_and_in_pieces(tmp_path: Path) -> None:
    odd = (
        Ether(src=UNIT_MAC, dst=ROUTER_MAC)
        / IPv6(src=OUR_V6, dst=V6)
        / IPv6ExtHdrHopByHop()
        / IPv6ExtHdrDestOpt()
        / TCP(dport=444, flags="S")
    )
    large = IPv6(src=OUR_V6, dst=V6) / IPv6ExtHdrFragment(id=5) / UDP(sport=9, dport=4500) / Raw(bytes(3000))
    pieces = [Ether(src=UNIT_MAC, dst=ROUTER_MAC) / each for each in fragment6(large, 1280)]
    assert len(pieces) > 1
    assert {to[:3] for to in shown(tmp_path, [odd, *reversed(pieces)])} == {(V6, 444, "tcp"), (V6, 4500, "udp")}


def test_ipv4_in_pieces_and_what_never_becomes_whole(tmp_path: Path) -> None:
    pieces = fragment(out(UDP(sport=9, dport=4500) / Raw(bytes(3000))), 1000)
    survey = surveyed(tmp_path, [pieces[1], pieces[0], *pieces[2:]])
    assert [(to.port, to.transport) for to in survey.destinations] == [(4500, "udp")]
    assert not list(survey.lost)
    torn = surveyed(tmp_path, pieces[:1])
    assert [to.port for to in torn.destinations] == [4500]
    assert list(torn.lost) == ["1 packets in pieces are not whole in the capture"]


@pytest.mark.parametrize("tags", [1, 2])
def test_vlan_tags(tmp_path: Path, tags: int) -> None:
    packets = []
    for packet in [*resolve(API, SERVER), *connect(SERVER, 443, hello(API))]:
        ether, ip = packet.copy(), packet[IP]
        ether.remove_payload()
        for _ in range(tags):
            ether = ether / Dot1Q(vlan=7)
        packets.append(ether / ip)
    assert shown(tmp_path, packets)[0][3:] == (API, (API,))


def test_other_kinds_of_link(tmp_path: Path) -> None:
    packets = [packet[IP] for packet in connect(SERVER, 443, hello(API))]
    assert [to.shown for to in destinations(tmp_path, packets, link=101)] == [API]
    cooked = [Raw(b"\0\4\0\1\0\6" + bytes.fromhex("020000ca0001") + b"\0\0\x08\0" + bytes(ip)) for ip in packets]
    assert [to.sender for to in destinations(tmp_path, cooked, link=113)] == [UNIT_MAC]
    second = [Raw(b"\x08\0\0\0\0\0\0\1\0\1\4\6" + bytes.fromhex("020000ca0001") + b"\0\0" + bytes(ip)) for ip in packets]
    assert [to.sender for to in destinations(tmp_path, second, link=276)] == [UNIT_MAC]
    loopback = [Raw(b"\2\0\0\0" + bytes(ip)) for ip in packets]
    assert [to.shown for to in destinations(tmp_path, loopback, link=108)] == [API]
    survey = surveyed(tmp_path, packets, link=147)
    assert list(survey.lost) == ["3 frames of a kind of link that cannot be read (number 147)"]


def test_damaged_packets_are_told(tmp_path: Path) -> None:
    card = bytes.fromhex("0200001ab0fe020000ca0001")
    survey = surveyed(tmp_path, [Raw(card + b"\x08\0\x45\0"), Raw(card + b"\x86\xdd\x60"), out(TCP(), SERVER)])
    assert "2 damaged packets of the unit" in list(survey.lost)
    short = Ether(src=UNIT_MAC, dst=ROUTER_MAC) / IP(src=UNIT, dst=SERVER, proto=6) / Raw(b"abc")
    assert list(surveyed(tmp_path, [short]).lost) == ["1 TCP packets without their header"]
    short[IP].proto = 17
    assert list(surveyed(tmp_path, [short]).lost) == ["1 UDP packets without their header"]


def test_bytes_that_arrived_unseen_are_told(tmp_path: Path) -> None:
    """The other end acknowledges what is not in the capture."""
    packets = connect(SERVER, 443, hello(API))
    packets.append(back(TCP(sport=443, dport=50000, flags="A", seq=5001, ack=1001 + len(hello(API)) + 4000)))
    assert list(surveyed(tmp_path, packets).lost) == ["1 connections of the unit are not whole in the capture"]


def test_a_torn_hello_is_told(tmp_path: Path) -> None:
    assert "1 TLS hellos could not be read to their end" in list(surveyed(tmp_path, connect(SERVER, 443, hello(API)[:100])).lost)


def test_a_hello_that_nobody_can_read_is_told(tmp_path: Path) -> None:
    """A server may be more patient than we are."""
    odd = b"\x16\x03\x01\0\0" + hello(API)
    assert "1 TLS hellos could not be read to their end" in list(surveyed(tmp_path, connect(SERVER, 443, odd)).lost)


def test_a_name_behind_an_encrypted_hello_is_marked(tmp_path: Path) -> None:
    said = bytearray(hello(API))
    extension = b"\xfe\x0d\0\4abcd"
    at = 5 + 4 + 2 + 32
    at += 1 + said[at]
    at += 2 + int.from_bytes(said[at : at + 2], "big")
    at += 1 + said[at]
    said[at : at + 2] = (int.from_bytes(said[at : at + 2], "big") + len(extension)).to_bytes(2, "big")
    said += extension
    said[3:5], said[6:9] = (len(said) - 5).to_bytes(2, "big"), (len(said) - 9).to_bytes(3, "big")
    [to] = destinations(tmp_path, connect(SERVER, 443, bytes(said)))
    assert (to.shown, to.hidden) == (API, True)


def test_ports_that_are_used_again_are_other_connections(tmp_path: Path) -> None:
    packets = [*connect(SERVER, 443, hello(API)), *connect(SERVER, 443, hello("other.example"), isn=900_000)]
    assert [to.shown for to in destinations(tmp_path, packets)] == [API, "other.example"]


@pytest.mark.parametrize(
    "before",
    [
        [back(TCP(sport=443, dport=50000, flags="A", seq=77, ack=5)), out(TCP(sport=50000, dport=443, flags="R", seq=5))],
        [out(TCP(sport=50000, dport=443, flags="R", seq=5))],
    ],
)
def test_what_comes_late_from_before_power_on_hides_no_connection(tmp_path: Path, before: list[Packet]) -> None:
    """Small systems begin with the same port after each boot, while the server still holds the connection of before."""
    [to] = destinations(tmp_path, [*before, *connect(SERVER, 443, hello("other.example"))])
    assert (to.address, to.shown) == (SERVER, "other.example")


def test_a_reset_does_not_end_the_looking(tmp_path: Path) -> None:
    """A unit may send a reset that the server does not take."""
    first, answer, said = connect(SERVER, 443, hello("other.example"))
    reset = out(TCP(sport=50000, dport=443, flags="R", seq=5))
    assert [to.shown for to in destinations(tmp_path, [first, answer, reset, said])] == ["other.example"]


def test_a_connection_that_is_over_is_one(tmp_path: Path) -> None:
    packets = connect(SERVER, 443, hello(API))
    end = 1001 + len(hello(API))
    packets.append(out(TCP(sport=50000, dport=443, flags="FA", seq=end, ack=5001)))
    packets.append(back(TCP(sport=443, dport=50000, flags="FA", seq=5001, ack=end + 1)))
    packets.append(packets[2])
    [to] = destinations(tmp_path, packets)
    assert (to.shown, to.packets) == (API, 4)


def test_what_was_open_before(tmp_path: Path) -> None:
    """Outside it is a contact; on the network nobody knows who began."""
    data = TCP(sport=50000, dport=443, flags="PA", seq=7, ack=9) / Raw(b"data")
    assert [to.address for to in destinations(tmp_path, [out(data)])] == [SERVER]
    survey = surveyed(tmp_path, [out(data, "192.168.77.99")])
    assert survey.destinations == ()
    assert list(survey.lost) == ["1 connections on the local network were open before the capture begins"]
    assert survey.began_with == "midst"


def test_memory_does_not_grow_with_conversations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_module, "CONVERSATIONS_MAX", 10)
    survey = surveyed(tmp_path, [packet for own in range(40) for packet in connect(SERVER, 443, hello(API), own=50000 + own)])
    [to] = survey.destinations
    assert to.packets == 80
    assert [words.partition(" ")[2] for words in survey.lost] == ["times there were more conversations at once than are kept"]
    assert len(survey._talks) == 0


def test_without_a_card_it_is_known_by_its_address(tmp_path: Path) -> None:
    assert [to.shown for to in destinations(tmp_path, connect(SERVER, 443, hello(API)), around=around(macs=()))] == [API]
    assert destinations(tmp_path, connect(SERVER, 443, source="192.168.77.99"), around=around(macs=())) == ()


def test_a_borrowed_address_is_still_the_units(tmp_path: Path) -> None:
    """It sends as the tester or as another device; its card tells."""
    for other in (TESTER, "192.168.77.99"):
        assert [to.address for to in destinations(tmp_path, connect(SERVER, 443, source=other, answered=False))] == [SERVER]


def test_what_is_kept_of_names_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolved_module, "NAMES_MAX", 3)
    monkeypatch.setattr(resolved_module, "PENDING_MAX", 2)
    packets = [packet for n in range(6) for packet in resolve(f"h{n}.example", f"203.0.113.{n + 1}", number=n)]
    survey = surveyed(tmp_path, [*packets, *resolve("h0.example", "203.0.113.1", number=99)])
    assert sorted(survey.lost) == ["3 times more names were asked for than are kept", "3 times name servers told more than is kept"]
    assert len(survey.destinations) == 3
    late = [packet[0] for packet in (resolve(f"p{n}.example", "203.0.113.9", number=n) for n in range(4))]
    answer = resolve("p0.example", "203.0.113.9", number=0)[1]
    assert [to.resolved for to in destinations(tmp_path, [*late, answer, *connect("203.0.113.9", 443)]) if to.port == 443] == [()]


def test_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "DESTINATIONS_MAX", 3)
    survey = surveyed(tmp_path, [packet for port in range(1, 6) for packet in connect(SERVER, port, answered=False)])
    assert len(survey.destinations) == 3
    assert list(survey.lost) == ["2 conversations with more destinations than are kept"]


def test_dns_over_tcp_with_a_hole_says_nothing(tmp_path: Path) -> None:
    question = bytes(resolve(API, SERVER)[0][DNS])
    said = len(question).to_bytes(2, "big") + question
    [first, answer, piece] = connect(ROUTER, 53, said)
    piece[TCP].seq += 500
    assert destinations(tmp_path, [first, answer, piece]) == ()


def test_own_addresses_and_askers_are_bounded() -> None:
    surroundings = around()
    for number in range(200):
        surroundings.learn(MAC, bytes([10, 0, 0, number]))
    surroundings.learn(MAC, b"\xc0\xa8\x4d\x32")
    assert len(surroundings.own) == 64
    for number in range(5000):
        surroundings.asks_all(number.to_bytes(4, "big"), 1)
    assert not surroundings.was_asked_by((4999).to_bytes(4, "big"), 1)
    assert surroundings.is_local(b"\xa9\xfe\1\1")
    assert surroundings.is_local(b"\x7f\0\0\1")
    surroundings.clocks.add(b"\1\2\3\4")
    assert surroundings.is_labs(17, b"\1\2\3\4", 123, 50000)
