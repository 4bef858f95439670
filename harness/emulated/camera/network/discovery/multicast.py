"""A socket that hears a group on the local network, and speaks to it."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

Peer = tuple[str, int]
_log = logging.getLogger(__name__)


class Speaker(Protocol):
    """What a discovery service speaks by."""

    def tell(self, message: bytes, peer: Peer | None = None) -> None:
        """Send to one peer, or to the group."""
        ...


class Group(asyncio.DatagramProtocol):
    """Member of one group; whatever is heard is handed on, and what cannot be sent is lost as on any network."""

    def __init__(self, group: str, port: int, hops: int, heard: Callable[[bytes, Peer], None]) -> None:
        self._group, self._port, self._hops, self._heard = group, port, hops, heard
        self._transport: asyncio.DatagramTransport | None = None

    async def join(self, address: str) -> bool:
        """Begin to listen on the interface with this address; False, and said, where that cannot be."""
        try:
            ours = self._socket(address)
        except OSError as problem:
            _log.warning("%s port %d: %s", self._group, self._port, problem)
            return False
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=ours)
        return True

    def leave(self) -> None:
        """Stop."""
        if self._transport is not None:
            self._transport.close()

    def tell(self, message: bytes, peer: Peer | None = None) -> None:
        """See Speaker."""
        if self._transport is not None:
            with suppress(OSError):
                self._transport.sendto(message, peer or (self._group, self._port))

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        """As a protocol has it."""
        self._heard(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """As a protocol has it: a peer that is gone is nothing to us."""

    def _socket(self, address: str) -> socket.socket:
        ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            ours.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            ours.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self._hops)
            ours.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(self._group) + socket.inet_aton(address))
            ours.bind(("", self._port))
            ours.setblocking(False)
        except OSError:
            ours.close()
            raise
        return ours
