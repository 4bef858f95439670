"""`camlabel settle`: what a cut run still owes to the camera, and its discharge by hand."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from harness.gate.obligations import open_obligations
from harness.journal.reader import read
from harness.journal.writer import Journal
from harness.model.errors import UsageError
from harness.runner.folder import RunFolder


def settle(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder below runs/.")],
    discharge: Annotated[int | None, typer.Option(metavar="ID", help="You put this back by hand.")] = None,
    why: Annotated[str, typer.Option(help="What you did; it is journalled.")] = "",
) -> None:
    """List what is still owed to the camera; --discharge ID --why TEXT says that you settled it by hand."""
    folder = RunFolder(run.resolve())
    lines = read(folder.journal)
    if not lines:
        raise UsageError(f"{run}: this is not a run of camlabel; give a folder below runs/")
    owed = open_obligations(lines)
    if discharge is None:
        for each in owed:
            typer.echo(f"{each.id}: {each.sentence} (owed since {each.case})")
        typer.echo(f"{len(owed)} open")
        return
    if not why or discharge not in [each.id for each in owed]:
        raise UsageError(f"{discharge}: give the id of an open obligation, and --why; `camlabel settle {run}` lists them")
    with closing(Journal(folder.journal)) as journal:
        journal.append("discharged", {"id": discharge, "why": f"by hand: {why}"})
