"""`camlabel doctor`: what this machine has of what a lab needs, and what the rest costs."""

import json as json_
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.cases.registry import scan
from harness.catalogue.load import load
from harness.lab.doctor import PARTS, Finding, diagnose, mend
from harness.lab.machine import look
from harness.output.visible import visible
from harness.places import folder

UNDECIDED = 2
KINDS = {"program": "Programs", "kernel": "Kernel", "right": "Rights", "python": "Python packages"}


def doctor(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> int:
    """Say what is there and what is missing for a run on this machine. Changes nothing.

    Exit status: 0 everything that verdicts depend on is there, 2 something would stay NOT_TESTED.
    """
    machine = look(part.name for part in PARTS if part.kind == "program")
    with_case = {info.requirement for info in scan(folder("testcases")).cases}
    findings = diagnose(machine, load(), with_case)
    status = UNDECIDED if any(each.costs_verdicts for each in findings) else 0
    if json:
        whole = {"status": status, "mend": mend(findings, machine.root), "findings": [each.model_dump(mode="json") for each in findings]}
        typer.echo(json_.dumps(whole, indent=1, ensure_ascii=False))
        return status
    _show(findings, mend(findings, machine.root))
    return status


def _show(findings: tuple[Finding, ...], command: str) -> None:
    console = Console()
    for kind, title in KINDS.items():
        console.print(Text(title, style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for each in (each for each in findings if each.kind == kind):
            table.add_row(Text("there" if each.there else "MISSING", style="green" if each.there else "red"), Text(each.name), _told(each))
        console.print(table)
        console.print()
    missing = [each for each in findings if not each.there]
    costly = [each for each in missing if each.costs_verdicts]
    console.print(Text(f"{len(findings) - len(missing)} there, {len(missing)} missing, {len(costly)} of them cost verdicts"))
    if command:
        console.print(Text(f"mends all that Debian has: {command}", style="bold"), soft_wrap=True)


def _told(each: Finding) -> Text:
    return Text(visible("\n".join(_lines(each)), 4000, lines=True), overflow="fold")


def _lines(each: Finding) -> Iterator[str]:
    yield f"{each.use}{f' ({each.detail})' if each.detail else ''}"
    if each.there:
        return
    yield f"costs: {each.cost}"
    for lost in each.lost:
        later = len(lost.requirements) - len(lost.with_case)
        ids = ", ".join(lost.with_case) or "none that has a case yet"
        yield f"NOT_TESTED on {lost.lab} benches, side {lost.side}: {ids}{f'; {later} more that have no case yet' if later else ''}"
    if each.remedy:
        yield f"mend: {each.remedy}"
