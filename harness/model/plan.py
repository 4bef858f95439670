"""What a run sets out to do: catalogue × profile × bench × asked level, frozen before the first question."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal, Self

from pydantic import model_validator

from harness.model.base import Frozen
from harness.model.verdict import JudgedBy
from harness.model.vocabulary import Effort, Level, State


class Term(Frozen):
    """A dimension or a level by its id, with the Chinese term."""

    id: str
    zh: str


class Condition(Frozen):
    """When a requirement applies: all of `requires`, one of `any_of`, none of `unless`; empty is always."""

    requires: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All capabilities that it hangs on."""
        return (*self.requires, *self.any_of, *self.unless)


class Thing(Frozen):
    """What is looked for: a capability as declared, or (`kind` undeclared) a kind of thing that nobody may find undeclared.

    `owner` FAILs when it is seen and not declared. `detectors` are kinds of look; the first earns absence. `looked_for` is the
    catalogue's word for it, `state` that of the device when it is looked for.
    """

    id: str
    owner: str
    detectors: tuple[str, ...]
    declared: bool = False
    reason: str = ""
    looked_for: str = ""
    kind: Literal["capability", "undeclared"] = "capability"
    state: State = "normal"

    @property
    def name(self) -> str:
        """The catalogue's name of it."""
        return self.id.partition(" ")[0]


class PlannedCase(Frozen):
    """One case of the static registry.

    `runs` False needs a `reason` ("deselected", "no serial adapter on the bench"). `absent`: its `when` capability is not there;
    then it falls away, and `earned` says that this was looked for.
    """

    case: str
    side: str
    when: str | None = None
    runs: bool = True
    reason: str = ""
    absent: bool = False
    earned: bool = False


class PlannedRequirement(Frozen):
    """One requirement: the sides that it needs, those that fell away (with the words why), and its cases.

    `condition` and `side_when` say on which capabilities it and its sides hang; what follows from them (`sides` less the fallen ones,
    `not_applicable`, `not_tested`, absent cases) is settled from what was seen: harness.cases.applicability.
    `supporting` sides give further evidence: only an offender found there counts. `not_tested` says why nothing can run ("" when
    something can). `broken` says that a file of its cases could not be collected.
    """

    id: str
    dimension: str
    level: Level
    title: str
    sides: tuple[str, ...]
    supporting: tuple[str, ...] = ()
    fallen_sides: tuple[tuple[str, str], ...] = ()
    condition: Condition = Condition()
    side_when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cases: tuple[PlannedCase, ...] = ()
    clauses: tuple[str, ...] = ()
    not_applicable: str = ""
    not_tested: str = ""
    broken: str = ""
    judged_by: JudgedBy = "harness"


class Plan(Frozen):
    """The whole plan; requirements in the catalogue's order, dimensions too, levels lowest first."""

    level: Level
    effort: Effort = "quick"
    overlay: tuple[str, ...] = ()
    dimensions: tuple[Term, ...]
    levels: tuple[Term, ...]
    requirements: tuple[PlannedRequirement, ...]
    things: tuple[Thing, ...] = ()

    @model_validator(mode="after")
    def _nothing_escapes_the_grid(self) -> Self:
        """Whatever the plan holds, also the owner of an undeclared thing, has one place in the grid, or a bad verdict could go unseen."""
        twice = _repeated([*(each.id for each in self.requirements), *(each.id for each in (*self.dimensions, *self.levels))])
        twice += _repeated(each.id for each in self.things)
        twice += [f"{each.id} {case}" for each in self.requirements for case in _repeated(planned.case for planned in each.cases)]
        if twice:
            raise ValueError(f"planned twice: {', '.join(twice)}")
        known = {each.id for each in (*self.dimensions, *self.levels)}
        homeless = [each.id for each in self.requirements if not {each.dimension, each.level} <= known]
        ids = {each.id for each in self.requirements}
        homeless += [each.owner for each in self.things if each.owner not in ids]
        if homeless or self.level not in known:
            raise ValueError(f"dimension or level not listed: {', '.join(homeless) or self.level}")
        return self


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
