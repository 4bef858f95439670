"""RTSP inside plain HTTP, for QuickTime: answers on a GET, requests in Base64 on a POST. Only a flawed unit has it."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable
from contextlib import suppress

from harness.emulated.camera.rtsp.message import HEAD_MOST

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_TYPE = "application/x-rtsp-tunnelled"
_HEAD_S, _MOST = 10, 16


class Tunnels:
    """Brings the two connections of each viewer together by their cookie."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._waiting: dict[bytes, tuple[asyncio.StreamReader, asyncio.StreamWriter]] = {}

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection without TLS; what is no tunnel is hung up on."""
        try:
            async with asyncio.timeout(_HEAD_S):
                head = await reader.readuntil(b"\r\n\r\n")
            cookie = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"x-sessioncookie:")), b"")
            if cookie and head.startswith(b"GET ") and len(self._waiting) < _MOST:
                await self._open(cookie, writer)
            elif cookie in self._waiting and head.startswith(b"POST "):
                await self._feed(reader, self._waiting[cookie][0])
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _open(self, cookie: bytes, writer: asyncio.StreamWriter) -> None:
        requests = asyncio.StreamReader(limit=HEAD_MOST)
        self._waiting[cookie] = (requests, writer)
        writer.write(f"HTTP/1.0 200 OK\r\nContent-Type: {_TYPE}\r\nCache-Control: no-cache\r\n\r\n".encode())
        try:
            await self._serve(requests, writer)
        finally:
            self._waiting.pop(cookie, None)

    async def _feed(self, reader: asyncio.StreamReader, requests: asyncio.StreamReader) -> None:
        left = b""
        while data := await reader.read(4096):
            left += bytes(each for each in data if each > 32)
            whole = len(left) // 4 * 4
            with suppress(binascii.Error):
                requests.feed_data(b"".join(base64.b64decode(left[at : at + 4]) for at in range(0, whole, 4)))
            left = left[whole:]
        requests.feed_eof()
