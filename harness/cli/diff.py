"""`camlabel diff OLD NEW`: requirement by requirement what changed between two runs of one product, and the fact behind it."""

import json as json_
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.run import gate_named
from harness.model.difference import GATES, Difference, GateResult
from harness.output.diff import compare
from harness.output.diff_text import show, show_gate
from harness.output.gate import decide, refuse_pair
from harness.runner.campaign import earned
from harness.runner.earlier import code_of


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier run.", show_default=False)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later run.", show_default=False)],
    gate: Annotated[str, typer.Option(metavar="|".join(GATES), help="The exit status says whether NEW may follow OLD.")] = "",
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Say what changed: verdicts, reasons, offenders that came and went, levels, firmware, profile, catalogue, effort, code.

    Both runs must be as they were sealed, and of one product. Exit status 0; with --gate 0 it holds, 1 it does not, 2 what OLD earned is
    undecided in NEW, 3 wrong use, or NEW was stopped.
    """
    name = gate_named(gate) if gate else None
    before, after = earned(old), earned(new)
    found = compare(before, after, (code_of(old), code_of(new)))
    result = None
    if name:
        refuse_pair(before, after)
        result = decide(name, found, stopped=bool(after.why_stopped))
    if json:
        _print_json(found, result)
    else:
        show(found, sys.stdout)
        if result:
            show_gate(result, sys.stdout)
    return result.exit_status if result else 0


def _print_json(found: Difference, result: GateResult | None) -> None:
    """In ASCII: nothing in it can act on a terminal."""
    data = {**found.model_dump(mode="json", by_alias=True), "gate": result.model_dump(mode="json") if result else None}
    sys.stdout.write(json_.dumps(data, indent=1).replace("\x7f", "\\u007f") + "\n")
