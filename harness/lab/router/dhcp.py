"""DHCP: known cards get the address that the bench has for them, strangers one of a small pool."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address

_MAGIC = bytes.fromhex("63825363")
_FIXED, _LEAST = 236, 240
_KIND, _SERVER, _ASKED, _END, _PAD = 53, 54, 50, 255, 0
_NONE = str(IPv4Address(0))
_LEASE_S = 86_400
_POOL = tuple(f"192.168.77.{host}" for host in range(100, 200))
_BROADCAST_FLAG = 0x8000


class _Kind(IntEnum):
    DISCOVER, OFFER, REQUEST, ACK, NAK, INFORM = 1, 2, 3, 5, 6, 8


@dataclass(frozen=True)
class Message:
    """What we read of a client's message."""

    mac: str
    kind: int
    current: str
    asked: str
    server: str
    head: bytes

    @property
    def wants_broadcast(self) -> bool:
        """It has no address yet, or says that it hears broadcasts only."""
        return self.current == _NONE or bool(struct.unpack_from("!H", self.head, 10)[0] & _BROADCAST_FLAG)


class Leases:
    """Answers as the DHCP server at `router`."""

    def __init__(self, router: str, fixed: dict[str, str]) -> None:
        self._router = IPv4Address(router).packed
        self._fixed = dict(fixed)
        self._given: dict[str, str] = {}

    def answer(self, data: bytes) -> tuple[bytes, str] | None:
        """The answer and the address to send it to; None for what is no question to us."""
        message = parse(data)
        if message is None or (message.server and IPv4Address(message.server).packed != self._router):
            return None
        lease = self._lease(message.mac)
        match message.kind:
            case _Kind.DISCOVER if lease:
                return self._reply(message, _Kind.OFFER, lease)
            case _Kind.REQUEST if lease and (message.asked or message.current) == lease:
                return self._reply(message, _Kind.ACK, lease)
            case _Kind.REQUEST:
                return self._reply(message, _Kind.NAK, _NONE)
            case _Kind.INFORM:
                return self._reply(message, _Kind.ACK, _NONE)
        return None

    def _lease(self, mac: str) -> str:
        """The address for a card; empty when the pool is used up."""
        if mac in self._fixed:
            return self._fixed[mac]
        free = [address for address in _POOL if address not in self._given.values() and address not in self._fixed.values()]
        if mac not in self._given and free:
            self._given[mac] = free[0]
        return self._given.get(mac, "")

    def _reply(self, message: Message, kind: int, lease: str) -> tuple[bytes, str]:
        to = "255.255.255.255" if message.wants_broadcast or kind == _Kind.NAK else message.current
        xid, flags, hardware = message.head[4:8], message.head[10:12], message.head[28:44]
        current = IPv4Address(message.current).packed if kind == _Kind.ACK else bytes(4)
        fixed = b"\x02\x01\x06\x00" + xid + b"\x00\x00" + flags + current + IPv4Address(lease).packed
        fixed += self._router + bytes(4) + hardware + bytes(192)
        options = _option(_KIND, bytes([kind])) + _option(_SERVER, self._router)
        if kind != _Kind.NAK:
            options += b"".join(self._network(leased=lease != _NONE))
        return (fixed + _MAGIC + options + bytes([_END])).ljust(300, b"\x00"), to

    def _network(self, *, leased: bool) -> Iterator[bytes]:
        """Mask, router, name server, time server, broadcast address; how long the lease is."""
        yield _option(1, bytes((255, 255, 255, 0)))
        for code in (3, 6, 42):
            yield _option(code, self._router)
        yield _option(28, self._router[:3] + b"\xff")
        if leased:
            for code, seconds in ((51, _LEASE_S), (58, _LEASE_S // 2), (59, _LEASE_S * 7 // 8)):
                yield _option(code, struct.pack("!I", seconds))


def parse(data: bytes) -> Message | None:
    """A client's message over Ethernet; None for anything else."""
    if len(data) < _LEAST or data[:3] != b"\x01\x01\x06" or data[_FIXED:_LEAST] != _MAGIC:
        return None
    options = dict(_options(data[_LEAST:]))
    kind = options.get(_KIND, b"")
    if len(kind) != 1:
        return None
    asked, server = (_address(options.get(code, b"")) for code in (_ASKED, _SERVER))
    return Message(data[28:34].hex(":"), kind[0], str(IPv4Address(data[12:16])), asked, server, data[:_FIXED])


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Codes with values; ends at the first that is cut short."""
    at = 0
    while at < len(data) and data[at] != _END:
        if data[at] == _PAD:
            at += 1
            continue
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            return
        yield data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]


def _option(code: int, value: bytes) -> bytes:
    return bytes([code, len(value)]) + value


def _address(value: bytes) -> str:
    return str(IPv4Address(value)) if len(value) == 4 else ""
