"""Emulated devices: on this machine's loopback, and with a network of their own."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.lab.devices import Kind
from harness.lab.emulated import DEVICES, Device, kind_of, start
from harness.model.errors import NotPossible, Undecided, UsageError
from harness.model.secret import Login
from harness.places import ROOT
from harness.profile.read import read_bench, read_profile
from tests.lab.worlds import Person, eventually

LOGIN = Login(user="admin", password="correct horse")
needs_ffprobe = pytest.mark.skipif(shutil.which("ffprobe") is None, reason="apt-get install ffmpeg")


@contextmanager
def running(device: str, folder: Path, **how: object) -> Iterator[Device]:
    started = start(device, folder, **how)  # type: ignore[arg-type]
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Device]:
    with running("fast", tmp_path / "device") as started:
        yield started


@pytest.fixture(params=["foreign-gstreamer", "foreign-gstreamer-open"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Device]:
    try:
        with running(request.param, tmp_path / "device", login=LOGIN) as started:
            yield started
    except NotPossible as error:
        pytest.skip(str(error))


def asked(device: Device, path: str) -> bytes:
    """The start of what the camera's page answers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((device.address, device.ports[443]), 10) as plain, context.wrap_socket(plain) as secure:
        secure.sendall(f"GET {path} HTTP/1.1\r\nHost: camera\r\nConnection: close\r\n\r\n".encode())
        return secure.recv(4096)


@pytest.mark.parametrize("kind", DEVICES, ids=lambda kind: kind.name)
def test_profile_and_bench_of_every_device_are_sound(kind: Kind) -> None:
    profile = read_profile(kind.profile)
    bench = read_bench(kind.bench, profile)
    assert bench.emulated
    assert bench.emulated.device == kind.name
    switched = {decision.port for decision in profile.ixit.user_dec if decision.clear_streams}
    assert {entry.port for entry in profile.ixit.log_intf if "tcp" in entry.transports} | switched == set(kind.ports.values())


def test_every_foreign_folder_has_its_device() -> None:
    folders = {path.name for path in (ROOT / "fixtures/foreign").iterdir()}
    assert {f"foreign-{name}" for name in folders} == {kind.name for kind in DEVICES if kind.name.startswith("foreign-")}


def test_an_unknown_device_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="fast, foreign-gstreamer, foreign-gstreamer-open, foreign-camera"):
        kind_of("slow")


def test_the_camera_answers_and_says_what_loopback_cannot_show(camera: Device) -> None:
    assert asked(camera, "/").startswith(b"HTTP/1.1 ")
    assert camera.address == "127.0.0.1"
    assert all(port > 1023 for port in camera.ports.values())
    assert any("MAC address" in limit for limit in camera.limits)


def test_its_clock_is_advanced(camera: Device) -> None:
    before = camera.now()
    camera.advance(3600)
    assert 3600 <= camera.now() - before < 3660


def test_a_clock_goes_forwards_only(camera: Device) -> None:
    with pytest.raises(UsageError, match="refuses"):
        camera.advance(-1)


def test_after_a_power_cut_it_is_the_same_unit_on_the_same_ports(camera: Device) -> None:
    ports, flash = camera.ports, sorted(path.name for path in (camera.folder / "flash").iterdir())
    camera.kill()
    assert not camera.alive
    with pytest.raises(OSError, match="refused"):
        asked(camera, "/")
    with pytest.raises(Undecided, match="does not answer"):
        camera.now()
    camera.start_again()
    assert camera.alive
    assert camera.ports == ports
    assert asked(camera, "/").startswith(b"HTTP/1.1 ")
    assert set(flash) <= {path.name for path in (camera.folder / "flash").iterdir()}


def test_starting_twice_is_starting_once(camera: Device) -> None:
    before = camera.now()
    camera.advance(7200)
    camera.start_again()
    assert camera.now() - before >= 7200


def test_nothing_is_left_when_it_was_stopped(tmp_path: Path) -> None:
    with running("fast", tmp_path / "device") as camera:
        group = camera._process.pid  # type: ignore[union-attr]
    camera.stop()
    assert not camera.alive
    assert not (camera.folder / "control").exists()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_a_long_path_holds_a_control_socket(tmp_path: Path) -> None:
    with running("fast", tmp_path / ("x" * 120) / "device") as camera:
        assert camera.now() > 0


