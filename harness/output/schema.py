"""Writes `docs/schema/verdicts-1.json`; `--check` says whether it is up to date: `python -m harness.output.schema [--check]`."""

import json
import sys
from collections.abc import Sequence

from harness.catalogue.generated import DOCS, keep_current
from harness.output.document import Document


def schema() -> str:
    """The JSON Schema of `verdicts.json`."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**head, **Document.model_json_schema(mode="serialization")}, indent=2) + "\n"


def main(arguments: Sequence[str]) -> int:
    """0 when the file is, or was brought, up to date."""
    return keep_current({DOCS / "schema" / "verdicts-1.json": schema()}, "harness.output.schema", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
