"""Which records tell of an event, and what one lacks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.audit import LogTable
from harness.model.errors import Undecided, UsageError
from harness.probes.audit_records import Caused, Record, moment, new_since, recorded, records_in

NOW = 1_790_000_000.0
TABLE = LogTable(
    records="log.entries",
    fields={"time": "t", "event": "msg", "actor": "who.name", "source": "ip", "result": "code"},
    events={"log-in": "(?i)log.?in", "setting": "^config"},
    results={"granted": "^0$", "refused": "^[1-9]"},
)
WHOLE = Record(event="Login", actor="admin", source="192.0.2.1:50000", result="0", time=NOW)


def event(*fresh: Record, table: LogTable = TABLE, **more: object) -> Caused:
    known = {"kind": "log-in", "result": "granted", "actor": "admin", "source": "192.0.2.1", "began": NOW - 1, "ended": NOW + 1}
    return Caused.model_validate({"asked": "it", "happened": True, "why": "", "fresh": fresh, "table": table, **known, **more})


def test_a_whole_record_lacks_nothing() -> None:
    assert event(WHOLE).lacks(60) == ""
    assert event(WHOLE.model_copy(update={"actor": "x"}), WHOLE).lacks(60) == ""
    assert event(WHOLE.model_copy(update={"time": NOW + 60}), actor="", source="").lacks(60) == ""


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"time": None}, "its time"),
        ({"time": NOW + 8 * 3600}, "a time within 60 s"),
        ({"time": NOW - 62}, "a time within 60 s"),
        ({"actor": "unknown"}, "who did it (admin)"),
        ({"source": "127.0.0.1"}, "where it came from (192.0.2.1)"),
        ({"result": ""}, "that it was granted"),
        ({"result": "7"}, "no record of it"),
        ({"event": "config saved"}, "no record of it"),
    ],
)
def test_what_a_record_lacks_is_said(changed: dict[str, object], words: str) -> None:
    assert event(WHOLE.model_copy(update=changed)).lacks(60) == words


def test_without_a_record_or_a_word_for_it_there_is_none() -> None:
    assert event().lacks(60) == "no record of it"
    assert event(WHOLE, table=LogTable()).lacks(60) == "no record of it"
    assert event(WHOLE, table=TABLE.model_copy(update={"results": {}})).lacks(60) == "that it was granted"
    assert recorded("setting", "granted", [WHOLE], TABLE) == []


def test_new_records_are_those_that_were_not_there_the_same_words_twice_are_two() -> None:
    other = WHOLE.model_copy(update={"time": NOW + 5})
    assert new_since([WHOLE], [WHOLE, WHOLE, other]) == (WHOLE, other)
    assert new_since([WHOLE, other], [other]) == ()
    assert new_since([], [WHOLE]) == (WHOLE,)


def test_records_are_found_as_the_profile_says() -> None:
    body = {
        "log": {"entries": [{"t": NOW, "msg": "Login", "who": {"name": "admin"}, "ip": "192.0.2.1:50000", "code": 0}, "odd", {"t": {}}]}
    }
    found = records_in(json.dumps(body).encode(), TABLE)
    assert found[0] == WHOLE
    assert [each.time for each in found] == [NOW, None, None]
    for other in (b"no JSON", b'{"log": {"entries": {}}}', b"[" * 100_000):
        with pytest.raises(Undecided):
            records_in(other, TABLE)
    with pytest.raises(UsageError, match="correct it in"):
        event(WHOLE, table=TABLE.model_copy(update={"events": {"log-in": "("}})).lacks(60)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (NOW, NOW),
        (int(NOW * 1000), NOW),
        (str(int(NOW)), NOW),
        ("2026-11-26T03:00:00Z", 1795662000.0),
        ("2026/11/26 03:00:00", 1795662000.0),
        ("2026-11-26T11:00:00+08:00", 1795662000.0),
        ("yesterday", None),
        (None, None),
        (True, None),
        (1e300, None),
    ],
)
def test_moments_are_read_in_the_forms_of_cameras(value: object, seconds: float | None) -> None:
    assert moment(value) == seconds  # type: ignore[arg-type]


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_any_moment_is_read_or_none(value: str | float) -> None:
    made = moment(value)
    assert made is None or isinstance(made, float)
