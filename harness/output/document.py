"""`verdicts.json`: the published shape of a run's verdicts, version 1. Fields are only ever added, and with a default."""

from typing import Literal

from pydantic import ConfigDict, Field

from harness.model.base import Frozen
from harness.model.verdict import JudgedBy, Verdict
from harness.model.vocabulary import Effort, Level

SCHEMA: Literal["camlabel-verdicts/1"] = "camlabel-verdicts/1"

State = Literal["FAIL", "ERROR", "INCONCLUSIVE", "NOT_TESTED", "PASS", "neutral"]
Sequences = tuple[int, ...]


class Entry(Frozen):
    """A part of the document; a reader of version 1 passes over fields that it does not know."""

    model_config = ConfigDict(extra="ignore")


class DeviceEntry(Entry):
    """Which unit was judged, as declared and as seen on the bench."""

    producer: str
    model: str
    hardware_revision: str
    firmware_version: str
    sample: str
    serial: str
    mac: str


class WaitEntry(Entry):
    """What the run waited for, how often and how long."""

    what: str
    seconds: float
    times: int


class StampEntry(Entry):
    """A version and the SHA-256 of its content."""

    version: str
    digest: str


class LevelEntry(Entry):
    """Is the level reached; `blockers` are requirement ids, worst first. *leading* also needs a penetration test's record."""

    id: Level
    reached: bool
    automated_part_reached: bool
    blockers: tuple[str, ...]


class CellEntry(Entry):
    """One dimension at one level: the worst verdict, or neutral."""

    dimension: str
    level: Level
    state: State


class OffenderEntry(Entry):
    """What a FAIL lists: the item, journal lines that show it (of `run` in a campaign), how to see it again."""

    case: str
    what: str
    item: str
    evidence: Sequences
    again: str
    run: str = ""


class NoteEntry(Entry):
    """One remark of a case's words; `evidence` are journal lines."""

    verdict: Verdict
    what: str
    item: str
    evidence: Sequences
    again: str


class CaseEntry(Entry):
    """One finished attempt of a case, of `run` in a campaign; at most 1,000 of its `notes_total` notes are listed."""

    case: str
    side: str
    attempt: int
    verdict: Verdict
    reason: str
    observations: int
    complete: bool
    notes: tuple[NoteEntry, ...]
    notes_total: int
    run: str = ""


class RequirementEntry(Entry):
    """The verdict on one requirement; lists hold at most 1,000 entries, the totals say how many there are in the journal."""

    id: str
    dimension: str
    level: Level
    title: str
    verdict: Verdict
    reason: str
    judged_by: JudgedBy
    offenders: tuple[OffenderEntry, ...]
    offenders_total: int
    evidence: tuple[str, ...]
    evidence_total: int
    cases: tuple[CaseEntry, ...]
    clauses: tuple[str, ...] = ()


class MergedRunEntry(Entry):
    """A run of a campaign; `seal` is the SHA-256 of its manifest."""

    run: str
    started: str
    sample: str
    lab: str
    effort: Effort
    exit_status: int
    seal: str


class Document(Entry):
    """The verdicts of one run of camlabel against one device, or of a campaign of several `runs`.

    `stopped` says why a run ended before its time.
    """

    model_config = ConfigDict(title="camlabel verdicts, version 1", serialize_by_alias=True)

    schema_: Literal["camlabel-verdicts/1"] = Field(alias="schema")
    run: str
    started: str
    ended: str
    exit_status: int = Field(ge=0, le=3)
    asked: Level
    tool: str
    device: DeviceEntry
    catalogue: StampEntry
    profile_digest: str
    levels: tuple[LevelEntry, ...]
    cells: tuple[CellEntry, ...]
    requirements: tuple[RequirementEntry, ...]
    waits: tuple[WaitEntry, ...]
    effort: Effort = "quick"
    overlay: tuple[str, ...] = ()
    runs: tuple[MergedRunEntry, ...] = ()
    stopped: str = ""
