"""Which TCP ports are open: plain connections, many at once, at the rate that the bench allows."""

import errno
import os
import resource
import select
import socket
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from harness.model.base import Frozen
from harness.model.errors import UsageError
from harness.transports.access import Access

AT_ONCE = 512
WITHIN_S = 1.0
TRIES = 2
_OPEN, _CLOSED = 0, errno.ECONNREFUSED
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EHOSTDOWN)


class Scanned(Frozen):
    """What a scan saw. `silent` ports neither took nor refused a connection, also when asked again; `per_s` is the real rate."""

    address: str
    asked: int
    open: tuple[int, ...]
    silent: int = 0
    unreachable: bool = False
    per_s: float
    took_s: float


def scan(access: Access, host: str, ports: Iterable[int], within: float = WITHIN_S) -> Scanned:
    """Ask every port; those that stay silent once more."""
    began, wanted = time.monotonic(), tuple(ports)
    with access.lease(host) as per_s, access.device_time():
        asking = _Asking(host, per_s, within)
        left: tuple[int, ...] = wanted
        for _ in range(TRIES):
            left = asking.ask(left)
    took = max(time.monotonic() - began, 1e-6)
    return Scanned(
        address=host,
        asked=len(wanted),
        open=tuple(sorted(asking.open)),
        silent=len(left),
        unreachable=asking.unreachable,
        per_s=round(asking.asked / took, 1),
        took_s=round(took, 3),
    )


class _Asking:
    """One epoll loop over non-blocking sockets."""

    def __init__(self, host: str, per_s: float, within: float) -> None:
        [(family, _, _, _, address)] = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        self._family, self._address = family, tuple(address)
        self._pause, self._within = 1.0 / per_s, within
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - sum(1 for _ in Path("/proc/self/fd").iterdir())
        self._at_once = max(8, min(AT_ONCE, files - 64))
        self.open: list[int] = []
        self.unreachable = False
        self.asked = 0

    def ask(self, ports: Iterable[int]) -> tuple[int, ...]:
        """Those that did not answer in time."""
        waiting, silent = deque(ports), []
        flying: dict[int, tuple[socket.socket, int, float]] = {}
        due = time.monotonic()
        with select.epoll() as poll:
            try:
                while (waiting or flying) and not self.unreachable:
                    now = time.monotonic()
                    while waiting and len(flying) < self._at_once and due <= now:
                        due = max(due + self._pause, now - 0.1)
                        self._begin(waiting.popleft(), flying, poll, now + self._within)
                    for handle, _ in poll.poll(self._patience(flying, due if waiting else None)):
                        self._end(flying, handle, poll)
                    silent += self._late(flying, poll)
            finally:
                for each, _, _ in flying.values():
                    each.close()
        return tuple(silent)

    def _begin(self, port: int, flying: dict[int, tuple[socket.socket, int, float]], poll: select.epoll, until: float) -> None:
        """Most refusals of a device nearby are known at once."""
        self.asked += 1
        each = socket.socket(self._family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        problem = each.connect_ex((self._address[0], port, *self._address[2:]))
        if problem == errno.EINPROGRESS:
            flying[each.fileno()] = each, port, until
            poll.register(each, select.EPOLLOUT | select.EPOLLONESHOT)
            return
        each.close()
        self._note(port, problem)

    def _end(self, flying: dict[int, tuple[socket.socket, int, float]], handle: int, poll: select.epoll) -> None:
        each, port, _ = flying.pop(handle)
        problem = each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        poll.unregister(each)
        each.close()
        self._note(port, problem)

    def _note(self, port: int, problem: int) -> None:
        """A port that is neither open nor refused is a filtered one; where there is no way at all, none can be seen."""
        if problem == _OPEN:
            self.open.append(port)
        elif problem in _NO_WAY:
            self.unreachable = True
        elif problem in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS):
            raise UsageError(f"this machine has no room for a scan: {os.strerror(problem)}")

    @staticmethod
    def _patience(flying: dict[int, tuple[socket.socket, int, float]], due: float | None) -> float:
        ends = [*([due] if due is not None else []), *(until for _, _, until in list(flying.values())[:1])]
        return max(0.0, min(ends, default=0.0) - time.monotonic())

    @staticmethod
    def _late(flying: dict[int, tuple[socket.socket, int, float]], poll: select.epoll) -> list[int]:
        """The oldest come first."""
        now, late = time.monotonic(), []
        for handle, (each, port, until) in list(flying.items())[:AT_ONCE]:
            if until > now:
                break
            poll.unregister(each)
            each.close()
            del flying[handle]
            late.append(port)
        return late
