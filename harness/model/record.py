"""The record of a run: what every renderer gets, and all that it gets."""

from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from harness.model.base import Frozen
from harness.model.narrative import Narrative
from harness.model.plan import Term
from harness.model.verdict import Cell, LevelResult, RequirementVerdict
from harness.model.vocabulary import Effort, Level

STOPPED = 3


class Device(Frozen):
    """Which unit was judged, as declared and as seen on the bench."""

    producer: str
    model: str
    hardware_revision: str
    firmware_version: str
    sample: str
    serial: str = ""
    mac: str = ""


class Stamp(Frozen):
    """Which version of a thing was used, and the SHA-256 of its content."""

    version: str
    digest: str


class Wait(Frozen):
    """What the run waited for, how often and how long; waiting is not test time."""

    what: str
    seconds: float
    times: int = 1


class CaseTime(Frozen):
    """How long a case took, all its attempts together."""

    case: str
    seconds: float


class MergedRun(Frozen):
    """A run of a campaign: its name there, when, on which unit and bench, its own verdict as exit status, the SHA-256 of its seal."""

    run: str
    started: AwareDatetime
    sample: str
    lab: str
    effort: Effort
    exit_status: int
    seal: str


class RunRecord(Frozen):
    """One run against one device on one bench, or a campaign of several `runs`.

    `exit_status` is the command's own without a gate, `overlay` says what the lab changed in the catalogue, `stopped` why the run ended
    before its time.
    """

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    schema_: Literal["camlabel-record/1"] = Field(default="camlabel-record/1", alias="schema")
    run: str
    started: AwareDatetime
    ended: AwareDatetime
    exit_status: int
    asked: Level
    effort: Effort = "quick"
    overlay: tuple[str, ...] = ()
    device: Device
    catalogue: Stamp
    profile_digest: str
    tool: str
    dimension_terms: tuple[Term, ...]
    level_terms: tuple[Term, ...]
    levels: tuple[LevelResult, ...]
    cells: tuple[Cell, ...]
    requirements: tuple[RequirementVerdict, ...]
    waits: tuple[Wait, ...] = ()
    times: tuple[CaseTime, ...] = ()
    narrative: Narrative = Narrative()
    runs: tuple[MergedRun, ...] = ()
    stopped: str = ""

    @property
    def why_stopped(self) -> str:
        """Empty where the run came to its end; records that were made before they said why say so."""
        return self.stopped or ("this record does not say why" if self.exit_status == STOPPED else "")
