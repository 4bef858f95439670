"""The plan: catalogue × profile × bench × registry × asked level, before the first question."""

from collections.abc import Iterator, Sequence

from harness.cases.registry import CaseInfo, Registry
from harness.catalogue.wording import nearest
from harness.model.bench import BenchFile
from harness.model.errors import UsageError
from harness.model.impact import above
from harness.model.plan import Condition, Plan, PlannedCase, PlannedRequirement, Term, Thing
from harness.model.profile import Profile
from harness.model.requirement import CapabilityEntry, Catalogue, Requirement
from harness.model.vocabulary import LEVELS, Effort, Level, Side, State

# Kinds of undeclared things that a detector of ours finds, and in which states beside normal; their owners are the catalogue's.
UNDECLARED: dict[str, tuple[State, ...]] = {"port_or_service": ("factory",), "open_media": ()}


def make_plan(
    catalogue: Catalogue,
    profile: Profile,
    bench: BenchFile,
    registry: Registry,
    level: Level,
    select: Sequence[str] = (),
    effort: Effort = "quick",
) -> Plan:
    """For every requirement and side what may run, and why not; what applies is settled at each case's turn.

    UsageError names ids that the catalogue does not know.
    """
    known = {requirement.id for requirement in catalogue.requirements}
    if unknown := [wanted for wanted in select if wanted not in known]:
        lists = "`camlabel catalogue list` lists them"
        raise UsageError(f"--select {','.join(unknown)}: no such requirement; {nearest(unknown[0], known, lists)}")
    for info in registry.cases:
        _refuse_stranger(info, known, catalogue)
    planner = _Planner(catalogue, profile, bench, registry, level, frozenset(select))
    return Plan(
        level=level,
        effort=effort,
        dimensions=tuple(Term(id=name, zh=entry.zh) for name, entry in catalogue.dimensions.items()),
        levels=tuple(Term(id=entry.id, zh=entry.zh) for entry in catalogue.levels),
        requirements=tuple(planner.requirement(requirement) for requirement in catalogue.requirements),
        things=(*(planner.thing(name, entry) for name, entry in catalogue.capabilities.items()), *_undeclared(catalogue)),
    )


def _undeclared(catalogue: Catalogue) -> Iterator[Thing]:
    for name, states in UNDECLARED.items():
        entry = catalogue.undeclared[name]
        thing = Thing(id=name, owner=entry.owner, detectors=("survey",), looked_for=entry.why, kind="undeclared")
        yield thing
        yield from (thing.model_copy(update={"id": f"{name} in state {state}", "state": state}) for state in states)


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
        why = self._why_not(entry)
        cases = tuple(self._case(entry, info, why) for info in self._registry.of(entry.id))
        rule = entry.applicability
        return PlannedRequirement(
            id=entry.id,
            dimension=entry.dimension,
            level=entry.level,
            title=entry.title,
            sides=entry.sides,
            supporting=tuple(entry.supporting),
            condition=Condition(requires=rule.requires, any_of=rule.any_of, unless=rule.unless),
            side_when=tuple((side, names) for side in entry.sides if (names := self._hangs_on(entry, side))),
            cases=cases,
            not_tested=why,
            broken=self._registry.broken.get(entry.id, ""),
        )

    def thing(self, name: str, entry: CapabilityEntry) -> Thing:
        """A line of the ICS, as it is to be looked for."""
        answer = self._profile.capabilities.get(name)
        return Thing(
            id=name,
            owner=entry.owner,
            detectors=tuple(detector.kind for detector in entry.detector),
            declared=self._profile.has(name),
            reason=answer.reason if answer else "",
            looked_for=entry.text,
        )

    def _why_not(self, entry: Requirement) -> str:
        if self._select and entry.id not in self._select:
            return "deselected"
        if LEVELS.index(entry.level) > LEVELS.index(self._level):
            return f"deselected: level {self._level} was asked"
        return ""

    def _hangs_on(self, entry: Requirement, side: Side) -> tuple[str, ...]:
        return entry.side_when.get(side) or self._catalogue.sides[side].any_of

    def _case(self, entry: Requirement, info: CaseInfo, why: str) -> PlannedCase:
        side = info.side or (entry.sides[0] if len(entry.sides) == 1 else "device")
        why = why or self._forbidden(entry, info)
        return PlannedCase(case=info.name, side=side, when=info.when, runs=not why, reason=why)

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
