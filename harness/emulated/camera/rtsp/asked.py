"""What a request is about, and which requests a flawed unit serves without a login."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from harness.emulated.camera.rtsp.sdp import SOUND_TRACK, TRACK

STREAMS = {"/live/main": "main", "/live/sub": "sub"}
HIDDEN = ("/11", "/live/ch00_0")
_SMALL = ("describe", "setup", "play")
_SLASHES = re.compile("/{2,}")


@dataclass(frozen=True)
class Asked:
    """A request, understood: the router forgives slashes and case, so the check must not look at the path as written."""

    method: str
    path: str
    stream: str | None
    track: bool
    udp: bool
    sound: bool = False


def understand(method: str, path: str, *, udp: bool, hidden: bool) -> Asked:
    """Find the stream that a path leads to."""
    plain = _SLASHES.sub("/", path).rstrip("/").lower()
    base = plain.removesuffix(f"/{TRACK.lower()}").removesuffix(f"/{SOUND_TRACK.lower()}")
    stream = "main" if hidden and base in HIDDEN else STREAMS.get(base)
    return Asked(method, path, stream, base != plain, udp, plain.endswith(SOUND_TRACK.lower()))


def _slash(asked: Asked) -> bool:
    return asked.path.endswith("/") or "//" in asked.path


def _case(asked: Asked) -> bool:
    bare = asked.path.removesuffix(TRACK).removesuffix(SOUND_TRACK)
    return bare != bare.lower()


def _starts_late(asked: Asked) -> bool:
    return asked.method == "PLAY" or (asked.method == "SETUP" and asked.track)


OPENINGS: dict[str, Callable[[Asked], bool]] = {
    "rtsp-open": lambda _: True,
    "rtsp-sub-open": lambda asked: asked.stream == "sub",
    "rtsp-udp-open": lambda asked: asked.udp and asked.method in ("SETUP", "PLAY"),
    "rtsp-slash-open": _slash,
    "rtsp-case-open": _case,
    "rtsp-describe-open": lambda asked: asked.method == "DESCRIBE",
    "rtsp-setup-open": _starts_late,
    "rtsp-small-letters-open": lambda asked: asked.method in _SMALL,
    "rtsp-hidden-path-open": lambda asked: asked.path.lower().startswith(HIDDEN),
}


def served_without_login(asked: Asked, flaws: frozenset[str]) -> bool:
    """Only ever true on a flawed unit."""
    return any(name in flaws and opens(asked) for name, opens in OPENINGS.items())
