"""Rules over the tables of a catalogue; each yields (place, what, remedy)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

from harness.catalogue.tally import tally
from harness.model.impact import IMPACTS
from harness.model.mistake import Loc
from harness.model.requirement import Catalogue
from harness.model.vocabulary import DETECTORS, NEEDS, SIDES, STATES

TOTAL = 130
PER_LEVEL = {"basic": 71, "enhanced": 45, "leading": 14}
KINDS_OF_UNDECLARED = (
    *("port", "destination", "account", "key", "interface", "sensor", "radio", "update", "endpoint"),
    *("third", "component", "hidden", "identity"),
)

Finding = tuple[Loc, str, str]
TableRule = Callable[[Catalogue], Iterable[Finding]]


def words_known(loc: Loc, words: Iterable[str], known: Collection[str]) -> Iterator[Finding]:
    """Every word is in a vocabulary, and there once."""
    for word, times in Counter(list(words)).items():
        if word not in known:
            yield loc, f"{word} is not known", "correct it, or add it to its table"
        elif times > 1:
            yield loc, f"{word} is there twice", "keep one"


def _tables_are_vocabularies(catalogue: Catalogue) -> Iterator[Finding]:
    tables = {name: list(getattr(catalogue, name)) for name in ("sides", "states", "impacts", "needs")}
    for name, words in (("sides", SIDES), ("states", STATES), ("impacts", IMPACTS), ("needs", NEEDS)):
        if tables[name] != list(words):
            yield (name,), f"is {', '.join(tables[name])}", f"keep to {', '.join(words)}, in this order"


def _conditions_are_capabilities(catalogue: Catalogue) -> Iterator[Finding]:
    for side, entry in catalogue.sides.items():
        yield from words_known(("sides", side), entry.any_of, catalogue.capabilities)
    for name, need in catalogue.needs.items():
        yield from words_known(("needs", name), need.only_with, catalogue.capabilities)


def _ids(catalogue: Catalogue) -> Iterator[Finding]:
    ids = Counter(entry.id for entry in catalogue.requirements)
    if len(catalogue.requirements) != TOTAL:
        yield ("catalogue",), f"there are {len(catalogue.requirements)} requirements", f"there must be {TOTAL}"
    for number, entry in enumerate(catalogue.requirements):
        if ids[entry.id] > 1:
            yield ("requirements", number), f"{entry.id} is the id of {ids[entry.id]} requirements", "ids are unique and never used again"


def _levels(catalogue: Catalogue) -> Iterator[Finding]:
    counted = tally(catalogue)["by_level"]
    if counted != PER_LEVEL:
        yield ("levels",), f"the levels have {counted}", f"they must have {PER_LEVEL}"


def _capabilities(catalogue: Catalogue) -> Iterator[Finding]:
    ids = {entry.id for entry in catalogue.requirements}
    for name, entry in catalogue.capabilities.items():
        loc = ("capabilities", name)
        yield from words_known(loc, [detector.kind for detector in entry.detector], DETECTORS)
        if not (entry.detector and entry.text and all(detector.text for detector in entry.detector)):
            yield loc, "lacks its text or a detector", "say what it is and how it is seen"
        if entry.owner not in ids:
            yield loc, f"its owner {entry.owner} is no requirement", "name one"


def _undeclared(catalogue: Catalogue) -> Iterator[Finding]:
    ids = {entry.id for entry in catalogue.requirements}
    for name, entry in catalogue.undeclared.items():
        if entry.owner not in ids or not entry.why:
            yield ("undeclared", name), "lacks a known owner or its reason", "name a requirement and say why"
    for kind in KINDS_OF_UNDECLARED:
        if not any(kind in name for name in catalogue.undeclared):
            yield ("undeclared",), f"has no entry for {kind}", "add one"


def _counts(catalogue: Catalogue) -> Iterator[Finding]:
    for name, counted in tally(catalogue).items():
        claimed = catalogue.catalogue.counts.get(name)
        if claimed != counted:
            yield ("catalogue", "counts", name), f"says {claimed}", f"there are {counted}"


TABLE_RULES: tuple[TableRule, ...] = (
    _tables_are_vocabularies,
    _conditions_are_capabilities,
    _ids,
    _levels,
    _capabilities,
    _undeclared,
    _counts,
)
