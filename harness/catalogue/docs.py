"""Writes `docs/catalogue.md` and the catalogue's twin in JSON; `--check` says whether both are up to date.

`python -m harness.catalogue.docs [--check]`
"""

import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from harness.catalogue.generated import DOCS, keep_current
from harness.catalogue.load import HERE, TWIN, load, twin_text
from harness.model.requirement import Applicability, Catalogue, Requirement, ThresholdValue
from harness.model.vocabulary import LEVELS

SPECIAL = re.compile(r"([\\`*_<>|\[\]#])")


def catalogue_markdown(catalogue: Catalogue) -> str:
    """The whole catalogue for people to read."""
    parts = [_head(catalogue), *(_dimension(catalogue, name) for name in catalogue.dimensions), _tables(catalogue)]
    return "\n\n".join(parts) + "\n"


def condition(applicability: Applicability) -> str:
    """The machine part of an applicability in words."""
    if applicability.always:
        return "always"
    named = (("all of", applicability.requires), ("one of", applicability.any_of), ("none of", applicability.unless))
    return "; ".join(
        names[0] if len(names) == 1 and words != "none of" else f"{words} {', '.join(names)}" for words, names in named if names
    )


def value_text(value: ThresholdValue) -> str:
    """A threshold's value as people write it."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _head(catalogue: Catalogue) -> str:
    head = catalogue.catalogue
    name = f"{_text(head.name)}, version {head.version}, {len(catalogue.requirements)} requirements."
    origin = "Made from `harness/catalogue/*.yaml` by `python -m harness.catalogue.docs`; `camlabel catalogue show ID` shows one."
    return "\n\n".join(("# Requirements", f"{name} {origin}", _bullets(head.honesty), _counts(catalogue)))


def _counts(catalogue: Catalogue) -> str:
    rows = []
    for name, dimension in catalogue.dimensions.items():
        levels = [entry.level for entry in catalogue.requirements if entry.dimension == name]
        rows.append(
            (f"[{dimension.prefix} {name}](#{_anchor(name, dimension.zh)})", dimension.zh, *(str(levels.count(level)) for level in LEVELS))
        )
    return _table(("dimension", "", *(f"{entry.id} {entry.zh}" for entry in catalogue.levels)), rows)


def _dimension(catalogue: Catalogue, name: str) -> str:
    dimension = catalogue.dimensions[name]
    note = [_text(dimension.note)] if dimension.note else []
    entries = [_entry(entry) for entry in catalogue.requirements if entry.dimension == name]
    return "\n\n".join([f"## {name} {dimension.zh}", *note, *entries])


def _entry(entry: Requirement) -> str:
    return "\n\n".join(part for part in _entry_parts(entry) if part)


def _entry_parts(entry: Requirement) -> Iterator[str]:
    yield f"### {entry.id} {_text(entry.title)}"
    when = f"state: {', '.join(entry.state)} · impact: {entry.impact}"
    yield f"{_text(entry.title_zh)} · **{entry.level}** · sides: {', '.join(entry.sides)} · {when}"
    yield _text(entry.statement)
    yield f"Applies: {_text(entry.applicability.condition)} ({_text(condition(entry.applicability))})"
    yield "\n".join(f"{number}. {_text(step)}" for number, step in enumerate(entry.procedure, 1))
    yield f"**Pass criterion:** {_text(entry.pass_criterion)}"
    if entry.controls:
        yield f"**Controls:**\n\n{_bullets(entry.controls)}"
    if entry.thresholds:
        rows = [(f"`{name}`", f"{value_text(limit.value)} {limit.unit}", limit.role) for name, limit in entry.thresholds.items()]
        yield _table(("threshold", "value", "role"), rows)
    yield _bullets(_facts(entry), escape=False)
    if entry.history:
        yield f"Corrected:\n\n{_bullets(entry.history)}"


def _facts(entry: Requirement) -> Iterator[str]:
    minutes = entry.expected_minutes
    side_when = [f"{side} with {' or '.join(names)}" for side, names in entry.side_when.items()]
    facts: tuple[tuple[str, Iterable[str]], ...] = (
        ("method", [entry.method, *(f"also {name}" for name in entry.also_uses), entry.automation]),
        ("needs", entry.needs),
        ("sides fall away", side_when),
        ("supporting sides", entry.supporting),
        ("samples", [str(entry.samples)] if entry.samples > 1 else []),
        ("minutes", [f"{minutes.real:g} on a real camera", f"{minutes.emulated:g} on an emulated one"]),
        ("evidence", entry.evidence),
        (
            "basis",
            [entry.basis, f"level: {entry.level_basis}", *([f"thresholds: {entry.threshold_basis}"] if entry.threshold_basis else [])],
        ),
        ("refs", entry.refs),
    )
    for name, words in facts:
        if line := "; ".join(map(_text, words)):
            yield f"{name}: {line}"
    yield f"IXIT: {', '.join(f'`{name}`' for name in entry.ixit)}"


def _tables(catalogue: Catalogue) -> str:
    seen = (
        (name, entry.text, "; ".join(f"{d.kind}: {d.text}" for d in entry.detector), entry.owner)
        for name, entry in catalogue.capabilities.items()
    )
    parts = (
        ("Capabilities", ("capability", "what", "seen by", "owner"), seen),
        ("Seen but not declared", ("kind", "owner", "why"), ((name, e.owner, e.why) for name, e in catalogue.undeclared.items())),
        ("Sides", ("side", "what"), ((name, side.text) for name, side in catalogue.sides.items())),
        ("States", ("state", "what"), catalogue.states.items()),
        ("Impacts", ("impact", "what"), catalogue.impacts.items()),
        ("Needs", ("need", "what", "only with"), ((name, n.text, ", ".join(n.only_with)) for name, n in catalogue.needs.items())),
        ("IXIT tables", ("table", "origin", "fields"), ((name, t.table, t.fields) for name, t in catalogue.ixit.items())),
        ("Sources", ("name", "title", "where", "read"), ((name, s.title, s.url, s.read) for name, s in catalogue.sources.items())),
    )
    tables = (f"### {title}\n\n{_table(heads, (tuple(map(_text, row)) for row in rows))}" for title, heads, rows in parts)
    return "\n\n".join(("## Words", _bullets(catalogue.schema_notes), *tables))


def _text(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def _anchor(*words: str) -> str:
    return "-".join(words)


def _bullets(lines: Iterable[str], *, escape: bool = True) -> str:
    return "\n".join(f"- {_text(line) if escape else line}" for line in lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str]) -> int:
    """0 when the files are, or were brought, up to date."""
    files = {DOCS / "catalogue.md": catalogue_markdown(load()), HERE / TWIN: twin_text()}
    return keep_current(files, "harness.catalogue.docs", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
