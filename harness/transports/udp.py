"""UDP port pairs for RTP and RTCP: packets of the device only, recorded."""

import errno
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from harness.model.base import Frozen
from harness.model.errors import UsageError
from harness.transports.access import Access
from harness.transports.tcp import name_of

DATAGRAM = 65536
TRIES = 64
PACKETS_MAX = 4096
OVERTIME_S = 0.5  # for what waits already; a flood must not hold us
RECEIVE_BUFFER = 1 << 20


class Packet(Frozen):
    """One datagram of the device: its port, which of our two ports it came to, when (monotonic seconds)."""

    port: int
    control: bool
    at: float
    data: bytes


def own_addresses(host: str) -> tuple[str, ...]:
    """Our address as this host sees us, none when there is no way there; nothing is sent."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.connect((host, 9))
            return (str(asked.getsockname()[0]),)
    except OSError:
        return ()


class UdpPair:
    """An even port for RTP and the odd one above it for RTCP; datagrams of anybody but the device are dropped unseen."""

    def __init__(self, access: Access, host: str) -> None:
        self.host = host
        self.ports = (0, 0)
        self._access = access
        self._sockets: tuple[socket.socket, ...] = ()
        self._held = ExitStack()

    def open(self) -> None:
        """Take two neighbouring ports, after the gate has admitted the device's address."""
        with ExitStack() as held:
            held.enter_context(self._access.admit(self.host, 0, "udp"))
            self._sockets = _neighbours(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
            for each in self._sockets:
                held.enter_context(each)
            self.ports = (self._sockets[0].getsockname()[1], self._sockets[1].getsockname()[1])
            self._held = held.pop_all()

    def send(self, port: int, data: bytes, *, control: bool = False) -> None:
        """One datagram to a port of the device, from our RTP or our RTCP port."""
        self._access.sent(name_of(self.host, port, transport="udp"), data)
        self._sockets[control].sendto(data, (self.host, port))

    def drain(self, within: float, most: int = PACKETS_MAX) -> tuple[Packet, ...]:
        """All packets that are waiting or come within the time; 0 takes what is there already."""
        until = time.monotonic() + within
        packets: list[Packet] = []
        while len(packets) < most:
            ready = self._wait(until - time.monotonic())
            packets.extend(packet for each in ready if (packet := self._take(each)))
            late = time.monotonic() - until
            if late >= OVERTIME_S or (late >= 0 and not ready):
                break
        return tuple(packets)

    def close(self) -> None:
        """Give both ports back; closing twice is fine."""
        self._held.close()

    def _wait(self, left: float) -> list[socket.socket]:
        with self._access.device_time():
            return select.select(self._sockets, (), (), max(left, 0.0))[0]

    def _take(self, ready: socket.socket) -> Packet | None:
        try:
            data, source = ready.recvfrom(DATAGRAM)
        except (BlockingIOError, ConnectionRefusedError):
            return None
        if source[0] != self.host:
            return None
        self._access.received(name_of(self.host, source[1], transport="udp"), data)
        return Packet(port=source[1], control=ready is self._sockets[1], at=time.monotonic(), data=data)


def _neighbours(family: socket.AddressFamily) -> tuple[socket.socket, socket.socket]:
    for _ in range(TRIES):
        first, second = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        try:
            first.bind(("", 0))
            port = first.getsockname()[1]
            second.bind(("", port ^ 1))
        except OSError as problem:
            first.close()
            second.close()
            if problem.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            continue
        return _prepared((first, second) if port % 2 == 0 else (second, first))
    raise UsageError("no two neighbouring UDP ports are free on this machine; close what holds them")


def _prepared(pair: tuple[socket.socket, socket.socket]) -> tuple[socket.socket, socket.socket]:
    for each in pair:
        each.setblocking(False)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return pair


def open_pair(access: Access, host: str) -> UdpPair:
    """A pair of ports that the caller closes."""
    pair = UdpPair(access, host)
    pair.open()
    return pair


@contextmanager
def pair(access: Access, host: str) -> Iterator[UdpPair]:
    """A pair of ports for one question."""
    opened = open_pair(access, host)
    try:
        yield opened
    finally:
        opened.close()
