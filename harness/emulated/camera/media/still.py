"""The latest still picture."""

import asyncio
from collections.abc import Iterator

_END = b"\xff\xd9"
_MOST_BYTES = 4 << 20


class Still:
    """Holds the last whole JPEG of a stream of them."""

    def __init__(self) -> None:
        self._there = asyncio.Event()
        self._latest = self._rest = b""

    async def latest(self) -> bytes:
        """The picture, as soon as there is one."""
        await self._there.wait()
        return self._latest

    @property
    def now(self) -> bytes:
        """The picture, empty before there is one."""
        return self._latest

    def feed(self, data: bytes) -> None:
        """Read on."""
        for picture in self._pictures(data):
            self._latest = picture
            self._there.set()

    def _pictures(self, data: bytes) -> Iterator[bytes]:
        *done, self._rest = (self._rest + data)[-_MOST_BYTES:].split(_END)
        for picture in done:
            yield picture + _END
