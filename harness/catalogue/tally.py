"""Counts over a catalogue, recomputed; the head claims the same."""

from collections import Counter
from collections.abc import Iterable

from harness.model.requirement import Catalogue, Requirement

Counts = dict[str, int | dict[str, int]]


def tally(catalogue: Catalogue) -> Counts:
    """All counts that the head of a catalogue claims, but for shares."""
    entries = catalogue.requirements
    return {
        "total": len(entries),
        "by_dimension": _count(entry.dimension for entry in entries),
        "by_level": _count(entry.level for entry in entries),
        "by_method": _count(entry.method for entry in entries),
        "by_basis": _count(entry.basis for entry in entries),
        "by_automation": _count(entry.automation for entry in entries),
        "by_side": _count(side for entry in entries for side in entry.sides),
        "by_applicability": _count("always" if entry.applicability.always else "conditional" for entry in entries),
        **_totals(entries),
        "capabilities": len(catalogue.capabilities),
        "undeclared": len(catalogue.undeclared),
    }


def _totals(entries: tuple[Requirement, ...]) -> Counts:
    return {
        "with_thresholds": sum(bool(entry.thresholds) for entry in entries),
        "thresholds": sum(len(entry.thresholds) for entry in entries),
        "with_controls": sum(bool(entry.controls) for entry in entries),
        "corrected": sum(bool(entry.history) for entry in entries),
    }


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words))
