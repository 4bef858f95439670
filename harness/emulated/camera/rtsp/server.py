"""The RTSP service of a unit."""

import asyncio

from harness.emulated.camera.media.channel import Channel
from harness.emulated.camera.media.curtain import Curtain
from harness.emulated.camera.media.microphone import Microphone
from harness.emulated.camera.rtsp.connection import Connection
from harness.emulated.camera.rtsp.cover import Cover
from harness.emulated.camera.rtsp.message import HEAD_MOST
from harness.emulated.camera.rtsp.sound import Hearing
from harness.emulated.camera.rtsp.transport import UdpPorts
from harness.emulated.camera.unit import Unit

_MOST_CONNECTIONS = 64


class RtspServer:
    """Listens, and ends the streams of an account when its password changes."""

    def __init__(self, unit: Unit, channels: dict[str, Channel], microphone: Microphone, curtain: Curtain) -> None:
        self._unit, self._channels, self._hearing = unit, channels, Hearing(unit, microphone)
        self._cover = Cover(unit, curtain)
        self._connections: set[Connection] = set()
        self._udp = UdpPorts(self._heard)
        self._server: asyncio.Server | None = None
        unit.on_revoked(self._end_streams)

    async def start(self) -> int:
        """Listen; returns the port."""
        await self._udp.open(self._unit.address)
        self._server = await asyncio.start_server(self._serve, self._unit.address, self._unit.rtsp_port, limit=HEAD_MOST)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.close()
        self._udp.close()
        self._hearing.microphone.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= _MOST_CONNECTIONS:
            writer.close()
            return
        connection = Connection(self._unit, self._channels, self._hearing, self._cover, self._udp, (reader, writer))
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
