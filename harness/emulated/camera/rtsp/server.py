"""The RTSP service of a unit: inside TLS always, in the clear while its owner allows it."""

import asyncio
import socket
import ssl

from harness.emulated.camera.media.channel import Channel
from harness.emulated.camera.media.curtain import Curtain
from harness.emulated.camera.media.microphone import Microphone
from harness.emulated.camera.rtsp.connection import Connection
from harness.emulated.camera.rtsp.cover import Cover
from harness.emulated.camera.rtsp.either import EitherServer
from harness.emulated.camera.rtsp.message import HEAD_MOST
from harness.emulated.camera.rtsp.sound import Hearing
from harness.emulated.camera.rtsp.transport import UdpPorts
from harness.emulated.camera.rtsp.tunnel import Tunnels
from harness.emulated.camera.tls_flaws import spoil_streams
from harness.emulated.camera.unit import Unit

SETTING = "clear_streams"
ALWAYS = frozenset({"clear-streams-never-off", "clear-streams-described", "clear-sub-stream"})
_MOST_CONNECTIONS, _HANDSHAKE_S = 64, 5


class RtspServer:
    """Listens, and ends the streams of an account when its password changes."""

    def __init__(self, unit: Unit, channels: dict[str, Channel], microphone: Microphone, curtain: Curtain) -> None:
        self._unit, self._channels, self._hearing = unit, channels, Hearing(unit, microphone)
        self._cover = Cover(unit, curtain)
        self._connections: set[Connection] = set()
        self._udp = UdpPorts(self._heard)
        self._secured: asyncio.Server | EitherServer | None = None
        self._clear: asyncio.Server | None = None
        self._clear_socket: socket.socket | None = None
        unit.on_revoked(self._end_streams)
        unit.settings.on_change(self._switch)

    async def start(self) -> tuple[int, int]:
        """Listen; returns the port of TLS, and that of clear streams, which may be shut."""
        await self._udp.open(self._unit.address)
        port = await self._listen_with_tls(self._tls())
        self._unit.rtsp_port = self._unit.rtsp_port or _free_port(self._unit.address)
        if self._unit.settings[SETTING] or ALWAYS & self._unit.flaws:
            self._open_clear_port()
            await self._listen_in_the_clear()
        return port, self._unit.rtsp_port

    def stop(self) -> None:
        """Hang up on everybody."""
        if self._secured is not None:
            self._secured.close()
        self._shut_clear_port()
        for connection in tuple(self._connections):
            connection.close()
        self._udp.close()
        self._hearing.microphone.stop()

    def _tls(self) -> ssl.SSLContext:
        context = self._unit.tls()
        spoil_streams(context, self._unit.flaws)
        return context

    async def _listen_with_tls(self, context: ssl.SSLContext) -> int:
        where = (self._unit.address, self._unit.rtsps_port)
        if {"rtsps-port-takes-clear", "rtsps-http-tunnel"} & self._unit.flaws:
            clear = Tunnels(self._serve_clear).take if "rtsps-http-tunnel" in self._unit.flaws else self._serve_clear
            self._secured = EitherServer(where, context, self._serve_secured, clear)
            return self._secured.port
        self._secured = await asyncio.start_server(
            self._serve_secured,
            *where,
            limit=HEAD_MOST,
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_S,
            ssl_shutdown_timeout=_HANDSHAKE_S,
        )
        return int(self._secured.sockets[0].getsockname()[1])

    def _open_clear_port(self) -> None:
        """It is open when the setting counts; who comes is served a moment later."""
        if self._clear_socket is None:
            family = socket.AF_INET6 if ":" in self._unit.address else socket.AF_INET
            self._clear_socket = socket.create_server((self._unit.address, self._unit.rtsp_port), family=family)

    async def _listen_in_the_clear(self) -> None:
        if self._clear_socket is not None and self._clear is None:
            self._clear = await asyncio.start_server(self._serve_clear, sock=self._clear_socket, limit=HEAD_MOST)

    def _shut_clear_port(self) -> None:
        if self._clear is not None:
            self._clear.close()
        if self._clear_socket is not None:
            self._clear_socket.close()
        self._clear = self._clear_socket = None

    def _switch(self, name: str, on: bool) -> None:
        """The owner allows clear streams, or does not any more: then the port is shut, and those that play end."""
        if name != SETTING or ALWAYS & self._unit.flaws:
            return
        if on:
            self._open_clear_port()
            self._unit.clock.work(self._listen_in_the_clear())
        elif "clear-streams-linger" not in self._unit.flaws:
            self._shut_clear_port()
            for connection in tuple(self._connections):
                if not connection.secured:
                    connection.close()

    async def _serve_secured(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, secured=True)

    async def _serve_clear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._serve(reader, writer, secured=False)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, secured: bool) -> None:
        if len(self._connections) >= _MOST_CONNECTIONS:
            writer.close()
            return
        connection = Connection(self._unit, self._channels, self._hearing, self._cover, self._udp, (reader, writer), secured=secured)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)

    def _end_streams(self, user: str) -> None:
        for connection in tuple(self._connections):
            connection.end_streams(user)

    def _heard(self, host: str, port: int) -> None:
        for connection in self._connections:
            if connection.client == host:
                connection.heard(port)


def _free_port(address: str) -> int:
    """One for later, where the caller named none."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
