"""The operator's answers in a journal: on their own or inside what another probe saw."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.journal.artefacts import get
from harness.journal.reader import Line
from harness.model.errors import UsageError
from harness.model.narrative import Photo
from harness.model.operator import Answer

SHOWN = ("image/jpeg", "image/png", "image/webp")
_SMALL = 1_500_000
_ALL = 8_000_000
_DEEPEST = 6
_FIELDS = {"key", "value", "who", "scripted"}


def answers(result: Any, depth: int = 0) -> Iterator[Answer]:
    """Every answer in a journalled result."""
    if isinstance(result, dict) and result.keys() >= _FIELDS:
        with suppress(ValidationError):
            yield Answer.model_validate(result)
    elif isinstance(result, dict | list) and depth < _DEEPEST:
        for each in result.values() if isinstance(result, dict) else result:
            if isinstance(each, dict | list):
                yield from answers(each, depth + 1)


def photos(lines: Sequence[Line], artefacts: Path) -> Iterator[Photo]:
    """Each photo and file once; pictures that are small enough with their bytes, as long as all together are few."""
    told: set[str] = set()
    room = _ALL
    for line in lines:
        for each in answers(line.body.get("result")) if line.kind == "observation" else ():
            if each.digest and each.digest not in told:
                told.add(each.digest)
                data = _picture(each, artefacts, room)
                room -= len(data)
                yield _photo(line, each, data)


def _photo(line: Line, answer: Answer, data: bytes) -> Photo:
    return Photo(
        case=line.body["case"],
        key=answer.key,
        name=answer.value,
        digest=answer.digest,
        media_type=answer.media_type,
        who=answer.who,
        at=line.body["at"],
        data=data,
    )


def _picture(answer: Answer, artefacts: Path, room: int) -> bytes:
    if answer.media_type not in SHOWN or answer.size > min(_SMALL, room):
        return b""
    try:
        data = get(artefacts, answer.digest)
    except (UsageError, OSError):
        return b""  # verify says so
    return data if len(data) == answer.size else b""
