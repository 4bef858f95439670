"""What the microphone hears: a tone in a quiet room, as G.711 (A-law)."""

import asyncio
import math
from collections.abc import Callable
from functools import cache

RATE_HZ, CHUNK = 8_000, 320
TONE_HZ = 1_000  # a whole number of its periods fits into a chunk, so that all chunks are alike
_LOUD, _CHUNK_S = 8_000, CHUNK / RATE_HZ
_ENDS = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)

Listener = Callable[[int], None]  # is told the place of the next chunk, in samples


class Microphone:
    """Tells its listeners every 40 ms; nothing runs while nobody listens."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._running: asyncio.Task[None] | None = None

    def watch(self, listener: Listener) -> None:
        """Hear on."""
        self._listeners.append(listener)
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())

    def leave(self, listener: Listener) -> None:
        """Hear no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def stop(self) -> None:
        """Switch off."""
        self._listeners.clear()
        if self._running is not None:
            self._running.cancel()

    async def _run(self) -> None:
        now = asyncio.get_running_loop().time
        count = int(now() / _CHUNK_S)
        while self._listeners:
            for listener in tuple(self._listeners):
                listener(count * CHUNK)
            count += 1
            await asyncio.sleep(max(0.0, count * _CHUNK_S - now()))


@cache
def chunk(gain: float) -> bytes:
    """40 ms of it."""
    return bytes(_a_law(round(gain * _LOUD * math.sin(2 * math.pi * TONE_HZ * n / RATE_HZ))) for n in range(CHUNK))


def _a_law(sample: int) -> int:
    """One sample of 16 bits (ITU-T G.711)."""
    sample >>= 3
    mask = 0xD5 if sample >= 0 else 0x55
    size = sample if sample >= 0 else -sample - 1
    segment = next((place for place, end in enumerate(_ENDS) if size <= end), 8)
    if segment == 8:
        return 0x7F ^ mask
    return (segment << 4 | (size >> max(1, segment)) & 0xF) ^ mask
