"""A frame down to what IP carries: Ethernet with VLAN tags, Linux cooked, loopback and raw links; IPv4, IPv6 with its extensions."""

import struct
from typing import NamedTuple

from harness.probes.captures.files import Frame

NO_MAC = b""
ARP, TCP, UDP, ICMP, ICMP6, IGMP = -1, 6, 17, 1, 58, 2
EXTENSIONS = {0, 43, 60, 135, 139, 140}
FRAGMENT, AUTHENTICATION = 44, 51
EXTENSIONS_MAX = 16
TAGS = {0x8100, 0x88A8, 0x9100, 0x9200}
TAGS_MAX = 4
_IPV4, _IPV6, _ARP = 0x0800, 0x86DD, 0x0806
_ETHERNET, _COOKED, _COOKED2 = 1, 113, 276
_WHOLE, _PLAIN = (b"\0\0", b"@\0"), (TCP, UDP, ICMP6)
_RAW = {12, 14, 101, 228, 229}
_LOOPBACK = {0, 108}
LINKS = {_ETHERNET, _COOKED, _COOKED2, *_RAW, *_LOOPBACK}
_v4 = struct.Struct(">BxHHHxB").unpack_from
_pair = struct.Struct(">HH").unpack_from


class Datagram(NamedTuple):
    """What one IP packet, or one piece of it, carries; ARP counts as one. `piece`: identification, place of the piece, more to come."""

    mac: bytes
    to_mac: bytes
    source: bytes
    target: bytes
    protocol: int
    payload: bytes
    piece: tuple[int, int, bool] | None = None


def between(frame: Frame) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Cards and addresses (to, by, source, target) of a plain whole IP packet on Ethernet; None of everything that needs a closer look."""
    data = frame.data
    if frame.link != _ETHERNET or len(data) < 54:
        return None
    if data[12:15] == b"\x08\x00\x45" and data[20:22] in _WHOLE:
        return data[:6], data[6:12], data[26:30], data[30:34]
    if data[12:14] == b"\x86\xdd" and data[20] in _PLAIN:
        return data[:6], data[6:12], data[22:38], data[38:54]
    return None


def datagram(frame: Frame) -> Datagram | None:
    """None for what is neither IP nor ARP, or is cut in a header."""
    data, link = frame.data, frame.link
    if link == _ETHERNET:
        if data[12:14] == b"\x08\x00" and len(data) >= 34:
            return _ipv4(data, 14, data[6:12], data[:6])
        return _tagged(data, 12, data[6:12], data[:6])
    if link == _COOKED:
        return _tagged(data, 14, _cooked(data, 4, 6), NO_MAC)
    if link == _COOKED2:
        return _typed(data, 20, int.from_bytes(data[:2], "big"), _cooked(data, 11, 12, one=True), NO_MAC)
    if link in _LOOPBACK:
        return _bare(data, 4)
    return _bare(data, 0) if link in _RAW else None


def _cooked(data: bytes, length_at: int, at: int, *, one: bool = False) -> bytes:
    length = int.from_bytes(data[length_at : length_at + (1 if one else 2)], "big")
    return data[at : at + 6] if length == 6 else NO_MAC


def _tagged(data: bytes, at: int, mac: bytes, to_mac: bytes) -> Datagram | None:
    kind = int.from_bytes(data[at : at + 2], "big")
    for _ in range(TAGS_MAX):
        if kind not in TAGS:
            break
        at += 4
        kind = int.from_bytes(data[at : at + 2], "big")
    return _typed(data, at + 2, kind, mac, to_mac)


def _typed(data: bytes, at: int, kind: int, mac: bytes, to_mac: bytes) -> Datagram | None:
    if kind == _IPV4:
        return _ipv4(data, at, mac, to_mac)
    if kind == _IPV6:
        return _ipv6(data, at, mac, to_mac)
    if kind == _ARP and len(data) >= at + 28:
        return Datagram(mac, to_mac, data[at + 14 : at + 18], data[at + 24 : at + 28], ARP, data[at : at + 28])
    return None


def _bare(data: bytes, at: int) -> Datagram | None:
    version = data[at] >> 4 if len(data) > at else 0
    if version == 4:
        return _ipv4(data, at, NO_MAC, NO_MAC)
    return _ipv6(data, at, NO_MAC, NO_MAC) if version == 6 else None


def _ipv4(data: bytes, at: int, mac: bytes, to_mac: bytes) -> Datagram | None:
    if len(data) < at + 20:
        return None
    first, length, identification, flags, protocol = _v4(data, at)
    begin = at + (first & 15) * 4
    if first >> 4 != 4 or begin < at + 20 or len(data) < begin:
        return None
    payload = data[begin : at + length if length else len(data)]  # no length where the network card cuts large packets itself
    piece = (identification, (flags & 0x1FFF) * 8, bool(flags & 0x2000)) if flags & 0x3FFF else None
    return Datagram(mac, to_mac, data[at + 12 : at + 16], data[at + 16 : at + 20], protocol, payload, piece)


def _ipv6(data: bytes, at: int, mac: bytes, to_mac: bytes) -> Datagram | None:
    if len(data) < at + 40 or data[at] >> 4 != 6:
        return None
    length, protocol = int.from_bytes(data[at + 4 : at + 6], "big"), data[at + 6]
    end = at + 40 + length if length else len(data)
    source, target = data[at + 8 : at + 24], data[at + 24 : at + 40]
    at, piece = at + 40, None
    for _ in range(EXTENSIONS_MAX):
        if len(data) < at + 8 or (piece and piece[1]):
            break
        if protocol == FRAGMENT:
            place, number = _pair(data, at + 2)[0], int.from_bytes(data[at + 4 : at + 8], "big")
            piece = (number, place & 0xFFF8, bool(place & 1)) if place & 0xFFF9 else None
            protocol, at = data[at], at + 8
        elif protocol in EXTENSIONS:
            protocol, at = data[at], at + (data[at + 1] + 1) * 8
        elif protocol == AUTHENTICATION:
            protocol, at = data[at], at + (data[at + 1] + 2) * 4
        else:
            break
    return Datagram(mac, to_mac, source, target, protocol, data[at:end], piece)
