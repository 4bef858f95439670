"""Recordings: each event leaves a short film and a picture on the card, for those who may look."""

import asyncio
import logging
import posixpath
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from harness.emulated.camera.flash import Flash
from harness.emulated.camera.media.channel import Channel, Frame
from harness.emulated.camera.media.film import film_of
from harness.emulated.camera.media.still import Still
from harness.emulated.camera.place import Place
from harness.emulated.camera.privacy import Privacy
from harness.emulated.camera.rootfs import tree
from harness.emulated.camera.tools import ToolFailed

MOST = 40
KINDS = {"clip": "mp4", "picture": "jpg"}
_SECONDS, _WAIT_S = 2, 3.0
_NAME = re.compile(r"\d{1,12}-\d{1,6}")
_FILE = re.compile(r"(\d{1,12}-\d{1,6})\.(mp4|jpg)")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recording:
    """One event by its name, which begins with its time."""

    name: str

    @property
    def time(self) -> float:
        """Seconds since 1970."""
        return float(self.name.partition("-")[0])

    def file(self, kind: str) -> str:
        """Where its film or picture lies on the card."""
        return f"clips/{self.name}.{KINDS[kind]}"


class Recordings:
    """All on the card, the newest first; the oldest make room."""

    def __init__(self, place: Place) -> None:
        self._place, self._card = place, place.card
        self._names: list[str] | None = None

    def all(self) -> tuple[Recording, ...]:
        """Newest first."""
        return tuple(Recording(name) for name in self._known())

    def read(self, file: str) -> bytes | None:
        """A film or picture by the name of its file, None where there is none."""
        found = _FILE.fullmatch(file)
        if self._card is None or found is None or found[1] not in self._known():
            return None
        return self._card.read(f"clips/{file}")

    def save(self, name: str, film: bytes, picture: bytes) -> None:
        """One more; raises ToolFailed when the card is full."""
        if self._card is None:
            return
        known, new = self._known(), Recording(name)
        for kind, data in (("clip", film), ("picture", picture)):
            self._card.write(new.file(kind), data)
        known.insert(0, name)
        for old in known[MOST:]:
            self.delete(old)

    def delete(self, name: str) -> bool:
        """Take one away, with what the event left beside it; False where there is none."""
        if self._card is None or not _NAME.fullmatch(name) or name not in self._known():
            return False
        self._known().remove(name)
        for file in (*(Recording(name).file(kind) for kind in KINDS), self._place.file(name)):
            with suppress(ToolFailed):
                self._card.delete(file)
        return True

    def _known(self) -> list[str]:
        """Read from the card when somebody asks first."""
        if self._names is None:
            there = self._card.names() if self._card else ()
            films = (file.removeprefix("clips/") for file in there if file.startswith("clips/"))
            names = (found[1] for file in films if (found := _FILE.fullmatch(file)) and found[2] == "mp4")
            self._names = sorted(names, key=lambda name: tuple(map(int, name.split("-"))), reverse=True)
        return self._names


class Recorder:
    """Keeps the latest seconds of a stream, and writes them down when something happens; in privacy mode it keeps none."""

    def __init__(
        self, recordings: Recordings, place: Place, privacy: Privacy, channel: Channel, still: Still, hears: Callable[[], bool]
    ) -> None:
        self._recordings, self._place, self._privacy, self._channel, self._still = recordings, place, privacy, channel, still
        self._hears = hears
        self._groups: deque[list[Frame]] = deque(maxlen=_SECONDS * 2 + 1)
        self._writing = asyncio.Lock()

    def start(self) -> None:
        """Look from now on."""
        self._channel.watch(self._see)

    async def record(self, name: str) -> None:
        """What was seen until now."""
        async with self._writing:
            try:
                async with asyncio.timeout(_WAIT_S):
                    await self._channel.parameters()
                    picture = await self._still.latest()
                pictures = [frame.picture for group in self._groups for frame in group]
                film = await film_of(pictures, self._place.name, 1.0 if self._hears() else 0.0)
                self._recordings.save(name, film, picture)
            except (TimeoutError, OSError) as problem:
                _log.warning("no recording of %s: %s", name, problem or "no picture came")

    def _see(self, frame: Frame) -> None:
        if not self._privacy.records:
            self._groups.clear()
        elif frame.picture.keyframe:
            self._groups.append([])
        if self._groups:
            self._groups[-1].append(frame)


def by_any_path(name: str, recordings: Recordings, flash: Flash, version: str) -> bytes | None:
    """As a flawed unit reads what a client names: whatever its path leads to."""
    path = posixpath.normpath(posixpath.join("/media/card/clips", name))
    if path.startswith("/data/"):
        return flash.read(path.removeprefix("/data/"))
    return recordings.read(path.removeprefix("/media/card/clips/")) or tree(version).get(path.lstrip("/"))
