"""Each flaw makes a unit unsound in exactly its way; a sound unit has none of them."""

import re
from pathlib import Path

import pytest

from harness.emulated.camera.flaws import FLAWS, chosen
from tests.emulated.defects import open_doors, survivors, without_login
from tests.emulated.test_rtsp import frames
from tests.emulated.units import unit

PLAYS = {f"play {stream} over {way}" for stream in ("main", "sub") for way in ("tcp", "udp")}
MEDIA = {f"trt:{name} " for name in ("GetStreamUri", "GetSnapshotUri")}
GUARDED = {*MEDIA, "tds:GetDeviceInformation "}
WRONG, STREAM_URI, SNAPSHOT_URI = "describe with a wrong password", "trt:GetStreamUri ", "trt:GetSnapshotUri "
ANYHOW = ("nothing", "empty", "wrong", "stale", "repeated", "name alone")

OPEN: dict[str, set[str]] = {
    "rtsp-open": {"describe /live/main", "describe /live/sub", "describe /live/main/", "describe /LIVE/MAIN", WRONG, *PLAYS},
    "rtsp-any-response": {WRONG, "describe with an empty password"},
    "rtsp-stranger-open": {"describe as a stranger"},
    "default-rtsp-empty": {"describe with an empty password"},
    "rtsp-watched-open": {"describe while it is watched"},
    "onvif-name-alone": {operation + "name alone" for operation in GUARDED},
    "onvif-wrong-password": {operation + header for operation in GUARDED for header in ("wrong", "stale", "repeated")},
    "rtsp-sub-open": {"describe /live/sub", "play sub over tcp", "play sub over udp"},
    "rtsp-udp-open": {"play main over udp", "play sub over udp"},
    "rtsp-slash-open": {"describe /live/main/"},
    "rtsp-case-open": {"describe /LIVE/MAIN"},
    "rtsp-small-letters-open": {"describe in small letters"},
    "rtsp-address-login": {"describe by the name in the address"},
    "rtsp-describe-open": {"describe /live/main", "describe /live/sub", "describe /live/main/", "describe /LIVE/MAIN", WRONG},
    "rtsp-setup-open": PLAYS,
    "rtsp-hidden-path-open": {"describe /11", "describe /live/ch00_0"},
    "onvif-nonce-reuse": {operation + "repeated" for operation in GUARDED},
    "onvif-stale-created": {operation + "stale" for operation in GUARDED},
    "onvif-media-open": {STREAM_URI + header for header in ANYHOW},
    "onvif-snapshot-uri-open": {SNAPSHOT_URI + header for header in ANYHOW},
    "onvif-empty-security-open": {operation + "empty" for operation in GUARDED},
    "snapshot-open": {
        "/snapshot.jpg with nothing",
        "/snapshot.jpg with x",
        "/snapshot.jpg/ with nothing",
        "/snapshot.jpg?x=1 with nothing",
    },
    "delivered-with-anonymous-viewing": {
        "/snapshot.jpg with nothing",
        "/snapshot.jpg with x",
        "/snapshot.jpg/ with nothing",
        "/snapshot.jpg?x=1 with nothing",
    },
    "snapshot-any-session": {"/snapshot.jpg with x"},
    "snapshot-trailing": {"/snapshot.jpg/ with nothing"},
    "snapshot-query-open": {"/snapshot.jpg?x=1 with nothing"},
}
LASTING: dict[str, set[str]] = {
    "rtsp-open": {"old password on rtsp"},
    "rtsp-any-response": {"old password on rtsp"},
    "onvif-wrong-password": {"old password on onvif", "SetUser with wrong"},
    "old-password-rtsp": {"old password on rtsp"},
    "old-password-onvif": {"old password on onvif"},
    "old-password-web": {"old password on web"},
    "sessions-survive": {"asking session", "other session"},
    "second-session-survives": {"other session"},
    "stream-survives": {"stream"},
    "set-up-again": {"set-up again"},
    "change-without-current": {"change without current"},
    "change-wrong-current": {"change with wrong current"},
    "change-empty-current": {"change with an empty current"},
    "change-legacy-api": {"older change without current", "older change with wrong current"},
    "onvif-change-unauthenticated": {"SetUser with nothing", "SetUser with wrong"},
}
FORGOTTEN = {"change-by-onvif-forgotten", "sessions-come-back"}  # see test_restart.py
ON_THE_LINE = {
    "uart-root-first-key",
    "uart-third-boot-shell",
    "uart-shared-login",
    "uart-slow-login",
    "uart-password-only",
    "uart-interrupted-boot",
    "uart-loader-prompt",
    "uart-blind-shell",
    "uart-late-shell",
}  # see test_uart.py
PORTS = {flaw.name for flaw in FLAWS if flaw.name.startswith("port-")}  # see test_listeners.py
SWITCHED = {"delivered-with-remote-diagnostics", "remote-diagnostics-never-off"}  # see test_settings.py
CLEAR = {
    "rtsps-port-takes-clear",
    "clear-streams-never-off",
    "clear-streams-described",
    "clear-sub-stream",
    "delivered-with-clear-streams",
}  # see test_clear_streams.py
NAMES = [flaw.name for flaw in FLAWS]


