"""A lab's own levels and thresholds, laid over the catalogue: printed on the grid, in the record and in every report."""

from typing import Annotated, Literal

from pydantic import Field

from harness.model.profile import Text
from harness.model.recipe import Aliased
from harness.model.requirement import RequirementId, ThresholdValue
from harness.model.vocabulary import Level


class Overlay(Aliased):
    """`levels` moves requirements, `thresholds` gives other values to named numbers; each overlay says why."""

    format: Literal["camlabel-overlay/1"] = Field(alias="schema")
    name: Text
    reason: Text
    levels: dict[RequirementId, Level] = Field(default_factory=dict)
    thresholds: dict[RequirementId, dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ThresholdValue]] = Field(default_factory=dict)


class Clauses(Aliased):
    """Official clause numbers by requirement, where a lab has them; several are allowed. Empty as delivered: the papers are not public."""

    format: Literal["camlabel-clauses/1"] = Field(alias="schema")
    standard: str = ""
    clauses: dict[RequirementId, tuple[Text, ...]] = Field(default_factory=dict)
