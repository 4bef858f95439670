"""`camlabel device try`: a profile's author sees each step, masked, and what was expected."""

import re
from pathlib import Path

import pytest

from harness.runner.places import ROOT
from tests.system.command import PROFILE, camlabel

BENCH = ROOT / "tests/system/hurry.bench.yaml"


def trying(folder: Path, action: str, *more: str, old: str = "", new: str = "") -> tuple[int, str, str]:
    """On the emulated camera, with a profile in which one thing was changed."""
    profile = folder / "profile.yaml"
    text = PROFILE.read_text()
    assert old in text
    profile.write_text(text.replace(old, new, 1))
    done = camlabel("device", "try", action, "--profile", str(profile), "--bench", str(BENCH), "--out", str(folder / "tries"), *more)
    return done.status, done.out, done.err


def test_a_log_in_is_shown_step_by_step(tmp_path: Path) -> None:
    """The right password and a wrong one; no value is shown, and no token."""
    status, out, err = trying(tmp_path, "log_in", "--way", "web")
    assert status == 0, err
    assert "log_in on web as owner with ⟦cam-1/owner-password#1⟧: granted, as expected" in out
    assert "log_in on web as owner with ⟦cam-1/owner wrong⟧: refused, as expected" in out
    assert "took token = ⟦cam-1/token#" in out
    assert "granted_when: status 200 holds; json token holds" in out
    assert not re.search(r'"token":"(?!⟦)', out)


def test_a_wrong_recipe_shows(tmp_path: Path) -> None:
    """Where the answer to a wrong password is not known it is unclear, and the conditions say why."""
    old = "      refused_when: {status: 401}\n      session:"
    status, out, err = trying(tmp_path, "log_in", "--way", "web", old=old, new=old.replace("401", "403"))
    assert status == 2, err
    assert "unclear, refused was expected" in out
    assert "refused_when: status 403 does not hold" in out


@pytest.mark.once
def test_a_password_that_was_changed_is_put_back(tmp_path: Path) -> None:
    status, out, err = trying(tmp_path, "change_password", "--way", "web")
    assert status == 0, err
    assert out.count("as expected") == 2


@pytest.mark.parametrize(
    ("action", "more", "told"),
    [
        ("log-in", (), "log-in: no action; did you mean log_in?"),
        ("fly", (), "fly: no action; one of set_up, log_in,"),
        ("install_update", (), "install_update is not tried here: SYS-16 tries it"),
        ("reset", (), "reset is an act of reset, and the bench permits acts up to reboot"),
    ],
)
def test_what_cannot_be_tried_is_said_before_anything_is_started(tmp_path: Path, action: str, more: tuple[str, ...], told: str) -> None:
    status, _, err = trying(tmp_path, action, *more)
    assert status == 3
    assert told in err
    assert not (tmp_path / "tries").exists()


def test_a_way_that_the_profile_lacks_is_named(tmp_path: Path) -> None:
    status, _, err = trying(tmp_path, "log_in", "--way", "app")
    assert status == 3
    assert "log_in by app: the profile has web, rtsp, onvif" in err