def test_a_sound_unit_has_no_defect(tmp_path: Path) -> None:
    with unit(tmp_path) as sound:
        assert open_doors(sound) == set()
        assert survivors(sound) == set()


@pytest.mark.parametrize("name", OPEN)
def test_a_flaw_opens_exactly_its_doors(name: str, tmp_path: Path) -> None:
    with unit(tmp_path, name) as flawed:
        assert open_doors(flawed) == OPEN[name]


@pytest.mark.parametrize("name", LASTING)
def test_a_flaw_lets_exactly_its_things_outlive_the_password(name: str, tmp_path: Path) -> None:
    with unit(tmp_path, name) as flawed:
        assert survivors(flawed) == LASTING[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_flaw_has_no_other_effect(name: str, tmp_path: Path) -> None:
    with unit(tmp_path, name) as flawed:
        assert open_doors(flawed) == OPEN.get(name, set())
        assert survivors(flawed) == LASTING.get(name, set())


def test_ffmpeg_sees_an_open_stream_without_a_password(tmp_path: Path) -> None:
    with unit(tmp_path, "rtsp-sub-open", "rtsp-hidden-path-open") as flawed:
        seen = {path: bool(frames(without_login(flawed, path), "tcp", 1)) for path in ("/live/main", "/live/sub", "/11")}
    assert seen == {"/live/main": False, "/live/sub": True, "/11": True}


def test_the_list_says_what_each_flaw_breaks() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for flaw in FLAWS:
        assert re.fullmatch("[a-z]+(-[a-z]+)+", flaw.name)
        assert flaw.description.endswith(".")
        assert flaw.field_case.endswith(".")
        assert list(flaw.breaks) == sorted({*flaw.breaks})
    for requirement, tried in (
        ("NET-01", PORTS | SWITCHED | CLEAR),
        ("NET-11", OPEN),
        ("PHY-01", ON_THE_LINE),
        ("SYS-07", {*LASTING, *FORGOTTEN}),
    ):
        assert {flaw.name for flaw in FLAWS if requirement in flaw.breaks} == set(tried)
    assert [flaw.breaks for flaw in FLAWS] == sorted((flaw.breaks for flaw in FLAWS), key=lambda breaks: (breaks[0], -len(breaks)))


def test_an_unknown_flaw_is_refused_with_the_nearest() -> None:
    assert chosen(["rtsp-open", "rtsp-open"]) == {"rtsp-open"}
    with pytest.raises(ValueError, match=r"unknown flaw rtsp-opne: did you mean rtsp-open\? `camlabel flaws` lists them"):
        chosen(["rtsp-open", "rtsp-opne"])
