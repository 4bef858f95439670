"""The camera of Debian packages: each of its servers answers other people's clients, and its owner only."""

import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.lab.emulated import Device, start
from harness.model.errors import NotPossible
from harness.model.secret import Login
from harness.places import PACKAGE
from tests.lab.worlds import eventually

LOGIN = Login(user="admin", password="correct horse 7")
SCRIPT = PACKAGE / "emulated/foreign/camera.py"


@pytest.fixture(params=["foreign-camera", "foreign-camera-listed"])
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Device]:
    try:
        started = start(request.param, tmp_path / "device", login=LOGIN)
    except NotPossible as error:
        pytest.skip(str(error))
    yield started
    started.stop()


def fetched(camera: Device, path: str, *options: str) -> str:
    """curl's status and type."""
    url = f"https://{camera.address}:{camera.ports[8443]}{path}"
    words = ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code} %{content_type}", *options, url]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=20).stdout


class Line:
    """The other end of its serial line, as a terminal program has it."""

    def __init__(self, camera: Device) -> None:
        assert camera.uart
        self._port = os.open(camera.uart.url, os.O_RDWR | os.O_NOCTTY)

    def read_to(self, mark: str) -> str:
        """What comes until the mark is there, for at most ten seconds."""
        heard, deadline = "", time.monotonic() + 10
        while mark not in heard and time.monotonic() < deadline:
            if select.select([self._port], [], [], 0.1)[0]:
                heard += os.read(self._port, 4096).decode(errors="replace")
        return heard

    def type(self, words: str) -> None:
        """As a person would, with Enter."""
        os.write(self._port, f"{words}\r".encode())

    def close(self) -> None:
        """Leave it."""
        os.close(self._port)


@pytest.mark.once
def test_each_server_answers_its_owner_only(camera: Device) -> None:
    """The page and the picture by digest, SSH by key; the network side is the same on both."""
    assert fetched(camera, "/still.jpg").startswith("401")
    assert fetched(camera, "/", "--digest", "-u", "admin:wrong").startswith("401")
    owner = ("--digest", "-u", f"{LOGIN.user}:{LOGIN.password}")
    assert fetched(camera, "/still.jpg", *owner) == "200 image/jpeg"
    assert fetched(camera, "/", *owner) == "200 text/html"
    with socket.create_connection((camera.address, camera.ports[2222]), 5) as ssh:
        assert ssh.recv(100).startswith(b"SSH-2.0-dropbear")
    assert LOGIN.password not in Path(f"/proc/{camera._process.pid}/cmdline").read_text()  # type: ignore[union-attr]


@pytest.mark.once
@pytest.mark.skipif(os.geteuid() != 0, reason="login sets groups, which only root may")
def test_its_console_takes_the_owner_s_password_or_none(camera: Device) -> None:
    """busybox itself decides; after a log-out the line asks anew, and after a power cut too."""
    line = Line(camera)
    line.type("")
    assert "login:" in line.read_to("login:")
    line.type("root")
    if camera.kind.name == "foreign-camera":
        assert "Password:" in line.read_to("Password:")
        line.type("root")
        assert "Login incorrect" in line.read_to("login:")
        line.type("root")
        line.read_to("Password:")
        line.type(LOGIN.password)
    assert "# " in line.read_to("# ")
    line.type("echo $((6*7))")
    assert "42" in line.read_to("42")
    line.type("exit")
    assert "login:" in line.read_to("login:")
    camera.kill()
    camera.start_again()
    assert "login:" in line.read_to("login:")
    line.close()


@pytest.mark.once
def test_a_power_cut_ends_every_server_and_leaves_the_unit_as_it_was(camera: Device) -> None:
    """Same ports, same keys, and nothing of the first life goes on."""
    ports, keys = camera.ports, {name: (camera.folder / "flash" / name).read_bytes() for name in ("key.pem", "host.key")}
    camera.kill()
    assert eventually(lambda: not living(camera))
    camera.start_again()
    assert camera.ports == ports
    assert keys == {name: (camera.folder / "flash" / name).read_bytes() for name in keys}
    assert fetched(camera, "/").startswith("401")
    camera.stop()
    assert eventually(lambda: not living(camera))


def living(camera: Device) -> list[str]:
    """Processes whose working folder is the unit's memory."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            try:
                if (path / "cwd").resolve().is_relative_to(camera.folder) and (path / "status").read_text().find("State:\tZ") < 0:
                    found.append(path.name)
            except OSError:
                continue
    return found


@pytest.mark.once
def test_when_a_server_ends_the_camera_ends(camera: Device) -> None:
    """Half a camera would be judged wrongly."""
    told = camera.folder / "flash/httpd.pid"
    assert eventually(lambda: told.is_file() and told.read_text().strip() != "")
    os.kill(int(told.read_text()), 9)
    assert eventually(lambda: not camera.alive)


def test_what_it_misses_is_named() -> None:
    """In one line, by Debian package; where all is there it says nothing."""
    words = ["/usr/bin/python3", "-I", str(SCRIPT), "--check"]
    without = subprocess.run(words, capture_output=True, text=True, check=False, env={"PATH": "/nowhere"})
    assert without.returncode == 69
    assert without.stderr.splitlines()[-1].startswith("missing: ")
    assert "busybox" in without.stderr
    whole = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (whole.returncode, whole.stderr) == (0, "") or whole.stderr.startswith("missing: ")
