"""What a lab lays over the catalogue (levels, thresholds), and the official numbers that it has for requirements."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.catalogue.source import Source, read_source
from harness.catalogue.validation import Part, validated
from harness.catalogue.wording import nearest
from harness.model.mistake import Mistake
from harness.model.overlay import Clauses, Overlay
from harness.model.requirement import Catalogue, Requirement, Threshold, ThresholdValue

OVERLAY_PARTS: tuple[Part, ...] = (("levels", "*"), ("thresholds", "*"))
CLAUSE_PARTS: tuple[Part, ...] = (("clauses", "*"),)


def read_overlay(path: Path, catalogue: Catalogue) -> Overlay:
    """The overlay in a file; UsageError with every mistake in it."""
    source = read_source(path)
    checked = validated(source, Overlay, OVERLAY_PARTS, {"schema": "camlabel-overlay/1", "name": "?", "reason": "?"})
    if checked.model is None:
        return checked.accepted()
    return checked.accepted(_mistakes(checked.model, catalogue, source))


def read_clauses(path: Path, catalogue: Catalogue) -> Clauses:
    """The official numbers in a file; UsageError with every mistake in it."""
    source = read_source(path)
    checked = validated(source, Clauses, CLAUSE_PARTS, {"schema": "camlabel-clauses/1"})
    if checked.model is None:
        return checked.accepted()
    return checked.accepted(_strangers(checked.model.clauses, "clauses", catalogue, source))


def laid_over(catalogue: Catalogue, overlay: Overlay) -> Catalogue:
    """The catalogue as the lab wants it."""
    return catalogue.model_copy(update={"requirements": tuple(_changed(each, overlay) for each in catalogue.requirements)})


def told(overlay: Overlay, catalogue: Catalogue) -> tuple[str, ...]:
    """Every change in words, for grid, record and reports."""
    changes = [f"{overlay.name}: {overlay.reason}"]
    for entry in catalogue.requirements:
        if (level := overlay.levels.get(entry.id, entry.level)) != entry.level:
            changes.append(f"{entry.id}: level {entry.level} → {level}")
        for name, value in overlay.thresholds.get(entry.id, {}).items():
            limit = entry.thresholds[name]
            changes.append(f"{entry.id}: {name} {_spelled(limit.value)} → {_spelled(value)} {limit.unit}")
    return tuple(changes)


def _changed(entry: Requirement, overlay: Overlay) -> Requirement:
    values = overlay.thresholds.get(entry.id, {})
    limits = {name: _with(limit, values.get(name)) for name, limit in entry.thresholds.items()}
    return entry.model_copy(update={"level": overlay.levels.get(entry.id, entry.level), "thresholds": limits})


def _with(limit: Threshold, value: ThresholdValue | None) -> Threshold:
    return limit if value is None else limit.model_copy(update={"value": value})


def _mistakes(overlay: Overlay, catalogue: Catalogue, source: Source) -> Iterator[Mistake]:
    yield from _strangers(overlay.levels, "levels", catalogue, source)
    yield from _strangers(overlay.thresholds, "thresholds", catalogue, source)
    entries = {entry.id: entry for entry in catalogue.requirements}
    for name, values in overlay.thresholds.items():
        for each, value in values.items() if name in entries else ():
            limit = entries[name].thresholds.get(each)
            if limit is None:
                remedy = nearest(each, entries[name].thresholds, f"see `camlabel catalogue show {name}`")
                yield source.mistake(("thresholds", name, each), f"{name} has no threshold {each}", remedy)
            elif _kind(limit.value) is not _kind(value):
                what = f"is {_spelled(value)}, where the catalogue has {_spelled(limit.value)} {limit.unit}"
                yield source.mistake(("thresholds", name, each), what, "write a value of the same kind")
            elif _is_off(each, limit, value):
                remedy = "leave it out, or write a number above 0; what a lab does not check it deselects"
                yield source.mistake(("thresholds", name, each), f"is {_spelled(value)}, which would switch the check off", remedy)


def _strangers(names: Iterable[str], table: str, catalogue: Catalogue, source: Source) -> Iterator[Mistake]:
    ids = [entry.id for entry in catalogue.requirements]
    for name in names:
        if name not in ids:
            yield source.mistake((table, name), "is no requirement of the catalogue", nearest(name, ids, "see `camlabel catalogue list`"))


def _kind(value: ThresholdValue) -> type:
    return float if isinstance(value, int | float) else type(value)


def _is_off(name: str, limit: Threshold, value: ThresholdValue) -> bool:
    """Nothing is done, or everything is enough. A bound that may not be exceeded is at its strictest at 0."""
    if isinstance(value, int | float):
        strictest = limit.role == "criterion" and name.endswith("_max")
        return value < 0 or (value == 0 and not strictest)
    return not value


def _spelled(value: ThresholdValue) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
