"""A run's folder: `runs/<UTC>-<device>/`, layout as in docs/architecture.md."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.journal.files import write_durably
from harness.model.errors import UsageError


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run."""

    path: Path

    @property
    def name(self) -> str:
        """The run's id."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """Journal segments."""
        return self.path / "journal"

    @property
    def artefacts(self) -> Path:
        """Evidence by digest."""
        return self.path / "artefacts"

    @property
    def private(self) -> Path:
        """Run key and secrets, mode 0700."""
        return self.path / "private"

    @property
    def recordings(self) -> Path:
        """Raw recordings of serial lines and the network, which may hold secrets."""
        return self.private / "recordings"

    @property
    def images(self) -> Path:
        """Images that were taken of chips and cards, which hold what the units keep."""
        return self.private / "images"

    @property
    def device(self) -> Path:
        """The emulated camera's flash."""
        return self.path / "device"

    @property
    def settings(self) -> Path:
        """What the run was asked to do."""
        return self.path / "run.json"

    @property
    def profile(self) -> Path:
        """The profile as it was."""
        return self.path / "profile.yaml"

    @property
    def overlay(self) -> Path:
        """The lab's overlay as it was, where there was one."""
        return self.path / "overlay.yaml"

    @property
    def bench(self) -> Path:
        """The bench as it was; private, since it holds passwords."""
        return self.private / "bench.yaml"

    @property
    def answers(self) -> Path:
        """Files that the bench file gives in the place of an operator."""
        return self.private / "answers"

    def write(self, name: str, data: Any) -> None:
        """Write one JSON document durably."""
        write_durably(self.path / name, (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode())

    def read(self, name: str) -> Any:
        """Read one JSON document; UsageError when this is no run."""
        try:
            return json.loads((self.path / name).read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"{self.path}: this is not a run of camlabel ({name} cannot be read); give a folder below runs/") from error


def create(out: Path, device: str) -> RunFolder:
    """A new folder with a name that did not exist before."""
    stem = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{device}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for number in range(1000):
            path = out / (f"{stem}-{number}" if number else stem)
            if not path.exists():
                path.mkdir()
                folder = RunFolder(path.resolve())
                folder.private.mkdir(mode=0o700)
                return folder
    except OSError as error:
        raise UsageError(f"{out}: a run cannot be written here: {error.strerror}; choose another folder with --out") from error
    raise UsageError(f"{out}: too many runs within one second")
