"""Ports that only a flawed unit opens; a sound one opens none."""

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import suppress

from harness.emulated.camera.identity import MODEL
from harness.emulated.camera.unit import Happening, Unit

DIAGNOSIS, FACTORY_TEST, MIRROR, RELAY, SEARCH = 61713, 9527, 8088, 20480, 37810
_RELAY_S = 120.0


class _Speaks(asyncio.Protocol):
    """Greets, answers the first line with an error, and hangs up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As a protocol has it."""
        self._transport = transport
        transport.write(b"camera diag v2\r\n> ")

    def data_received(self, _: bytes) -> None:
        """As a protocol has it."""
        self._transport.write(b"error: unknown command\r\n")
        self._transport.close()


class _Search(asyncio.DatagramProtocol):
    """A vendor's own search: whatever is asked, it says what it is."""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """As a protocol has it."""
        self._transport = transport

    def datagram_received(self, _: bytes, addr: tuple[str, int]) -> None:
        """As a protocol has it."""
        self._transport.sendto(json.dumps({"type": "search", "model": MODEL}).encode(), addr)


class Listeners:
    """From one boot to the next."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._open: dict[int, Callable[[], None]] = {}
        unit.on_happening(self._happened)

    async def start(self) -> None:
        """Open what its flaws open at boot."""
        flaws, address = self._unit.flaws, self._unit.address
        if "port-diagnosis" in flaws:
            await self._listen(address, DIAGNOSIS)
        if "port-other-family" in flaws:
            await self._listen("::", MIRROR)
        if "port-factory-test" in flaws and self._unit.accounts.factory:
            await self._listen(address, FACTORY_TEST)
        if "port-search-udp" in flaws:
            await self._datagrams(address, SEARCH)

    def stop(self) -> None:
        """Close all."""
        for close in self._open.values():
            close()
        self._open.clear()

    def _happened(self, what: Happening) -> None:
        if what == "set-up":
            self._close(FACTORY_TEST)
        if what == "live view" and "port-while-viewed" in self._unit.flaws and RELAY not in self._open:
            self._unit.clock.work(self._listen(self._unit.address, RELAY))
            self._unit.clock.call_later(_RELAY_S, lambda: self._close(RELAY))

    def _close(self, port: int) -> None:
        self._open.pop(port, lambda: None)()

    async def _listen(self, address: str, port: int) -> None:
        with suppress(OSError):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            server = await asyncio.get_running_loop().create_server(_Speaks, address, port, family=family)
            self._open[port] = server.close

    async def _datagrams(self, address: str, port: int) -> None:
        with suppress(OSError):
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(_Search, local_addr=(address, port))
            self._open[port] = transport.close
