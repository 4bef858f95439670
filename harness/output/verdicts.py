"""RunRecord → `verdicts.json`. The same record gives the same bytes."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from harness.model.base import Frozen
from harness.model.record import RunRecord
from harness.model.verdict import CaseVerdict, Note, Offender, RequirementVerdict
from harness.output.document import (
    SCHEMA,
    CaseEntry,
    CellEntry,
    DeviceEntry,
    Document,
    LevelEntry,
    MergedRunEntry,
    NoteEntry,
    OffenderEntry,
    RequirementEntry,
    StampEntry,
    WaitEntry,
)

Model = TypeVar("Model", bound=Frozen)

LISTED = 1000
_TEXT = 4000


def render(record: RunRecord) -> bytes:
    """The published document, in ASCII: nothing in it can act on a terminal."""
    text = json.dumps(document(record).model_dump(mode="json", by_alias=True), indent=1)
    return text.replace("\x7f", "\\u007f").encode("ascii") + b"\n"


def document(record: RunRecord) -> Document:
    """The published document as data."""
    return Document(
        schema=SCHEMA,
        run=record.run,
        started=_instant(record.started),
        ended=_instant(record.ended),
        exit_status=record.exit_status,
        asked=record.asked,
        effort=record.effort,
        overlay=record.overlay,
        tool=record.tool,
        device=DeviceEntry(**_bounded(record.device)),
        catalogue=StampEntry(**record.catalogue.model_dump()),
        profile_digest=record.profile_digest,
        levels=tuple(LevelEntry(**each.model_dump()) for each in record.levels),
        cells=tuple(CellEntry(**each.model_dump()) for each in record.cells),
        requirements=tuple(_requirement(each) for each in record.requirements),
        waits=tuple(WaitEntry(**_bounded(each)) for each in record.waits),
        stopped=_text(record.stopped),
        runs=tuple(MergedRunEntry(**{**_bounded(each), "started": _instant(each.started)}) for each in record.runs),
    )


def _requirement(found: RequirementVerdict) -> RequirementEntry:
    return RequirementEntry(
        **_bounded(found, "offenders", "evidence", "cases"),
        offenders=tuple(_listed(found.offenders, OffenderEntry)),
        offenders_total=len(found.offenders),
        evidence=found.evidence[:LISTED],
        evidence_total=len(found.evidence),
        cases=tuple(_case(each) for each in found.cases),
    )


def _case(found: CaseVerdict) -> CaseEntry:
    return CaseEntry(
        **_bounded(found, "notes", "requirement"),
        notes=tuple(_listed(found.notes, NoteEntry)),
        notes_total=len(found.notes),
    )


def _listed(entries: Iterable[Note | Offender], model: type[Model]) -> Iterable[Model]:
    return (model(**{**_bounded(each), "evidence": each.evidence[:LISTED]}) for each in islice(entries, LISTED))


def _bounded(entry: Frozen, *without: str) -> dict[str, Any]:
    """The fields of an entry, its texts cut to a sane length; a lone surrogate, which JSON cannot carry, becomes `?`."""
    fields = {name: getattr(entry, name) for name in type(entry).model_fields if name not in without}
    return {name: _text(value) if type(value) is str else value for name, value in fields.items()}


def _text(text: str) -> str:
    cut = text if len(text) <= _TEXT else f"{text[:_TEXT]}… (+{len(text) - _TEXT} characters)"
    return cut.encode("utf-8", "replace").decode()


def _instant(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
