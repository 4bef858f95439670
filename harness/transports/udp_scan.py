"""Which UDP ports answer, which are closed, and which are silent: one datagram a port, as slowly as the device says that they are closed.

A closed port is told by ICMP, and most devices send only a few such messages a second. So the number of ports that are asked together
follows how many of the last ones were told, down to one by one.
"""

import errno
import select
import socket
import time
from collections import deque
from collections.abc import Iterable, Mapping

from harness.model.base import Frozen
from harness.transports.access import Access
from harness.transports.tcp import name_of

WITHIN_S = 0.6
LONGEST_S = 1500.0
TOGETHER = 128
TRIES = 2  # while nearly all others were told, or alone: who stays silent so often is silent
ALONE = 8  # as many in turn, asked one by one: nothing is told here
DATAGRAM = 2048
GENERIC = b"\r\n\r\n"


class UdpScanned(Frozen):
    """`open` ports answered with data, `closed` counts those that the device said are closed.

    `silent` ports did neither; `unasked` counts those that were not settled in time.
    """

    address: str
    asked: int
    open: tuple[int, ...]
    closed: int
    silent: tuple[int, ...] = ()
    unasked: int = 0
    unreachable: bool = False
    took_s: float


def scan_udp(access: Access, host: str, questions: Mapping[int, bytes], longest_s: float = LONGEST_S) -> UdpScanned:
    """Ask every port its question."""
    began = time.monotonic()
    with access.lease(host) as per_s, access.device_time():
        asking = _Asking(access, host, questions, per_s)
        asking.run(began + longest_s)
    return UdpScanned(
        address=host,
        asked=len(questions),
        open=tuple(sorted(asking.open)),
        closed=asking.closed,
        silent=tuple(sorted(asking.silent)),
        unasked=len(asking.waiting),
        unreachable=asking.unreachable,
        took_s=round(time.monotonic() - began, 3),
    )


class _Asking:
    """Batches of connected sockets: only such ones hear of a refusal."""

    def __init__(self, access: Access, host: str, questions: Mapping[int, bytes], per_s: float) -> None:
        [(family, _, _, _, address)] = socket.getaddrinfo(host, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
        self._access, self._host, self._questions = access, host, questions
        self._family, self._address, self._pause = family, tuple(address), 1.0 / per_s
        self.waiting = deque(questions)
        self._tries = dict.fromkeys(questions, 0)
        self.open: list[int] = []
        self.silent: list[int] = []
        self.closed = 0
        self.unreachable = False

    def run(self, until: float) -> None:
        """All of it, or until the time is up."""
        together, told_nothing = TOGETHER, 0
        while self.waiting and not self.unreachable and time.monotonic() < until:
            batch = [self.waiting.popleft() for _ in range(min(together, len(self.waiting)))]
            unanswered = self._ask(batch)
            told = len(batch) - len(unanswered)
            self._note(unanswered, counts=told * 10 >= len(batch) * 9 or len(batch) == 1)
            told_nothing = told_nothing + 1 if len(batch) == 1 and not told else 0 if told else told_nothing
            if told_nothing >= ALONE:
                self.silent += self.waiting
                self.waiting.clear()
            together = min(TOGETHER, together * 2) if told * 4 >= len(batch) * 3 else max(1, min(together, len(batch)) // 2)

    def _note(self, unanswered: Iterable[int], *, counts: bool) -> None:
        for port in unanswered:
            self._tries[port] += counts
            if self._tries[port] >= TRIES:
                self.silent.append(port)
            else:
                self.waiting.append(port)

    def _ask(self, ports: Iterable[int]) -> list[int]:
        """Those of which nothing was heard in time."""
        flying: dict[int, tuple[socket.socket, int]] = {}
        with select.epoll() as poll:
            try:
                for port in ports:
                    time.sleep(self._pause)
                    self._send(port, flying, poll)
                until = time.monotonic() + WITHIN_S
                while flying and (left := until - time.monotonic()) > 0:
                    for handle, _ in poll.poll(left):
                        self._hear(flying, handle, poll)
            finally:
                for each, _ in flying.values():
                    each.close()
        return [port for _, port in flying.values()]

    def _send(self, port: int, flying: dict[int, tuple[socket.socket, int]], poll: select.epoll) -> None:
        each = socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        flying[each.fileno()] = each, port
        poll.register(each, select.EPOLLIN)
        try:
            each.connect((self._address[0], port, *self._address[2:]))
            each.send(self._questions[port])
        except OSError as problem:
            self._trouble(problem)

    def _hear(self, flying: dict[int, tuple[socket.socket, int]], handle: int, poll: select.epoll) -> None:
        each, port = flying.pop(handle)
        poll.unregister(each)
        try:
            data = each.recv(DATAGRAM)
        except OSError as problem:
            self.closed += problem.errno == errno.ECONNREFUSED
            if problem.errno != errno.ECONNREFUSED:
                self.silent.append(port)
            self._trouble(problem)
        else:
            self._evidence(port, data)
            self.open.append(port)
        finally:
            each.close()

    def _evidence(self, port: int, data: bytes) -> None:
        to = name_of(self._host, port, transport="udp")
        self._access.sent(to, self._questions[port])
        self._access.received(to, data)

    def _trouble(self, problem: OSError) -> None:
        if problem.errno in (errno.ENETUNREACH, errno.EADDRNOTAVAIL):
            self.unreachable = True
