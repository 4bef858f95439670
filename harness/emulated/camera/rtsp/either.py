"""One port for both: what begins like TLS is TLS, all else is taken as it is. Only a flawed unit has it."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable

from harness.emulated.camera.rtsp.message import HEAD_MOST

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_HELLO = b"\x16"
_FIRST_BYTE_S = 10


class EitherServer:
    """Looks at the first byte of each connection without taking it."""

    def __init__(self, where: tuple[str, int], context: ssl.SSLContext, secured: Serve, clear: Serve) -> None:
        family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        self._socket = socket.create_server(where, family=family, backlog=100)
        self._socket.setblocking(False)
        self.port = int(self._socket.getsockname()[1])
        self._context, self._secured, self._clear = context, secured, clear
        self._tasks: set[asyncio.Task[None]] = set()
        self._begin(self._accept())

    def close(self) -> None:
        """Take nobody any more."""
        for task in tuple(self._tasks):
            task.cancel()
        self._socket.close()

    def _begin(self, work: "asyncio.Future[None] | Awaitable[None]") -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self) -> None:
        while True:
            taken, _ = await asyncio.get_running_loop().sock_accept(self._socket)
            taken.setblocking(False)
            self._begin(self._sort(taken))

    async def _sort(self, taken: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            secured = await asyncio.wait_for(_first_byte(loop, taken), _FIRST_BYTE_S) == _HELLO
            reader = asyncio.StreamReader(limit=HEAD_MOST)
            protocol = asyncio.StreamReaderProtocol(reader, self._secured if secured else self._clear)
            await loop.connect_accepted_socket(lambda: protocol, taken, ssl=self._context if secured else None)
        except (OSError, TimeoutError, asyncio.CancelledError):
            taken.close()


def _done(there: "asyncio.Future[None]") -> None:
    if not there.done():
        there.set_result(None)


async def _first_byte(loop: asyncio.AbstractEventLoop, taken: socket.socket) -> bytes:
    there: asyncio.Future[None] = loop.create_future()
    loop.add_reader(taken, _done, there)
    try:
        await there
    finally:
        loop.remove_reader(taken)
    return taken.recv(1, socket.MSG_PEEK)
