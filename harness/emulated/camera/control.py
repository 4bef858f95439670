"""The control socket: moves the device's clock, presses its reset button. One JSON line in, one out; no part of the camera's network."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

from harness.emulated.camera.clock import Clock

_LINE_MOST = 4096
_SECONDS_MOST = 10 * 366 * 86400.0


class Control:
    """Listens on a unix socket."""

    def __init__(self, clock: Clock, path: Path, press_reset: Callable[[float], Awaitable[None]]) -> None:
        self._clock, self._path, self._press_reset = clock, path, press_reset
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a socket left by a power cut is replaced."""
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=_LINE_MOST)
        self._path.chmod(0o600)

    def stop(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ValueError, ConnectionError):
            pass  # a line without end, or nobody there any more
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            order = json.loads(line)
            more = await self._do(order["do"], order)
        except (ValueError, KeyError, TypeError, RecursionError) as mistake:
            return {"ok": False, "error": f"{type(mistake).__name__}: {mistake}"}
        return {"ok": True, "now": self._clock.now(), **more}

    async def _do(self, what: str, order: dict[str, object]) -> dict[str, object]:
        if what == "advance":
            await self._clock.advance(_seconds(order["seconds"]), more=order.get("more") is True)
            return {"due": self._clock.due()}
        if what == "press_reset":
            await self._press_reset(_seconds(order["seconds"]))
        elif what != "now":
            raise ValueError("do is advance, now or press_reset")
        return {}


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("seconds is a number")
    if not math.isfinite(value) or not 0 <= value <= _SECONDS_MOST:
        raise ValueError("seconds is from 0 to ten years")
    return float(value)
