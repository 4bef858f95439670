"""verdicts.json: published fields, same bytes for the same record, bounded, safe to print."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.output import schema, verdicts
from harness.output.document import Document
from tests.builders.hostile import HOSTILE, crowded, said
from tests.builders.records import DIGEST, colourful


def test_the_promised_fields_are_there() -> None:
    found = json.loads(verdicts.render(colourful()))
    assert {"schema", "run", "exit_status", "levels", "cells", "requirements"} <= found.keys()
    assert (found["schema"], found["run"], found["exit_status"]) == ("camlabel-verdicts/1", "20260822T101500Z-emulated-camera", 1)
    assert [each["id"] for each in found["levels"]] == ["basic", "enhanced", "leading"]
    assert all({"id", "reached", "blockers"} <= each.keys() for each in found["levels"])
    assert len(found["cells"]) == 18
    assert all(each.keys() == {"dimension", "level", "state"} for each in found["cells"])
    wanted = {"id", "dimension", "level", "verdict", "reason", "offenders", "evidence"}
    assert all(wanted <= each.keys() for each in found["requirements"])


def test_a_fail_lists_its_offenders_and_how_to_see_them_again() -> None:
    found = {each["id"]: each for each in json.loads(verdicts.render(colourful()))["requirements"]}["NET-11"]
    assert found["verdict"] == "FAIL"
    assert found["offenders_total"] == len(found["offenders"]) == 8
    assert found["offenders"][0] == {
        "case": "test_rtsp_gives_nothing_without_a_login",
        "what": "RTSP requests granted without a login",
        "item": "/live/main · nobody · tcp",
        "evidence": [0, 1],
        "again": "ffprobe -v error -rtsp_transport tcp 'rtsp://192.168.77.20:554/live/main'",
        "run": "",
    }
    assert found["evidence"] == [DIGEST]
    assert found["cases"][0]["notes_total"] == 8


def test_all_attempts_are_kept() -> None:
    found = {each["id"]: each for each in json.loads(verdicts.render(colourful()))["requirements"]}["SYS-06"]
    assert [(each["attempt"], each["verdict"]) for each in found["cases"]] == [(1, "INCONCLUSIVE"), (2, "PASS")]
    assert found["verdict"] == "INCONCLUSIVE"


def test_the_same_record_gives_the_same_bytes() -> None:
    assert verdicts.render(colourful()) == verdicts.render(colourful())


def test_a_document_can_be_read_again() -> None:
    data = verdicts.render(colourful())
    assert Document.model_validate_json(data) == verdicts.document(colourful())


def test_a_newer_document_can_be_read() -> None:
    newer = {**json.loads(verdicts.render(colourful())), "weather": "fine"}
    assert Document.model_validate(newer).run == "20260822T101500Z-emulated-camera"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    data = verdicts.render(said(HOSTILE[name]))
    assert set(data) <= {10, *range(32, 127)}
    assert len(data) < 200_000
    found = json.loads(data)["requirements"][0]
    assert found["offenders"][0]["item"][:4000] == HOSTILE[name][:4000]


@settings(max_examples=25)
@given(st.text())
def test_any_text_comes_back_as_it_was(text: str) -> None:
    found = json.loads(verdicts.render(said(text)))["requirements"][0]
    assert found["offenders"][0]["again"] == text


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert json.loads(verdicts.render(said("a\udc80b")))["requirements"][0]["title"] == "a?b"


@pytest.mark.once
def test_many_offenders_are_bounded_and_counted() -> None:
    data = verdicts.render(crowded())
    found = json.loads(data)["requirements"][0]
    assert len(data) < 1_000_000
    assert (len(found["offenders"]), found["offenders_total"]) == (1000, 100_000)
    assert (len(found["evidence"]), found["evidence_total"]) == (1000, 5000)
    assert (len(found["cases"][0]["notes"]), found["cases"][0]["notes_total"]) == (1000, 102_000)


def test_the_published_schema_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert schema.main(["--check"]) == 0
    assert capsys.readouterr().err == ""


def test_the_schema_asks_for_all_that_is_written() -> None:
    published = json.loads(schema.schema())
    found = json.loads(verdicts.render(colourful()))
    assert set(published["required"]) <= set(published["properties"]) == found.keys()
    entry = published["$defs"]["RequirementEntry"]
    assert set(entry["required"]) <= set(entry["properties"]) == found["requirements"][0].keys()
    assert "additionalProperties" not in published
