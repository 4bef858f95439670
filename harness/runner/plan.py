"""The plan: catalogue × profile × bench × registry × asked level, before the first question."""

from collections.abc import Iterator, Sequence

from harness.cases.registry import CaseInfo, Registry
from harness.model.bench import BenchFile
from harness.model.errors import UsageError
from harness.model.impact import above
from harness.model.plan import Plan, PlannedCase, PlannedRequirement, Term
from harness.model.profile import Profile
from harness.model.requirement import Catalogue, Requirement
from harness.model.vocabulary import LEVELS, Effort, Level, Side, State

ABSENCE = "absence not checked"


def make_plan(
    catalogue: Catalogue,
    profile: Profile,
    bench: BenchFile,
    registry: Registry,
    level: Level,
    select: Sequence[str] = (),
    effort: Effort = "quick",
) -> Plan:
    """For every requirement and side what will run, and why not. UsageError names ids that the catalogue does not know."""
    known = {requirement.id for requirement in catalogue.requirements}
    if unknown := [wanted for wanted in select if wanted not in known]:
        raise UsageError(f"--select {','.join(unknown)}: no such requirement; see `camlabel catalogue list`")
    for info in registry.cases:
        _refuse_stranger(info, known, catalogue)
    planner = _Planner(catalogue, profile, bench, registry, level, frozenset(select))
    return Plan(
        level=level,
        effort=effort,
        dimensions=tuple(Term(id=name, zh=entry.zh) for name, entry in catalogue.dimensions.items()),
        levels=tuple(Term(id=entry.id, zh=entry.zh) for entry in catalogue.levels),
        requirements=tuple(planner.requirement(requirement) for requirement in catalogue.requirements),
    )


def _refuse_stranger(info: CaseInfo, known: set[str], catalogue: Catalogue) -> None:
    """A word that the catalogue does not know would make a case fall away unseen."""
    if info.requirement not in known:
        raise UsageError(f"{info.path}:{info.line}: {info.requirement} is no requirement of the catalogue; see `camlabel catalogue list`")
    if info.when is not None and info.when not in catalogue.capabilities:
        raise UsageError(f"{info.path}:{info.line}: when={info.when!r} is no capability of the catalogue")


class _Planner:
    def __init__(
        self, catalogue: Catalogue, profile: Profile, bench: BenchFile, registry: Registry, level: Level, select: frozenset[str]
    ) -> None:
        self._catalogue = catalogue
        self._profile = profile
        self._bench = bench
        self._registry = registry
        self._level = level
        self._select = select

    def requirement(self, entry: Requirement) -> PlannedRequirement:
        """One requirement's plan."""
        fallen = tuple((side, words) for side in entry.sides if (words := self._side_falls(entry, side)))
        gone = {side for side, _ in fallen}
        why = self._why_not(entry)
        cases = tuple(self._case(entry, info, why) for info in self._registry.of(entry.id))
        cases += tuple(self._uncovered(entry, cases))
        return PlannedRequirement(
            id=entry.id,
            dimension=entry.dimension,
            level=entry.level,
            title=entry.title,
            sides=tuple(side for side in entry.sides if side not in gone),
            supporting=tuple(entry.supporting),
            fallen_sides=fallen,
            cases=cases,
            not_tested=why or ("" if cases or entry.id in self._registry.broken else "no case yet"),
            broken=self._registry.broken.get(entry.id, ""),
        )

    def _why_not(self, entry: Requirement) -> str:
        if self._select and entry.id not in self._select:
            return "deselected"
        if LEVELS.index(entry.level) > LEVELS.index(self._level):
            return f"deselected: level {self._level} was asked"
        return self._does_not_apply(entry)

    def _does_not_apply(self, entry: Requirement) -> str:
        """Why a requirement would not apply by what is declared; absence is not earned yet, so it is NOT_TESTED."""
        rule = entry.applicability
        lacking = [name for name in rule.requires if not self._profile.has(name)]
        if rule.any_of and not any(map(self._profile.has, rule.any_of)):
            lacking += rule.any_of
        if lacking:
            return f"{' and '.join(lacking)} declared absent: {ABSENCE}"
        there = [name for name in rule.unless if self._profile.has(name)]
        return f"does not apply with {' and '.join(there)}, which is declared: presence not checked" if there else ""

    def _side_falls(self, entry: Requirement, side: Side) -> str:
        hangs_on = entry.side_when.get(side) or self._catalogue.sides[side].any_of
        if not hangs_on or any(map(self._profile.has, hangs_on)):
            return ""
        return f"{side} side falls away for now: {' and '.join(hangs_on)} declared absent, {ABSENCE}"

    def _case(self, entry: Requirement, info: CaseInfo, why: str) -> PlannedCase:
        side = info.side or (entry.sides[0] if len(entry.sides) == 1 else "device")
        if info.when and not self._profile.has(info.when):
            reason = f"{info.when} declared absent: {ABSENCE}"
            return PlannedCase(case=info.name, side=side, when=info.when, runs=False, reason=reason, absent=True)
        why = why or self._forbidden(entry, info)
        return PlannedCase(case=info.name, side=side, when=info.when, runs=not why, reason=why)

    def _uncovered(self, entry: Requirement, cases: Sequence[PlannedCase]) -> Iterator[PlannedCase]:
        """What makes the requirement apply and is there, but no case asks about: other cases must not pass for it."""
        covered = {case.when for case in cases}
        for name in (*entry.applicability.requires, *entry.applicability.any_of):
            if cases and not covered & {None, name} and self._profile.has(name):
                yield PlannedCase(case=f"({name})", side=cases[0].side, when=name, runs=False, reason=f"no case yet for {name}")

    def _forbidden(self, entry: Requirement, info: CaseInfo) -> str:
        impact = info.impact or entry.impact
        if above(impact, self._bench.impact):
            return f"the bench permits acts up to {self._bench.impact}; this needs {impact}"
        return ""


def order(plan: Plan, registry: Registry, catalogue: Catalogue) -> list[str]:
    """Case names in the order in which they run: by state, then mildest impact first, then as in the catalogue."""
    places = {requirement.id: index for index, requirement in enumerate(catalogue.requirements)}
    running = {case.case for requirement in plan.requirements for case in requirement.cases if case.runs}
    return [info.name for info in sorted(registry.cases, key=lambda info: _rank(info, catalogue, places)) if info.name in running]


def _rank(info: CaseInfo, catalogue: Catalogue, places: dict[str, int]) -> tuple[int, int, int, str]:
    entry = catalogue.requirement(info.requirement)
    impacts = {impact: index for index, impact in enumerate(catalogue.impacts)}
    return tuple(catalogue.states).index(state_of(info, catalogue)), impacts[info.impact or entry.impact], places[entry.id], info.name


def state_of(info: CaseInfo, catalogue: Catalogue) -> State:
    """The earliest of the states in which a case runs."""
    states = tuple(catalogue.states)
    return min((info.state,) if info.state else catalogue.requirement(info.requirement).state, key=states.index)
