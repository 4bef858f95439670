"""The HTTPS service: uvicorn's protocol on a listener of our own, with limits that uvicorn leaves to a proxy."""

import asyncio
from typing import Any

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from harness.emulated.camera.certificate import key_rows
from harness.emulated.camera.unit import Unit

_MOST_CONNECTIONS, _HEAD_MOST = 64, 16 << 10
_KEEP_ALIVE_S, _EXCHANGE_S, _HANDSHAKE_S = 15, 20, 5


class PatientProtocol(H11Protocol):
    """HTTP/1.1, patient with slow clients only for a while: a whole exchange has its time."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """As a protocol has it."""
        super().connection_made(transport)
        self._start_exchange()

    def data_received(self, data: bytes) -> None:
        """As a protocol has it."""
        self._start_exchange()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """As uvicorn has it."""
        self._end_exchange()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """As a protocol has it."""
        self._end_exchange()
        super().connection_lost(exc)

    def _start_exchange(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(_EXCHANGE_S, self.transport.abort)

    def _end_exchange(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None


class WebServer:
    """Listens with TLS and serves one application."""

    def __init__(self, unit: Unit, app: ASGIApp) -> None:
        self._unit = unit
        self._config = Config(
            app,
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE_S,
            h11_max_incomplete_event_size=_HEAD_MOST,
        )
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; returns the port."""
        self._config.load()
        context = self._unit.tls()
        if "uart-tls-key" in self._unit.flaws:
            self._unit.log(f"[DBG] ssl_srv.c:77 key\n{key_rows(self._unit.flash)}")
        self._server = await asyncio.get_running_loop().create_server(
            self.protocol,
            self._unit.address,
            self._unit.https_port,
            ssl=context,
            ssl_handshake_timeout=_HANDSHAKE_S,
            ssl_shutdown_timeout=_HANDSHAKE_S,
        )
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Hang up on everybody."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._state.connections):
            connection.transport.abort()

    def protocol(self) -> asyncio.Protocol:
        """For one connection."""
        state: dict[str, Any] = {}
        return PatientProtocol(self._config, self._state, state)
