"""Which way the packets go: the Transport header, and senders over TCP and UDP."""

import asyncio
import re
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

_PAIR = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_BUFFER_MOST = 512 << 10
_STALLED_S = 10.0


@dataclass(frozen=True)
class Way:
    """What a client asked for: two interleaved channels, or two of its UDP ports."""

    tcp: bool
    rtp: int
    rtcp: int


def choose_way(header: str) -> Way | None:
    """The first way in a Transport header that this camera can go."""
    return next((way for offer in header.split(",") if (way := _read(offer))), None)


def _read(offer: str) -> Way | None:
    profile, *parameters = (part.strip() for part in offer.split(";"))
    given = {name.lower(): value for name, _, value in (parameter.partition("=") for parameter in parameters)}
    if "multicast" in given or given.get("mode", "play").strip('"').lower() != "play":
        return None
    if profile.upper() == "RTP/AVP/TCP":
        return _pair(given.get("interleaved", "0-1"), tcp=True, most=255)
    if profile.upper() in ("RTP/AVP", "RTP/AVP/UDP"):
        return _pair(given.get("client_port", ""), tcp=False, most=65535)
    return None


def _pair(text: str, *, tcp: bool, most: int) -> Way | None:
    found = _PAIR.fullmatch(text)
    if found is None:
        return None
    first = int(found[1])
    second = int(found[2] or first + 1)
    return Way(tcp, first, second) if (tcp or first > 0) and max(first, second) <= most else None


class TcpSender:
    """Packets between the answers of an RTSP connection; a viewer that does not read loses pictures, then the connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._stalled_since: float | None = None

    def ready(self) -> bool:
        """Is there room for another picture?"""
        if self._writer.transport.get_write_buffer_size() < _BUFFER_MOST:
            self._stalled_since = None
            return True
        self._stalled_since = self._stalled_since or time.monotonic()
        if time.monotonic() - self._stalled_since > _STALLED_S:
            self._writer.transport.abort()
        return False

    def on(self, channel: int) -> Callable[[bytes], None]:
        """A function that sends packets on one interleaved channel."""

        def send(packet: bytes) -> None:
            if not self._writer.is_closing():
                self._writer.write(b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet)

        return send


class UdpPorts(asyncio.DatagramProtocol):
    """The camera's pair of UDP ports, shared by all viewers; hears their reports."""

    def __init__(self, heard: Callable[[str, int], None]) -> None:
        self._heard = heard
        self._transports: list[asyncio.DatagramTransport] = []
        self.ports = (0, 0)

    async def open(self, address: str) -> None:
        """Bind an even port and the next one."""
        for _ in range(64):
            port = 2 * secrets.randbelow(20_000) + 20_000
            if await self._bind_both(address, port):
                self.ports = (port, port + 1)
                return
        raise OSError(f"no pair of free UDP ports on {address}")

    def close(self) -> None:
        """Give both ports back."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def to(self, index: int, host: str, port: int) -> Callable[[bytes], None]:
        """A function that sends packets from the RTP (0) or RTCP (1) port."""

        def send(packet: bytes) -> None:
            if self._transports:
                self._transports[index].sendto(packet, (host, port))

        return send

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A report of a viewer shows that it is still there."""
        if len(data) >= 8:
            self._heard(addr[0], addr[1])

    def error_received(self, exc: Exception) -> None:
        """A viewer's port is closed; its session ends by its time limit."""

    async def _bind_both(self, address: str, port: int) -> bool:
        loop = asyncio.get_running_loop()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for number in (port, port + 1):
            try:
                transport, _ = await loop.create_datagram_endpoint(lambda: self, (address, number), family=family)
            except OSError:
                self.close()
                return False
            self._transports.append(transport)
        return True
