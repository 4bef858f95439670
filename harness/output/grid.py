"""RunRecord → the grid for a terminal or a text file: 6 groups × 3 levels, what blocks the next level, offenders, counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.model.record import RunRecord
from harness.model.verdict import LevelResult, Offender, RequirementVerdict, Verdict
from harness.output import console as console_
from harness.output.visible import visible

NEUTRAL = "neutral"
MIND = "mind"
_SHOWN = 5
_REASON = 400
_ITEM = 200
_AGAIN = 1000
_INDENT = 15
_LABEL = 22
STYLES = {
    "FAIL": "bold white on red",
    "ERROR": "bold magenta",
    "INCONCLUSIVE": "bold yellow",
    "NOT_TESTED": "dim",
    "PASS": "bold green",
    "NOT_APPLICABLE": "dim",
    "neutral": "dim",
}
_SETTLED = (Verdict.PASS, Verdict.NOT_APPLICABLE)


def render(record: RunRecord) -> bytes:
    """The grid as a text file, 100 columns wide."""
    return console_.plain(partial(draw, record))


def show(record: RunRecord, stream: TextIO) -> None:
    """Print on a terminal in colour and to its width, elsewhere plainly; what the stream's encoding lacks is spelled out."""
    console_.show(partial(draw, record), stream)


def draw(record: RunRecord, console: Console) -> None:
    """Everything, from the whole to the single offender."""
    _heading(record, console)
    console.print(_grid(record))
    _counts(record, console)
    _blockers(record, console)
    _passed(record, console)


def _heading(record: RunRecord, console: Console) -> None:
    device = record.device
    seconds = (record.ended - record.started).total_seconds()
    unit = (f"firmware {device.firmware_version}", f"hardware {device.hardware_revision}", f"sample {device.sample}")
    console.print(_line((f"{device.producer} {device.model}", *unit), "bold"))
    console.print(_line((f"run {record.run}", f"asked for {record.asked}", f"effort {record.effort}", f"{seconds:.1f} s"), "dim"))
    if record.why_stopped:
        console.print(Text(f"The run was stopped: {visible(record.why_stopped, _REASON)}", "bold yellow"))
    for each in record.overlay:
        console.print(Text(f"Overlay: {visible(each, _ITEM)}", "bold yellow"))
    for run in record.runs:
        console.print(
            _line((f"of run {run.run}", f"{run.started:%Y-%m-%d %H:%M}", f"sample {run.sample}", f"lab {run.lab}", run.effort), "dim")
        )
    for name, value in record.narrative.conditions:
        if name == MIND:
            console.print(Text(f"Mind: {visible(value, _REASON)}", "bold yellow"))
    console.print()


def _line(facts: Iterable[str], style: str) -> Text:
    return Text(" · ".join(visible(each, _ITEM) for each in facts), style)


def _grid(record: RunRecord) -> Table:
    table = Table(box=box.SIMPLE, show_footer=True, expand=True, show_edge=False, pad_edge=False, header_style="", footer_style="")
    table.add_column("", width=_LABEL, footer="Level", no_wrap=True)
    for index, term in enumerate(record.level_terms):
        head = Text.assemble((_name(term.id), "bold"), f"\n{term.zh} {'★' * (index + 1)}")
        table.add_column(head, ratio=1, footer=_reached(record, record.levels[index]), no_wrap=True)
    for dimension in record.dimension_terms:
        label = Text.assemble(_name(dimension.id), (f"\n{dimension.zh}", "dim"))
        table.add_row(label, *(_cell(record, dimension.id, level.id) for level in record.level_terms))
    return table


def _cell(record: RunRecord, dimension: str, level: str) -> Text:
    [state] = [each.state for each in record.cells if (each.dimension, each.level) == (dimension, level)]
    own = [each.verdict for each in record.requirements if (each.dimension, each.level) == (dimension, level)]
    if state == NEUTRAL:
        return Text("–\nnone applies" if own else "–", "dim")
    return Text.assemble((state, STYLES[state]), (f"\n{_share(own, Verdict.FAIL if Verdict.FAIL in own else Verdict.PASS)}", "dim"))


def _reached(record: RunRecord, level: LevelResult) -> Text:
    ids = [each.id for each in record.level_terms]
    within = set(ids[: ids.index(level.id) + 1])
    share = _share([each.verdict for each in record.requirements if each.level in within])
    if level.reached:
        return Text.assemble(("REACHED", "bold green"), f"\n{share}")
    if level.automated_part_reached:
        return Text("automated part\nreached", "bold yellow")
    return Text.assemble(("not reached", "bold"), (f"\n{share}", "dim"))


def _share(verdicts: Sequence[Verdict], counted: Verdict = Verdict.PASS) -> str:
    """How many of those that apply passed, or failed."""
    applicable = [each for each in verdicts if each is not Verdict.NOT_APPLICABLE]
    return f"{sum(each is counted for each in applicable)} of {len(applicable)} {counted.lower()}"


