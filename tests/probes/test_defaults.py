"""SYS-36's probes: a decision is read, or seen by its effect; what shows nothing settles nothing."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.model.decision import KINDS, UserDec
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.traffic import Mappings
from harness.probes import capture, defaults
from harness.probes.defaults import Look, Sight
from tests.builders.devices import Desk
from tests.builders.interface import interface, profile

READ = {
    "web": {
        "steps": [{"request": {"method": "GET", "path": "/config"}, "take": {"light": {"json": "light"}, "fan": {"json": "fan"}}}],
        "granted_when": {"status": 200},
        "refused_when": {"status": 401},
    }
}


def decision(**more: Any) -> UserDec:
    return UserDec.model_validate({"decision": "the light", "kind": "anonymous viewing", **more})


def declared(*rows: UserDec, **actions: Any) -> Any:
    return profile(tables={"user_dec": [row.model_dump() for row in rows]}, **actions)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_one_sight_against_it_is_enough_and_none_for_it_is_undecided() -> None:
    sights = {word: Sight(how=word, safe=safe, why="seen") for word, safe in (("yes", True), ("no", False), ("unknown", None))}

    def safe(*words: str) -> bool:
        return Look(asked="it", decision=decision(), sights=tuple(sights[word] for word in words)).safe

    assert safe("yes")
    assert safe("unknown", "yes")
    assert not safe("yes", "no")
    assert not safe("unknown", "no")
    for words in (("unknown",), ()):
        with pytest.raises(Undecided):
            safe(*words)


def test_only_decisions_with_a_kind_are_judged(desk: Desk) -> None:
    with interface(desk, declared=declared(decision(), decision(kind=None, decision="colour"))) as (bench, _):
        found = defaults.decisions(bench)
    assert [each.decision for each in found.rows] == ["the light"]
    assert [kind for kind in KINDS if found.covers(kind)] == ["anonymous viewing"]
    assert found.of("factory") == found.rows
    assert defaults.Decisions(rows=(decision(state=("normal",)),)).of("factory") == ()
    with interface(desk, declared=declared(decision(kind=None))) as (bench, _), pytest.raises(Undecided, match="no decision with a kind"):
        defaults.decisions(bench)


def test_a_setting_is_read_by_its_owner_and_compared(desk: Desk) -> None:
    read, lacking = decision(setting="light", secure="OFF"), decision(setting="fan", secure="off")
    with interface(desk, declared=declared(read, lacking, read_settings=READ)) as (bench, camera):
        assert defaults.look(bench, read, "normal").safe
        camera.light = "on"
        assert not defaults.look(bench, read, "normal").safe
        for each, state in ((lacking, "normal"), (read, "factory"), (decision(setting="other"), "normal")):
            with pytest.raises(Undecided):
                assert defaults.look(bench, each, state).safe  # type: ignore[arg-type]


def test_a_service_without_tls_is_seen(desk: Desk) -> None:
    with interface(desk) as (bench, _):
        told = defaults.look(bench, decision(shown_by="tls", service="web"), "normal")
        assert not told.safe
        assert "serves without TLS" in told.sights[0].why


def test_an_open_port_is_seen_and_a_closed_one_of_a_device_that_is_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    row = decision(shown_by="port", port=8022)
    with interface(desk) as (bench, _):
        assert defaults.look(bench, row, "normal").sights[0].safe is None  # an address of this computer
        elsewhere = replace(bench, sample=bench.sample.model_copy(update={"address": "192.0.2.7"}))
        monkeypatch.setattr(defaults, "connect", lambda *_, **__: nullcontext())
        assert not defaults.look(elsewhere, row, "normal").safe
        assert defaults.look(elsewhere, decision(shown_by="port"), "normal").sights[0].safe is None

        def refused(*_: Any, **__: Any) -> None:
            raise DeviceSilent("refused")

        monkeypatch.setattr(defaults, "connect", refused)
        monkeypatch.setattr(defaults, "alive", lambda _: True)
        assert defaults.look(elsewhere, row, "normal").safe
        monkeypatch.setattr(defaults, "alive", lambda _: False)
        assert defaults.look(elsewhere, row, "normal").sights[0].safe is None


def test_requests_for_a_port_of_the_router_are_seen_in_the_capture(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    row = decision(shown_by="mapping")
    with interface(desk) as (bench, _):
        for found, lost, safe in ((("asked 192.0.2.1 port 5351/udp",), (), False), ((), (), True), ((), ("a gap",), None)):
            told = Mappings(asked="it", found=found, lost=lost)
            monkeypatch.setattr(capture, "mappings", lambda _, told=told: told)
            assert defaults.look(bench, row, "normal").sights[0].safe is safe

        def none(_: Any) -> Mappings:
            raise NotPossible("no capture")

        monkeypatch.setattr(capture, "mappings", none)
        assert defaults.look(bench, row, "normal").sights[0].safe is None


def test_what_a_session_is_for_is_refused_to_nobody(desk: Desk) -> None:
    with interface(desk, declared=declared(decision())) as (bench, _):
        assert defaults.look(bench, decision(shown_by="login"), "normal").safe
        assert defaults.look(bench, decision(shown_by="media"), "normal").sights[0].safe is None  # there is none
    open_use = {
        "web": {
            "steps": [{"request": {"method": "GET", "path": "/state"}}],
            "granted_when": {"status": 200},
            "refused_when": {"status": 401},
        }
    }
    with interface(desk, declared=profile(use_session=open_use)) as (bench, _):
        assert not defaults.look(bench, decision(shown_by="login"), "normal").safe
