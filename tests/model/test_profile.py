"""The profile's model: shapes, look-ups, the trip through JSON."""

import pytest
from pydantic import ValidationError

from harness.model.profile import Capability, LogIntf, Profile
from harness.model.recipe import Conditions, Recipe, Request, Take
from harness.profile.read import read_profile
from tests.builders.papers import PROFILE

GET = {"method": "GET", "path": "/"}


@pytest.fixture(scope="module")
def profile() -> Profile:
    return read_profile(PROFILE)


def test_a_profile_survives_the_trip_through_json(profile: Profile) -> None:
    assert Profile.model_validate_json(profile.model_dump_json()) == profile


def test_a_profile_is_asked_by_name(profile: Profile) -> None:
    assert profile.service("rtsp").port == 322
    assert profile.service("telnet") is None
    assert profile.surface("onvif").interface == "onvif"
    assert profile.surface("ssh") is None
    assert profile.http_service.id == "web"
    assert profile.recipe("change_password", "legacy").inside == "web"
    assert profile.recipe("change_password", "onvif") is None
    assert profile.recipe("identity", "nowhere") is None


def test_only_what_is_declared_present_is_there(profile: Profile) -> None:
    assert profile.has("rtsps")
    assert not profile.has("jtag_swd")
    assert not profile.has("no such thing")


def test_tables_without_a_type_are_kept(profile: Profile) -> None:
    more = profile.model_dump(mode="json") | {"ixit": {"storage": {"endpoints": []}, "net": [{"idle_profile": "quiet"}]}}
    assert Profile.model_validate(more).ixit.free == {"storage": {"endpoints": []}, "net": ({"idle_profile": "quiet"},)}


@pytest.mark.parametrize(
    ("entry", "tls"),
    [
        ({"protocol": "https"}, True),
        ({"protocol": "rtsps", "tls": "yes"}, True),
        ({"protocol": "http"}, False),
        ({"protocol": "onvif"}, False),
        ({"protocol": "onvif", "tls": "yes"}, True),
        ({"protocol": "onvif", "tls": "no"}, False),
    ],
)
def test_tls_is_what_the_entry_says_else_the_protocol(entry: dict[str, str], tls: bool) -> None:
    assert LogIntf.model_validate({"id": "x", "port": 1, **entry}).uses_tls is tls


@pytest.mark.parametrize(
    "answer", ["no", "maybe", True, None, {}, {"absent": ""}, {"absent": " "}, {"absent": 1}, {"absent": "a", "present": 1}]
)
def test_a_capability_is_yes_or_absent_with_a_reason(answer: object) -> None:
    with pytest.raises(ValidationError):
        Capability.model_validate(answer)


def test_a_capability_keeps_its_reason() -> None:
    assert Capability.model_validate({"absent": "no radio"}) == Capability.model_construct(present=False, reason="no radio")


@pytest.mark.parametrize(
    ("kind", "wrong", "words"),
    [
        (Request, {**GET, "json": {}, "body": "x"}, "more than one body"),
        (Request, {**GET, "form": {"a": "b"}, "body": "x"}, "more than one body"),
        (Request, {**GET, "path": "http://elsewhere/"}, "begin it with /"),
        (Take, {}, "one place"),
        (Take, {"json": "a", "cookie": "b"}, "one place"),
        (Conditions, {}, "true of every answer"),
        (Conditions, {"status": 99}, "greater than or equal to 100"),
        (Recipe, {"steps": [], "granted_when": {"status": 200}, "refused_when": {"status": 401}}, "at least 1 item"),
    ],
)
def test_recipes_that_make_no_sense_are_refused(kind: type[Recipe], wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        kind.model_validate(wrong)


def test_one_status_may_stand_alone() -> None:
    assert Conditions.model_validate({"status": 200}).status == (200,)
    assert Conditions.model_validate({"status": [401, 403]}).status == (401, 403)
