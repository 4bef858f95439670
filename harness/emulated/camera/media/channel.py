"""One stream that many may watch: who joins gets the pictures since the last key frame at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from harness.emulated.camera.media.annexb import PPS, SPS, Picture, kind

FRAMES_PER_S = 10
CLOCK_HZ = 90_000


@dataclass(frozen=True)
class Frame:
    """A picture, its moment on the stream's 90 kHz clock, and how many pictures behind a key frame it stands."""

    picture: Picture
    timestamp: int
    place: int = 0


Watcher = Callable[[Frame], None]


class Channel:
    """A live stream with its parameter sets."""

    def __init__(self, name: str, width: int, height: int) -> None:
        self.name, self.width, self.height = name, width, height
        self.dimmed: Channel | None = None  # the same pictures once more, only ever on a flawed unit
        self._described = asyncio.Event()
        self._parameters = (b"", b"")
        self._group: list[Frame] = []
        self._count = 0
        self._watchers: list[Watcher] = []
        self.viewers = 0  # people; a recorder watches too

    async def parameters(self) -> tuple[bytes, bytes]:
        """Sequence and picture parameter set, as soon as the encoder has sent them."""
        await self._described.wait()
        return self._parameters

    def next_timestamp(self) -> int:
        """The moment of the first picture that a new watcher gets."""
        return self._group[0].timestamp if self._group else self._count * CLOCK_HZ // FRAMES_PER_S

    def feed(self, picture: Picture) -> None:
        """Pass a picture on."""
        if picture.keyframe:
            self._group = []
            self._learn(picture)
        frame = Frame(picture, self._count * CLOCK_HZ // FRAMES_PER_S, len(self._group))
        self._count += 1
        if picture.keyframe or self._group:
            self._group.append(frame)
        for watcher in tuple(self._watchers):
            watcher(frame)

    def watch(self, watcher: Watcher) -> None:
        """Join: the current group of pictures, then all that come."""
        for frame in self._group:
            watcher(frame)
        self._watchers.append(watcher)

    def leave(self, watcher: Watcher) -> None:
        """Stop watching."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)

    def _learn(self, picture: Picture) -> None:
        units = {kind(unit): unit for unit in picture.units}
        if SPS in units and PPS in units:
            self._parameters = (units[SPS], units[PPS])
            self._described.set()
