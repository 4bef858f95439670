"""One question and its answer over UDP, and messages that want none."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from harness.emulated.camera.network.unreachable import Unreachable

T = TypeVar("T")
Address = tuple[str, int]


class _Asker(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes | OSError] = asyncio.Queue(32)

    def datagram_received(self, data: bytes, _: object) -> None:
        self._keep(data)

    def error_received(self, exc: Exception) -> None:
        self._keep(exc if isinstance(exc, OSError) else OSError(str(exc)))

    def _keep(self, what: bytes | OSError) -> None:
        if not self.heard.full():
            self.heard.put_nowait(what)


async def ask(local: str, server: Address, request: bytes, understand: Callable[[bytes], T | None], seconds: float) -> T:
    """Send, and wait for the first datagram that is understood; Unreachable when none comes."""
    try:
        async with asyncio.timeout(seconds):
            transport, asker = await asyncio.get_running_loop().create_datagram_endpoint(_Asker, local_addr=(local, 0), remote_addr=server)
            try:
                transport.sendto(request)
                return await _first(asker, understand)
            finally:
                transport.close()
    except (TimeoutError, OSError) as problem:
        raise Unreachable(f"{server[0]} port {server[1]}: {problem or 'no answer'}") from None


async def send(local: str, server: Address, message: bytes) -> None:
    """Send one datagram."""
    try:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(_Asker, local_addr=(local, 0), remote_addr=server)
    except OSError as problem:
        raise Unreachable(f"{server[0]} port {server[1]}: {problem}") from None
    transport.sendto(message)
    transport.close()


async def _first(asker: _Asker, understand: Callable[[bytes], T | None]) -> T:
    while True:
        heard = await asker.heard.get()
        if isinstance(heard, OSError):
            raise heard
        understood = understand(heard)
        if understood is not None:
            return understood