def test_an_unknown_flaw_is_told_with_the_last_words_of_the_camera(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown flaw no-such-flaw"):
        start("fast", tmp_path / "device", flaws=["no-such-flaw"])


def test_a_camera_that_is_in_use_is_not_started_twice(camera: Device) -> None:
    with pytest.raises(UsageError, match=r"did not start .* its log .* ends"):
        start("fast", camera.folder)


def test_it_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = f"""
import os
from pathlib import Path
from harness.lab.emulated import start
print(start("fast", Path({str(tmp_path / "device")!r}))._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT).stdout
    assert eventually(lambda: not Path(f"/proc/{int(said)}").exists())


def test_foreign_devices_have_neither_clock_nor_flaws(foreign: Device, tmp_path: Path) -> None:
    assert not foreign.has_clock
    with pytest.raises(NotPossible, match="no clock"):
        foreign.advance(1)
    with pytest.raises(UsageError, match="no flaws"):
        start(foreign.kind.name, tmp_path / "other", flaws=["rtsp-open"])


@needs_ffprobe
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_foreign_device_streams_to_its_owner(foreign: Device, transport: str) -> None:
    for path in ("/test", "/small"):
        assert probed(foreign, f"{LOGIN.user}:{LOGIN.password.replace(' ', '%20')}@", path, transport) == "stream,h264"


@needs_ffprobe
@pytest.mark.parametrize("login", ["", "admin:wrong@"])
def test_without_its_login_only_the_open_one_streams(foreign: Device, login: str) -> None:
    answer = probed(foreign, login, "/test", "tcp")
    assert answer == ("401" if foreign.kind.needs_login else "stream,h264")


def probed(device: Device, login: str, path: str, transport: str) -> str:
    """What ffprobe, a third party, finds: a codec, or the status that refuses."""
    url = f"rtsp://{login}{device.address}:{device.ports[8554]}{path}"
    argv = ["ffprobe", "-loglevel", "error", "-analyzeduration", "300000", "-rtsp_transport", transport]
    argv += ["-show_entries", "stream=codec_name", "-of", "csv", url]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return "401" if "401 Unauthorized" in done.stderr else done.stdout.strip()


def test_the_login_of_a_foreign_device_is_kept_from_others_and_for_a_resume(foreign: Device) -> None:
    if not foreign.kind.needs_login:
        assert not (foreign.folder / "login.json").exists()
        return
    assert (foreign.folder / "login.json").stat().st_mode & 0o777 == 0o600
    assert LOGIN.password not in Path(f"/proc/{foreign._process.pid}/cmdline").read_text()  # type: ignore[union-attr]
    foreign.stop()
    with running(foreign.kind.name, foreign.folder) as again:
        assert json.loads((again.folder / "login.json").read_text())["password"] == LOGIN.password


def test_a_foreign_device_without_its_login_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="login of its owner"):
        start("foreign-gstreamer", tmp_path / "device")


def test_missing_packages_are_named(tmp_path: Path) -> None:
    """A Python without GStreamer's bindings: this environment's."""
    script = ROOT / "harness/emulated/foreign/gstreamer.py"
    said = subprocess.run([sys.executable, str(script), "--address", "127.0.0.1", "--open"], capture_output=True, text=True, check=False)
    assert said.returncode == 69
    assert said.stderr == "missing: python3-gi gir1.2-gst-rtsp-server-1.0\n"


def test_missing_packages_are_not_possible_here(tmp_path: Path) -> None:
    script = "import sys; sys.stderr.write('missing: python3-gi\\n'); sys.exit(69)"
    kind = Kind("broken", ROOT, ROOT, {"rtsp_port": 8554}, lambda _place: [sys.executable, "-c", script])
    device = Device(kind, tmp_path, (), None, "")
    with pytest.raises(NotPossible, match="apt-get install python3-gi"):
        device.start_again()
    device.stop()


def test_a_device_that_says_nothing_sensible_is_not_taken_for_ready(tmp_path: Path) -> None:
    kind = Kind(
        "babbling",
        ROOT,
        ROOT,
        {"rtsp_port": 8554},
        lambda _place: [sys.executable, "-c", "print('x' * 200000); import time; time.sleep(600)"],
    )
    device = Device(kind, tmp_path, (), None, "")
    with pytest.raises(UsageError, match="babbling did not start"):
        device.start_again()
    assert not device.alive
    device.stop()


def test_without_ffmpeg_the_camera_says_that_it_has_no_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with running("fast", tmp_path / "device") as camera:
        assert any("apt-get install ffmpeg" in limit for limit in camera.limits)
        assert camera.ports[443] > 1023


def test_a_machine_without_the_program_of_a_device_is_told_its_package(tmp_path: Path) -> None:
    kind = Kind("strange", ROOT, ROOT, {}, lambda _place: [], needs=(("/nowhere/strange-server", "strange-package"),))
    assert kind.missing == ("strange-package",)


PRIVATE = """
import tempfile
from pathlib import Path
from harness.lab.emulated import start
from harness.model.secret import Login
with tempfile.TemporaryDirectory() as folder:
    device = start({device!r}, Path(folder, "device"), login=Login(user="admin", password="correct horse"))
    try:
        import socket
        def reached():
            try:
                with socket.create_connection((device.address, min(device.ports)), 2): return "yes"
            except OSError as error: return type(error).__name__
        before = reached()
        device.kill()
        cut = reached()
        device.start_again()
        say(address=device.address, ports=device.ports, limits=device.limits, reached=[before, cut, reached()])
    finally:
        device.stop()
    again = start({device!r}, Path(folder, "device"))
    again.stop()
"""


@pytest.mark.parametrize("device", [kind.name for kind in DEVICES])
def test_in_a_private_world_a_device_has_its_own_address_and_ports(device: str) -> None:
    myself = Person("myself", (sys.executable,))
    if myself.run("").returncode:
        pytest.skip("no private worlds here")
    ended = myself.run(PRIVATE.format(device=device))
    if "NotPossible" in ended.stderr:
        pytest.skip(ended.stderr[-200:])
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["address"] == "192.168.77.20"
    assert all(int(declared) == actual for declared, actual in seen["ports"].items())
    assert seen["limits"] == []
    assert seen["reached"] in (["yes", "TimeoutError", "yes"], ["yes", "OSError", "yes"])
