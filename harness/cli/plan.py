"""`camlabel plan`: what a run with these options will do, why the rest not, and how long it takes. Nothing is started."""

import os
import sys
from collections import Counter, defaultdict
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from harness.cli.options import Asked, BenchFile, Emulate, OverlayFile, ProfileFile, Selected, Testcases, WithEffort, emulated
from harness.cli.run import check_flaws
from harness.lab.namespaces import try_apart
from harness.model.outlook import Line, Outlook, What
from harness.output.diff import DESELECTED
from harness.output.visible import visible
from harness.runner.inputs import read_inputs
from harness.runner.outlook import outlook
from harness.runner.settings import Settings, selected

STYLES: dict[What, str] = {"run": "bold green", "operator": "bold cyan", "not applicable": "dim", "not possible here": "bold yellow"}
WIDEST = 140


def plan(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    emulate: Emulate = "",
    profile: ProfileFile = None,
    bench: BenchFile = None,
    level: Asked = "leading",
    effort: WithEffort = "quick",
    select: Selected = "",
    flaw: Annotated[list[str] | None, typer.Option(metavar="NAME,…", help="As for `camlabel run`; changes nothing here.")] = None,
    overlay: OverlayFile = None,
    testcases: Testcases = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say for every requirement and side what a run will do, and the expected time."""
    check_flaws(flaw or [])
    settings = Settings(
        device=emulated(emulate, profile, bench),
        profile=profile,
        bench=bench,
        level=level,
        effort=effort,
        overlay=overlay,
        select=selected(select),
        testcases=tuple(testcases or ()),
    )
    inputs = read_inputs(settings)
    worldless = try_apart(lambda: "", whole=True) if inputs.bench.emulated else ""
    found = outlook(inputs, attended=os.isatty(0), worldless=worldless)
    if json:
        sys.stdout.write(found.model_dump_json(indent=1) + "\n")
    else:
        show(found, Console())


def show(found: Outlook, console: Console) -> None:
    """What runs line by line, the rest by its reason."""
    console.print(Text(f"asked for {found.asked} · effort {found.effort} · about {_time(found.expected_s)} ({found.basis})", "bold"))
    for each in found.overlay:
        console.print(Text(f"Overlay: {visible(each)}", "bold yellow"))
    left_out = Counter(line.why for line in found.lines if line.why.startswith(DESELECTED))
    for what, style in STYLES.items():
        lines = [line for line in found.lines if line.what == what and line.why not in left_out]
        if lines:
            console.print()
            sides, requirements = _many(len(lines), "side"), _many(len({line.requirement for line in lines}), "requirement")
            console.print(Text(f"{what}: {sides} of {requirements}", style))
            _listed(lines, console, singly=what in ("run", "operator"))
    for why, count in left_out.items():
        console.print(Text(f"\n{count} {why}", "dim"))


def _listed(lines: list[Line], console: Console, *, singly: bool) -> None:
    together: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        name = f"{line.requirement} {line.side}"
        if singly:
            text = f"{name}  {visible(line.title)}  {_time(60 * line.minutes)}"
            lacks = f"; without: {', '.join(line.lacks)}" if line.lacks else ""
            console.print(Padding(Text.assemble(text, (f"  {visible(line.why)}{visible(lacks)}", "dim")), (0, 0, 0, 2)))
        else:
            together[line.why].append(name)
    for why, names in together.items():
        console.print(Padding(Text.assemble(visible(why), (f"\n{', '.join(names)}", "dim")), (0, 0, 0, 2)))


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def _time(seconds: float) -> str:
    return f"{max(1.0, seconds):.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
