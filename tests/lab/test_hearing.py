"""What the recorder keeps of a frame: the kernel's filter on frames that scapy made, over a pair of datagram sockets."""

import socket
from collections.abc import Callable, Iterator

import pytest
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

from harness.lab.hearing import OURS_KEPT, attach
from harness.lab.lan import OUR_MAC, OURS

UNIT, UNIT_MAC = "192.168.77.20", "02:00:00:ca:00:01"
SIX, UNIT_SIX = "fe80::ff:fe1a:b001", "fe80::ff:feca:1"
WHOLE, BIG = 262_144, b"x" * 1000
SACK = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]


@pytest.fixture
def kept() -> Iterator[Callable[[Packet], int]]:
    """How many bytes are kept of a frame; 0 where nothing is."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near, far:
        attach(far, OURS, OUR_MAC, WHOLE)
        far.setblocking(False)

        def ask(frame: Packet) -> int:
            try:
                near.send(bytes(frame))
                return len(far.recv(1 << 16))
            except BlockingIOError:
                return 0

        yield ask


def to_us(above: Packet) -> Packet:
    return Ether(src=UNIT_MAC, dst=OUR_MAC) / above


def from_us(above: Packet) -> Packet:
    return Ether(src=OUR_MAC, dst=UNIT_MAC) / above


SCANS = [
    from_us(IP(src=OURS, dst=UNIT) / TCP(flags="S", options=SACK)),
    to_us(IP(src=UNIT, dst=OURS) / TCP(flags="RA")),
    from_us(IPv6(src=SIX, dst=UNIT_SIX) / TCP(flags="S", options=SACK)),
    to_us(IPv6(src=UNIT_SIX, dst=SIX) / TCP(flags="RA")),
]
SAID = [
    from_us(IP(src=OURS, dst=UNIT) / TCP(flags="PA") / Raw(BIG)),
    to_us(IP(src=UNIT, dst=OURS) / TCP(flags="PA", options=SACK) / Raw(BIG)),
    to_us(IPv6(src=UNIT_SIX, dst=SIX) / TCP(flags="PA") / Raw(BIG)),
    to_us(IP(src=UNIT, dst=OURS) / UDP() / Raw(BIG)),
    to_us(IPv6(src=UNIT_SIX, dst=SIX) / UDP() / Raw(BIG)),
    to_us(IP(src=UNIT, dst=OURS, options=b"\x07\x27\x04" + bytes(37)) / TCP() / Raw(BIG)),
    fragment(to_us(IP(src=UNIT, dst=OURS) / UDP() / Raw(BIG * 3)), 1200)[1],
]
CONSENTS = [
    to_us(IP(src=UNIT, dst=OURS) / TCP(flags="SA", options=SACK)),
    from_us(IP(src=OURS, dst=UNIT) / TCP(flags="SA")),
    to_us(IPv6(src=UNIT_SIX, dst=SIX) / TCP(flags="SA", options=SACK)),
]
OTHERS = [
    to_us(IP(src=UNIT, dst="203.0.113.7") / TCP(flags="S")),
    to_us(IPv6(src=UNIT_SIX, dst="2001:db8::7") / TCP(flags="S")),
    Ether(src=UNIT_MAC, dst="02:00:00:1a:b0:fe") / IPv6(src=UNIT_SIX, dst="fe80::1") / TCP(flags="S"),
    Ether(src=UNIT_MAC, dst="02:00:00:1a:b0:fe") / IP(src=UNIT, dst="198.18.0.9") / TCP(flags="PA") / Raw(BIG),
    to_us(ARP(psrc=UNIT, pdst=OURS)) / Raw(BIG),
]


@pytest.mark.parametrize("frame", SCANS, ids=Packet.summary)
def test_segments_of_ours_without_data_are_left_out(kept: Callable[[Packet], int], frame: Packet) -> None:
    assert kept(frame) == 0


@pytest.mark.parametrize("frame", SAID, ids=Packet.summary)
def test_what_tcp_says_to_us_is_kept_whole_and_of_the_rest_the_first_bytes(kept: Callable[[Packet], int], frame: Packet) -> None:
    """What does not show at once where its data begin is of the rest."""
    plain = frame.haslayer(TCP) and not (frame.haslayer(IP) and (frame[IP].options or frame[IP].frag or frame[IP].flags.MF))
    assert kept(frame) == (len(bytes(frame)) if plain else OURS_KEPT)


@pytest.mark.parametrize("frame", CONSENTS, ids=Packet.summary)
def test_the_beginning_of_a_connection_with_us_is_kept(kept: Callable[[Packet], int], frame: Packet) -> None:
    assert kept(frame) == len(bytes(frame))


@pytest.mark.parametrize("frame", OTHERS, ids=Packet.summary)
def test_whatever_goes_elsewhere_is_kept_whole(kept: Callable[[Packet], int], frame: Packet) -> None:
    """Also when our card is only its way out."""
    assert kept(frame) == len(bytes(frame))
