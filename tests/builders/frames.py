"""Captures made by scapy: a unit, its network, its name server; each helper gives frames in order."""

import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapNgWriter, PcapWriter

UNIT, UNIT_MAC = "192.168.77.20", "02:00:00:ca:00:01"
ROUTER, ROUTER_MAC = "192.168.77.1", "02:00:00:1a:b0:fe"
TESTER, TESTER_MAC = "192.168.77.50", "02:00:00:1a:b0:01"
START = 1_700_000_000.0


def out(payload: Packet, to: str = "203.0.113.5", source: str = UNIT, **ether: Any) -> Packet:
    """From the unit, by way of the router."""
    ip = IPv6(src=source, dst=to) if ":" in to else IP(src=source, dst=to)
    return Ether(**{"src": UNIT_MAC, "dst": ROUTER_MAC, **ether}) / ip / payload


def back(payload: Packet, source: str = "203.0.113.5", to: str = UNIT, mac: str = ROUTER_MAC) -> Packet:
    """To the unit."""
    ip = IPv6(src=source, dst=to) if ":" in source else IP(src=source, dst=to)
    return Ether(src=mac, dst=UNIT_MAC) / ip / payload


def resolve(
    name: str, *addresses: str, server: str = ROUTER, port: int = 40001, number: int = 7, chain: Sequence[str] = ()
) -> list[Packet]:
    """A question and its answer, along a chain of other names."""
    names = [name, *chain]
    records = [DNSRR(rrname=a, type="CNAME", rdata=b) for a, b in zip(names, chain, strict=False)]
    records += [DNSRR(rrname=names[-1], type="AAAA" if ":" in each else "A", rdata=each) for each in addresses]
    question = DNSQR(qname=name, qtype="A")
    asked = DNS(id=number, rd=1, qd=question)
    answer = DNS(id=number, qr=1, qd=question, an=records)
    return [
        out(UDP(sport=port, dport=53) / asked, server),
        back(UDP(sport=53, dport=port) / answer, server),
    ]


def connect(
    to: str, port: int, *parts: bytes, own: int = 50000, source: str = UNIT, isn: int = 1000, answered: bool = True
) -> list[Packet]:
    """A connection that the unit opens, and what it sends."""
    frames = [out(TCP(sport=own, dport=port, flags="S", seq=isn), to, source)]
    if answered:
        frames.append(back(TCP(sport=port, dport=own, flags="SA", seq=5000, ack=isn + 1), to, source))
    at = isn + 1
    for part in parts:
        frames.append(out(TCP(sport=own, dport=port, flags="PA", seq=at, ack=5001) / Raw(part), to, source))
        at += len(part)
    return frames


def boot() -> list[Packet]:
    """What the unit sends first after power-on."""
    return [Ether(src=UNIT_MAC, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=UNIT_MAC, psrc="0.0.0.0", pdst=UNIT)]


def lease(mac: str = UNIT_MAC, **options: Any) -> list[Packet]:
    """An address with what the network's server says about the network."""
    said = [("message-type", "ack"), *options.items(), "end"]
    asked = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67)
    card = bytes.fromhex(mac.replace(":", ""))
    answer = Ether(src=ROUTER_MAC, dst=mac) / IP(src=ROUTER, dst=UNIT) / UDP(sport=67, dport=68)
    return [
        asked / BOOTP(chaddr=card, xid=9) / DHCP(options=[("message-type", "discover"), "end"]),
        answer / BOOTP(op=2, yiaddr=UNIT, chaddr=card, xid=9) / DHCP(options=said),
    ]


def hello(name: str = "api.maker.example") -> bytes:
    """A ClientHello as OpenSSL makes it, in one record."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = bool(name)
    if not name:
        context.verify_mode = ssl.CERT_NONE
    client = context.wrap_bio(incoming, outgoing, server_hostname=name or None)
    with suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def write(path: Path, frames: Iterable[Packet], *, form: str = "pcap", link: int = 1, nano: bool = False, every: float = 0.5) -> Path:
    """A capture file with these frames, one every half second."""
    writer = PcapNgWriter(str(path)) if form == "pcapng" else PcapWriter(str(path), linktype=link, nano=nano)
    for number, frame in enumerate(frames):
        frame.time = START + number * every
        writer.write(frame)
    writer.close()
    return path
