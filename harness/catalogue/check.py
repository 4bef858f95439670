"""Is a catalogue sound? Form, rules, long lines, a twin that is out of date."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from harness.catalogue.entry_rules import ENTRY_RULES
from harness.catalogue.folder import Folder, read_folder
from harness.catalogue.load import HERE, TWIN, twin_is_current
from harness.catalogue.table_rules import TABLE_RULES, Finding
from harness.model.errors import UsageError
from harness.model.mistake import Loc, Mistake, dotted, file_mistake
from harness.model.requirement import Catalogue

LINE_MAX = 200


class Places(Protocol):
    """Knows where the parts of a catalogue were written."""

    def mistake(self, loc: Loc, what: str, remedy: str) -> Mistake:
        """A mistake at a place of the catalogue."""
        ...


class Nowhere:
    """For a catalogue that was not read from files."""

    def mistake(self, loc: Loc, what: str, remedy: str) -> Mistake:
        """A mistake without a line."""
        return Mistake(file="catalogue", line=0, path=dotted(loc), what=what, remedy=remedy)


def check(catalogue: Catalogue, places: Places | None = None) -> list[str]:
    """Every broken rule, as `file:line: path: what, remedy`."""
    places = places or Nowhere()
    return [str(places.mistake(*finding)) for finding in _findings(catalogue)]


def check_folder(path: Path | None = None) -> list[str]:
    """Every mistake of the files of a catalogue, by default those of this package."""
    path = path or HERE
    try:
        folder = read_folder(path)
    except UsageError as error:
        return str(error).splitlines()
    return [*map(str, _lines(folder)), *map(str, _twin(path)), *check(Catalogue.model_validate(folder.content), folder)]


def _findings(catalogue: Catalogue) -> Iterator[Finding]:
    for rule in TABLE_RULES:
        yield from rule(catalogue)
    for number, entry in enumerate(catalogue.requirements):
        for entry_rule in ENTRY_RULES:
            for loc, what, remedy in entry_rule(catalogue, entry):
                yield ("requirements", number, *loc), f"{entry.id}: {what}", remedy


def _lines(folder: Folder) -> Iterator[Mistake]:
    for source in (folder.head, *folder.dimensions):
        for number, line in enumerate(source.path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > LINE_MAX or "\t" in line or line != line.rstrip():
                what = f"has {len(line)} characters, a tab or blanks at its end"
                yield Mistake(
                    file=str(source.path), line=number, path="(text)", what=what, remedy=f"keep to {LINE_MAX} characters without either"
                )


def _twin(path: Path) -> Iterator[Mistake]:
    if (path / TWIN).exists() and not twin_is_current(path):
        yield file_mistake(path / TWIN, "is older than the YAML files beside it", "generate it again")
