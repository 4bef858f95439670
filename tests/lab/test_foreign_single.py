"""Cameras made of one Debian package each: they answer their owner only, and end with their server."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.lab.emulated import Device, start
from harness.model.errors import NotPossible
from harness.model.secret import Login
from harness.places import PACKAGE
from tests.lab.worlds import eventually

LOGIN = Login(user="admin", password="correct horse 7")
SCRIPT = PACKAGE / "emulated/foreign/single.py"
PICTURES = {"motion": (8081, "/0/current"), "lighttpd": (8443, "/still.jpg")}


@pytest.fixture(params=PICTURES)
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Device, int, str]]:
    try:
        started = start(f"foreign-{request.param}", tmp_path / "device", login=LOGIN)
    except NotPossible as error:
        pytest.skip(str(error))
    port, path = PICTURES[request.param]
    yield started, port, path
    started.stop()


def fetched(camera: Device, port: int, path: str, *options: str) -> str:
    """curl's status and type."""
    url = f"https://{camera.address}:{camera.ports[port]}{path}"
    words = ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code} %{content_type}", *options, url]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=20).stdout


@pytest.mark.once
def test_it_gives_its_picture_to_its_owner_only(camera: tuple[Device, int, str]) -> None:
    """And keeps the password to itself."""
    device, port, path = camera
    assert eventually(lambda: fetched(device, port, path).startswith("401"))
    assert fetched(device, port, path, "--digest", "-u", "admin:wrong").startswith("401")
    owner = ("--digest", "-u", f"{LOGIN.user}:{LOGIN.password}")
    assert eventually(lambda: fetched(device, port, path, *owner) == "200 image/jpeg")
    for file in (device.folder / "flash").iterdir():
        assert file.suffix not in (".conf", ".pid") or "correct" not in file.read_text() or file.stat().st_mode & 0o077 == 0
    device.kill()
    assert eventually(lambda: not device.alive)
    device.start_again()
    assert eventually(lambda: fetched(device, port, path).startswith("401"))


@pytest.mark.parametrize("server", PICTURES)
def test_what_it_misses_is_named(server: str) -> None:
    """By Debian package."""
    words = ["/usr/bin/python3", "-I", str(SCRIPT), "--server", server, "--check"]
    without = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
    whole = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stderr) == (0, "") or whole.stderr.startswith("missing: ")
    assert without.returncode in (0, 69)
