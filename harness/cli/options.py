"""Options that several commands take, each written once."""

from pathlib import Path
from typing import Annotated

import typer

from harness.model.vocabulary import Effort, Level

Emulate = Annotated[str, typer.Option(metavar="DEVICE", help="Emulated device: fast, foreign-NAME.")]
ProfileFile = Annotated[Path | None, typer.Option(help="Device profile.")]
BenchFile = Annotated[Path | None, typer.Option(help="Bench file.")]
Asked = Annotated[Level, typer.Option(help="Asked level.")]
WithEffort = Annotated[Effort, typer.Option(help="quick, or full: what quick leaves out stays undecided.")]
OverlayFile = Annotated[Path | None, typer.Option(help="The lab's own levels and thresholds, printed wherever verdicts are.")]
Selected = Annotated[str, typer.Option(metavar="ID,…", help="Only these requirements.")]
Flaws = Annotated[list[str] | None, typer.Option(metavar="NAME,…", help="Make the emulated camera unsound; see `camlabel flaws`.")]
Testcases = Annotated[list[Path] | None, typer.Option(metavar="DIR", help="A lab's own cases beside ours.")]


def emulated(emulate: str, profile: Path | None, bench: Path | None) -> str:
    """Which device is emulated: the one asked for, else `fast` where neither profile nor bench is given."""
    return emulate or ("" if profile or bench else "fast")
