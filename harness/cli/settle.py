"""`camlabel settle`: what a cut run still owes to the camera, and its discharge by hand."""

from pathlib import Path
from typing import Annotated

import typer

from harness.gate.obligations import Obligations
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
    journal = Journal(folder.journal) if discharge is not None else None
    obligations = Obligations(journal)
    for line in lines:
        if line.kind in ("obligation", "discharged"):
            obligations.restore(line.n, line.body)
    if discharge is None:
        for owed in obligations.open:
            typer.echo(f"{owed.id}: {owed.sentence} (owed since {owed.case})")
        typer.echo(f"{len(obligations.open)} open")
        return
    owed_now = [owed for owed in obligations.open if owed.id == discharge]
    if not owed_now or not why:
        raise UsageError(f"{discharge}: give the id of an open obligation, and --why; `camlabel settle {run}` lists them")
    obligations.discharge(owed_now[0], f"by hand: {why}")
