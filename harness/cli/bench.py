"""`camlabel bench`: is a bench file right, and what may stand in one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.model.bench import BenchFile, Sample
from harness.output.visible import visible
from harness.profile.read import not_here, read_both
from harness.profile.schema import bench_schema, schema_text

app = typer.Typer(help="Bench files: today's wiring, addresses and passwords. Passwords are never shown.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The bench file.")],
    profile: Annotated[Path, typer.Option(help="The profile of the device on this bench.")],
) -> None:
    """Say what is wrong with a bench file and its profile, all at once, with file and line.

    Warns of adapters, cards, files and programs that it names and that are not here; the status stays 0.
    """
    declared, bench = read_both(profile, file)
    console = Console()
    console.print(Text(visible(f"{file}: no mistakes")))
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, words in _summary(bench):
        table.add_row(Text(name, style="dim"), Text(visible(words)))
    console.print(table)
    for each in not_here(file, declared, bench):
        typer.echo(f"warning: {visible(str(each), 2000)}", err=True)


@app.command()
def schema() -> None:
    """Print the JSON Schema of bench files, for editors."""
    typer.echo(schema_text(bench_schema()), nl=False)


def _summary(bench: BenchFile) -> Iterator[tuple[str, str]]:
    limits = bench.governor
    flaws = f" with {', '.join(bench.emulated.flaws)}" if bench.emulated and bench.emulated.flaws else ""
    yield "lab", f"{bench.lab}, device {bench.emulated.device}{flaws}" if bench.emulated else bench.lab
    yield "impact", f"up to {bench.impact}"
    yield "pace", f"{limits.connections_per_s:g} connections a second, {limits.concurrent} at once"
    for sample in bench.samples:
        yield sample.name, _sample(sample)


def _sample(sample: Sample) -> str:
    accounts = [
        f"{role} {account.user}{'' if account.password else ' (password made for each run)'}" for role, account in sample.accounts.items()
    ]
    ports = [f"port {declared} at {actual}" for declared, actual in sample.ports.items()]
    return ", ".join([sample.address, *ports, *accounts])
