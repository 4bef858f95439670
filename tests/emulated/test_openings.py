"""Functions that a flawed unit's interface opens to those without a session; a sound one opens none."""

from pathlib import Path

import pytest

from harness.emulated.camera.flaws import FLAWS
from tests.emulated.units import HERE, Handle, unit

GIVING = ("/api/session", "/api/device", "/api/accounts", "/api/settings", "/api/log", "/api/service")
LOCAL = {"X-Forwarded-For": "127.0.0.1"}
ADMIN = {"Cookie": "uid=admin"}
OPEN: dict[str, set[str]] = {
    "api-log-open": {"/api/log"},
    "api-any-token": {"settings changed with x"},
    "api-ended-session": {"/api/service with an ended session"},
    "api-style-sheet-open": {f"{path}/a.css" for path in GIVING},
    "api-trusts-forwarded": {f"{path} forwarded" for path in GIVING},
    "api-parameter-open": {f"{path};a.css" for path in GIVING},
    "api-head-open": {f"{path} by HEAD" for path in GIVING},
    "api-header-names-address": {f"{path} by a header" for path in GIVING},
    "api-takes-null": {f"{path} with null" for path in GIVING},
    "api-trusts-own-page": {f"{path} from its page" for path in GIVING},
    "api-admin-cookie": {f"{path} with a cookie" for path in GIVING},
    "api-acts-then-refuses": {"settings changed with nothing", "settings changed with x"},
    "api-restart-open": {"restart"},
    "api-hidden-in-firmware": {"/api/debug/config for its owner, named nowhere"},
    "api-not-declared": {"/api/debug/config for its owner, named by the page"},
}


def openings(camera: Handle) -> set[str]:
    """All that is given or done without a session."""
    token, ended = camera.log_in(), camera.log_in()
    camera.ask("/api/logout", {}, token=ended)
    found = {path for path in GIVING if camera.ask(path).status == 200}
    found |= {f"{path} with an ended session" for path in GIVING if camera.ask(path, token=ended).status == 200}
    found |= {f"{path}/a.css" for path in GIVING if camera.ask(f"{path}/a.css").status == 200}
    found |= {f"{path};a.css" for path in GIVING if camera.ask(f"{path};a.css").status == 200}
    found |= {f"{path} with null" for path in GIVING if camera.ask(path, token="null").status == 200}
    found |= {f"{path} with a cookie" for path in GIVING if camera.exchange("GET", path, None, ADMIN).status == 200}
    page = {"Referer": f"https://{HERE}:{camera.https_port}/"}
    found |= {f"{path} from its page" for path in GIVING if camera.exchange("GET", path, None, page).status == 200}
    found |= {f"{path} by HEAD" for path in GIVING if camera.exchange("HEAD", path, None, {}).status == 200}
    named = {path: camera.exchange("GET", "/", None, {"X-Original-URL": path}) for path in GIVING}
    found |= {f"{path} by a header" for path, told in named.items() if "json" in told.headers.lower() and told.status == 200}
    found |= {f"{path} forwarded" for path in GIVING if camera.exchange("GET", path, None, LOCAL).status == 200}
    for shown in ("", "x"):
        camera.ask("/api/settings", {"home_systems": True}, token=shown)
        if camera.ask("/api/settings", token=token).json["settings"]["home_systems"]:
            found.add(f"settings changed with {shown or 'nothing'}")
        camera.ask("/api/settings", {"home_systems": False}, token=token)
    if camera.ask("/api/debug/config", token=token).status == 200:
        found.add(f"/api/debug/config for its owner, {'named by the page' if b'/api/debug' in camera.ask('/').body else 'named nowhere'}")
    if camera.ask("/api/restart", {}).status == 200:
        found.add("restart")
    more = (
        " with an ended session",
        " forwarded",
        "/a.css",
        ";a.css",
        " with null",
        " with a cookie",
        " from its page",
        " by HEAD",
        " by a header",
    )
    return found - {f"{path}{each}" for path in GIVING if path in found for each in more}


def test_a_sound_unit_opens_nothing(tmp_path: Path) -> None:
    with unit(tmp_path) as sound:
        assert openings(sound) == set()


@pytest.mark.parametrize("name", OPEN)
def test_a_flaw_opens_exactly_what_it_says(name: str, tmp_path: Path) -> None:
    with unit(tmp_path, name) as flawed:
        assert openings(flawed) == OPEN[name]


def test_all_flaws_of_the_interface_are_tried() -> None:
    assert {flaw.name for flaw in FLAWS if flaw.name.startswith("api-")} == set(OPEN)
