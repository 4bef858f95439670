"""All forms in which a record is written; the list is explicit, and each has a golden file in tests/golden/."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from harness.journal.files import write_durably
from harness.model.record import RunRecord
from harness.model.vocabulary import LEVELS
from harness.output import grid, html, junit, record, verdicts


class Renderer(NamedTuple):
    """A form by its name, its file in the run's folder, and how it is made."""

    name: str
    file: str
    render: Callable[[RunRecord], bytes]


def renderers(undecided_as: junit.UndecidedAs = "error") -> tuple[Renderer, ...]:
    """Every form; `undecided_as` is what JUnit calls ERROR and INCONCLUSIVE."""
    levels = (
        Renderer(f"junit-{each}", f"reports/junit-{each}.xml", partial(junit.render, level=each, undecided_as=undecided_as))
        for each in LEVELS
    )
    data = (Renderer("record", record.NAME, record.render), Renderer("verdicts", "verdicts.json", verdicts.render))
    return (*data, Renderer("grid", "reports/grid.txt", grid.render), Renderer("html", "reports/report.html", html.render), *levels)


RENDERERS = renderers()


def prepare() -> None:
    """Read what reports are made with."""
    html.template()


def write(found: RunRecord, folder: Path, undecided_as: junit.UndecidedAs = "error") -> list[Path]:
    """Write every form into the run's folder, each file whole or not at all."""
    (folder / "reports").mkdir(exist_ok=True)
    written = []
    for each in renderers(undecided_as):
        write_durably(folder / each.file, each.render(found))
        written.append(folder / each.file)
    return written
