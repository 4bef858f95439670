"""Ports beside the declared ones: those of services that the owner may switch on, and those that only a flawed unit opens."""

import asyncio
import json
import secrets
import socket
import weakref
from collections.abc import Callable
from contextlib import suppress

from harness.emulated.camera.identity import MODEL
from harness.emulated.camera.unit import Happening, Unit

DIAGNOSIS, FACTORY_TEST, MIRROR, RELAY, SEARCH = 61713, 9527, 8088, 20480, 37810
TELNET, HTTP, SNMP = 23000, 80, 161
SUPPORT, HOME = 8022, 8123
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


class _Telnet(asyncio.Protocol):
    """Negotiates and asks who is there; nobody is let in."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As a protocol has it."""
        self._transport = transport
        transport.write(b"\xff\xfd\x18\xff\xfb\x01\r\ncamera login: ")

    def data_received(self, _: bytes) -> None:
        """As a protocol has it."""
        self._transport.write(b"\r\nPassword: ")


class _Web(asyncio.Protocol):
    """HTTP that leads to TLS, but for what its flaw is."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As a protocol has it."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """As a protocol has it."""
        self._transport.write(self._answer(data.split(b"\r\n", 1)[0]))
        self._transport.close()

    def _answer(self, first: bytes) -> bytes:
        if b" HTTP/1." not in first:
            return b""
        if "port-http-login" in self._unit.flaws and first.startswith(b"POST /api/login "):
            return b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        cookie = f"Set-Cookie: session={secrets.token_hex(8)}\r\n" if "port-http-cookie" in self._unit.flaws else ""
        head = f"HTTP/1.1 301 Moved Permanently\r\nLocation: https://{self._unit.address}/\r\n{cookie}Content-Length: 0\r\n\r\n"
        return head.encode()


class _Snmp(asyncio.DatagramProtocol):
    """Answers v2c with the community of every manual."""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """As a protocol has it."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """As a protocol has it."""
        if data[2:5] == b"\x02\x01\x01" and b"public" in data:
            self._transport.sendto(data.replace(b"\xa0", b"\xa2", 1), addr)


class Listeners:
    """From one boot to the next. `page` answers on a connection without TLS, where the owner wants that."""

    def __init__(self, unit: Unit, page: Callable[[], asyncio.Protocol]) -> None:
        self._unit = unit
        self._switched: dict[str, tuple[int, Callable[[], asyncio.Protocol]]] = {
            "plain_http": (HTTP, page),
            "remote_diagnostics": (SUPPORT, _Speaks),
            "home_systems": (HOME, _Speaks),
        }
        self._open: dict[int, Callable[[], None]] = {}
        self._talks: weakref.WeakSet[asyncio.BaseProtocol] = weakref.WeakSet()
        unit.on_happening(self._happened)
        unit.settings.on_change(self._switch)

    async def start(self) -> None:
        """Open what the owner switched on, and what its flaws open at boot."""
        for name, (port, speaks) in self._switched.items():
            if self._unit.settings[name] or f"{name.replace('_', '-')}-never-off" in self._unit.flaws:
                await self._listen(self._unit.address, port, speaks)
        await self._open_what_flaws_open()

    async def _open_what_flaws_open(self) -> None:
        flaws, address = self._unit.flaws, self._unit.address
        if "port-diagnosis" in flaws:
            await self._listen(address, DIAGNOSIS)
        if "port-other-family" in flaws:
            await self._listen("::", MIRROR)
        if ("port-factory-test" in flaws and self._unit.accounts.factory) or "reset-opens-port" in self._unit.openings:
            await self._listen(address, FACTORY_TEST)
        if "port-search-udp" in flaws:
            await self._datagrams(address, SEARCH, _Search)
        if "port-snmp" in flaws:
            await self._datagrams(address, SNMP, _Snmp)
        if "port-telnet" in flaws:
            await self._listen(address, TELNET, _Telnet)
        if {"port-http-login", "port-http-cookie"} & flaws:
            await self._listen(address, HTTP, lambda: _Web(self._unit))

    def stop(self) -> None:
        """Close all."""
        for close in self._open.values():
            close()
        self._open.clear()
        for talk in tuple(self._talks):
            if transport := getattr(talk, "_transport", None):
                transport.abort()

    def _switch(self, name: str, on: bool) -> None:
        if name in self._switched:
            port, speaks = self._switched[name]
            self._close(port)
            if on:
                self._unit.clock.work(self._listen(self._unit.address, port, speaks))

    def _happened(self, what: Happening) -> None:
        if what == "set-up":
            self._close(FACTORY_TEST)
        if what == "live view" and "port-while-viewed" in self._unit.flaws and RELAY not in self._open:
            self._unit.clock.work(self._listen(self._unit.address, RELAY))
            self._unit.clock.call_later(_RELAY_S, lambda: self._close(RELAY))

    def _close(self, port: int) -> None:
        self._open.pop(port, lambda: None)()

    async def _listen(self, address: str, port: int, speaks: Callable[[], asyncio.Protocol] = _Speaks) -> None:
        with suppress(OSError):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            server = await asyncio.get_running_loop().create_server(lambda: self._kept(speaks()), address, port, family=family)
            self._open[port] = server.close

    def _kept(self, talk: asyncio.Protocol) -> asyncio.Protocol:
        self._talks.add(talk)
        return talk

    async def _datagrams(self, address: str, port: int, speaks: Callable[[], asyncio.DatagramProtocol]) -> None:
        with suppress(OSError):
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(speaks, local_addr=(address, port))
            self._open[port] = transport.close
