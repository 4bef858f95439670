"""Where update packages come from: files that the bench names, or the desk of an emulated camera's producer."""

import hashlib
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.lab.devices import Kind
from harness.model.errors import UsageError
from harness.model.package import PackageFile, PackageKind
from harness.transports.packages import LARGEST, Package

MAKE_S = 120.0
_TAIL = 300


class FiledPackages:
    """Implements harness.transports.packages.Packages by the files of a bench."""

    def __init__(self, files: Mapping[PackageKind, PackageFile], beside: Path) -> None:
        self._files, self._beside = files, beside

    def get(self, kind: PackageKind) -> Package | None:
        """Read, and compared with its published digest."""
        named = self._files.get(kind)
        if named is None:
            return None
        path = self._beside / named.file
        try:
            size = path.stat().st_size
            data = path.read_bytes() if 0 < size <= LARGEST else b""
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}; give the package's file in the bench file as packages.{kind}.file") from None
        if not data:
            words = "is empty" if not size else f"has {size} bytes, more than {LARGEST}"
            raise UsageError(f"{path}: {words}; put the producer's package there")
        if named.sha256 not in {None, hashlib.sha256(data).hexdigest()}:
            raise UsageError(f"{path}: is not the package of packages.{kind}.sha256; fetch it again, it may be cut")
        return Package(data, named.version, vouched=named.sha256 is not None)


class MadePackages:
    """Implements it by the producer of an emulated camera, who is asked once."""

    def __init__(self, kind: Kind, folder: Path, flaws: Sequence[str] = ()) -> None:
        self._kind, self._folder, self._flaws = kind, folder, flaws
        self._filed: FiledPackages | None = None

    def get(self, kind: PackageKind) -> Package | None:
        """Made when the first one is asked for."""
        if self._filed is None:
            self._filed = FiledPackages(self._made(), self._folder)
        return self._filed.get(kind)

    def _made(self) -> dict[PackageKind, PackageFile]:
        if self._kind.producer is None:
            return {}
        done = subprocess.run(self._kind.producer(self._folder, self._flaws), capture_output=True, check=False, timeout=MAKE_S)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-_TAIL:]
            raise UsageError(f"the producer of {self._kind.name} made no packages (status {done.returncode}): {said}")
        told: dict[PackageKind, dict[str, str]] = json.loads(done.stdout)
        return {kind: PackageFile.model_validate(each) for kind, each in told.items()}
