"""Writes `docs/schema/verdicts-1.json`; `--check` says whether it is up to date: `python -m harness.output.schema [--check]`."""

import json
import sys
from pathlib import Path

from harness.output.document import Document

PLACE = Path(__file__).parents[2] / "docs/schema/verdicts-1.json"


def schema() -> str:
    """The JSON Schema of `verdicts.json`."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **Document.model_json_schema(mode="serialization")}, indent=2) + "\n"


def main(arguments: list[str], place: Path = PLACE) -> int:
    """0 when the file is, or was brought, up to date."""
    if "--check" not in arguments:
        place.write_text(schema(), encoding="utf-8")
    elif not place.is_file() or place.read_text(encoding="utf-8") != schema():
        sys.stderr.write(f"{place.name} is out of date: run `python -m harness.output.schema`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
