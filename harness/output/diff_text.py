"""A difference for people: what may mislead, what is not the same, and each change with the fact behind it."""

from collections.abc import Iterable
from functools import partial
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.model.difference import Change, ChangeKind, Difference, Fact, GateResult, Shift
from harness.output import console as console_
from harness.output.grid import STYLES
from harness.output.visible import visible

_TITLES: dict[ChangeKind, str] = {
    "failed": "Fails now",
    "lost": "Was earned, is undecided now",
    "offenders": "Fails as before, with other offenders",
    "unsettled": "Failed, is undecided now: whether it is mended was not shown",
    "gone": "Not in the new run",
    "new": "Not in the old run",
    "earned": "Earned now",
    "other": "Changed otherwise",
}
_GATE = {0: ("holds", "bold green"), 1: ("does not hold", "bold white on red"), 2: ("is undecided", "bold yellow")}
_STOPPED = ("is undecided: the run was stopped", "bold yellow")
_FACTS = 4
_SEEN = 200
_LONG = 400
_AGAIN = 1000


def show(found: Difference, stream: TextIO) -> None:
    """Print it."""
    console_.show(partial(draw, found), stream)


def show_gate(result: GateResult, stream: TextIO) -> None:
    """Print whether a gate holds and all that is in its way."""
    console_.show(partial(draw_gate, result), stream)


def draw(found: Difference, console: Console) -> None:
    """Everything, what misleads first."""
    console.print(Text(visible(f"{found.product}: {found.old} → {found.new}", _LONG), "bold"))
    for each in found.misleading:
        console.print(Text(f"Mind: {visible(each, _LONG)}", "bold yellow"))
    _shifts("Levels", found.levels, console)
    _shifts("Not the same", found.shifts, console)
    for kind, title in _TITLES.items():
        if changes := [each for each in found.changes if each.kind == kind]:
            console.print(Text(f"\n{title}: {len(changes)}", "bold underline"))
            for change in changes:
                _change(change, console)
    same = ", ".join(f"{count} {verdict}" for verdict, count in found.unchanged)
    console.print(Text(f"\nUnchanged: {same or 'nothing'}", "dim"))


def draw_gate(result: GateResult, console: Console) -> None:
    """One line, and a line for each change that decides."""
    words, style = _GATE.get(result.exit_status, _STOPPED)
    console.print(Text.assemble("\n", (f"gate {result.gate} {words}", style), visible(f" (baseline {result.baseline})", _LONG)))
    for each in result.misleading:
        _line(console, Text(f"Mind: {visible(each, _LONG)}", "bold yellow"), 2)
    for each in result.because:
        _line(console, Text(visible(each, _LONG)), 2)


def _shifts(title: str, shifts: Iterable[Shift], console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for each in shifts:
        table.add_row(Text(each.what, "dim"), Text(f"{visible(each.before, _LONG)} → {visible(each.after, _LONG)}"))
    if table.row_count:
        console.print(Text(f"\n{title}", "bold underline"))
        console.print(table)


def _change(each: Change, console: Console) -> None:
    was, now = (Text(word or "not there", STYLES.get(str(word), "")) for word in (each.before, each.after))
    console.print(Text.assemble((each.id, "bold"), " ", was, " → ", now, f"  {visible(each.title, _LONG)}"))
    if each.before:
        _line(console, Text(f"was: {visible(each.reason_before, _LONG)}", "dim"), 4)
    if each.after:
        _line(console, Text(f"now: {visible(each.reason_after, _LONG)}"), 4)
    _facts("+", "red", each.came, console)
    _facts("-", "green", each.went, console)
    _facts("·", "dim", each.rests_on, console)


def _facts(sign: str, style: str, facts: tuple[Fact, ...], console: Console) -> None:
    for each in facts[:_FACTS]:
        item = f": {each.item}" if each.item else ""
        _line(console, Text.assemble((f"{sign} ", style), visible(f"{each.what}{item}", _LONG), (_where(each), "dim")), 4)
        for seen in each.seen:
            _line(console, Text.assemble(("seen: ", "dim"), visible(seen, _SEEN)), 6)
        if each.again:
            console.print(Text.assemble(" " * 6, ("again: ", "dim"), visible(each.again, _AGAIN)), soft_wrap=True)
    if (rest := len(facts) - _FACTS) > 0:
        _line(console, Text(f"{sign} … and {rest} more with --json", style), 4)


def _where(fact: Fact) -> str:
    """In which case and journal lines."""
    lines = f", journal line{'s' * (len(fact.evidence) > 1)} {', '.join(map(str, fact.evidence[:5]))}" if fact.evidence else ""
    run = f", run {fact.run}" if fact.run else ""
    return visible(f" ({fact.case}{lines}{run})", _LONG)


def _line(console: Console, text: Text, indent: int) -> None:
    console.print(Padding(text, (0, 0, 0, indent)))
