"""A record as a report shows it: sorted, counted and looked up by id. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from harness.model.narrative import Asked, Lane, Paper, Photo
from harness.model.plan import Term
from harness.model.record import RunRecord
from harness.model.verdict import CaseVerdict, LevelResult, Note, Offender, RequirementVerdict, Verdict

_NO_PAPER = Paper(id="", title_zh="", statement="", criterion="")
_NO_CASE = "no case yet"
_OPEN = (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.NOT_TESTED)


@dataclass(frozen=True)
class CellView:
    """A cell with its share: how many failed, else how many passed, of how many that apply."""

    state: str
    own: int
    n: int
    of: int
    failed: bool


@dataclass(frozen=True)
class ReachedView:
    """Is a level reached, by the word's id, and how much of it and below passed."""

    word: str
    n: int
    of: int


@dataclass(frozen=True)
class Ranked:
    """What was judged, worst and then cheapest first; what was not, one group a reason, cheapest first, without a case last."""

    judged: tuple[RequirementVerdict, ...]
    waiting: tuple[tuple[str, tuple[RequirementVerdict, ...]], ...]

    @property
    def total(self) -> int:
        """How many in all."""
        return len(self.judged) + sum(len(group) for _, group in self.waiting)


@dataclass(frozen=True)
class Following:
    """The lowest level not reached, and what is in the way; `instead` is the word's id where no requirement is."""

    term: Term
    ranked: Ranked
    instead: str


