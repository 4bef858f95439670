"""JSON Schemas of profile and bench, for editors; those under docs/schema/ are kept up to date by

`python -m harness.profile.schema [--check]`
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from harness.catalogue.generated import DOCS, keep_current
from harness.catalogue.load import load
from harness.model.bench import BenchFile
from harness.model.profile import Profile
from harness.model.requirement import Catalogue

Schema = dict[str, Any]
DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def profile_schema(catalogue: Catalogue | None = None) -> Schema:
    """The shape of a profile: every capability and IXIT table of the catalogue by name."""
    catalogue = catalogue or load()
    schema = Profile.model_json_schema()
    schema["properties"]["capabilities"] = _capabilities(catalogue)
    ixit = schema["$defs"]["Ixit"]
    table = ixit["additionalProperties"]
    ixit["properties"] |= {name: table | {"description": entry.fields} for name, entry in _free_tables(catalogue, ixit)}
    ixit["additionalProperties"] = False
    return DIALECT | schema


def bench_schema() -> Schema:
    """The shape of a bench file."""
    return DIALECT | BenchFile.model_json_schema()


def schema_text(schema: Schema) -> str:
    """A schema as it is published."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _capabilities(catalogue: Catalogue) -> Schema:
    answers = {name: {"$ref": "#/$defs/Capability", "description": entry.text} for name, entry in catalogue.capabilities.items()}
    return {"type": "object", "properties": answers, "required": list(answers), "additionalProperties": False}


def _free_tables(catalogue: Catalogue, ixit: Schema) -> list[tuple[str, Any]]:
    return [(name, entry) for name, entry in catalogue.ixit.items() if name not in (*ixit["properties"], "dut")]


def main(arguments: Sequence[str]) -> int:
    """0 when the files are, or were brought, up to date."""
    folder = DOCS / "schema"
    files = {folder / "profile-1.json": schema_text(profile_schema()), folder / "bench-1.json": schema_text(bench_schema())}
    return keep_current(files, "harness.profile.schema", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
