"""Decodes film, stills and sound by ffmpeg, a child process with limits of its own: small grids and samples, nothing is written."""

import os
import resource
import subprocess
from array import array
from dataclasses import dataclass
from typing import Literal

from harness.model.errors import NotPossible
from harness.places import system_program

WIDTH, HEIGHT = 64, 36
CELLS = WIDTH * HEIGHT
PLANES = 3
LEVEL = 256  # one step of 8 bits
FRAMES_MAX, PIXELS_MAX = 60, 1 << 25
MEMORY_MAX, SECONDS_MAX = 2 << 30, 30
SOUND_HZ, SOUND_S = 8000, 20
MEDIA = (
    "mjpeg,jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,gif,image2pipe,h264,hevc,mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,flv,mpegts,mpeg,mpjpeg"
)
_FORMS = {"h264": ("-f", "h264"), "hevc": ("-f", "hevc"), "jpeg": ("-f", "image2pipe", "-c:v", "mjpeg"), "": ("-format_whitelist", MEDIA)}
_SHRINK = f"scale={WIDTH}:{HEIGHT}:flags=area,format=yuv444p16le"

Form = Literal["h264", "hevc", "jpeg", ""]


@dataclass(frozen=True, eq=False)
class Grid:
    """One picture as WIDTH by HEIGHT cells: brightness and the two planes of colour, in steps of LEVEL."""

    planes: tuple["array[int]", "array[int]", "array[int]"]


def frames(data: bytes, form: Form) -> tuple[Grid, ...]:
    """The pictures, oldest first and at most FRAMES_MAX; none where there is nothing that can be decoded. The empty form: look for it."""
    shown = ("-map", "0:v:0", "-frames:v", str(FRAMES_MAX), "-fps_mode", "passthrough", "-vf", _SHRINK, "-threads", "1")
    return _grids(_decoded(data, _FORMS[form], (*shown, "-f", "rawvideo", "-pix_fmt", "yuv444p16le")))


def sound(data: bytes) -> "array[int]":
    """The first sound track of a film as samples of 16 bits at SOUND_HZ, at most SOUND_S of it; none where there is none."""
    raw = _decoded(data, _FORMS[""], ("-map", "0:a:0", "-t", str(SOUND_S), "-ac", "1", "-ar", str(SOUND_HZ), "-f", "s16le"))
    return array("h", raw[: len(raw) & ~1])


def _decoded(data: bytes, form: tuple[str, ...], shown: tuple[str, ...]) -> bytes:
    """What ffmpeg makes of it; empty where it makes nothing."""
    found = system_program("ffmpeg")
    if found is None:
        raise NotPossible("pictures and sound cannot be decoded: apt-get install ffmpeg")
    content = os.memfd_create("media", os.MFD_CLOEXEC)
    try:
        _write(content, data)
        source = f"file:/proc/self/fd/{content}"
        argv = [found, "-hide_banner", "-loglevel", "quiet", "-nostdin", "-threads", "1", "-max_pixels", str(PIXELS_MAX)]
        argv += ["-protocol_whitelist", "file", *form, "-i", source, *shown, "pipe:1"]
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(content,),
            preexec_fn=_limit,
            timeout=SECONDS_MAX,
            check=False,
            cwd="/",
        )
    except subprocess.TimeoutExpired:
        return b""
    finally:
        os.close(content)
    return done.stdout


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _grids(raw: bytes) -> tuple[Grid, ...]:
    size = 2 * CELLS
    made = []
    for at in range(0, len(raw) - PLANES * size + 1, PLANES * size):
        first, second, third = (array("H", raw[at + plane * size : at + (plane + 1) * size]) for plane in range(PLANES))
        made.append(Grid((first, second, third)))
    return tuple(made)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