class Report:
    """The whole."""

    def __init__(self, record: RunRecord) -> None:
        self._record = record
        told = record.narrative
        self._papers = {each.id: each for each in told.papers}
        self._purposes = {each.case: each.text for each in told.purposes}
        self._asked: defaultdict[tuple[str, int], list[Asked]] = defaultdict(list)
        for each in told.asked:
            self._asked[each.case, each.attempt].append(each)

    def paper(self, id: str) -> Paper:  # noqa: A002 - the catalogue's own word
        """What the catalogue says; empty in a record that was made before it was kept."""
        return self._papers.get(id, _NO_PAPER)

    def purpose(self, case: str) -> str:
        """What its case says."""
        return self._purposes.get(case, "")

    def level(self, id: str) -> Term:  # noqa: A002 - the catalogue's own word
        """A level by its id."""
        return next(each for each in self._record.level_terms if each.id == id)

    def conditions(self, name: str) -> list[str]:
        """Conditions of the run of one name."""
        return [value for each, value in self._record.narrative.conditions if each == name]

    def asked_by(self, case: CaseVerdict) -> list[Asked]:
        """What an attempt asked."""
        return self._asked[case.case, case.attempt]

    def open_notes(self, case: CaseVerdict) -> list[Note]:
        """What is neither met nor an offender."""
        return [each for each in case.notes if each.verdict in _OPEN]

    def judged(self, found: RequirementVerdict) -> bool:
        """Did any of its cases come to something?"""
        return any(each.verdict is not Verdict.NOT_TESTED for each in found.cases)

    def offenders(self, found: RequirementVerdict, most: int) -> Iterator[tuple[str, int, list[tuple[Offender, int]]]]:
        """By what they offend against, in the order in which they were found; equal ones once, with how often."""
        groups: defaultdict[str, Counter[Offender]] = defaultdict(Counter)
        for each in found.offenders[:most]:
            groups[each.what][each.model_copy(update={"evidence": ()})] += 1
        first = {each.model_copy(update={"evidence": ()}): each for each in reversed(found.offenders[:most])}
        for what, group in groups.items():
            yield what, group.total(), [(first[each], times) for each, times in group.items()]

    def photos(self, found: RequirementVerdict) -> list[Photo]:
        """Of all its cases."""
        cases = {each.case for each in found.cases}
        return [each for each in self._record.narrative.photos if each.case in cases]

    def bench_minutes(self, found: Sequence[RequirementVerdict]) -> float:
        """What they cost on a bench together."""
        return sum(self.paper(each.id).minutes for each in found)

    @property
    def asked(self) -> Term:
        """The asked level."""
        return self.level(self._record.asked)

    @property
    def highest(self) -> Term | None:
        """The highest level reached."""
        reached = [term for term, each in zip(self._record.level_terms, self._record.levels, strict=True) if each.reached]
        return reached[-1] if reached else None

    @property
    def counts(self) -> list[tuple[str, int]]:
        """All six words."""
        counts = Counter(each.verdict for each in self._record.requirements)
        return [(each.value, counts[each]) for each in Verdict]

    @property
    def rows(self) -> Iterator[tuple[Term, list[CellView]]]:
        """The grid."""
        for dimension in self._record.dimension_terms:
            yield dimension, [self._cell(dimension.id, level.id) for level in self._record.level_terms]

    @property
    def reached(self) -> Iterator[ReachedView]:
        """Each level with all that it includes."""
        ids = [each.id for each in self._record.level_terms]
        for index, level in enumerate(self._record.levels):
            within = [each.verdict for each in self._record.requirements if each.level in ids[: index + 1]]
            yield ReachedView(_word(level), *_share(within, Verdict.PASS))

    @property
    def following(self) -> Following | None:
        """What blocks the lowest level not reached."""
        level = next((each for each in self._record.levels if not each.reached), None)
        if level is None:
            return None
        instead = "blockers_pentest" if level.automated_part_reached else "blockers_nothing"
        return Following(self.level(level.id), self._ranked(self._blocking(level)), instead)

    @property
    def above(self) -> Ranked:
        """Failed or undecided, and in the way of a higher level only."""
        level = next((each for each in self._record.levels if not each.reached), None)
        near = set(level.blockers) if level else set()
        found = [each for each in self._record.requirements if each.verdict.rank <= Verdict.INCONCLUSIVE.rank and each.id not in near]
        return self._ranked(found)

    @property
    def coverage(self) -> Iterator[tuple[Term, list[int]]]:
        """Of each level's own requirements: how many there are, judged by whom, not tested, passed."""
        for term in self._record.level_terms:
            own = [each for each in self._record.requirements if each.level == term.id]
            judged = Counter(each.judged_by for each in own if each.verdict is not Verdict.NOT_TESTED)
            verdicts = Counter(each.verdict for each in own)
            by = [judged["harness"], judged["guided"], judged["documents"]]
            yield term, [len(own), *by, verdicts[Verdict.NOT_TESTED], verdicts[Verdict.PASS]]

    @property
    def groups(self) -> Iterator[tuple[Term, list[RequirementVerdict]]]:
        """Requirements by dimension, in the catalogue's order."""
        for term in self._record.dimension_terms:
            yield term, [each for each in self._record.requirements if each.dimension == term.id]

    @cached_property
    def lanes(self) -> list[str]:
        """Lanes of the time line that have an entry."""
        told = {each.lane for each in self._record.narrative.moments}
        return [lane for lane in get_args(Lane) if lane in told]

    def _cell(self, dimension: str, level: str) -> CellView:
        [state] = [each.state for each in self._record.cells if (each.dimension, each.level) == (dimension, level)]
        own = [each.verdict for each in self._record.requirements if (each.dimension, each.level) == (dimension, level)]
        failed = Verdict.FAIL in own
        return CellView(state, len(own), *_share(own, Verdict.FAIL if failed else Verdict.PASS), failed)

    def _blocking(self, level: LevelResult) -> list[RequirementVerdict]:
        by_id = {each.id: each for each in self._record.requirements}
        return [by_id[each] for each in level.blockers]

    def _ranked(self, found: Sequence[RequirementVerdict]) -> Ranked:
        judged = sorted((each for each in found if each.verdict is not Verdict.NOT_TESTED), key=self._cost)
        waiting: defaultdict[str, list[RequirementVerdict]] = defaultdict(list)
        for each in sorted((each for each in found if each.verdict is Verdict.NOT_TESTED), key=self._cost):
            waiting[each.reason].append(each)
        groups = sorted(waiting.items(), key=lambda group: group[0].startswith(_NO_CASE))  # a lab cannot mend that
        return Ranked(tuple(judged), tuple((reason, tuple(group)) for reason, group in groups))

    def _cost(self, found: RequirementVerdict) -> tuple[int, float]:
        return found.verdict.rank, self.paper(found.id).minutes


def _word(level: LevelResult) -> str:
    if level.reached:
        return "reached"
    return "automated_part" if level.automated_part_reached else "not_reached"


def _share(verdicts: Sequence[Verdict], counted: Verdict) -> tuple[int, int]:
    applicable = [each for each in verdicts if each is not Verdict.NOT_APPLICABLE]
    return sum(each is counted for each in applicable), len(applicable)
