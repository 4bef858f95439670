"""Who talked with whom in which protocol, with us too; and secrets in odd frames: none of them makes a clean capture."""

from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

from harness.model.traffic import Done, Flow
from harness.probes.captures import flows as flows_module
from harness.probes.captures import protocols
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.flows import Flows
from harness.probes.captures.search import Search
from harness.probes.captures.survey import Survey
from tests.builders import frames
from tests.builders.frames import ROUTER, ROUTER_MAC, START, TESTER, TESTER_MAC, UNIT, UNIT_MAC, connect, hello, out
from tests.builders.surveys import around

FAR, SECRET = "203.0.113.5", "cnry-7k2m9p4q8r3s5t6v"
ALWAYS = Done(what="log-in on web", ports=(443, 80), begin=START - 1, end=START + 1000)


def looked(tmp_path: Path, packets: list[Packet], *done: Done) -> tuple[Survey, Flows, Search]:
    """One pass over these."""
    near = around()
    search, table = Search({"⟦secret⟧": SECRET}), Flows(near, done)
    survey = Survey(near, search, table)
    survey.read(CaptureFile(frames.write(tmp_path / "c.pcap", packets)))
    survey.finish()
    return survey, table, search


def flows(tmp_path: Path, packets: list[Packet], *done: Done) -> list[tuple[str, str, int, str]]:
    return [(each.link, each.begun, each.port, each.protocol) for each in looked(tmp_path, packets, *done)[1].rows]


def ours(port: int, asked: bytes, told: bytes = b"", own: int = 40000) -> list[Packet]:
    """What the recorder keeps of a connection of ours: that it was consented to, and no end."""
    ask = (
        Ether(src=TESTER_MAC, dst=UNIT_MAC) / IP(src=TESTER, dst=UNIT) / TCP(sport=own, dport=port, flags="PA", seq=11, ack=71) / Raw(asked)
    )
    tell = Ether(src=UNIT_MAC, dst=TESTER_MAC) / IP(src=UNIT, dst=TESTER)
    consent = tell / TCP(sport=port, dport=own, flags="SA", seq=70, ack=11)
    answer = tell / TCP(sport=port, dport=own, flags="PA", seq=71, ack=11 + len(asked)) / Raw(told)
    late = ask.copy()
    late[TCP].seq, late[TCP].ack = 11 + len(asked), 71 + len(told) + 1
    return [consent, ask, answer, late] if told else [consent, ask]


def test_flows_with_others(tmp_path: Path) -> None:
    packets = [
        *frames.boot(),
        *connect(FAR, 443, hello()),
        *connect(FAR, 80, b"GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n", own=50001),
        out(UDP(sport=9, dport=8125) / Raw(b"camera.uptime:1|c"), FAR),
        out(UDP(sport=9, dport=3478) / Raw(bytes.fromhex("000100002112a442") + bytes(12)), FAR),
        out(UDP(sport=9, dport=123) / Raw(b"\x23" + bytes(47)), FAR),
    ]
    assert flows(tmp_path, packets) == [
        ("with others", "unit", 443, "TLS"),
        ("with others", "unit", 80, "HTTP"),
        ("with others", "unit", 8125, "text"),
        ("with others", "unit", 3478, "STUN"),
        ("with others", "unit", 123, "NTP"),
    ]


def test_names_and_addresses_of_the_labs_router_are_no_flows(tmp_path: Path) -> None:
    packets = [*frames.lease(), *frames.resolve("api.maker.example", FAR), out(UDP(sport=9, dport=5351) / Raw(b"map"), ROUTER)]
    assert flows(tmp_path, packets) == []


def test_flows_with_us_count_while_something_was_done(tmp_path: Path) -> None:
    packets = [
        *frames.boot(),
        *ours(443, hello(), b"\x16\x03\x03"),
        *ours(80, b"POST /login HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n", 40001),
    ]
    assert flows(tmp_path, packets, ALWAYS) == [("with us", "peer", 443, "TLS"), ("with us", "peer", 80, "HTTP")]
    survey, table, _ = looked(tmp_path, packets, ALWAYS)
    assert table.met == {ALWAYS}
    assert list(survey.lost) == [], "an end that is not recorded is no hole"
    later = ALWAYS.model_copy(update={"begin": START + 500})
    assert flows(tmp_path, packets, later) == []
    assert looked(tmp_path, packets, later)[1].met == set()


