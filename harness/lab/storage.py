"""Takes images of flash chips and cards: of an emulated camera, by a command of the bench, or from files that were made before."""

import fcntl
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from harness.lab.emulated import Device
from harness.lab.namespaces import on_host
from harness.model.bench import ImageSource
from harness.model.errors import NotPossible, UsageError
from harness.model.storage import MEDIA, Medium
from harness.transports.storage import Taken

READ_S = 3600.0
_STEP = 1 << 16
_TAIL = 300


class Images:
    """The folder of a unit's images: each has a name of its own, those of an earlier process stay."""

    def __init__(self, folder: Path, unit: str) -> None:
        self.folder, self._unit = folder, unit

    def unused(self, medium: Medium) -> Path:
        """A file that is not there yet."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return next(path for number in range(10000) if not (path := self.folder / f"{self._unit}-{medium}-{number}.img").exists())


class EmulatedStorage:
    """Implements harness.transports.storage.Storage: the chip and the card of an emulated camera are files of its folder."""

    def __init__(self, device: Device, images: Images) -> None:
        self._device, self._images = device, images
        self.folder = images.folder

    @property
    def media(self) -> tuple[Medium, ...]:
        """What it has."""
        return tuple(medium for medium in MEDIA if medium in self._device.kind.media)

    def take(self, medium: Medium) -> Taken:
        """The whole image, as a clip on the chip would read it: the camera is not asked."""
        if medium not in self.media:
            raise NotPossible(f"{self._device.kind.name} has no {medium} that can be read")
        source, target = self._device.folder / self._device.kind.media[medium], self._images.unused(medium)
        try:
            copy(source, target)
        except FileNotFoundError as error:
            raise NotPossible(f"{self._device.kind.name} has no {medium}: {error}") from error
        return Taken(target, f"copied from the {'chip' if medium == 'flash' else 'card'} of the emulated camera")


class BenchStorage:
    """Implements harness.transports.storage.Storage by what the bench file says of each medium."""

    def __init__(self, sources: Mapping[Medium, ImageSource], images: Images, beside: Path) -> None:
        self._sources, self._images, self._beside = sources, images, beside
        self.folder = images.folder

    @property
    def media(self) -> tuple[Medium, ...]:
        """What the bench file names."""
        return tuple(medium for medium in MEDIA if medium in self._sources)

    def take(self, medium: Medium) -> Taken:
        """Run its command, or copy its file."""
        source = self._sources.get(medium)
        if source is None:
            raise NotPossible(f"the bench file names no reader of the {medium}")
        target = self._images.unused(medium)
        if source.command:
            _run(source.command, target)
            return Taken(target, f"read by the bench's command {medium}")
        path = self._beside / source.file
        if not path.is_file():
            raise UsageError(f"{path}: there is no such image; name it in the bench file as {medium}: {{file: …}}, below its folder")
        copy(path, target)
        return Taken(target, f"the file {path.name}, made by others")


def copy(source: Path, target: Path) -> None:
    """Holes stay holes. Who writes into a card meanwhile is waited for, and waits for us."""
    empty = bytes(_STEP)
    with source.open("rb") as old, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        fcntl.flock(old, fcntl.LOCK_SH)
        while data := old.read(_STEP):
            if data == empty:
                new.seek(len(data), os.SEEK_CUR)
            else:
                new.write(data)
        new.truncate(os.fstat(old.fileno()).st_size)


def _run(command: str, target: Path) -> None:
    """By the shell, with the place for the image in $CAMLABEL_IMAGE; what it says is told when it fails."""
    environment = {**os.environ, "CAMLABEL_IMAGE": str(target)}
    argv, descriptors = on_host(["sh", "-c", command])
    try:
        done = subprocess.run(
            argv, check=False, pass_fds=descriptors, capture_output=True, stdin=subprocess.DEVNULL, timeout=READ_S, env=environment
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"the bench's reader did not end within {READ_S:g} s; try it by hand: {command}") from None
    if done.returncode or not target.is_file() or not target.stat().st_size:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-_TAIL:]
        why = f"ended with status {done.returncode}" if done.returncode else "left nothing at $CAMLABEL_IMAGE"
        raise UsageError(f"the bench's reader {why} ({said or 'no words'}); try it by hand: {command}")
    target.chmod(0o600)
