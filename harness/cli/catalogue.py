"""`camlabel catalogue`: the requirements, one of them, and whether the files are sound."""

import json as json_
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.catalogue.check import check_folder
from harness.catalogue.docs import condition, value_text
from harness.catalogue.load import load
from harness.catalogue.wording import nearest
from harness.model.errors import UsageError
from harness.model.requirement import Catalogue, Requirement
from harness.model.vocabulary import LEVELS

app = typer.Typer(help="The requirements that a camera is judged by.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def list_(
    level: Annotated[str, typer.Option(help="Only this level: basic, enhanced, leading.")] = "",
    dimension: Annotated[str, typer.Option(help="Only this dimension, by its name or prefix (NET).")] = "",
    json: Json = False,
) -> None:
    """List the requirements."""
    catalogue = load()
    entries = _chosen(catalogue, level, dimension)
    if json:
        _print_json([entry.model_dump(mode="json") for entry in entries])
        return
    console = Console()
    for name, kind in catalogue.dimensions.items():
        if rows := [entry for entry in entries if entry.dimension == name]:
            console.print(Text(f"{name} {kind.zh}", style="bold"))
            console.print(Padding(_rows(rows), (0, 0, 1, 2)))
    console.print(Text(f"{len(entries)} of {len(catalogue.requirements)} requirements, catalogue {catalogue.catalogue.version}"))


@app.command()
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="For instance NET-11.")],  # noqa: A002
    json: Json = False,
) -> None:
    """Show one requirement with all that is asked."""
    catalogue = load()
    ids = [entry.id for entry in catalogue.requirements]
    if id.upper() not in ids:
        raise UsageError(f"there is no requirement {id!r}: {nearest(id.upper(), ids, 'see `camlabel catalogue list`')}")
    entry = catalogue.requirement(id.upper())
    if json:
        _print_json(entry.model_dump(mode="json"))
    else:
        Console().print(Group(*_entry(entry)))


@app.command()
def check(folder: Annotated[Path | None, typer.Argument(help="Another catalogue than camlabel's own.")] = None) -> None:
    """Say what is wrong with the catalogue's files, with file and line."""
    if mistakes := check_folder(folder):
        raise UsageError("\n".join(mistakes))
    catalogue = load(folder)
    typer.echo(f"sound: {len(catalogue.requirements)} requirements, version {catalogue.catalogue.version}, digest {catalogue.digest}")


def _chosen(catalogue: Catalogue, level: str, dimension: str) -> list[Requirement]:
    prefixes = {kind.prefix: name for name, kind in catalogue.dimensions.items()}
    name = prefixes.get(dimension.upper(), dimension)
    for option, word, known in (("level", level, LEVELS), ("dimension", name, tuple(catalogue.dimensions))):
        if word and word not in known:
            raise UsageError(f"--{option} {word!r} is not known: {nearest(word, known)}")
    return [entry for entry in catalogue.requirements if level in ("", entry.level) and name in ("", entry.dimension)]


def _rows(entries: Iterable[Requirement]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for entry in entries:
        table.add_row(
            Text(entry.id, style="bold"), Text(entry.level), Text(f"{entry.title}\n{entry.title_zh}"), Text(", ".join(entry.sides))
        )
    return table


def _entry(entry: Requirement) -> Iterator[RenderableType]:
    yield Text.assemble((entry.id, "bold"), "  ", (entry.title, "bold"))
    yield Text(f"{entry.title_zh} · {entry.dimension} · {entry.level}")
    yield Text(f"\n{entry.statement}\n")
    yield _facts(_first_facts(entry))
    yield from _section("Procedure", [f"{number}. {step}" for number, step in enumerate(entry.procedure, 1)])
    yield from _section("Pass criterion", [entry.pass_criterion])
    yield from _section("Controls", [f"- {line}" for line in entry.controls])
    yield from _section("Thresholds", [f"{name} = {value_text(t.value)} {t.unit} ({t.role})" for name, t in entry.thresholds.items()])
    yield from _section("IXIT", entry.ixit)
    yield from _section("Evidence", [f"- {line}" for line in entry.evidence])
    yield from _section("Related", entry.refs)
    yield from _section("Corrected", entry.history)


def _first_facts(entry: Requirement) -> Iterator[tuple[str, str]]:
    minutes = entry.expected_minutes
    yield "applies", f"{entry.applicability.condition} ({condition(entry.applicability)})"
    yield "sides", ", ".join(_side(entry, side) for side in entry.sides)
    yield "supporting", ", ".join(entry.supporting)
    yield "state, impact", f"{', '.join(entry.state)}; {entry.impact}"
    yield "needs", ", ".join(entry.needs)
    yield "samples", str(entry.samples) if entry.samples > 1 else ""
    yield "method", ", ".join((entry.method, *entry.also_uses, entry.automation))
    yield "minutes", f"{minutes.real:g} on a real camera, {minutes.emulated:g} on an emulated one"
    yield "basis", f"{entry.basis}; level: {entry.level_basis}; thresholds: {entry.threshold_basis or 'none'}"


def _side(entry: Requirement, side: str) -> str:
    names = {str(name): words for name, words in entry.side_when.items()}.get(side, ())
    return f"{side} (with {' or '.join(names)})" if names else side


def _facts(facts: Iterable[tuple[str, str]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, words in facts:
        if words:
            table.add_row(Text(name, style="dim"), Text(words))
    return table


def _section(title: str, lines: Iterable[str]) -> Iterator[RenderableType]:
    if lines := list(lines):
        yield Text(f"\n{title}", style="bold")
        yield from (Padding(Text(line), (0, 0, 0, 2)) for line in lines)


def _print_json(data: object) -> None:
    typer.echo(json_.dumps(data, indent=1, ensure_ascii=False))
