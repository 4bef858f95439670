"""`camlabel merge RUN…`: one verdict on a product from runs on several benches."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.output import grid
from harness.output.verdicts import render
from harness.runner import campaign


def merge(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Two or more runs of the same product, firmware and catalogue.")],
    out: Annotated[Path, typer.Option(help="Folder for the campaign.")] = Path("runs"),
    json: Annotated[bool, typer.Option("--json", help="Print verdicts.json on standard output, all else on standard error.")] = False,
) -> int:
    """Merge runs into a campaign: what one bench could not ask and another did is judged, the worst verdict counts.

    The campaign holds the runs as they were sealed; `report`, `verify` and `diff` take it like a run. Exit status as of `run`.
    """
    folder, record = campaign.merge(runs, out)
    if json:
        sys.stdout.write(render(record).decode())
    else:
        grid.show(record, sys.stdout)
    report = out / folder.name / "reports" / "report.html"
    (sys.stderr if json else sys.stdout).write(f"\nreport: {report}\n")
    return record.exit_status
