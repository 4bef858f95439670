"""The serial line of an emulated device over TCP, for one client at a time, as a console server gives it."""

import os
import select
import socket
from contextlib import suppress

LOOPBACK = "127.0.0.1"
_CHUNK = 4096
_STALL_S = 1.0


class SerialServer:
    """Carries bytes both ways whenever `step` is called; what is heard without a client is lost, as on any wire."""

    def __init__(self, port: str) -> None:
        self._line = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._listener = socket.create_server((LOOPBACK, 0))
        self._client: socket.socket | None = None
        self.url = f"socket://{LOOPBACK}:{self._listener.getsockname()[1]}"

    def step(self, seconds: float) -> None:
        """Wait at most so long for something to carry, and carry it."""
        ends: list[int | socket.socket] = [self._line, self._listener, *([self._client] if self._client else [])]
        readable = select.select(ends, [], [], seconds)[0]
        if self._line in readable:
            self._out()
        if self._client in readable:
            self._in()
        if self._listener in readable:
            self._take()

    def close(self) -> None:
        """Hang up; closing twice is fine."""
        self._drop()
        self._listener.close()
        if self._line >= 0:
            os.close(self._line)
            self._line = -1

    def _out(self) -> None:
        with suppress(BlockingIOError):
            heard = os.read(self._line, _CHUNK)
            try:
                if self._client:
                    self._client.sendall(heard)
            except OSError:
                self._drop()

    def _in(self) -> None:
        typed = b""
        with suppress(OSError):
            typed = self._client.recv(_CHUNK) if self._client else b""
        if not typed:
            self._drop()
        with suppress(BlockingIOError):
            os.write(self._line, typed)

    def _take(self) -> None:
        """A second client is turned away: two on one line hear half each."""
        client, _ = self._listener.accept()
        if self._client:
            client.close()
            return
        client.settimeout(_STALL_S)
        self._client = client

    def _drop(self) -> None:
        if self._client:
            self._client.close()
        self._client = None
