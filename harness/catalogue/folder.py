"""The catalogue's YAML files: one of tables (catalogue.yaml) and one of requirements for each dimension, read with line numbers."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from harness.catalogue.files import read_bytes
from harness.catalogue.source import Source, read_source
from harness.catalogue.validation import validated
from harness.model.base import Frozen
from harness.model.errors import UsageError
from harness.model.mistake import Loc, Mistake, file_mistake, refusal
from harness.model.requirement import Catalogue, Requirement

HEAD = "catalogue.yaml"


class RequirementsFile(Frozen):
    """The shape of one dimension's file."""

    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class Folder:
    """All sources of a catalogue; `starts` is the number of the first requirement of each dimension's file."""

    path: Path
    head: Source
    dimensions: tuple[Source, ...] = ()
    starts: dict[str, int] = field(default_factory=dict)

    def mistake(self, loc: Loc, what: str, remedy: str) -> Mistake:
        """A mistake at a place of the whole catalogue, told at its place in one of the files."""
        if loc[:1] == ("requirements",) and len(loc) > 1 and isinstance(loc[1], int):
            source = next(s for s in reversed(self.dimensions) if self.starts[s.path.name] <= loc[1])
            return source.mistake(("requirements", loc[1] - self.starts[source.path.name], *loc[2:]), what, remedy)
        return self.head.mistake(loc, what, remedy)

    @property
    def content(self) -> dict[str, JsonValue]:
        """The data of all files as one."""
        return {**self.head.data, "requirements": [entry for source in self.dimensions for entry in entries(source)]}


def entries(source: Source) -> list[JsonValue]:
    """The requirements of one file, as they are written there."""
    found = source.at(("requirements",))
    return found if isinstance(found, list) else []


def digests(path: Path) -> dict[str, str]:
    """SHA-256 of every YAML file of a catalogue, by name."""
    return {file.name: hashlib.sha256(read_bytes(file)).hexdigest() for file in sorted(path.glob("*.yaml"))}


def read_folder(path: Path) -> Folder:
    """Read all files; UsageError with every mistake of form in any of them."""
    head = read_source(path / HEAD)
    names = head.at(("dimensions",))
    dimensions = _sources(path, names if isinstance(names, dict) else {})
    starts, count = {}, 0
    for source in dimensions:
        starts[source.path.name] = count
        count += len(entries(source))
    folder = Folder(path, head, dimensions, starts)
    if mistakes := [*_form(folder), *_strangers(folder)]:
        raise refusal(mistakes)
    return folder


def _sources(path: Path, names: Iterable[str]) -> tuple[Source, ...]:
    found, lines = [], []
    for name in names:
        try:
            found.append(read_source(path / f"{name}.yaml"))
        except UsageError as error:
            lines.append(str(error))
    if lines:
        raise UsageError("\n".join(lines))
    return tuple(found)


def _form(folder: Folder) -> Iterable[Mistake]:
    stand_ins: dict[str, Any] = {"requirements": []}
    head = Source(folder.head.path, {**folder.head.data, **stand_ins}, folder.head.lines, folder.head.written, folder.head.mistakes)
    yield from validated(head, Catalogue, (), {}).mistakes
    for source in folder.dimensions:
        yield from validated(source, RequirementsFile, (), {}).mistakes


def _strangers(folder: Folder) -> Iterable[Mistake]:
    known = {HEAD, *folder.starts}
    for file in sorted(folder.path.glob("*.yaml")):
        if file.name not in known:
            yield file_mistake(file, "names no dimension", f"name it in the table dimensions of {HEAD}, or remove it")
