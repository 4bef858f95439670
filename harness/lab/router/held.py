"""Connections that are open now, so that some of them can be ended."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from harness.lab.router.notebook import Entry

ENDED = "ended by the lab"
END_S, SOON_S, LOOK_S = 2.0, 1.0, 0.02


class Held:
    """Each with its entry."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[int, tuple[socket.socket, Entry]] = {}

    @contextmanager
    def holding(self, peer: socket.socket, entry: Entry) -> Iterator[None]:
        """While it is open. What TLS wraps is another object on the same connection, so it is held by a double."""
        double = peer.dup()
        with self._changed:
            self._open[id(entry)] = double, entry
        try:
            yield
        finally:
            with self._changed:
                del self._open[id(entry)]
                double.close()
                self._changed.notify_all()

    def end(self, which: Callable[[Entry], bool]) -> None:
        """End all of a kind, and wait until what they had sent is counted. A handshake that is not over soon says nothing of the device."""
        deadline = time.monotonic() + SOON_S
        with self._changed:
            ended = {key for key, (_, entry) in self._open.items() if which(entry)}
            while (left := deadline - time.monotonic()) > 0 and any(not self._open[key][1].secured for key in ended & self._open.keys()):
                self._changed.wait(min(left, LOOK_S))
            for double, entry in (self._open[key] for key in ended & self._open.keys()):
                if not entry.secured:
                    entry.refused = entry.refused or ENDED
                with suppress(OSError):
                    double.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not ended & self._open.keys(), END_S)
