"""The unit's flash chip: one image with a partition table, a squashfs root and an ext4 data partition.

What the unit keeps is in the data partition and nowhere else; it is read into memory at boot. Each change is made in a copy that
takes the image's place, so a power cut leaves every file old or new, never torn.
"""

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.emulated.camera import ext4
from harness.emulated.camera.partitions import MIB, Part, gpt
from harness.emulated.camera.tools import in_memory

IMAGE = "flash.img"
SIZE = 10 * MIB
ROOT, SPARE, DATA = Part("root-a", MIB, 2 * MIB), Part("root-b", 3 * MIB, 2 * MIB), Part("data", 5 * MIB, 4 * MIB)
PARTS = {part.name: part for part in (ROOT, SPARE, DATA)}
_LOCK = ".lock"
_STEP = 1 << 16


class FlashBusy(Exception):
    """Another process runs on this flash."""


class Flash:
    """A chip whose image lies in `directory`. `root` makes the root file system that the factory writes."""

    def __init__(self, directory: Path, root: Callable[[], bytes] = bytes) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory = directory
        self.image = directory / IMAGE
        self._lock = self._take_lock()
        self._writing = threading.RLock()
        self._shown: list[int] = []
        for leftover in directory.glob("*.tmp"):
            leftover.unlink()
        try:
            if not self.image.exists():
                self._manufacture(root())
            self._files = ext4.load(self.image, DATA.offset)
        except BaseException:
            os.close(self._lock)
            raise

    def names(self) -> tuple[str, ...]:
        """All files that the unit keeps."""
        return tuple(sorted(self._files))

    def read(self, name: str) -> bytes | None:
        """A file's content, None before it was ever written."""
        return self._files.get(name)

    def path(self, name: str) -> Path:
        """Where a library that takes paths finds a file's content: in memory, until the flash is closed."""
        descriptor = in_memory(self._files[name])
        self._shown.append(descriptor)
        return Path(f"/proc/self/fd/{descriptor}")

    def write(self, name: str, data: bytes) -> None:
        """Replace a file atomically; on return it is on the medium."""
        with self._writing:
            self._change(lambda image: ext4.put(image, DATA.offset, name, data, self._files))
            self._files[name] = data

    def remove(self, name: str) -> None:
        """Take a file out of its folder; its blocks are free then, and keep what was in them."""
        with self._writing:
            if name in self._files:
                self._change(lambda image: ext4.remove(image, DATA.offset, name))
                del self._files[name]

    def erase(self) -> None:
        """Make the data partition anew; on return nothing of it is left on the medium."""
        with self._writing:
            self._change(lambda image: ext4.make(image, DATA.offset, DATA.size))
            self._files = {}

    def partition(self, name: str) -> bytes:
        """All bytes of a partition."""
        part = PARTS[name]
        with self.image.open("rb") as file:
            file.seek(part.offset)
            return file.read(part.size)

    def write_partition(self, name: str, data: bytes) -> None:
        """Replace what is in a partition."""
        part = PARTS[name]
        if len(data) > part.size:
            raise ValueError(f"{len(data)} bytes do not fit into {name}")
        with self._writing:
            self._change(lambda image: _lay(image, part.offset, data.ljust(part.size, b"\0")))

    def burn(self, name: str, data: bytes) -> None:
        """Write once into the processor's own memory, which lies beside the chip."""
        temporary = self.directory / f"{name}.tmp"
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.directory / name)
        _sync(self.directory)

    def close(self) -> None:
        """Let another process run on this flash."""
        for descriptor in self._shown:
            os.close(descriptor)
        self._shown = []
        with self._writing:
            os.close(self._lock)
            self._lock = -1

    def _change(self, change: Callable[[Path], None]) -> None:
        """In a copy that takes the image's place when it is on the medium; a unit that is switched off writes nothing."""
        if self._lock < 0:
            return
        temporary = self.directory / f"flash-{os.getpid()}.tmp"
        try:
            _copy(self.image, temporary)
            change(temporary)
            _sync(temporary)
            temporary.replace(self.image)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
        _sync(self.directory)

    def _manufacture(self, root: bytes) -> None:
        if len(root) > ROOT.size:
            raise ValueError(f"a root of {len(root)} bytes does not fit")
        temporary = self.directory / f"flash-{os.getpid()}.tmp"
        temporary.touch(mode=0o600)
        os.truncate(temporary, SIZE)
        begin, end = gpt((ROOT, SPARE, DATA), SIZE)
        for offset, data in ((0, begin), (SIZE - len(end), end), (ROOT.offset, root)):
            _lay(temporary, offset, data)
        ext4.make(temporary, DATA.offset, DATA.size)
        _sync(temporary)
        temporary.replace(self.image)
        _sync(self.directory)

    def _take_lock(self) -> int:
        lock = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise FlashBusy(f"{self.directory} is in use by another process") from None
        return lock


def _copy(source: Path, target: Path) -> None:
    """Holes stay holes."""
    empty = bytes(_STEP)
    with source.open("rb") as old, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as new:
        while data := old.read(_STEP):
            if data == empty:
                new.seek(len(data), os.SEEK_CUR)
            else:
                new.write(data)
        new.truncate(source.stat().st_size)


def _lay(image: Path, offset: int, data: bytes) -> None:
    with image.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
