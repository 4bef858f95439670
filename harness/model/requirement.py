"""The catalogue as frozen data: 130 requirements and the tables that explain their words. Shapes are those of the YAML files."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from harness.model.base import Frozen
from harness.model.impact import Impact
from harness.model.vocabulary import Level, Side, State

RequirementId = Annotated[str, Field(pattern=r"^[A-Z]{3}-[0-9]{2}$")]
Words = tuple[str, ...]
ThresholdValue = int | float | str | tuple[int | float, ...]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Threshold(Frozen):
    """A number of a requirement; `criterion` is compared with an observation, `procedure` says how much is done."""

    value: ThresholdValue
    unit: str
    role: Literal["criterion", "procedure"]


class Applicability(Frozen):
    """When a requirement applies: always, or all of `requires`, one of `any_of`, none of `unless` (capabilities declared or seen)."""

    condition: str
    always: bool = False
    requires: Words = ()
    any_of: Words = ()
    unless: Words = ()


class Minutes(Frozen):
    """Expected bench time at full effort."""

    real: float
    emulated: float


class Requirement(Frozen):
    """One entry of the catalogue."""

    id: RequirementId
    dimension: str
    title: str
    title_zh: str
    level: Level
    level_basis: str
    basis: str
    statement: str
    applicability: Applicability
    sides: tuple[Side, ...]
    side_when: dict[Side, Words] = Field(default_factory=dict)
    supporting: tuple[Side, ...] = ()
    state: Annotated[tuple[State, ...], BeforeValidator(_as_list)]
    impact: Impact
    needs: Words
    samples: int = 1
    method: str
    also_uses: Words = ()
    automation: str
    procedure: Words
    pass_criterion: str
    controls: Words = ()
    thresholds: dict[str, Threshold] = Field(default_factory=dict)
    threshold_basis: str = ""
    expected_minutes: Minutes
    evidence: Words
    ixit: Words
    refs: Words
    history: Words = ()


class Dimension(Frozen):
    """One of the six groups of requirements."""

    prefix: str
    zh: str
    note: str = ""


class LevelEntry(Frozen):
    """One of the three levels; `extra` is asked beside the requirements."""

    id: Level
    zh: str
    stars: int
    includes: tuple[Level, ...] = ()
    extra: str = ""


class SideEntry(Frozen):
    """What a side of a requirement is; without `always` it falls away where none of `any_of` is present."""

    text: str
    always: bool = False
    any_of: Words = ()


class NeedEntry(Frozen):
    """What a procedure may need of the bench; falls away where none of `only_with` is present."""

    text: str
    only_with: Words = ()


class Detector(Frozen):
    """How a capability is seen: the kind of look, and what is looked for."""

    kind: str
    text: str


def _detector(value: object) -> object:
    if isinstance(value, dict) and len(value) == 1:
        kind, text = next(iter(value.items()))
        return {"kind": kind, "text": text}
    return value


class CapabilityEntry(Frozen):
    """A line of the ICS; the first detector earns absence, `owner` FAILs when the thing is seen and not declared."""

    text: str
    detector: tuple[Annotated[Detector, BeforeValidator(_detector)], ...]
    owner: RequirementId


class UndeclaredEntry(Frozen):
    """A kind of thing that may be seen without being declared, and the requirement that FAILs then."""

    owner: RequirementId
    why: str


class IxitTable(Frozen):
    """One table of the IXIT and its fields."""

    table: str
    fields: str


class SourceEntry(Frozen):
    """A paper that entries refer to, and how far it was read."""

    title: str
    url: str
    read: str


class Head(Frozen):
    """Name, version and honesty of the catalogue, with the counts that it claims."""

    name: str
    version: str
    status: str
    honesty: Words
    counts: dict[str, int | float | dict[str, int]]


class Catalogue(Frozen):
    """All tables and requirements; `digest` is over the files that they were read from."""

    catalogue: Head
    dimensions: dict[str, Dimension]
    levels: tuple[LevelEntry, ...]
    verdicts: dict[str, str]
    methods: dict[str, str]
    automation_values: dict[str, str]
    schema_notes: Words
    sides: dict[Side, SideEntry]
    states: dict[State, str]
    impacts: dict[Impact, str]
    needs: dict[str, NeedEntry]
    capabilities: dict[str, CapabilityEntry]
    undeclared: dict[str, UndeclaredEntry]
    ixit: dict[str, IxitTable]
    sources: dict[str, SourceEntry]
    requirements: tuple[Requirement, ...]
    digest: str = ""

    def requirement(self, id: str) -> Requirement:  # noqa: A002 - the catalogue's own word
        """The requirement of this id; KeyError when there is none."""
        found = next((entry for entry in self.requirements if entry.id == id), None)
        if found is None:
            raise KeyError(id)
        return found
