"""What a report tells beside the verdicts: the catalogue's words, what was asked and seen, and when what happened. Bounded in size."""

from typing import Literal

from pydantic import AwareDatetime

from harness.model.base import Frozen

Lane = Literal["run", "case", "act", "device", "console", "network", "power", "operator", "clock"]


class Paper(Frozen):
    """What the catalogue says of one requirement; `limits` are its thresholds in words."""

    id: str
    title_zh: str
    statement: str
    criterion: str
    procedure: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    basis: str = ""
    level_basis: str = ""
    limits_basis: str = ""
    automation: str = ""
    method: str = ""
    minutes: float = 0.0


class Purpose(Frozen):
    """What is true of a sound device, as its case says."""

    case: str
    text: str


class Seen(Frozen):
    """One observation in words: its journal line, what was asked, what came back, how to see it again."""

    n: int
    at: AwareDatetime
    asked: str
    seen: str
    failed: bool = False
    again: tuple[str, ...] = ()
    artefacts: tuple[str, ...] = ()


class Alike(Frozen):
    """Answers that read alike, and how many there were."""

    seen: str
    times: int


class Asked(Frozen):
    """What one attempt asked with one probe; `shown` are the first observations and those that an offender rests on."""

    case: str
    attempt: int
    probe: str
    times: int
    unanswered: int = 0
    answers: tuple[Alike, ...] = ()
    shown: tuple[Seen, ...] = ()


class Photo(Frozen):
    """A photo or file that the operator gave, by its artefact; `data` is a picture that is small enough to be shown."""

    case: str
    key: str
    name: str
    digest: str
    media_type: str
    who: str
    at: AwareDatetime
    data: bytes = b""


class Moment(Frozen):
    """One entry of the time line; `n` is its journal line, `artefacts` what shows it."""

    at: AwareDatetime
    lane: Lane
    text: str
    n: int = 0
    artefacts: tuple[str, ...] = ()


class Narrative(Frozen):
    """All of it; `left_out` moments are in the journal only."""

    papers: tuple[Paper, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    asked: tuple[Asked, ...] = ()
    photos: tuple[Photo, ...] = ()
    moments: tuple[Moment, ...] = ()
    left_out: int = 0
    conditions: tuple[tuple[str, str], ...] = ()
