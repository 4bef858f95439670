"""`camlabel flaws`: in which ways the emulated camera can be unsound, and what each breaks."""

import json as json_
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from harness.emulated.camera.flaws import FLAWS


def flaws(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the flaws of the emulated camera."""
    if json:
        entries = [{"name": flaw.name, "breaks": list(flaw.breaks), "description": flaw.description} for flaw in FLAWS]
        typer.echo(json_.dumps(entries, indent=1, ensure_ascii=False))
        return
    table = Table(Column("flaw", no_wrap=True), "breaks", "what the camera does", box=None)
    for flaw in FLAWS:
        table.add_row(flaw.name, " ".join(flaw.breaks), flaw.description)
    Console().print(table)
