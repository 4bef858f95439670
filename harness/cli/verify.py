"""`camlabel verify RUN`: is the run still as it was sealed?"""

from pathlib import Path
from typing import Annotated

import typer

from harness.model.counting import counted
from harness.output import campaign
from harness.output.visible import visible
from harness.runner.campaign import differences


def verify(run: Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)]) -> None:
    """Compare a run with its seal, and its verdicts with its journal; name each difference. Status 0 when there is none, 3 otherwise."""
    found = differences(run)
    for each in found:
        typer.echo(visible(each))
    if found:
        typer.echo(visible(f"{run.name}: not as it was sealed, {counted(len(found), 'difference')}"), err=True)
        raise typer.Exit(3)
    typer.echo(visible(f"{run.name}: whole, nothing was changed, lost or added since it was sealed"))
    typer.echo(f"seal {campaign.seal_of(run)}")
