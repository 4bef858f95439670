"""Before the first credentials, on the emulated camera: what is asked, how set-up ends, and how the device is put back."""

from pathlib import Path

import pytest

from harness.model.errors import NotRestored, Undecided
from harness.model.secret import NOBODY, Credential
from harness.probes.first_use import NO_PASSWORDS, ask, no_passwords, put_back, requests, set_up
from tests.builders.devices import Desk
from tests.builders.emulated import emulated
from tests.builders.webcam import profile, webcam

pytestmark = pytest.mark.once  # each starts a whole camera

OWNER = Credential(unit="cam-1", role="owner")


def test_all_kinds_are_asked_and_refused(tmp_path: Path) -> None:
    with emulated(tmp_path, set_up=False) as (bench, camera):
        asked = requests(bench)
        assert {each.kind for each in asked} == {"rtsp", "snapshot", "onvif", "action"}
        assert [str(each) for each in asked if ask(bench, each, NOBODY).granted] == []
        assert not any(set_up(bench, OWNER, how).granted for how in no_passwords(bench))
        assert put_back(bench, OWNER, "empty").found == "as delivered"
        assert camera.ask("/api/state").json == {"state": "factory"}


def test_the_owner_is_served_in_use(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert all(ask(bench, each, OWNER).granted for each in requests(bench) if each.kind != "rtsp")
        assert put_back(bench, OWNER, "empty").found == "the owner is let in"
        with pytest.raises(Undecided, match="set up already"):
            set_up(bench, OWNER, "empty")


def test_settings_that_anybody_may_read_or_change_before_set_up_are_found(tmp_path: Path) -> None:
    with emulated(tmp_path, "before-set-up-settings", set_up=False) as (bench, camera):
        granted = [str(each) for each in requests(bench) if ask(bench, each, NOBODY).granted]
        assert granted == ["action read_settings by web", "action change_setting by weaken", "action change_setting by protect"]
        camera.set_up()
        assert not any(ask(bench, each, NOBODY).granted for each in requests(bench) if each.kind == "action")


@pytest.mark.parametrize(
    ("flaw", "how"),
    [
        ("set-up-empty-password", "empty"),
        ("set-up-without-password", "left out"),
        ("set-up-blanks", "blanks"),
        ("set-up-null-password", "null"),
    ],
)
def test_a_set_up_without_a_password_is_seen_and_put_back(flaw: str, how: str, tmp_path: Path) -> None:
    with emulated(tmp_path, flaw, set_up=False) as (bench, _):
        told = set_up(bench, OWNER, how)
        assert told.granted
        assert "set up now: True" in told.why
        assert "changed to the owner's" in put_back(bench, OWNER, how).found
        assert put_back(bench, OWNER, how).found == "the owner is let in"


def test_what_is_no_text_is_said_where_set_up_speaks_json(tmp_path: Path) -> None:
    """In place of the password and of what is made of it, wherever it stands."""
    steps = [{"request": {"method": "POST", "path": "/setup", "form": {"password": "{{ password }}"}}}]
    form = {"web": {"steps": steps, "granted_when": {"status": 200}, "refused_when": {"status": [400]}}}
    with webcam(Desk(tmp_path), password=None, declared=profile(set_up=form)) as (bench, camera):
        assert no_passwords(bench) == NO_PASSWORDS
    deep = {"users": [{"name": "{{ user }}", "secret": "{{ password | md5 }}", "confirm": "{% if password %}x{% endif %}"}], "password": 1}
    steps = [{"request": {"method": "POST", "path": "/setup", "json": deep}}]
    with webcam(Desk(tmp_path), password=None, declared=profile(set_up={"web": {**form["web"], "steps": steps}})) as (bench, camera):
        assert no_passwords(bench) == (*NO_PASSWORDS, "null", "an empty list", "an empty object")
        assert set_up(bench, OWNER, "an empty list").state == "granted"
        assert camera.asked[-1] == ("/setup", {"users": [{"name": "admin", "secret": [], "confirm": []}], "password": 1})


def test_what_cannot_be_put_back_is_said(tmp_path: Path) -> None:
    """Somebody else's password."""
    with emulated(tmp_path, set_up=False) as (bench, camera):
        camera.set_up()
        with pytest.raises(NotRestored, match="reset it, then"):
            put_back(bench, OWNER, "empty")
