"""A restart that the owner asks for: services end and begin again, what is on the flash stays."""

import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.builders.images import kept_names
from tests.emulated.soap_client import security, set_user
from tests.emulated.units import NEW_PASSWORD, PASSWORD, PATIENCE_S, Handle, unit


def back(camera: Handle) -> bool:
    """Does it answer again, within a while?"""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            return camera.ask("/api/state").status == 200
        time.sleep(0.05)
    return False


def restarted(camera: Handle) -> None:
    """As its owner asks, and up again."""
    camera.ask("/api/restart", {}, token=camera.log_in())
    camera.advance(5)
    assert back(camera)


def test_a_restart_ends_sessions_and_keeps_accounts(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        token = camera.log_in()
        before = camera.now()
        assert camera.ask("/api/restart", {}, token=token).json == {"ok": True}
        camera.advance(5)
        assert back(camera)
        assert not camera.alive(token)
        assert camera.log_in()
        assert camera.now() > before
        assert camera.ask("/snapshot.jpg", token=camera.log_in()).status == 200


@pytest.mark.parametrize(("flaws", "valid"), [((), NEW_PASSWORD), (("change-by-onvif-forgotten",), PASSWORD)])
def test_a_password_that_onvif_changed_outlasts_a_restart_unless_it_is_forgotten(
    tmp_path: Path, flaws: tuple[str, ...], valid: str
) -> None:
    with unit(tmp_path, *flaws) as camera:
        assert set_user(camera, security(PASSWORD, at=camera.now()))[0] == 200
        assert camera.log_in(NEW_PASSWORD)
        camera.ask("/api/restart", {}, token=camera.log_in(NEW_PASSWORD))
        camera.advance(5)
        assert back(camera)
        assert [password for password in (PASSWORD, NEW_PASSWORD) if camera.log_in(password)] == [valid]


@pytest.mark.parametrize(("flaws", "status"), [((), 401), (("sessions-come-back",), 200)])
def test_sessions_that_a_change_ended_stay_ended_unless_they_come_back(tmp_path: Path, flaws: tuple[str, ...], status: int) -> None:
    with unit(tmp_path, *flaws) as camera:
        old = camera.log_in()
        change = {"current": PASSWORD, "new": NEW_PASSWORD}
        assert camera.ask("/api/account/password", change, token=old).status == 200
        assert camera.ask("/api/session", token=old).status == 401
        camera.ask("/api/restart", {}, token=camera.log_in(NEW_PASSWORD))
        camera.advance(5)
        assert back(camera)
        assert camera.ask("/api/session", token=old).status == status


@pytest.mark.parametrize(("flaws", "status"), [((), 401), (("sessions-come-back",), 401), (("restart-revives-sessions",), 200)])
def test_what_was_logged_out_stays_so_over_a_restart_unless_it_is_revived(tmp_path: Path, flaws: tuple[str, ...], status: int) -> None:
    with unit(tmp_path, *flaws) as camera:
        old = camera.log_in()
        assert camera.ask("/api/logout", {}, token=old).status == 200
        assert camera.ask("/api/session", token=old).status == 401
        restarted(camera)
        assert camera.ask("/api/session", token=old).status == status


@pytest.mark.parametrize(("flaws", "known"), [((), 0), (("session-unseeded",), 6)])
def test_tokens_of_another_start_are_others_unless_nothing_seeds_them(tmp_path: Path, flaws: tuple[str, ...], known: int) -> None:
    with unit(tmp_path, *flaws) as camera:
        restarted(camera)
        before = "".join(camera.log_in() for _ in range(8))
        restarted(camera)
        assert sum(camera.log_in()[:32] in before for _ in range(6)) == known


def test_only_the_owner_may_restart_try_an_event_or_look_for_updates(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        owner = camera.log_in()
        camera.ask("/api/accounts", {"user": "guest", "password": "guest-Pass-1"}, token=owner)
        guest = camera.log_in("guest-Pass-1", "guest")
        for path in ("/api/restart", "/api/event/test", "/api/update/check"):
            assert [camera.ask(path, {}, token=token).status for token in ("", guest)] == [401, 403]
        assert [camera.ask(path, {}, token=owner).status for path in ("/api/event/test", "/api/update/check")] == [200, 200]


def test_a_long_press_erases_everything_but_what_is_burnt_in(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        token = camera.log_in()
        fuses = (camera.flash / "fuses.json").read_bytes()
        assert "accounts.json" in kept_names(camera.flash)
        assert camera.order('{"do": "press_reset", "seconds": 10}')["ok"]
        assert camera.ask("/api/state").json == {"state": "factory"}
        assert not camera.alive(token)
        assert camera.log_in() == ""
        assert "accounts.json" not in kept_names(camera.flash)
        assert b"scrypt" not in (camera.flash / "flash.img").read_bytes()
        assert (camera.flash / "fuses.json").read_bytes() == fuses
        camera.set_up()
        assert camera.log_in()


def test_a_short_press_does_nothing(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        token = camera.log_in()
        assert camera.order('{"do": "press_reset", "seconds": 4.9}')["ok"]
        assert camera.alive(token)
        assert not camera.order('{"do": "press_reset", "seconds": "long"}')["ok"]
