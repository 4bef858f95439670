"""Every step of an action is told, masked, with what was expected and which conditions held."""

from pathlib import Path
from typing import Any

import pytest

from harness.model.errors import NotPossible
from harness.model.recipe import PLAIN_ACTIONS
from harness.probes import trial
from harness.probes.trial import Condition, Tried
from tests.builders import webcam
from tests.builders.devices import HERE, OWNER, OWNERS_PASSWORD, Desk, answering, device, resetting
from tests.builders.emulated import emulated
from tests.builders.log_ins import log_in_camera, profile


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_log_in_of_two_steps(desk: Desk) -> None:
    """What is taken from the first stands in the second, by its label."""
    with log_in_camera(desk, "challenge") as (bench, _):
        assert trial.ways_of(bench, "log_in") == ("web",)
        told = trial.log_in(bench, "web", OWNER, "granted")
        assert told.as_expected, told
        first, second = told.steps
        assert first.request.startswith(f"POST http://{HERE}:")
        assert [text.partition(" = ")[0] for text in first.took] == ["realm", "nonce", "session"]
        assert "⟦cam-1/session#" in first.took[2]
        assert "⟦cam-1/session#" in second.sent
        assert OWNERS_PASSWORD not in told.model_dump_json()
        assert told.granted_when == (Condition(text="status 200", held=True), Condition(text="json result", held=True))
        assert [each.held for each in told.refused_when] == [True, False]
        wrong = trial.log_in(bench, "web", OWNER.wrong, "refused")
        assert wrong.as_expected
        assert [each.held for each in wrong.granted_when] == [True, False]


def test_what_is_missing_is_named_and_no_condition_is_judged(desk: Desk) -> None:
    """The second step was not asked."""
    take = {"realm": "params.realm", "nonce": "params.nonsense", "session": "session"}
    with log_in_camera(desk, "challenge", changed={"take": take}) as (bench, camera):
        told = trial.log_in(bench, "web", OWNER, "granted")
        assert (told.state, told.as_expected, told.granted_when) == ("unclear", False, ())
        assert [step.missing for step in told.steps] == [("nonce",)]
        assert len(camera.seen) == 1


def test_a_refusal_that_the_profile_does_not_know_is_unclear(desk: Desk) -> None:
    with log_in_camera(desk, "form", changed={"refused_when": {"status": 418}}) as (bench, _):
        told = trial.log_in(bench, "web", OWNER.wrong, "refused")
        assert not told.as_expected
        assert told.refused_when == (Condition(text="status 418", held=False),)
        assert "<p>Wrong name or password" in told.steps[-1].body


def test_a_camera_that_takes_any_password_is_otherwise_than_expected(desk: Desk) -> None:
    with log_in_camera(desk, "bearer", changed={"granted_when": {"status": [200, 401]}, "refused_when": {"status": 403}}) as (bench, _):
        told = trial.log_in(bench, "web", OWNER.wrong, "refused")
        assert (told.state, told.as_expected) == ("granted", False)


@pytest.mark.parametrize("kind", ["digest", "bearer", "form", "challenge"])
def test_an_action_in_a_session_and_without(desk: Desk, kind: str) -> None:
    """The steps of the log-in come first."""
    with log_in_camera(desk, kind) as (bench, _):
        inside = trial.ask(bench, "use_session", "web", "granted")
        assert inside.as_expected, inside
        assert len(inside.steps) == len(trial.log_in(bench, "web", OWNER, "granted").steps) + 1
        outside = trial.ask(bench, "use_session", "web", "refused", False)
        assert outside.as_expected
        assert len(outside.steps) == 1
        assert "without a session" in outside.what
        by_digest = ["digest SHA-256, use 1 of its nonce", "digest SHA-256, use 2 of its nonce"]
        assert [step.logged_in for step in inside.steps] == (by_digest if kind == "digest" else [""] * len(inside.steps))


