"""Rules over one requirement; each yields (place in the requirement, what, remedy)."""

import re
from collections.abc import Callable, Iterable, Iterator

from harness.catalogue.numbers import loose_numbers
from harness.catalogue.table_rules import Finding, words_known
from harness.model.requirement import Catalogue, Requirement

MAY_BE_EMPTY = ("refs", "needs")
HISTORY = re.compile(r"2\d{3}-\d\d-\d\d: .{15}")

EntryRule = Callable[[Catalogue, Requirement], Iterable[Finding]]


def _nothing_empty(_: Catalogue, entry: Requirement) -> Iterator[Finding]:
    for name, field in Requirement.model_fields.items():
        if field.is_required() and name not in MAY_BE_EMPTY and getattr(entry, name) in ("", ()):
            yield (name,), f"{name} is empty", "fill it in"
    for name, threshold in entry.thresholds.items():
        if not threshold.unit:
            yield ("thresholds", name), f"{name} has no unit", "name it"


def _words(catalogue: Catalogue, entry: Requirement) -> Iterator[Finding]:
    dimension = catalogue.dimensions.get(entry.dimension)
    if dimension is None or dimension.prefix != entry.id[:3]:
        yield ("dimension",), f"{entry.dimension} does not go with the prefix {entry.id[:3]}", "mend id or dimension"
    yield from words_known(("method",), [entry.method], catalogue.methods)
    yield from words_known(("also_uses",), entry.also_uses, catalogue.methods)
    yield from words_known(("automation",), [entry.automation], catalogue.automation_values)
    yield from words_known(("needs",), entry.needs, catalogue.needs)
    yield from words_known(("state",), entry.state, catalogue.states)
    yield from words_known(("sides",), [*entry.sides, *entry.supporting], catalogue.sides)


def _side_when(catalogue: Catalogue, entry: Requirement) -> Iterator[Finding]:
    yield from words_known(("side_when",), entry.side_when, entry.sides)
    for side, capabilities in entry.side_when.items():
        yield from words_known(("side_when", side), capabilities, catalogue.capabilities)


def _needs(_: Catalogue, entry: Requirement) -> Iterator[Finding]:
    if not entry.needs and entry.sides != ("firmware",):
        yield ("needs",), "needs nothing though it has another side than firmware", "name what the bench must have"
    for side, need in (("document", "documents"), ("inspection", "operator")):
        if side in entry.sides and need not in entry.needs:
            yield ("needs",), f"the side {side} needs {need}", f"add {need}"
    if "samples" in entry.model_fields_set and entry.samples < 2:
        yield ("samples",), f"samples is {entry.samples}", "write 2 or more, or leave it out"


def _applicability(catalogue: Catalogue, entry: Requirement) -> Iterator[Finding]:
    applies = entry.applicability
    machine = applies.model_fields_set & {"requires", "any_of", "unless"}
    if not applies.condition or applies.always == bool(machine):
        yield ("applicability",), "applicability is not a condition with always or a machine part", "give one of the two"
    for name in sorted(machine):
        capabilities = getattr(applies, name)
        yield from words_known(("applicability", name), capabilities, catalogue.capabilities)
        if not capabilities:
            yield ("applicability", name), f"{name} is empty", "name a capability or remove it"


def _thresholds(_: Catalogue, entry: Requirement) -> Iterator[Finding]:
    if bool(entry.thresholds) != bool(entry.threshold_basis):
        yield ("thresholds",), "has thresholds without threshold_basis, or the other way", "give both or neither"
    for number in loose_numbers(entry):
        yield (), f"the number {number} lives only in prose", "make it a threshold"


def _minutes(_: Catalogue, entry: Requirement) -> Iterator[Finding]:
    if entry.expected_minutes.real <= 0 or entry.expected_minutes.emulated <= 0:
        yield ("expected_minutes",), "expected_minutes is not positive", "estimate it"


def _history(_: Catalogue, entry: Requirement) -> Iterator[Finding]:
    for number, line in enumerate(entry.history):
        if not HISTORY.match(line):
            yield ("history", number), f"history says {line!r}", "write YYYY-MM-DD: and what was corrected"


ENTRY_RULES: tuple[EntryRule, ...] = (_nothing_empty, _words, _side_when, _needs, _applicability, _thresholds, _minutes, _history)
