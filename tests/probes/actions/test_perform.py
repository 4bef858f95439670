"""An action is done by the first way that works: standard, recipe, driver, operator; without one it names itself."""

import dataclasses
from pathlib import Path

import pytest

from harness.model.errors import NotPossible
from harness.model.operator import ScriptedAnswer
from harness.probes.actions.perform import Performed, perform, perform_by
from harness.transports.driver import Driver
from harness.transports.operator import Scripted
from tests.builders.daily import recipe
from tests.builders.devices import OWNERS_PASSWORD, Desk
from tests.builders.webcam import profile, webcam

REFUSES = {**recipe("restart")["web"], "granted_when": {"status": 204}, "refused_when": {"status": 200}}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def driver(tmp_path: Path, state: str) -> Driver:
    path = tmp_path / "odd.py"
    path.write_text(f"""import json, sys
print(json.dumps({{"state": "{state}", "why": json.load(sys.stdin)["password"]}}))
""")
    return Driver(path, ("restart",), 20.0)


def answering(value: ScriptedAnswer) -> Scripted:
    return Scripted({"action.restart": value}, Path())


def done(desk: Desk, *, by_recipe: object = None, by_driver: Driver | None = None, by_hand: Scripted | None = None) -> Performed:
    declared = profile(restart=by_recipe) if by_recipe else profile()
    with webcam(desk, declared=declared) as (bench, _):
        return perform(dataclasses.replace(bench, driver=by_driver, operator=by_hand), "restart")


def test_without_a_way_the_action_is_named(desk: Desk) -> None:
    with pytest.raises(NotPossible, match=r"no way is known to restart: no recipe actions\.restart"):
        done(desk)


def test_a_recipe_goes_before_driver_and_operator(desk: Desk, tmp_path: Path) -> None:
    told = done(desk, by_recipe=recipe("restart"), by_driver=driver(tmp_path, "granted"), by_hand=answering("yes"))
    assert (told.way, told.granted, told.driver) == ("recipe web", True, "")


def test_what_one_way_refuses_the_next_may_grant(desk: Desk, tmp_path: Path) -> None:
    told = done(desk, by_recipe={"web": REFUSES}, by_driver=driver(tmp_path, "granted"))
    assert (told.way, told.granted, told.driver) == ("driver", True, driver(tmp_path, "granted").sha256)
    assert "recipe web" in told.why


def test_one_way_by_its_name_tells_the_driver_too(desk: Desk, tmp_path: Path) -> None:
    with webcam(desk) as (bench, _):
        told = perform_by(dataclasses.replace(bench, driver=driver(tmp_path, "granted")), "restart", "driver")
    assert (told.state, told.driver) == ("granted", driver(tmp_path, "granted").sha256)


def test_a_driver_that_breaks_is_unclear_and_the_operator_is_asked(desk: Desk, tmp_path: Path) -> None:
    told = done(desk, by_driver=driver(tmp_path, "no state"), by_hand=answering("yes"))
    assert (told.way, told.granted) == ("operator", True)
    assert "gave no answer" in told.why
    assert done(desk, by_driver=driver(tmp_path, "no state"), by_hand=answering("no")).state == "refused"


def test_an_operator_who_does_not_answer_is_no_answer_of_the_device(desk: Desk) -> None:
    told = done(desk, by_hand=Scripted({}, Path()))
    assert (told.state, told.way) == ("unclear", "operator")


def test_the_dialogue_with_a_driver_is_kept_without_the_password(desk: Desk, tmp_path: Path) -> None:
    with webcam(desk) as (bench, _), desk.recorded() as tape:
        perform(dataclasses.replace(bench, driver=driver(tmp_path, "granted")), "restart")
    kept = tape.transcript(desk.secrets.mask)
    assert b"odd" not in kept
    assert b"restart" in kept
    assert OWNERS_PASSWORD.encode() not in kept