def _counts(record: RunRecord, console: Console) -> None:
    counts = Counter(each.verdict for each in record.requirements)
    console.print()
    console.print(Text(" · ").join(Text(f"{counts[each]} {each}", STYLES[each] if counts[each] else "dim") for each in Verdict))
    by = Counter(each.judged_by for each in record.requirements if each.verdict is not Verdict.NOT_TESTED)
    console.print(Text(f"Judged by the harness {by['harness']}, guided {by['guided']}, from documents {by['documents']}", "dim"))
    console.print(_line((f"Catalogue {record.catalogue.version}", record.tool), "dim"))
    if record.waits:
        waits = ", ".join(f"{visible(each.what, _ITEM)} {each.seconds:.1f} s ({each.times}×)" for each in record.waits)
        console.print(Text(f"Waited for {waits}", "dim"))


def _blockers(record: RunRecord, console: Console) -> None:
    """All that blocks the lowest level not reached, worst first; then what is bad above it."""
    by_id = {each.id: each for each in record.requirements}
    following = next((each for each in record.levels if not each.reached), None)
    blockers = following.blockers if following else ()
    if following and blockers:
        _section(console, f"What blocks {following.id} {_zh(record, following.id)}: {len(blockers)}, worst first")
        _ranked([by_id[each] for each in blockers], console)
    elif following:
        _section(console, f"What blocks {following.id} {_zh(record, following.id)}")
        words = (
            "the record of an independent penetration test" if following.automated_part_reached else "nothing applies, so nothing passed"
        )
        console.print(Text(words))
    above = [each for each in record.requirements if each.verdict.rank <= Verdict.INCONCLUSIVE.rank and each.id not in blockers]
    if above:
        _section(console, "Failed or undecided above it")
        _ranked(sorted(above, key=lambda each: each.verdict.rank), console)


def _ranked(requirements: Sequence[RequirementVerdict], console: Console) -> None:
    """Those that were judged one by one; those that were not in one paragraph a reason."""
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for each in requirements:
        if each.verdict is Verdict.NOT_TESTED:
            waiting[each.reason].append(each.id)
        else:
            _block(each, console)
    for reason, ids in waiting.items():
        _entry(console, Verdict.NOT_TESTED, Text(f"{len(ids)}: {visible(reason, _REASON)}"))
        _under(console, Text(" ".join(ids), "dim"))


def _block(found: RequirementVerdict, console: Console) -> None:
    _entry(console, found.verdict, Text.assemble((found.id, "bold"), f" {visible(found.title, _ITEM)}", (_numbers(found), "dim")))
    _under(console, Text(visible(found.reason, _REASON)))
    several = len({each.what for each in found.offenders}) > 1
    for each in found.offenders[:_SHOWN]:
        _offender(each, several, console)
    if (rest := len(found.offenders) - _SHOWN) > 0:
        _under(console, Text(f"… and {rest} more in verdicts.json", "dim"))
    _attempts(found, console)


def _numbers(found: RequirementVerdict) -> str:
    """The official clauses, where the lab has them."""
    return f" ({visible(', '.join(found.clauses), _ITEM)})" if found.clauses else ""


def _offender(each: Offender, several: bool, console: Console) -> None:
    """One offender, under what it offends against where that is not the same for all."""
    words = f"{visible(each.what, _ITEM)}: {visible(each.item, _ITEM)}" if several and each.item else visible(each.item or each.what, _ITEM)
    _under(console, Text.assemble(("× ", "red"), words))
    if each.run:
        _under(console, Text(f"  in run {visible(each.run, _ITEM)}", "dim"))
    if each.again:
        console.print(Text.assemble(" " * (_INDENT + 2), ("again: ", "dim"), visible(each.again, _AGAIN)), soft_wrap=True)


def _attempts(found: RequirementVerdict, console: Console) -> None:
    """Attempts are shown where there was more than one."""
    by_case: defaultdict[str, list[str]] = defaultdict(list)
    for each in found.cases:
        by_case[each.case].append(each.verdict)
    for case, verdicts in by_case.items():
        if len(verdicts) > 1:
            _under(console, Text(f"attempts of {visible(case, _ITEM)}: {', '.join(verdicts)}", "dim"))


def _passed(record: RunRecord, console: Console) -> None:
    settled = [each for each in record.requirements if each.verdict in _SETTLED]
    if settled:
        _section(console, "What was earned")
    for each in sorted(settled, key=lambda each: each.verdict.rank):
        _block(each, console)


def _section(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, "bold underline"))


def _entry(console: Console, verdict: Verdict, text: Text) -> None:
    """A verdict's word in the margin, the text beside it."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=_INDENT - 1)
    table.add_column()
    table.add_row(Text(verdict, STYLES[verdict]), text)
    console.print(table)


def _under(console: Console, text: Text) -> None:
    console.print(Padding(text, (0, 0, 0, _INDENT)))


def _zh(record: RunRecord, level: str) -> str:
    return next(each.zh for each in record.level_terms if each.id == level)


def _name(term: str) -> str:
    return term.replace("-", " ").capitalize()
