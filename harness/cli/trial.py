"""`camlabel device try`: one action of a profile, step by step, with what was expected."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.text import Text

from harness.catalogue.wording import nearest
from harness.cli.options import BenchFile, Emulate, Flaws, ProfileFile, emulated
from harness.cli.run import check_flaws
from harness.model.errors import UsageError
from harness.model.recipe import ActionName
from harness.output.visible import visible
from harness.probes.trial import IMPACTS, Condition, Step, Tried
from harness.runner.inputs import read_inputs
from harness.runner.settings import Settings
from harness.runner.trial import Trial

ACTIONS: tuple[ActionName, ...] = get_args(ActionName)
TRIED = tuple(each for each in ACTIONS if each in IMPACTS)
STYLES = {"granted": "bold green", "refused": "bold green", "unclear": "bold yellow"}
OTHERWISE, UNCLEAR = 1, 2


def try_action(
    action: Annotated[str, typer.Argument(metavar="ACTION", help=f"One of {', '.join(TRIED)}.")],
    way: Annotated[str, typer.Option(help="Only this way or log-in surface; default: all of the profile.")] = "",
    emulate: Emulate = "",
    profile: ProfileFile = None,
    bench: BenchFile = None,
    flaw: Flaws = None,
    out: Annotated[Path, typer.Option(help="Folder for what was exchanged, masked, and for what is owed.")] = Path("tries"),
) -> int:
    """Have the device do one thing, and show each request and answer, masked, with what was expected.

    Log-ins and changes of a password are also tried with a wrong one, sessions without one: these must be refused. Exit status: 0 all as
    expected, 1 something otherwise, 2 something unclear, 3 wrong use or broken bench.
    """
    chosen = next((each for each in ACTIONS if each == action), None)
    if chosen is None:
        remedy = nearest(action.replace("-", "_"), TRIED, f"one of {', '.join(TRIED)}")
        raise UsageError(f"{action}: no action; {remedy}")
    flaws = check_flaws(flaw or [])
    settings = Settings(device=emulated(emulate, profile, bench), profile=profile, bench=bench, flaws=flaws, out=out)
    trial = Trial(read_inputs(settings), chosen, way)
    trial.refuse()
    status = trial.enter_world()
    if status is not None:
        return status
    console, tried = Console(soft_wrap=True, highlight=False), list[Tried]()
    for each in trial.run():
        tried.append(each)
        show(each, console)
    sys.stdout.flush()
    if any(each.state == "unclear" for each in tried):
        return UNCLEAR
    return 0 if all(each.as_expected for each in tried) else OTHERWISE


def show(tried: Tried, console: Console) -> None:
    """For people: what, what came of it, and why."""
    style = STYLES[tried.state] if tried.as_expected or tried.state == "unclear" else "bold red"
    verdict = "" if not tried.expected else ", as expected" if tried.as_expected else f", {tried.expected} was expected"
    console.print(Text.assemble((f"{visible(tried.what)}: ", "bold"), (f"{tried.state}{verdict}", style)))
    for number, step in enumerate(tried.steps, 1):
        for text, look in _lines(step):
            console.print(Text(f"  {f'{number}. ' if look == 'bold' else '   '}{visible(text, 4000)}", look))
    for name, conditions in (("granted_when", tried.granted_when), ("refused_when", tried.refused_when)):
        if conditions:
            console.print(Text(f"  {name}: {'; '.join(map(_condition, conditions))}"))
    console.print(Text(f"  {visible(tried.why, 1000)}", "dim"))


def _lines(step: Step) -> Iterator[tuple[str, str]]:
    yield step.request, "bold"
    yield from ((text, "") for text in (*step.headers, step.sent) if text)
    if step.logged_in:
        yield f"(logs in by {step.logged_in})", ""
    if step.answer:
        yield f"→ {step.answer}, {step.size} bytes", ""
    yield from ((f"  {text}", "") for text in (*step.told, step.body) if text)
    yield from ((f"took {text}", "green") for text in step.took)
    yield from ((f"did not find {name}", "bold yellow") for name in step.missing)


def _condition(condition: Condition) -> str:
    return f"{visible(condition.text)} {'holds' if condition.held else 'does not hold'}"
