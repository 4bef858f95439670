"""`camlabel report RUN`: writes the report of a run again, from its record."""

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.journal.files import write_durably
from harness.model.errors import UsageError
from harness.output import html
from harness.output.seal import seal
from harness.output.words import LANGUAGES, Language
from harness.runner.earlier import sealed


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A folder below runs/.")],
    language: Annotated[str, typer.Option(metavar="|".join(LANGUAGES), help="The language that it opens in; it holds both.")] = "en",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it here and leave the run as it is.")] = None,
) -> None:
    """Write report.html again from a finished run's record; without --out in the run's folder, which is sealed anew."""
    chosen = _language(language)
    found = sealed(run)
    path = out or run / "reports" / "report.html"
    data = html.render(found, chosen, artefacts=os.path.relpath(run / "artefacts", path.parent))
    if not path.is_file() or path.read_bytes() != data:
        _write(path, data)
        if out is None:
            seal(run, found.run)
    typer.echo(path)


def _language(text: str) -> Language:
    for language in LANGUAGES:
        if text == language:
            return language
    raise UsageError(f"--language {text}: choose {' or '.join(LANGUAGES)}")


def _write(path: Path, data: bytes) -> None:
    try:
        write_durably(path, data)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
