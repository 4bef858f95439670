"""Public passwords on the emulated camera, and what a lock or a silent surface makes of the list."""

from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import DeviceSilent, Undecided
from harness.model.secret import Credential
from harness.probes import shared_logins
from harness.probes.actions.outcome import Entry, Outcome
from harness.probes.shared_logins import Trial, known_pairs, offer_identifiers, offer_listed, offer_others
from tests.builders.emulated import emulated

WEB = Surface(id="web", interface="page")
OWNER = Credential(unit="cam-1", role="owner")


def test_the_list_is_what_it_says() -> None:
    pairs = known_pairs()
    assert len(pairs) == len(set(pairs)) <= 200
    assert ("admin", "12345") in pairs[:10]


@pytest.mark.once
def test_a_sound_camera_takes_none_and_a_flawed_one_is_named(tmp_path: Path) -> None:
    with emulated(tmp_path, "default-service-account", "default-rtsp-empty") as (bench, _):
        web = offer_listed(bench, WEB, OWNER, 200)
        assert web.taken == ("web: service with the listed password service",)
        assert web.left_out.startswith("effort quick: 10 of ")
        assert offer_listed(bench, Surface(id="rtsp", interface="rtsp"), OWNER, 3).taken == (
            "rtsp: owner with the listed password (empty)",
        )
        onvif = offer_listed(bench, Surface(id="onvif", interface="onvif"), OWNER, 3)
        assert (onvif.taken, onvif.unclear, onvif.checked) == ((), (), True)


@pytest.mark.once
def test_what_a_lock_refused_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock-out by somebody else, before we came."""
    with emulated(tmp_path) as (bench, camera):
        for number in range(10):
            camera.log_in(f"wrong-{number}")
        assert offer_listed(bench, WEB, OWNER, 1).checked
        monkeypatch.setattr(shared_logins.login, "let_in", _silent)
        mute = offer_others(bench, WEB, OWNER, "cam-2")
        assert len(mute.unclear) == 1
        with pytest.raises(Undecided, match="got no answer that counts"):
            assert mute.checked


@pytest.mark.once
def test_a_stage_that_is_open_to_everybody_is_no_password_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers the short question and gives nothing then."""
    with emulated(tmp_path) as (bench, _):
        told = Outcome(state="granted", why="", asked="")
        monkeypatch.setattr(shared_logins.login, "let_in", lambda *_: told)
        monkeypatch.setattr(shared_logins.login, "log_in", lambda *_: Entry(told.model_copy(update={"state": "unclear"}), "session"))
        assert offer_listed(bench, WEB, OWNER, 2).taken == ()


@pytest.mark.once
def test_a_declared_default_comes_first(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        mechanisms = tuple(each.model_copy(update={"default_state": "preset root/Xy-12"}) for each in bench.profile.ixit.auth_mech)
        ixit = bench.profile.ixit.model_copy(update={"auth_mech": mechanisms})
        declared = Bench(bench.profile.model_copy(update={"ixit": ixit}), bench.sample, bench.access, bench.clock, bench.ledger)
        assert shared_logins._pairs(declared, WEB, 2)[0] == ("root", "Xy-12")


def test_one_that_was_taken_settles_it_whatever_else_was_unclear() -> None:
    assert Trial(surface=WEB, asked="", tried=2, taken=("x",), unclear=("y",)).checked


def _silent(*_: object) -> Outcome:
    raise DeviceSilent("nobody there")


@pytest.mark.once
def test_an_identifier_is_a_key_only_where_other_words_are_not(tmp_path: Path) -> None:
    """The page takes the serial number; ONVIF takes anything."""
    with emulated(tmp_path, "serial-opens-page", "onvif-wrong-password") as (bench, camera):
        page, onvif = (offer_identifiers(bench, each, OWNER) for each in (WEB, Surface(id="onvif", interface="onvif")))
        assert page.taken == (f"web: owner with the listed password {camera.said['serial']}",)
        assert (onvif.taken, onvif.checked) == ((), True)
        assert "takes whatever is shown" in onvif.asked
