"""What a run was asked to do; the command line and plain pytest fill the same settings."""

from pathlib import Path
from typing import Literal

from harness.model.base import Frozen
from harness.model.vocabulary import Effort, Level


class Settings(Frozen):
    """`select` empty means every requirement; `device` names an emulated device, else `profile` and `bench` are files.

    `began` is the start of the first process in seconds of the boot clock.
    """

    device: str = ""
    profile: Path | None = None
    bench: Path | None = None
    level: Level = "leading"
    effort: Effort = "quick"
    overlay: Path | None = None
    select: tuple[str, ...] = ()
    flaws: tuple[str, ...] = ()
    out: Path = Path("runs")
    testcases: tuple[Path, ...] = ()
    resume: Path | None = None
    rejudge: Path | None = None
    undecided_as: Literal["error", "skipped"] = "error"
    began: float = 0.0


def selected(text: str) -> tuple[str, ...]:
    """The requirements of `--select`, as somebody types them."""
    return tuple(name.strip().upper() for name in text.split(",") if name.strip())
