"""RunRecord → `report.html`: one file, English and Chinese, no script and nothing from elsewhere; a policy in it forbids both.

Whatever is not our own markup is made visible and escaped on its way out, without exception (`finalize`).
"""

import base64
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from harness.model.record import RunRecord
from harness.output.view import Report
from harness.output.visible import visible
from harness.output.words import LANGUAGES, Language, phrases, statements, words
from harness.places import folder

LISTED = 50
FEW = 6
_TEXT = 8000
_DIGEST = re.compile("[0-9a-f]{64}")
_BYTES = re.compile("(?:; )?exact bytes: artefacts/([0-9a-f]{64})")


def render(record: RunRecord, language: Language = "en", artefacts: str = "../artefacts") -> bytes:
    """The report; `language` is the one that it opens in, `artefacts` where they lie, seen from it."""
    page = template().render(record=record, report=Report(record), language=language, artefacts=quote(artefacts))
    return page.encode("utf-8", "replace")


@cache
def template() -> Template:
    """What every report is made with; it takes half a second to read."""
    place = folder("reports")
    environment = Environment(
        loader=FileSystemLoader(place), autoescape=True, undefined=StrictUndefined, finalize=_shown, trim_blocks=True, lstrip_blocks=True
    )
    css = (place / "report.css").read_text(encoding="utf-8")
    environment.globals.update(
        css=css,
        words=words(),
        chinese=phrases(),
        stated=statements(),
        listed=LISTED,
        few=FEW,
        named=lambda term: term.replace("-", " ").capitalize(),
        is_digest=lambda name: bool(_DIGEST.fullmatch(name)),
        base64=lambda data: base64.b64encode(data).decode(),
        seen_again=seen_again,
        instant=lambda when: f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
        day=lambda when: f"{when.astimezone(UTC):%Y-%m-%d}",
        clock=_clock,
        seconds=lambda end, start: f"{(end - start).total_seconds():.1f}",
        bench_time=_bench_time,
    )
    return environment.get_template("report.html")


def seen_again(text: str) -> tuple[str, list[str]]:
    """The command, and the artefacts that hold the exact bytes."""
    return _BYTES.sub("", text), _BYTES.findall(text)


def _shown(value: Any) -> Any:
    """Everything but our own markup is made visible; the template escapes it."""
    return visible(value, _TEXT) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _bench_time(minutes: float) -> dict[str, str]:
    """In minutes or, where they are many, in hours."""
    id_, number = ("hours", minutes / 60) if minutes >= 120 else ("minutes", minutes)
    return {each: words()(id_, each, n=f"{max(number, 1):.0f}") for each in LANGUAGES}


def _clock(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%H:%M:%S.") + f"{when.microsecond // 1000:03d}"