def test_a_picture_is_not_shown(desk: Desk) -> None:
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF"
    answer = b"HTTP/1.1 200 X\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s" % (len(picture), picture)
    with device(answering(answer)) as port:
        told = trial.log_in(desk.bench(profile("basic"), {80: port}), "web", OWNER, "granted")
        assert (told.steps[0].body, told.steps[0].size, told.steps[0].told) == ("(no text)", len(picture), ("Content-Type: image/jpeg",))


def test_a_log_in_on_the_way_that_is_refused_is_told(desk: Desk) -> None:
    with log_in_camera(desk, "bearer", password="Another-Pass-9") as (bench, _):
        told = trial.ask(bench, "use_session", "web", "granted")
        assert told.state == "unclear"
        assert told.why.startswith("the log-in that it runs in was refused")
        assert len(told.steps) == 1


def test_a_camera_that_hangs_up_is_unclear(desk: Desk) -> None:
    with device(resetting) as port:
        told = trial.log_in(desk.bench(profile("bearer"), {80: port}), "web", OWNER, "granted")
        assert (told.state, told.steps) == ("unclear", ())


def test_long_answers_are_cut_between_words(desk: Desk) -> None:
    """Half of a token would not be masked."""
    token = "t" * 900

    def answer(connection: Any) -> None:
        connection.recv(65536)
        text = f'{{"data": {{"token": "{token}"}}, "user": "x"}}'
        connection.sendall(f"HTTP/1.1 200 X\r\nLocation: /{token}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    with device(answer) as port:
        told = trial.log_in(desk.bench(profile("bearer"), {80: port}), "web", OWNER, "granted")
        step = told.steps[0]
        assert step.size > 900
        assert step.body == '{"data": {"token": " …'
        assert step.told == ("Location:  …",)


@pytest.mark.once
def test_a_password_is_changed_and_put_back(tmp_path: Path) -> None:
    """By a recipe and by ONVIF; shown a wrong one it is not."""
    with emulated(tmp_path) as (bench, camera):
        assert trial.ways_of(bench, "change_password") == ("web", "legacy", "onvif")
        for way in ("web", "onvif"):
            assert trial.change_password(bench, OWNER, way, OWNER.wrong, "refused").as_expected
            told = trial.change_password(bench, OWNER, way, OWNER, "granted")
            assert told.as_expected, told
            assert not camera.log_in(OWNERS_PASSWORD)
            trial.restore_password(bench, OWNER)
            assert camera.log_in(OWNERS_PASSWORD)


@pytest.mark.once
def test_standard_log_ins_and_what_no_recipe_does(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert trial.ways_of(bench, "log_in") == ("web", "rtsp", "onvif")
        for way in ("rtsp", "onvif"):
            told = trial.log_in(bench, way, OWNER, "granted")
            assert (told.as_expected, len(told.steps)) == (True, 1), told
        assert trial.ask(bench, "identity", "web", "granted").steps[-1].took[1] == "firmware = 1.0.0"
        assert trial.ask_change(bench, "set_up", "web", "").state == "refused"
        assert trial.ask_restart(bench, "restart", "web", "granted").as_expected
        with pytest.raises(NotPossible, match="no way is known to live_view"):
            trial.ask(bench, "live_view", "", "granted")


def test_every_action_that_is_tried_has_an_impact() -> None:
    assert {*PLAIN_ACTIONS} - set(trial.IMPACTS) == {"install_update"}
    assert trial.ask_reset.__name__ == "ask_reset"
    unclear = Tried(what="x", expected="", state="unclear", why="")
    assert not unclear.as_expected
    assert unclear.model_copy(update={"state": "refused"}).as_expected


def test_a_profile_without_a_log_in_recipe_is_asked_without_a_session(desk: Desk) -> None:
    with webcam.webcam(desk, declared=webcam.profile(log_in=None)) as (bench, _):
        told = trial.ask(bench, "use_session", "web", "granted")
        assert (told.state, len(told.steps)) == ("refused", 1)
