"""A camera made of GStreamer's RTSP server: python3 gstreamer.py (--address A (--open | --login FILE) [--tls FILE] [--port N] | --check).

Runs as a script under the distribution's own Python, which alone has GStreamer's bindings; imports nothing of ours.
The login file holds {"user": …, "password": …}. Prints one JSON line when ready, and ends with the process that started it.
"""

import argparse
import ctypes
import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

MISSING = 69  # exit status: Debian packages are missing; the last line of standard error names them
_PACKAGES = {
    "bindings": "python3-gi gir1.2-gst-rtsp-server-1.0",
    "videotestsrc": "gstreamer1.0-plugins-base",
    "rtph264pay": "gstreamer1.0-plugins-good",
    "x264enc": "gstreamer1.0-plugins-ugly",
}
_MODULES = ("Gst", "GstRtsp", "GstRtspServer")
_STREAMS = {"/test": (640, 360), "/small": (320, 180)}
_CHART = (
    "( videotestsrc is-live=1 pattern=smpte horizontal-speed=2 ! video/x-raw,width={0},height={1},framerate=10/1"
    " ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! rtph264pay name=pay0 pt=96 )"
)
_ROLE = "viewer"
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until killed."""
    die_with_parent()
    options = parse()
    gst = bindings()
    if options.check:
        return
    server = gst.GstRtspServer.RTSPServer()
    server.set_address(options.address)
    server.set_service(str(options.port))
    if not options.open:
        auth = digest_login(gst, json.loads(options.login.read_text()))
        if options.tls:
            auth.set_tls_certificate(gst.Gio.TlsCertificate.new_from_file(str(options.tls)))
        server.set_auth(auth)
    for path, size in _STREAMS.items():
        server.get_mount_points().add_factory(path, chart(gst, size))
    if not server.attach(None):
        sys.exit(f"gstreamer: cannot listen on {options.address} port {options.port}")
    sys.stdout.write(json.dumps({"ready": True, "rtsp_port": server.get_bound_port()}) + "\n")
    sys.stdout.flush()
    gst.GLib.MainLoop().run()


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the starting thread ends; leaves at once when it already has."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="RTSP camera made of GStreamer's server.")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8554, help="0: any free port")
    parser.add_argument("--tls", type=Path, help="PEM file with key and certificate; with a login, everything goes inside TLS")
    login = parser.add_mutually_exclusive_group(required=True)
    login.add_argument("--open", action="store_true", help="everybody is served")
    login.add_argument("--check", action="store_true", help="only say which packages are missing")
    login.add_argument("--login", type=Path, help="JSON file with user and password, asked by digest")
    return parser.parse_args()


def bindings() -> SimpleNamespace:
    """GStreamer's modules by their names; exits naming the packages that are missing."""
    try:
        gi = import_module("gi")
        for module in _MODULES:
            gi.require_version(module, "1.0")
        found = {module: import_module(f"gi.repository.{module}") for module in (*_MODULES, "GLib", "Gio")}
    except (ImportError, ValueError):
        missing(_PACKAGES["bindings"])
    found["Gst"].init(None)
    elements = [name for name in _PACKAGES if name != "bindings"]
    absent = [_PACKAGES[name] for name in elements if not found["Gst"].ElementFactory.find(name)]
    if absent:
        missing(" ".join(absent))
    return SimpleNamespace(**found)


def missing(packages: str) -> NoReturn:
    """End with the one status that says so."""
    sys.stderr.write(f"missing: {packages}\n")
    sys.exit(MISSING)


def digest_login(gst: SimpleNamespace, login: dict[str, str]) -> Any:
    """One account, asked for by digest."""
    auth = gst.GstRtspServer.RTSPAuth()
    auth.set_supported_methods(gst.GstRtsp.RTSPAuthMethod.DIGEST)
    auth.set_realm("GStreamer")
    token = gst.GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", _ROLE)
    auth.add_digest(login["user"], login["password"], token)
    return auth


def chart(gst: SimpleNamespace, size: tuple[int, int]) -> Any:
    """A moving test chart; where the server asks for a login, the role may see it."""
    factory = gst.GstRtspServer.RTSPMediaFactory()
    factory.set_launch(_CHART.format(*size))
    factory.set_shared(True)
    permissions = gst.GstRtspServer.RTSPPermissions()
    for right in ("access", "construct"):
        permissions.add_permission_for_role(_ROLE, f"media.factory.{right}", True)
    factory.set_permissions(permissions)
    return factory


if __name__ == "__main__":
    main()
