"""Writes `docs/coverage.md`, what has a case and of which kind; `--check` says whether it is up to date.

`python -m harness.cases.coverage [--check]`
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from harness.cases.registry import CaseInfo, Registry, scan
from harness.catalogue.generated import DOCS, keep_current
from harness.catalogue.load import load
from harness.model.requirement import Catalogue, Requirement
from harness.model.vocabulary import LEVELS, Side
from harness.places import ROOT, folder

Kind = Literal["automated", "operator", "document", "partly", "none"]
KINDS: dict[Kind, str] = {
    "automated": "automated",
    "operator": "with an operator",
    "document": "from documents",
    "partly": "in part",
    "none": "no case yet",
}
_HEAD = """\
# What is covered

Which of the {total} requirements have test cases: {covered} in whole, {partly} in part. Made from the catalogue and `testcases/` by
`python -m harness.cases.coverage`; what no case covers is NOT_TESTED "no case yet" in every run, never a pass.

- *automated*: runs without a person once the bench is set up; *with an operator*: a person prepares, looks or judges a part;
  *from documents*: judged from the producer's papers; *in part*: a side, or a capability that makes it apply, has no case yet.
- Whether a covered requirement is tested in a run also depends on the bench: `camlabel plan` says it for yours.
- The owner of a thing that is seen and not declared FAILs whether it has a case or not.
"""


def kind_of(entry: Requirement, cases: Sequence[CaseInfo]) -> Kind:
    """How a requirement is covered; in part when anything is missing that a PASS needs."""
    if not cases:
        return "none"
    if lacking(entry, cases):
        return "partly"
    if set(entry.sides) == {"document"}:
        return "document"
    return "automated" if entry.automation == "full" else "operator"


def lacking(entry: Requirement, cases: Sequence[CaseInfo]) -> list[str]:
    """Sides without a case, and capabilities that make the requirement apply and no case asks about."""
    sides: set[Side] = {info.side or entry.sides[0] for info in cases}
    asked = {info.when for info in cases}
    applies = entry.applicability
    names = () if None in asked else (*applies.requires, *applies.any_of)
    return [*(f"{side} side" for side in entry.sides if side not in sides), *(name for name in names if name not in asked)]


def coverage_markdown(catalogue: Catalogue, registry: Registry) -> str:
    """The page."""
    kinds = {entry.id: kind_of(entry, registry.of(entry.id)) for entry in catalogue.requirements}
    counts = Counter(kinds.values())
    total = len(kinds)
    head = _HEAD.format(total=total, covered=total - counts["none"] - counts["partly"], partly=counts["partly"])
    parts = [head, _grid(catalogue, kinds), *(_dimension(catalogue, registry, kinds, name) for name in catalogue.dimensions)]
    return "\n".join(parts)


def _grid(catalogue: Catalogue, kinds: dict[str, Kind]) -> str:
    head = ["dimension", "", *(f"{level.id} {level.zh}" for level in catalogue.levels)]
    rows = []
    for name, dimension in catalogue.dimensions.items():
        entries = [entry for entry in catalogue.requirements if entry.dimension == name]
        cells = [_cell(kinds[entry.id] for entry in entries if entry.level == level) for level in LEVELS]
        rows.append((name, dimension.zh, *cells))
    return _table(head, rows)


def _cell(kinds: Iterable[Kind]) -> str:
    counts = Counter(kinds)
    return "<br>".join(f"{counts[kind]} {words}" for kind, words in KINDS.items() if counts[kind]) or "–"


def _dimension(catalogue: Catalogue, registry: Registry, kinds: dict[str, Kind], name: str) -> str:
    entries = [entry for entry in catalogue.requirements if entry.dimension == name]
    with_case = [entry for entry in entries if kinds[entry.id] != "none"]
    without = [f"{entry.id}" for entry in entries if kinds[entry.id] == "none"]
    lines = [f"\n## {name} {catalogue.dimensions[name].zh}\n"]
    if with_case:
        rows = [tuple(_row(entry, registry.of(entry.id), kinds[entry.id])) for entry in with_case]
        lines.append(_table(("requirement", "level", "covered", "cases"), rows))
    lines += [f"No case yet: {', '.join(without)}.\n"] if without else []
    return "\n".join(lines)


def _row(entry: Requirement, cases: Sequence[CaseInfo], kind: Kind) -> Iterator[str]:
    yield f"{entry.id} {entry.title}<br>{entry.title_zh}"
    yield entry.level
    missing = lacking(entry, cases)
    yield KINDS[kind] + (f": not yet {', '.join(missing)}" if missing else "")
    yield "<br>".join(f"[{_reads(info)}](../{info.path.relative_to(ROOT)})" for info in cases)


def _reads(info: CaseInfo) -> str:
    words = info.name.removeprefix("test_").replace("_", " ")
    return f"{words} ({info.when})" if info.when else words


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main(arguments: Sequence[str]) -> int:
    """0 when the page is, or was brought, up to date."""
    text = coverage_markdown(load(), scan(folder("testcases")))
    return keep_current({DOCS / "coverage.md": text}, "harness.cases.coverage", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
