"""Sockets that hear what is sent to addresses of others, and answer from these."""

import socket
import struct
from dataclasses import dataclass
from ipaddress import ip_address

_DATAGRAM_MOST = 65_535
_IPV6_V6ONLY = socket.IPV6_V6ONLY


@dataclass(frozen=True)
class Family:
    """How one version of IP is asked for these things."""

    number: socket.AddressFamily
    level: int
    transparent: int
    tell_original: int
    packet_info: int

    def listener(self, port: int) -> socket.socket:
        """For connections to whatever address, on one port or led to it."""
        listener = self._bound(socket.SOCK_STREAM, port)
        listener.listen(256)
        return listener

    def datagrams(self, port: int) -> "Datagrams":
        """For datagrams to whatever address, on one port or led to it."""
        bound = self._bound(socket.SOCK_DGRAM, port)
        bound.setsockopt(self.level, self.tell_original, 1)
        return Datagrams(self, bound, port)

    def original(self, ancillary: list[tuple[int, int, bytes]]) -> tuple[str, int] | None:
        """Address and port that a datagram was sent to."""
        for level, kind, data in ancillary:
            if (level, kind) == (self.level, self.tell_original):
                port = int.from_bytes(data[2:4])
                raw = data[4:8] if self.number == socket.AF_INET else data[8:24]
                return str(ip_address(raw)), port
        return None

    def answering_from(self, address: str) -> bytes:
        """What tells the kernel which address to answer from."""
        raw = socket.inet_pton(self.number, address)
        return struct.pack("=I4s4s", 0, raw, bytes(4)) if self.number == socket.AF_INET else raw + bytes(4)

    def _bound(self, kind: socket.SocketKind, port: int) -> socket.socket:
        bound = socket.socket(self.number, kind)
        if self.number == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, _IPV6_V6ONLY, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(self.level, self.transparent, 1)
        bound.bind(("", port))
        return bound


IPV4 = Family(socket.AF_INET, socket.SOL_IP, 19, 20, 8)
IPV6 = Family(socket.AF_INET6, socket.IPPROTO_IPV6, 75, 74, 50)


@dataclass(frozen=True)
class Datagram:
    """What came, from where and for whom."""

    data: bytes
    source: tuple[str, int]
    to: tuple[str, int]
    back: tuple[str, int]


@dataclass(frozen=True)
class Datagrams:
    """Takes datagrams one by one."""

    family: Family
    bound: socket.socket
    port: int

    def take(self, router: str) -> Datagram:
        """The next one; what does not say for whom it was is taken to be for the router."""
        data, ancillary, _, back = self.bound.recvmsg(_DATAGRAM_MOST, socket.CMSG_SPACE(28))
        return Datagram(data, plain(back), self.family.original(ancillary) or (router, self.port), back)

    def answer(self, taken: Datagram, reply: bytes) -> None:
        """Answer from the address that was asked."""
        if taken.to[1] == self.port:
            info = (self.family.level, self.family.packet_info, self.family.answering_from(taken.to[0]))
            self.bound.sendmsg([reply], [info], 0, taken.back)
            return
        with socket.socket(self.family.number, socket.SOCK_DGRAM) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.setsockopt(self.family.level, self.family.transparent, 1)
            other.bind(taken.to)
            other.sendto(reply, taken.back)


def plain(address: tuple[str, int]) -> tuple[str, int]:
    """As ipaddress spells it, without the scope that a link-local address carries."""
    return str(ip_address(address[0].partition("%")[0])), address[1]
