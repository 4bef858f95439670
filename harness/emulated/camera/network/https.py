"""HTTPS to one server, on a connection that is kept."""

import asyncio
from dataclasses import dataclass

import h11

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.network.resolver import Resolver
from harness.emulated.camera.network.trust import Trust
from harness.emulated.camera.network.unreachable import Unreachable

_AGENT = "camlabel-camera"
_CONNECT_S, _EXCHANGE_S = 10.0, 6.0
_KEEP_S = 1800.0
_HEAD_MOST, _BODY_MOST = 16 << 10, 64 << 10
_BROKEN = (OSError, EOFError, h11.ProtocolError, TimeoutError)


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    target: str
    body: bytes = b""
    content_type: str = "application/json"
    token: str = ""
    most: int = _BODY_MOST  # of the answer

    def head(self, host: str) -> h11.Request:
        """Its head for a server of this name."""
        headers = [("Host", host), ("User-Agent", _AGENT), ("Content-Length", str(len(self.body)))]
        if self.body:
            headers.append(("Content-Type", self.content_type))
        if self.token:
            headers.append(("Authorization", f"Bearer {self.token}"))
        return h11.Request(method=self.method, target=self.target, headers=headers)


@dataclass
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: h11.Connection
    made: float
    fresh: bool = True


class Server:
    """One server by its name; looked up and connected to anew when the connection has ended or grown old. Without trust in the clear."""

    def __init__(self, clock: Clock, resolver: Resolver, trust: Trust | None, local: str, host: str, port: int) -> None:
        self._clock, self._resolver, self._trust, self._local = clock, resolver, trust, local
        self.host, self._port = host, port
        self._began, self._failures = clock.uptime(), 0
        self._connection: _Connection | None = None
        self._one = asyncio.Lock()

    async def ask(self, request: Request) -> bytes:
        """The body of a good answer; Unreachable for every other. One request at a time."""
        async with self._one:
            status, body = await self._ask(request)
        if not 200 <= status < 300:
            raise Unreachable(f"{self.host}: {request.target} answered {status}")
        return body

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.writer.transport.abort()
        self._connection = None

    async def _ask(self, request: Request) -> tuple[int, bytes]:
        connection = self._kept() or await self._connect()
        try:
            return await self._exchange(connection, request)
        except Unreachable:
            if connection.fresh:
                raise
        return await self._exchange(await self._connect(), request)

    def _kept(self) -> _Connection | None:
        kept = self._connection
        if kept is None or kept.reader.at_eof() or kept.writer.is_closing() or self._clock.uptime() - kept.made > _KEEP_S:
            self.close()
            return None
        kept.fresh = False
        return kept

    async def _connect(self) -> _Connection:
        address = await self._resolver.resolve(self.host)
        secure = self._trust.context(self.host, self._failures, self._clock.uptime() - self._began) if self._trust else None
        self._failures += 1
        try:
            async with asyncio.timeout(self._clock.patience(_CONNECT_S)):
                reader, writer = await asyncio.open_connection(
                    address,
                    self._port,
                    ssl=secure,
                    server_hostname=self.host if secure else None,
                    local_addr=(self._local, 0),
                    limit=_HEAD_MOST,
                )
        except _BROKEN as problem:
            raise Unreachable(f"{self.host} at {address}: {problem or 'no answer'}") from None
        protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_MOST)
        self._connection = _Connection(reader, writer, protocol, self._clock.uptime())
        self._check(writer)
        self._failures = 0
        return self._connection

    def _check(self, writer: asyncio.StreamWriter) -> None:
        if self._trust is None:
            return
        try:
            self._trust.check(writer.get_extra_info("ssl_object"), self.host, self._clock.now())
        except Unreachable:
            self.close()
            raise

    async def _exchange(self, connection: _Connection, request: Request) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(self._clock.patience(_EXCHANGE_S)):
                status, body = await _converse(connection, request, self.host)
        except _BROKEN as problem:
            self.close()
            raise Unreachable(f"{self.host}: {problem or 'no answer'}") from None
        if connection.protocol.our_state is h11.DONE and connection.protocol.their_state is h11.DONE:
            connection.protocol.start_next_cycle()
        else:
            self.close()
        return status, body


async def _converse(connection: _Connection, request: Request, host: str) -> tuple[int, bytes]:
    protocol, writer = connection.protocol, connection.writer
    parts: tuple[h11.Event, ...] = (request.head(host), h11.Data(request.body), h11.EndOfMessage())
    for part in parts:
        writer.write(protocol.send(part) or b"")
    await writer.drain()
    status, body = 0, bytearray()
    while not isinstance(event := await _next(connection), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
        if len(body) > request.most:
            raise EOFError("the answer is too long")
    return status, bytes(body)


async def _next(connection: _Connection) -> h11.Event:
    """The next part of the answer, read on as far as needed."""
    while (event := connection.protocol.next_event()) is h11.NEED_DATA:
        connection.protocol.receive_data(await connection.reader.read(1 << 16))
    if isinstance(event, h11.Event) and not isinstance(event, h11.ConnectionClosed):
        return event
    raise EOFError("hung up")