NOT_SERVED = [
    (b"GET / HTTP/1.1\r\n\r\n", b""),
    (b"GET / HTTP/1.1\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x0a"),
    (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    (b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 301 Moved\r\nLocation: https://192.168.77.20/\r\n\r\n"),
    (b"user admin\r\n", b""),
]
SERVED = [
    (b"POST /login HTTP/1.1\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: /home\r\n\r\n"),
    (b"POST /login HTTP/1.1\r\n\r\n", b"HTTP/1.1 401 Unauthorized\r\n\r\n"),
    (b"user admin\r\n", b"password: "),
]


@pytest.mark.parametrize(("asked", "told", "counts"), [*((*each, 0) for each in NOT_SERVED), *((*each, 1) for each in SERVED)])
def test_what_the_unit_did_not_go_into_is_a_question_of_ours(tmp_path: Path, asked: bytes, told: bytes, counts: int) -> None:
    """Ports are asked in every protocol while a unit is set up."""
    assert len(flows(tmp_path, [*frames.boot(), *ours(443, asked, told)], ALWAYS)) == counts


def moved(packets: list[Packet], ours_by: int, theirs_by: int) -> list[Packet]:
    """The same with other first numbers on either side."""
    for each in packets:
        mine, others = (ours_by, theirs_by) if each[Ether].src == TESTER_MAC else (theirs_by, ours_by)
        each[TCP].seq, each[TCP].ack = (each[TCP].seq + mine) % (1 << 32), (each[TCP].ack + others) % (1 << 32)
    return packets


@pytest.mark.parametrize("later", [1 << 24, 1000, 0])
def test_a_port_of_ours_that_is_used_again_is_another_connection(tmp_path: Path, later: int) -> None:
    """Neither a hole, nor hidden behind the one before, also where first numbers have come round and are nearly the same."""
    first = ours(443, hello(), b"\x16\x03\x03" * 9)
    again = moved(ours(443, b"POST /login HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n"), later, later + 7)
    survey, table, _ = looked(tmp_path, [*frames.boot(), *first, *again], ALWAYS)
    assert [each.protocol for each in table.rows] == ["TLS", "HTTP"]
    assert list(survey.lost) == []


def test_what_is_jumped_over_in_a_connection_of_ours_is_a_hole(tmp_path: Path) -> None:
    first = ours(443, hello(), b"\x16\x03\x03" * 9)
    _, *hole = moved(ours(443, b"more", b"and more"), 0, 1 << 24)
    survey, table, _ = looked(tmp_path, [*frames.boot(), *first, *hole], ALWAYS)
    assert [(each.protocol, each.times) for each in table.rows] == [("TLS", 1)]
    assert list(survey.lost) == ["1 connections of the unit are not whole in the capture"]


def test_who_speaks_first_to_us_is_known_by_its_port(tmp_path: Path) -> None:
    greeting = (
        Ether(src=UNIT_MAC, dst=TESTER_MAC)
        / IP(src=UNIT, dst=TESTER)
        / TCP(sport=80, dport=40000, flags="PA", seq=7)
        / Raw(b"SSH-2.0-x\r\n")
    )
    assert flows(tmp_path, [*frames.boot(), greeting], ALWAYS) == [("with us", "peer", 80, "SSH")]


def test_rows_are_bounded_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows_module, "FLOWS_MAX", 1)
    packets = [*connect(FAR, 443, hello()), *connect(FAR, 444, hello(), own=50001), *connect(FAR, 443, hello(), own=50002)]
    _, table, _ = looked(tmp_path, packets)
    [row] = table.rows
    assert (row.times, table.made_room) == (2, True)
    assert "2×" in row.asked


def test_a_secret_is_found_with_us_with_others_and_in_what_is_shouted(tmp_path: Path) -> None:
    shouted = Ether(src=UNIT_MAC, dst="ff:ff:ff:ff:ff:ff") / IP(src=UNIT, dst="255.255.255.255") / UDP(dport=514) / Raw(SECRET.encode())
    ask = ours(554, b"DESCRIBE rtsp://x RTSP/1.0\r\nX-Session: " + SECRET.encode())
    quiet = Ether(src=TESTER_MAC, dst=UNIT_MAC) / IP(src=TESTER, dst=UNIT) / UDP(dport=9) / Raw(SECRET.encode())
    for packets in ([shouted], ask, [quiet], connect(FAR, 443, b"\x17\x03\x03" + SECRET.encode().hex().encode())):
        assert looked(tmp_path, [*frames.boot(), *packets])[2].found, packets


def tagged(packets: list[Packet], tags: int) -> list[Packet]:
    """The same on a VLAN."""
    made = []
    for packet in packets:
        ether, ip = packet.copy(), packet.payload
        ether.remove_payload()
        for _ in range(tags):
            ether = ether / Dot1Q(vlan=7)
        made.append(ether / ip)
    return made


@pytest.mark.parametrize("tags", [1, 2])
def test_a_vlan_hides_neither_secret_nor_flow(tmp_path: Path, tags: int) -> None:
    packets = tagged(connect(FAR, 80, b"GET /v1?key=" + SECRET.encode() + b" HTTP/1.1\r\n\r\n"), tags)
    survey, table, search = looked(tmp_path, [*frames.boot(), *packets])
    assert [each.protocol for each in table.rows] == ["HTTP"]
    assert search.found
    assert [to.port for to in survey.destinations] == [80]


def test_ipv6_in_pieces_hides_nothing_and_a_missing_piece_is_told(tmp_path: Path) -> None:
    large = IPv6(src="fd00::20", dst="2001:db8:9::1") / IPv6ExtHdrFragment(id=5) / UDP(sport=9, dport=4500)
    pieces = [
        Ether(src=UNIT_MAC, dst=ROUTER_MAC) / each for each in fragment6(large / Raw(bytes(1240) + SECRET.encode() + bytes(900)), 1280)
    ]
    survey, table, search = looked(tmp_path, [*frames.boot(), *reversed(pieces)])
    assert search.found, "it lies across two pieces"
    assert not list(survey.lost)
    assert [each.protocol for each in table.rows] == ["unknown"]
    torn, _, blind = looked(tmp_path, [*frames.boot(), pieces[0]])
    assert not blind.found
    assert list(torn.lost) == ["1 packets in pieces are not whole in the capture"]


SPOKEN = [
    (b"", b"", "nothing"),
    (b"\x16\x03\x01\x02\x00\x01", b"", "TLS"),
    (b"", b"SSH-2.0-dropbear", "SSH"),
    (b"OPTIONS rtsp://10.0.0.1/ RTSP/1.0\r\n", b"", "RTSP"),
    (b"DESCRIBE * RTSP/1.0\r\n", b"", "RTSP"),
    (b"GET / HTTP/1.1\r\nHost: a", b"", "HTTP"),
    (b"GET /" + b"x" * 600, b"", "HTTP"),
    (b"\x00\x01", b"HTTP/1.1 400 Bad", "HTTP"),
    (b"\x10\x20\x00\x04MQTT\x04", b"", "MQTT"),
    (b"\x03" + bytes(99), b"", "RTMP"),
    (b"", b"\xff\xfd\x18", "Telnet"),
    (b"user admin\r\n", b"", "text"),
    (b"", b"220 ready\r\n", "text"),
    (b"\x80\x91\xa2\xb3", b"", "unknown"),
]


@pytest.mark.parametrize(("client", "server", "expected"), SPOKEN)
def test_protocols_of_streams(client: bytes, server: bytes, expected: str) -> None:
    assert protocols.of_stream(client, server) == expected


@pytest.mark.parametrize(
    ("port", "first", "quic", "expected"),
    [
        (53, b"x", False, "DNS"),
        (443, b"\xc0", True, "QUIC"),
        (5684, b"\x16\xfe\xfd\x00", False, "DTLS"),
        (9, b"", False, "nothing"),
        (9, b"\x80\x90\xf0", False, "unknown"),
        (514, b"<13>camera: x", False, "text"),
    ],
)
def test_protocols_of_datagrams(port: int, first: bytes, quic: bool, expected: str) -> None:
    assert protocols.of_datagrams(port, first, quic=quic) == expected


def test_a_flow_says_where_it_went() -> None:
    told = Flow(link="with us", peer=TESTER, port=80, transport="tcp", begun="peer", protocol="HTTP", file="c.pcap", packet=4)
    assert told.asked == f"HTTP over tcp: to its port 80 from {TESTER}, 1× (c.pcap packet 4)"
