"""Privacy mode by other people's players: the picture is nowhere until the owner ends it, a restart included; and each flaw of it."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.probes.pictures import likeness, movement, shows_something
from harness.transports.decoder import Grid, frames
from tests.emulated.internet import internet
from tests.emulated.test_cloud import do, online
from tests.emulated.test_restart import back
from tests.emulated.test_sound import heard
from tests.emulated.units import PATIENCE_S, Handle, unit

QUICKLY = ("-fpsprobesize", "0", "-analyzeduration", "500000")
BOTH = (("/live/main", "tcp"), ("/live/sub", "udp"))
GUEST = {"user": "guest", "password": "guest-Pass-1"}


def film(camera: Handle, path: str = "/live/main", transport: str = "tcp") -> tuple[Grid, ...]:
    """Half a second of a stream as ffmpeg fetches it."""
    source = ["-rtsp_transport", transport, *QUICKLY, "-i", camera.stream(path, clear=transport == "udp")]
    command = ["ffmpeg", "-v", "error", *source, *["-an", "-t", "0.5", "-c", "copy", "-f", "h264", "-"]]
    for _ in range(3):  # a busy machine may lose datagrams
        done = subprocess.run(["timeout", str(PATIENCE_S), *command], capture_output=True, check=False)
        if found := frames(done.stdout, "h264"):
            return found
    return ()


def still(camera: Handle) -> tuple[Grid, ...]:
    """The page's picture."""
    return frames(camera.ask("/snapshot.jpg", token=camera.log_in()).body, "jpeg")


def looks(camera: Handle, *streams: tuple[str, str]) -> list[tuple[Grid, ...]]:
    """At several streams at once, and at the still picture."""
    with ThreadPoolExecutor(len(streams)) as threads:
        return [*threads.map(lambda stream: film(camera, *stream), streams), still(camera)]


def switch(camera: Handle, *, on: bool, token: str = "") -> int:
    """As the page does; the status."""
    return camera.ask("/api/privacy", {"on": on}, token=token or camera.log_in()).status


def is_on(camera: Handle) -> bool:
    """As the page tells."""
    return bool(camera.ask("/api/privacy", token=camera.log_in()).json["on"])


def test_nothing_of_the_picture_is_left_until_its_owner_ends_it(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        camera.allow_clear_streams()
        open_ = film(camera)
        assert shows_something(open_)
        assert movement(open_) > 0.5
        assert switch(camera, on=True) == 200
        for shown in looks(camera, *BOTH):
            assert shown
            assert likeness(shown, open_) < 0.1
            assert movement(shown) == 0
        assert heard(camera.stream(), "tcp") == []
        camera.ask("/api/restart", {}, token=camera.log_in())
        camera.advance(5)
        assert back(camera)
        assert is_on(camera)
        assert likeness(film(camera), open_) < 0.1
        assert switch(camera, on=False) == 200
        assert all(likeness(shown, open_) > 0.3 for shown in looks(camera, *BOTH))
        told = [each["detail"] for each in camera.ask("/api/log", token=camera.log_in()).json["events"] if "privacy" in each["detail"]]
        assert told == ["privacy mode on", "privacy mode off"]


def test_others_see_that_it_is_on_and_cannot_end_it(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        camera.ask("/api/accounts", GUEST, token=camera.log_in())
        guest = camera.log_in(GUEST["password"], GUEST["user"])
        assert switch(camera, on=True) == 200
        assert camera.ask("/api/privacy", token=guest).json == {"on": True}
        assert switch(camera, on=False, token=guest) == 403
        assert [camera.ask("/api/privacy", body).status for body in (None, {"on": False})] == [401, 401]
        assert camera.ask("/api/privacy", {"on": "no"}, token=camera.log_in()).status == 422
        assert is_on(camera)


def test_events_go_without_a_picture(tmp_path: Path) -> None:
    with internet(tmp_path) as net, unit(tmp_path, **online(net)) as camera:
        camera.advance(1)
        switch(camera, on=True)
        do(camera, "/api/event/test")
        assert net.count("POST api.camlabel.example/v1/event") == 1
        assert not any(path.startswith("/v1/pictures/") for path in net.bodies)


@pytest.mark.parametrize(
    ("flaw", "shown"),
    [
        ("privacy-not-in-sub-stream", [False, True, False, False]),
        ("privacy-not-over-udp", [False, False, True, False]),
        ("privacy-only-dimmed", [True, True, True, False]),
        ("privacy-not-in-snapshots", [False, False, False, True]),
        ("privacy-ends-when-watched", [True, True, True, True]),
    ],
)
def test_where_a_flawed_unit_forgets_it(tmp_path: Path, flaw: str, shown: list[bool]) -> None:
    with unit(tmp_path, flaw) as camera:
        camera.allow_clear_streams()
        open_ = film(camera)
        switch(camera, on=True)
        seen = looks(camera, ("/live/main", "tcp"), ("/live/sub", "tcp"), ("/live/main", "udp"))
        assert [likeness(look, open_) > 0.3 for look in seen] == shown


def test_flaws_of_sound_restart_and_right(tmp_path: Path) -> None:
    with unit(tmp_path, "privacy-not-for-sound", "privacy-ends-at-restart", "privacy-ended-by-viewers") as camera:
        camera.ask("/api/accounts", GUEST, token=camera.log_in())
        switch(camera, on=True)
        assert heard(camera.stream(), "tcp")
        assert switch(camera, on=False, token=camera.log_in(GUEST["password"], GUEST["user"])) == 200
        assert not is_on(camera)
        switch(camera, on=True)
        camera.ask("/api/restart", {}, token=camera.log_in())
        camera.advance(5)
        assert back(camera)
        assert not is_on(camera)


@pytest.mark.parametrize("flaws", [(), ("privacy-ends-with-settings",)])
def test_other_settings_do_not_end_it(tmp_path: Path, flaws: tuple[str, ...]) -> None:
    with unit(tmp_path, *flaws) as camera:
        switch(camera, on=True)
        assert camera.ask("/api/settings", {"guess_limit": False}, token=camera.log_in()).status == 200
        assert is_on(camera) is not bool(flaws)


def test_an_event_with_a_picture_on_a_flawed_unit(tmp_path: Path) -> None:
    with internet(tmp_path) as net, unit(tmp_path, "privacy-not-for-events", **online(net)) as camera:
        camera.advance(1)
        switch(camera, on=True)
        do(camera, "/api/event/test")
        assert any(path.startswith("/v1/pictures/") for path in net.bodies)


@pytest.mark.parametrize("flaws", [(), ("privacy-not-for-recordings",)])
def test_nothing_is_recorded_in_it(tmp_path: Path, flaws: tuple[str, ...]) -> None:
    with unit(tmp_path, *flaws, card=tmp_path / "card.img") as camera:
        assert film(camera)
        switch(camera, on=True)
        do(camera, "/api/event/test")
        assert len(camera.ask("/api/recordings", token=camera.log_in()).json["recordings"]) == len(flaws)
