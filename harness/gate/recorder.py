"""Raw traffic of the observation that runs in this thread, as one readable artefact."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LIMIT = 4 * 1024 * 1024


@dataclass
class Tape:
    """Chunks in order: seconds since the start, direction, peer, bytes."""

    began: float = field(default_factory=time.monotonic)
    chunks: list[tuple[float, str, str, bytearray]] = field(default_factory=list)
    size: int = 0

    def add(self, direction: str, peer: str, data: bytes) -> None:
        """Append; chunks that follow each other in one direction become one."""
        room = max(0, LIMIT - self.size)
        self.size += len(data)
        data = data[:room]
        if self.chunks and self.chunks[-1][1:3] == (direction, peer):
            self.chunks[-1][3].extend(data)
        elif data:
            self.chunks.append((time.monotonic() - self.began, direction, peer, bytearray(data)))

    def transcript(self, mask: Callable[[bytes], bytes]) -> bytes:
        """JSON lines; text as text where it is UTF-8, else base64. Empty when nothing was exchanged."""
        lines = [_line(at, direction, peer, data) for at, direction, peer, data in self._masked(mask)]
        if self.size > LIMIT:
            lines.append(json.dumps({"left_out_bytes": self.size - LIMIT}))
        return "".join(f"{line}\n" for line in lines).encode()

    def _masked(self, mask: Callable[[bytes], bytes]) -> Iterator[tuple[float, str, str, bytes]]:
        """Stream by stream; where nothing is masked the chunks stay, else each is masked, and a stream in which a secret is cut by
        what went the other way is kept in one piece."""
        masked = [bytes(chunk[3]) for chunk in self.chunks]
        for places in self._streams().values():
            said = b"".join(masked[place] for place in places)
            whole = mask(said)
            if whole == said:
                continue
            apart = [mask(masked[place]) for place in places]
            together = whole != b"".join(apart)
            for index, place in enumerate(places):
                masked[place] = (b"" if index else whole) if together else apart[index]
        yield from ((at, direction, peer, data) for (at, direction, peer, _), data in zip(self.chunks, masked, strict=True) if data)

    def _streams(self) -> dict[tuple[str, str], list[int]]:
        streams: dict[tuple[str, str], list[int]] = {}
        for place, (_, direction, peer, _) in enumerate(self.chunks):
            streams.setdefault((direction, peer), []).append(place)
        return streams


def _line(at: float, direction: str, peer: str, data: bytes) -> str:
    try:
        content = {direction: data.decode()}
    except UnicodeDecodeError:
        content = {f"{direction}_base64": base64.b64encode(data).decode()}
    return json.dumps({"at": round(at, 6), "peer": peer, **content}, ensure_ascii=False)


class Recorder(threading.local):
    """The tape of this thread; threads without an observation are not recorded."""

    tape: Tape | None = None

    @contextmanager
    def recording(self) -> Iterator[Tape]:
        """Record into a new tape; nested recordings keep to themselves."""
        before, tape = self.tape, Tape()
        self.tape = tape
        try:
            yield tape
        finally:
            self.tape = before

    def add(self, direction: str, peer: str, data: bytes) -> None:
        """Record a chunk, if this thread records."""
        if self.tape is not None:
            self.tape.add(direction, peer, data)


class Attached(threading.local):
    """Digests of the files that belong to the observation of this thread."""

    def __init__(self, store: Callable[[bytes], str] = lambda data: hashlib.sha256(data).hexdigest()) -> None:
        self._store = store
        self.digests: list[str] = []

    def add(self, data: bytes) -> str:
        """Store one file."""
        digest = self._store(data)
        self.digests.append(digest)
        return digest

    def take(self) -> list[str]:
        """All of them; the next observation begins without."""
        taken, self.digests = self.digests, []
        return taken


class Hints(threading.local):
    """What the probe of this thread says beside its answer: how to see it again, what it was spared."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def take(self) -> list[str]:
        """All of them; the next observation begins without."""
        taken, self.texts = self.texts, []
        return taken
