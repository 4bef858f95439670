"""Settings, viewers and the log of security events, as the owner uses them."""

import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.emulated.camera.network import listeners, port_mapping
from harness.emulated.camera.settings import SETTINGS
from tests.emulated.units import HERE, NEW_PASSWORD, OWNER, PASSWORD, PATIENCE_S, Handle, free_extra_ports, unit

VIEWER, VIEWERS_PASSWORD = "guest", "third-Pass-3"


@pytest.fixture(autouse=True)
def _free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    free_extra_ports(monkeypatch)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Handle]:
    with unit(tmp_path) as handle:
        yield handle


def events(camera: Handle, token: str) -> list[dict[str, str]]:
    return camera.ask("/api/log", token=token).json["events"]


def add_viewer(camera: Handle, token: str) -> str:
    assert camera.ask("/api/accounts", {"user": VIEWER, "password": VIEWERS_PASSWORD}, token=token).status == 200
    return camera.log_in(VIEWERS_PASSWORD, VIEWER)


def test_settings_are_the_owners_and_last(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        token = camera.log_in()
        viewer = add_viewer(camera, token)
        delivered = {each.name: each.delivered for each in SETTINGS}
        for other, status in (("", 401), (viewer, 403)):
            for path, body in (("/api/settings", None), ("/api/settings", {"guess_limit": False}), ("/api/log", None), ("/api/reset", {})):
                assert camera.ask(path, body, token=other).status == status
        assert camera.ask("/api/settings", token=token).json["settings"] == delivered
        for wrong in ({}, {"telnet": True}, {"guess_limit": "no"}, {"guess_limit": False, "colour": True}):
            assert camera.ask("/api/settings", wrong, token=token).status == 422
        assert camera.ask("/api/settings", {"guess_limit": False}, token=token).json["settings"] == {**delivered, "guess_limit": False}
    with unit(tmp_path, set_up=False) as camera:
        assert camera.ask("/api/settings", token=camera.log_in()).json["settings"] == {**delivered, "guess_limit": False}


def test_each_setting_does_what_it_says(own: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    token = own.log_in()

    def switch(name: str, on: bool) -> None:
        assert own.ask("/api/settings", {name: on}, token=token).status == 200

    switch("anonymous_viewing", True)
    assert own.ask("/snapshot.jpg").status == 200
    switch("anonymous_viewing", False)
    assert own.ask("/snapshot.jpg").status == 401
    for port, name in ((listeners.SUPPORT, "remote_diagnostics"), (listeners.HOME, "home_systems")):
        assert not listens(port)
        switch(name, True)
        assert listens(port)
        switch(name, False)
        assert not listens(port)
    switch("guess_limit", False)
    for _ in range(12):
        assert own.log_in("wrong-Pass-9") == ""
    assert own.log_in()
    switch("guess_limit", True)
    for _ in range(10):
        own.log_in("wrong-Pass-9")
    assert own.log_in() == ""


def listens(port: int) -> bool:
    for _ in range(20):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((HERE, port)) == 0:
                return bool(probe.recv(100))  # A greeted connection is one that the camera hangs up when it stops.
        time.sleep(0.02)
    return False


def test_the_router_is_asked_for_a_port_while_that_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
        router.bind((HERE, 0))
        router.settimeout(PATIENCE_S)
        monkeypatch.setattr(port_mapping, "PORT", router.getsockname()[1])
        with unit(tmp_path, gateway=HERE) as camera:
            token = camera.log_in()
            for on, lifetime in ((True, port_mapping.LIFETIME_S), (False, 0)):
                camera.ask("/api/settings", {"port_mapping": on}, token=token)
                question = struct.unpack("!BBHHHI", router.recv(100))
                assert question[:2] == (0, port_mapping.MAP_TCP)
                assert (question[3], question[5]) == (camera.https_port, lifetime)
            camera.ask("/api/settings", {"port_mapping": True}, token=token)
            router.recv(100)
            camera.advance(port_mapping.AGAIN_S + 1)
            assert router.recv(100)


def test_a_viewer_that_is_removed_is_out_at_once(own: Handle) -> None:
    token = own.log_in()
    viewer = add_viewer(own, token)
    assert own.ask("/api/accounts/remove", {"user": VIEWER}, token=viewer).status == 403
    assert own.ask("/snapshot.jpg", token=viewer).status == 200
    assert own.ask("/api/accounts/remove", {"user": OWNER}, token=token).status == 422
    assert own.ask("/api/accounts/remove", {"user": VIEWER}, token=token).status == 200
    assert own.ask("/api/accounts/remove", {"user": VIEWER}, token=token).status == 422
    assert own.ask("/snapshot.jpg", token=viewer).status == 401
    assert own.log_in(VIEWERS_PASSWORD, VIEWER) == ""
    assert [each["user"] for each in own.ask("/api/accounts", token=token).json["accounts"]] == [OWNER]


def test_what_concerns_security_is_logged_without_secrets(own: Handle) -> None:
    before = own.now()
    token = own.log_in()
    own.log_in("wrong-Pass-9")
    own.log_in(PASSWORD, "my-password-typed-as-a-name")
    add_viewer(own, token)
    own.ask("/api/accounts/remove", {"user": VIEWER}, token=token)
    own.ask("/api/settings", {"guess_limit": False}, token=token)
    own.ask("/api/settings", {"colour": True}, token=token)
    own.ask("/api/account/password", {"current": "wrong-Pass-9", "new": NEW_PASSWORD}, token=token)
    own.ask("/api/account/password", {"current": PASSWORD, "new": NEW_PASSWORD}, token=token)
    token = own.log_in(NEW_PASSWORD)
    told = events(own, token)
    assert [(each["event"], each["actor"], each["result"]) for each in told] == [
        ("set-up", OWNER, "granted"),
        ("log-in", OWNER, "granted"),
        ("log-in", OWNER, "refused"),
        ("log-in", "unknown", "refused"),
        ("account added", OWNER, "granted"),
        ("log-in", VIEWER, "granted"),
        ("account removed", OWNER, "granted"),
        ("setting", OWNER, "granted"),
        ("setting", OWNER, "refused"),
        ("password", OWNER, "refused"),
        ("password", OWNER, "granted"),
        ("log-in", OWNER, "granted"),
    ]
    assert {each["source"] for each in told} == {HERE}
    assert all(before - 1 <= float(each["time"]) <= own.now() + 1 for each in told)
    assert not any(word in str(told) for word in (PASSWORD, NEW_PASSWORD, token, "typed"))


def test_a_reset_begins_a_new_log_with_who_asked(own: Handle) -> None:
    assert own.ask("/api/reset", {}, token=own.log_in()).json == {"ok": True}
    own.advance(1)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if own.ask("/api/state").json == {"state": "factory"}:
                break
        except OSError:
            time.sleep(0.05)
    own.set_up()
    told = events(own, own.log_in())
    assert [(each["event"], each["actor"], each["source"]) for each in told[:2]] == [("reset", "owner", HERE), ("set-up", OWNER, HERE)]


@pytest.mark.parametrize(
    ("flaw", "otherwise", "opens"),
    [
        ("delivered-with-remote-diagnostics", {"remote_diagnostics": True}, True),
        ("remote-diagnostics-never-off", {}, True),
        ("delivered-with-anonymous-viewing", {"anonymous_viewing": True}, False),
        ("delivered-with-port-mapping", {"port_mapping": True}, False),
        ("set-up-maps-port", {"port_mapping": True}, False),
        ("delivered-without-guess-limit", {"guess_limit": False}, False),
    ],
)
def test_a_flawed_unit_is_delivered_otherwise(flaw: str, otherwise: dict[str, bool], opens: bool, tmp_path: Path) -> None:
    with unit(tmp_path, flaw) as camera:
        told = camera.ask("/api/settings", token=camera.log_in()).json["settings"]
        assert listens(listeners.SUPPORT) == opens
    assert told == {each.name: each.delivered for each in SETTINGS} | otherwise
