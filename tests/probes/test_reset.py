"""Back to the state as delivered: pressed, asked for, confirmed by what a log-in says."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.model.errors import NotPossible
from harness.model.operator import ScriptedAnswer
from harness.probes import device
from harness.transports.operator import Scripted
from harness.transports.reset import LONG_PRESS_S
from tests.builders.devices import OWNERS_PASSWORD, Desk
from tests.builders.webcam import Webcam, profile, webcam


@dataclass
class Finger:
    """Presses the button of a webcam; one without a camera presses nothing."""

    camera: Webcam | None
    way: str = "a finger"
    pressed: list[float] = field(default_factory=list)

    def press(self, seconds: float) -> None:
        """Long enough to erase."""
        self.pressed.append(seconds)
        if self.camera:
            self.camera.password = None


def answering(**answers: ScriptedAnswer) -> Scripted:
    return Scripted({f"action.{key}" if key != "factory" else "state.factory": value for key, value in answers.items()}, Path())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_long_press_is_confirmed_by_the_log_in(desk: Desk) -> None:
    with webcam(desk) as (bench, camera):
        finger = Finger(camera)
        done = device.reset(dataclasses.replace(bench, reset=finger), device.BUTTON)
    assert done.granted
    assert finger.pressed == [LONG_PRESS_S]


def test_a_button_that_does_nothing_has_refused(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        done = device.reset(dataclasses.replace(bench, reset=Finger(None)), device.BUTTON)
    assert done.refused
    assert "still let in" in done.why


@pytest.mark.once
def test_an_operator_who_says_done_is_not_believed_without_effect(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        assert device.reset(dataclasses.replace(bench, operator=answering(reset="yes")), device.ACTION).refused


def test_where_the_owner_was_not_let_in_before_a_reset_shows_nothing(desk: Desk) -> None:
    with webcam(desk, password=None) as (bench, camera):
        assert device.reset(dataclasses.replace(bench, reset=Finger(camera)), device.BUTTON).state == "unclear"


def test_without_a_way_nothing_is_reset(desk: Desk) -> None:
    with webcam(desk) as (bench, _), pytest.raises(NotPossible, match="no way to reset"):
        device.reset(bench, device.BUTTON)


@pytest.mark.parametrize(("said", "there"), [("yes", True), ("no", False)])
def test_the_operator_knows_a_device_as_delivered(desk: Desk, said: str, there: bool) -> None:
    with webcam(desk, password=None) as (bench, _):
        asking = dataclasses.replace(bench, operator=answering(factory=said))
        if there:
            assert "scripted" in device.bring_to(asking, "factory").how
        else:
            with pytest.raises(NotPossible, match="not as delivered"):
                device.bring_to(asking, "factory")


def test_where_nobody_knows_it_is_not_taken_for_as_delivered(desk: Desk) -> None:
    with webcam(desk, password=None) as (bench, _), pytest.raises(NotPossible, match="nothing tells"):
        device.bring_to(bench, "setup")


def test_an_operator_sets_up_what_has_no_recipe(desk: Desk) -> None:
    with webcam(desk, password=OWNERS_PASSWORD + "x", declared=profile(set_up=None)) as (bench, camera):

        class Person(Scripted):
            def ask(self, question):  # type: ignore[no-untyped-def]
                camera.password = OWNERS_PASSWORD
                return super().ask(question)

        helped = dataclasses.replace(bench, operator=Person({"action.set_up": "yes"}, Path()))
        assert device.bring_to(helped, "normal").how == "set up by the operator"
        assert helped.happened.last(device.SET_UP) is not None


def test_privacy_is_not_known(desk: Desk) -> None:
    with webcam(desk) as (bench, _), pytest.raises(NotPossible, match="privacy"):
        device.bring_to(bench, "privacy")


def test_a_device_that_is_never_set_up_is_as_delivered_by_the_operators_word(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        assert device.bring_to(dataclasses.replace(bench, operator=answering(factory="yes")), "factory").answer is not None
        with pytest.raises(NotPossible, match="set up already: the owner is let in"):
            device.bring_to(dataclasses.replace(bench, operator=answering()), "factory")
