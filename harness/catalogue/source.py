"""YAML 1.2 with line numbers, read from parser events: no tags, aliases or anchors, no deep nesting, no key twice.

Plain scalars follow the YAML 1.2 core schema (yes, no and dates are text); keys are always text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, cast

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from harness.catalogue.files import read_text
from harness.model.mistake import Loc, Mistake, dotted, file_mistake, refusal

DEPTH_MAX = 24
EVENTS_MAX = 50_000
DIGITS_MAX = 18

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass
class Source:
    """One file's data with the line of every entry, and the text of what was read as number or truth value."""

    path: Path
    data: dict[str, JsonValue] = field(default_factory=dict)
    lines: dict[Loc, int] = field(default_factory=dict)
    written: dict[Loc, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, loc: Loc) -> int:
        """The line of an entry, or of the nearest one around it."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)

    def at(self, loc: Loc) -> JsonValue:
        """The value at a place, None when there is nothing."""
        value: JsonValue = self.data
        for step in loc:
            if isinstance(value, dict):
                value = value.get(str(step))
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def mistake(self, loc: Loc, what: str, remedy: str) -> Mistake:
        """A mistake at a place of this file."""
        return Mistake(file=str(self.path), line=self.line(loc), path=dotted(loc), what=what, remedy=remedy)


def read_source(path: Path) -> Source:
    """Read one file; UsageError when it is no YAML mapping, mistakes that leave data behind are kept in the source.

    The parser's own errors quote the file, which may hold passwords; they are not chained.
    """
    builder = _Builder(Source(path))
    text = read_text(path)
    try:
        for event in _events(text):
            builder.take(event)
    except MarkedYAMLError as error:
        raise refusal([*builder.source.mistakes, _syntax(path, error)]) from None
    except (YAMLError, ValueError, OverflowError):
        raise refusal([*builder.source.mistakes, file_mistake(path, "is not YAML", "check its characters and escapes")]) from None
    if not builder.documents:
        raise refusal([file_mistake(path, "is empty", "write lines of the form key: value")])
    return builder.source


def plain(text: str) -> str | int | float | bool | None:
    """What a plain scalar means in the YAML 1.2 core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > DIGITS_MAX:
        return text
    if _INT.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    return float(text) if _FLOAT.fullmatch(text) else text


def _events(text: str) -> Iterator[Event]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _syntax(path: Path, error: MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    what = " ".join(str(error.problem or error.context or "cannot be read").split())
    return Mistake(file=str(path), line=line, path="(file)", what=f"is not YAML: {what}", remedy="mend this line or the one before")


@dataclass
class _Open:
    """A mapping or list that is being read; `key` is the mapping's key that waits for its value."""

    loc: Loc
    value: dict[str, JsonValue] | list[JsonValue]
    key: str | None = None

    @property
    def awaits_key(self) -> bool:
        return isinstance(self.value, dict) and self.key is None

    def next_loc(self) -> Loc:
        return (*self.loc, len(self.value) if isinstance(self.value, list) else cast("str", self.key))

    def put(self, value: JsonValue) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        else:
            self.value[cast("str", self.key)] = value
            self.key = None


class _Builder:
    """Turns events into data, with a stack of its own, so that nesting costs no recursion."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.open: list[_Open] = []
        self.documents = 0
        self.events = 0

    def take(self, event: Event) -> None:
        self.events += 1
        if self.events > EVENTS_MAX:
            self._stop(event, f"has more than {EVENTS_MAX} parts", "is it the right file?")
        if isinstance(event, DocumentStartEvent):
            self._document(event)
        elif isinstance(event, AliasEvent):
            self._stop(event, "uses an alias (*)", "write the value out")
        elif isinstance(event, NodeEvent):
            self._node(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self.open.pop()

    def _document(self, event: DocumentStartEvent) -> None:
        self.documents += 1
        if self.documents > 1:
            self._stop(event, "holds a second document (---)", "keep one document a file")

    def _node(self, event: NodeEvent) -> None:
        if event.anchor:
            self._stop(event, "has an anchor (&)", "write values out instead of sharing them")
        if getattr(event, "ctag", None) is not None:
            self._stop(event, "has a tag (!)", "remove it; text, numbers, lists and mappings need none")
        if isinstance(event, ScalarEvent):
            event.value.encode()
            self._scalar(event)
        else:
            self._begin(event, {} if isinstance(event, MappingStartEvent) else [])

    def _scalar(self, event: ScalarEvent) -> None:
        if not self.open:
            self._stop(event, "holds no mapping", "write lines of the form key: value")
        elif self.open[-1].awaits_key:
            self._key(self.open[-1], event)
        else:
            value = plain(event.value) if event.style is None else event.value
            loc = self._place(event)
            if not isinstance(value, str | None):
                self.source.written[loc] = event.value
            self.open[-1].put(value)

    def _key(self, mapping: _Open, event: ScalarEvent) -> None:
        mapping.key = event.value
        loc = mapping.next_loc()
        if event.value in mapping.value:
            again = Mistake(
                file=str(self.source.path), line=_line(event), path=dotted(loc), what="is there twice", remedy="keep one of the two"
            )
            self.source.mistakes.append(again)
        self.source.lines[loc] = _line(event)

    def _begin(self, event: Event, value: dict[str, JsonValue] | list[JsonValue]) -> None:
        if len(self.open) >= DEPTH_MAX:
            self._stop(event, f"is nested deeper than {DEPTH_MAX}", "flatten it")
        if not self.open:
            self._root(event, value)
        elif self.open[-1].awaits_key:
            self._stop(event, "has a key that is a list or a mapping", "use text as key")
        else:
            loc = self._place(event)
            self.open[-1].put(value)
            self.open.append(_Open(loc, value))

    def _root(self, event: Event, value: dict[str, JsonValue] | list[JsonValue]) -> None:
        if not isinstance(value, dict):
            self._stop(event, "holds a list", "write lines of the form key: value")
        else:
            self.source.data = value
            self.open.append(_Open((), value))

    def _place(self, event: Event) -> Loc:
        loc = self.open[-1].next_loc()
        self.source.lines.setdefault(loc, _line(event))
        return loc

    def _stop(self, event: Event, what: str, remedy: str) -> NoReturn:
        around = dotted(self.open[-1].loc) if self.open else "(file)"
        here = Mistake(file=str(self.source.path), line=_line(event), path=around, what=what, remedy=remedy)
        raise refusal([*self.source.mistakes, here])


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1
