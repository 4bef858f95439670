"""The JSON Schemas: current in the tree, and as strict as the models about the samples."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from harness.catalogue.load import load
from harness.catalogue.source import read_source
from harness.profile.schema import bench_schema, main, profile_schema, schema_text
from tests.builders.papers import BENCH, PROFILE

KINDS = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}


def errors(schema: dict[str, Any], value: object, at: dict[str, Any] | None = None, where: str = "") -> Iterator[str]:
    """What the part of JSON Schema that pydantic uses has against a value."""
    here = schema if at is None else at
    if name := here.get("$ref"):
        yield from errors(schema, value, schema["$defs"][name.rpartition("/")[2]], where)
    options = here.get("anyOf", []) + here.get("oneOf", [])
    if options and all(any(True for _ in errors(schema, value, option, where)) for option in options):
        yield f"{where}: no option fits"
    yield from (f"{where}: {words}" for words in _plain(value, here))
    if isinstance(value, dict):
        yield from _members(schema, value, here, where)
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from errors(schema, item, here.get("items", {}), f"{where}[{number}]")


def _plain(value: object, here: dict[str, Any]) -> Iterator[str]:
    if "type" in here and (not isinstance(value, KINDS[here["type"]]) or (isinstance(value, bool) and here["type"] != "boolean")):
        yield f"is no {here['type']}"
    elif value not in here.get("enum", [value]) or value != here.get("const", value):
        yield "is not one of the words"
    elif isinstance(value, str) and not re.search(here.get("pattern", ""), value):
        yield "does not fit the pattern"


def _members(schema: dict[str, Any], value: dict[str, Any], here: dict[str, Any], where: str) -> Iterator[str]:
    yield from (f"{where}: lacks {name}" for name in here.get("required", []) if name not in value)
    for name, member in value.items():
        yield from errors(schema, name, here.get("propertyNames", {}), f"{where}.{name}")
        others = next(iter(here.get("patternProperties", {}).values()), here.get("additionalProperties", {}))
        known = here.get("properties", {}).get(name, others)
        if known is False:
            yield f"{where}: does not know {name}"
        else:
            yield from errors(schema, member, known if isinstance(known, dict) else {}, f"{where}.{name}")


def test_the_schemas_in_the_tree_are_current() -> None:
    assert main(["--check"]) == 0


def test_the_samples_fit() -> None:
    assert list(errors(profile_schema(), read_source(PROFILE).data)) == []
    assert list(errors(bench_schema(), read_source(BENCH).data)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data.pop("scope"), ": lacks scope"),
        (lambda data: data["capabilities"].pop("uart"), ".capabilities: lacks uart"),
        (lambda data: data["capabilities"].update(wings="yes"), ".capabilities: does not know wings"),
        (lambda data: data["capabilities"].update(rtsp="no"), ".capabilities.rtsp: no option fits"),
        (lambda data: data["scope"].update(consumer="perhaps"), ".scope.consumer: is not one of the words"),
        (lambda data: data["ixit"].update(storages={}), ".ixit: does not know storages"),
        (lambda data: data["ixit"].update(storage="none"), ".ixit.storage: no option fits"),
        (lambda data: data["ixit"]["log_intf"][0].update(port="x"), ".ixit.log_intf[0].port: is no integer"),
        (lambda data: data["actions"].update(fly={}), ".actions.fly: is not one of the words"),
    ],
)
def test_mistakes_do_not_fit(change: Any, told: str) -> None:
    data = json.loads(json.dumps(read_source(PROFILE).data))
    change(data)
    found = list(errors(profile_schema(), data))
    assert any(line.startswith(told) for line in found)


def test_free_tables_of_the_catalogue_are_known() -> None:
    catalogue = load()
    known = profile_schema(catalogue)["$defs"]["Ixit"]["properties"]
    assert set(known) == set(catalogue.ixit) - {"dut"}


def test_a_schema_is_published_as_json() -> None:
    assert json.loads(schema_text(bench_schema()))["$schema"].endswith("2020-12/schema")
