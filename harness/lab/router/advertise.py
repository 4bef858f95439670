"""IPv6 of the home network: devices give themselves addresses of one prefix, and find router and name server."""

import select
import socket
import struct
import time
from contextlib import suppress
from ipaddress import IPv6Address, IPv6Network

PREFIX_LENGTH = 64
SOLICITATION, ADVERTISEMENT = 133, 134
EVERY_S, AT_MOST_EACH_S = 120.0, 0.05

_ROUTER_S, _VALID_S, _PREFERRED_S = 1800, 86_400, 14_400
_PREFIX, _RESOLVER = 3, 25
_ON_LINK_AND_OWN = 0xC0
_ALL_NODES, _ALL_ROUTERS = "ff02::1", "ff02::2"
_HOPS = 255


def advertisement(router: str) -> bytes:
    """A router advertisement; the kernel adds the checksum."""
    prefix = IPv6Network((router, PREFIX_LENGTH), strict=False).network_address
    head = struct.pack("!BBHBBHII", ADVERTISEMENT, 0, 0, 64, 0, _ROUTER_S, 0, 0)
    own = struct.pack("!BBBBIII16s", _PREFIX, 4, PREFIX_LENGTH, _ON_LINK_AND_OWN, _VALID_S, _PREFERRED_S, 0, prefix.packed)
    return head + own + struct.pack("!BBHI16s", _RESOLVER, 3, 0, _ROUTER_S, IPv6Address(router).packed)


def advertise(interface: str, router: str) -> None:
    """Tell everybody now, now and then, and whenever somebody asks."""
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as raw:
        index = socket.if_nametoindex(interface)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOPS)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        group = IPv6Address(_ALL_ROUTERS).packed + struct.pack("=I", index)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        while True:
            with suppress(OSError):
                raw.sendto(advertisement(router), (_ALL_NODES, 0, 0, index))
            time.sleep(AT_MOST_EACH_S)
            _await_solicitation(raw, time.monotonic() + EVERY_S)


def _await_solicitation(raw: socket.socket, until: float) -> None:
    while (left := until - time.monotonic()) > 0 and select.select([raw], [], [], left)[0]:
        with suppress(OSError):
            if raw.recv(2048)[:1] == bytes([SOLICITATION]):
                return
