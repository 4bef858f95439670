"""Which devices the lab can emulate: how each is started, and the files that describe it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.model.errors import UsageError
from harness.model.storage import Medium
from harness.places import PACKAGE, folder, system_program

_PYTHON_WITH_GI = "/usr/bin/python3"
_GSTREAMER = PACKAGE / "emulated/foreign/gstreamer.py"
_CAMERA = PACKAGE / "emulated/foreign/camera.py"
_SINGLE = PACKAGE / "emulated/foreign/single.py"
_CAMERA_FILES = folder("fixtures") / "foreign/camera"


@dataclass(frozen=True)
class Place:
    """Where one device is to live. `ports` maps declared to actual ones; 0 is any free port. `uart` is its end of the serial line.

    `gateway` is its router, and `trust` what its maker put into its trust store; both are missing where nothing is behind the router.
    """

    folder: Path
    address: str
    ports: dict[int, int]
    mac: str
    control: str
    flaws: Sequence[str]
    login: Path
    uart: int | None = None
    gateway: str = ""
    trust: Path | None = None

    def port(self, declared: int) -> str:
        """The port to listen on instead of a declared one."""
        return str(self.ports[declared])


@dataclass(frozen=True)
class Kind:
    """One emulated device. `ports` are the declared ones, by the name that the ready line has for the actual one."""

    name: str
    profile: Path
    bench: Path
    ports: dict[str, int]
    command: Callable[[Place], list[str]]
    has_clock: bool = False
    has_flaws: bool = False
    has_uart: bool = False
    needs_login: bool = False
    media: Mapping[Medium, str] = field(default_factory=dict)  # files below its folder that are its chip and its card
    producer: Callable[[Path, Sequence[str]], list[str]] | None = None  # makes update packages in a folder
    needs: tuple[tuple[str, str], ...] = ()  # programs, each with the Debian package that brings it

    @property
    def missing(self) -> tuple[str, ...]:
        """Debian packages that this machine lacks for it."""
        return tuple(dict.fromkeys(package for name, package in self.needs if system_program(name) is None))


def kind_of(name: str) -> Kind:
    """The device of this name."""
    for kind in DEVICES:
        if kind.name == name:
            return kind
    raise UsageError(f"no emulated device is called {name!r}; there are {', '.join(kind.name for kind in DEVICES)}")


def _fast(place: Place) -> list[str]:
    argv = [sys.executable, "-P", "-m", "harness.emulated.camera", "--flash", str(place.folder / "flash"), "--address", place.address]
    argv += ["--https-port", place.port(443), "--rtsps-port", place.port(322), "--rtsp-port", place.port(554)]
    argv += ["--control", place.control, "--mac", place.mac, "--card", str(place.folder / "card.img")]
    if place.uart is not None:
        argv += ["--uart-fd", str(place.uart)]
    if place.gateway and place.trust:
        argv += ["--gateway", place.gateway, "--trust", str(place.trust)]
    return [*argv, *(word for flaw in place.flaws for word in ("--flaw", flaw))]


def _fast_producer(folder: Path, flaws: Sequence[str]) -> list[str]:
    argv = [sys.executable, "-P", "-m", "harness.emulated.camera.update.producer", str(folder)]
    return [*argv, *(word for flaw in flaws for word in ("--flaw", flaw))]


def _gstreamer(place: Place) -> list[str]:
    where = ["--address", place.address, "--port", place.port(8554)]
    return [_PYTHON_WITH_GI, "-I", str(_GSTREAMER), *where, "--login", str(place.login)]


def _gstreamer_open(place: Place) -> list[str]:
    return [_PYTHON_WITH_GI, "-I", str(_GSTREAMER), "--address", place.address, "--port", place.port(8554), "--open"]


def _camera(place: Place) -> list[str]:
    argv = [_PYTHON_WITH_GI, "-I", str(_CAMERA), "--folder", str(place.folder / "flash"), "--www", str(_CAMERA_FILES / "www")]
    argv += ["--login", str(place.login), "--address", place.address, "--rtsp-port", place.port(8554)]
    argv += ["--https-port", place.port(8443), "--ssh-port", place.port(2222)]
    return argv if place.uart is None else [*argv, "--uart-fd", str(place.uart)]


def _camera_listed(place: Place) -> list[str]:
    return [*_camera(place), "--listed"]


def _motion(place: Place) -> list[str]:
    return [*_single("motion", place), "--https-port", place.port(8080), "--other-port", place.port(8081)]


def _lighttpd(place: Place) -> list[str]:
    ports = ("--https-port", place.port(8443), "--other-port", place.port(8080))
    return [*_single("lighttpd", place), *ports, "--www", str(_CAMERA_FILES / "www")]


def _single(server: str, place: Place) -> list[str]:
    argv = [_PYTHON_WITH_GI, "-I", str(_SINGLE), "--server", server, "--folder", str(place.folder / "flash")]
    return [*argv, "--login", str(place.login), "--address", place.address]


def _foreign(
    name: str, command: Callable[[Place], list[str]], ports: dict[str, int], *, needs_login: bool = True, has_uart: bool = False
) -> Kind:
    files = folder("fixtures") / "foreign" / name
    needs = ((_PYTHON_WITH_GI, "python3"),)
    profile, bench = files / "profile.yaml", files / "bench.yaml"
    return Kind(f"foreign-{name}", profile, bench, ports, command, needs_login=needs_login, has_uart=has_uart, needs=needs)


_RTSP_ONLY = {"rtsp_port": 8554}
_CAMERA_PORTS = {"https_port": 8443, "rtsp_port": 8554, "ssh_port": 2222}


DEVICES: tuple[Kind, ...] = (
    Kind(
        "fast",
        folder("device_profiles") / "emulated-fast.yaml",
        folder("device_profiles") / "emulated-fast.bench.yaml",
        {"https_port": 443, "rtsps_port": 322, "rtsp_port": 554},
        _fast,
        has_clock=True,
        has_flaws=True,
        has_uart=True,
        media={"flash": "flash/flash.img", "card": "card.img"},
        needs=(("mke2fs", "e2fsprogs"), ("debugfs", "e2fsprogs"), ("mksquashfs", "squashfs-tools"), ("mformat", "mtools")),
        producer=_fast_producer,
    ),
    _foreign("gstreamer", _gstreamer, _RTSP_ONLY),
    _foreign("gstreamer-open", _gstreamer_open, _RTSP_ONLY, needs_login=False),
    _foreign("camera", _camera, _CAMERA_PORTS, has_uart=True),
    _foreign("camera-listed", _camera_listed, _CAMERA_PORTS, has_uart=True),
    _foreign("motion", _motion, {"https_port": 8080, "other_port": 8081}),
    _foreign("lighttpd", _lighttpd, {"https_port": 8443, "other_port": 8080}),
)
