"""Pictures told from others, on film that ffmpeg makes: the scene dimmed, small, blurred, without its brightness; and what it is not."""

import subprocess
from functools import cache

import pytest

from harness.probes import pictures
from harness.probes.pictures import Seen
from harness.transports.decoder import CELLS, FRAMES_MAX, Form, Grid, frames

LATER = "trim=start=3,setpts=PTS-STARTPTS"
DIM = "lutyuv=y=16+(val-16)/{0}:u=128+(val-128)/{0}:v=128+(val-128)/{0}"


@cache
def film(source: str, how: str = "null", codec: str = "libx264", form: str = "h264") -> bytes:
    """A second of it."""
    command = (
        f"ffmpeg -v error -f lavfi -i {source} -vf {how} -frames:v 10 -c:v {codec} -preset ultrafast -g 5 -pix_fmt yuv420p -f {form} -"
    )
    return subprocess.run(command.split(), capture_output=True, check=True).stdout


def scene(how: str = "null") -> tuple[Grid, ...]:
    """The moving chart."""
    return frames(film("testsrc2=size=640x360:rate=10", how), "h264")


def seen(shown: tuple[Grid, ...], known: tuple[Grid, ...]) -> Seen:
    """As the probes put it together."""
    ends = (*shown[:1], *shown[-1:])
    return pictures.seen(len(shown), pictures.likeness(ends, known), pictures.movement(shown), pictures.contrast(ends))


@pytest.mark.parametrize(
    "how",
    [
        LATER,
        f"{LATER},scale=320:180",
        f"{LATER},{DIM.format(8)}",
        f"{LATER},{DIM.format(32)}",
        f"{LATER},boxblur=20:2",
        f"{LATER},lutyuv=y=40",
        f"{LATER},drawbox=x=160:y=90:w=320:h=180:color=gray:t=fill",
        f"{LATER},select=eq(n\\,0),loop=9:1:0",
    ],
    ids=["as it is", "small", "dimmed", "nearly black", "blurred", "in colour only", "half covered", "frozen"],
)
def test_the_scene_is_known_again(how: str) -> None:
    assert seen(scene(how), scene()) == "scene"


@pytest.mark.parametrize(
    ("source", "how", "what"),
    [
        ("color=c=black:size=640x360:rate=10", "null", "blank"),
        ("color=c=black:size=640x360:rate=10", "noise=alls=20:allf=t", "blank"),
        ("smptebars=size=640x360:rate=10", "null", "card"),
        ("smptebars=size=640x360:rate=10", "drawbox=x=20:y=20:w=60:h=20:t=fill:enable=mod(n\\,2)", "card"),
        ("mandelbrot=size=640x360:rate=10", "null", "unclear"),
    ],
    ids=["black", "the noise of a closed shutter", "a card", "a card with a clock on it", "something else that moves"],
)
def test_what_is_not_the_scene(source: str, how: str, what: Seen) -> None:
    shown = frames(film(source, how), "h264")
    assert len(shown) == 10
    assert seen(shown, scene()) == what


@pytest.mark.parametrize("n", [1, 5, 13])
def test_a_scene_of_which_most_moves_is_known_and_other_scenes_are_not(n: int) -> None:
    known = scene()
    later = scene(f"trim=start={n},setpts=PTS-STARTPTS")
    others = ("smptehdbars", "testsrc", "mandelbrot", "gradients", "rgbtestsrc", "cellauto")
    strange = {name: frames(film(f"{name}=size=640x360:rate=10"), "h264") for name in others}
    assert pictures.likeness(later[:1], known) > 0.4
    assert max(pictures.likeness(each[:1], known) for each in strange.values()) < 0.1
    assert pictures.likeness(later[:1], strange["mandelbrot"]) < 0.1


def test_a_scene_that_is_mostly_covered_is_not_cleared() -> None:
    mosaic = scene(f"{LATER},scale=20:12,scale=640:360:flags=neighbor")
    assert seen(mosaic, scene()) == "unclear"


def test_nothing_is_nothing() -> None:
    assert seen((), scene()) == "nothing"
    assert pictures.likeness(scene(), ()) == pictures.movement(scene()[:1]) == pictures.contrast(()) == 0
    assert not pictures.shows_something(frames(film("color=c=black:size=640x360:rate=10"), "h264"))


@pytest.mark.parametrize(
    ("codec", "container", "form"),
    [("libx265 -x265-params log-level=none", "hevc", "hevc"), ("mjpeg", "image2pipe", ""), ("mjpeg", "avi", ""), ("libx264", "mpegts", "")],
)
def test_what_cameras_send_and_store_is_decoded(codec: str, container: str, form: Form) -> None:
    found = frames(film("testsrc2=size=320x180:rate=10", "null", codec, container), form)
    assert found
    assert seen(found[:1], scene()) == "scene"
    assert [len(plane) for plane in found[0].planes] == [CELLS] * 3


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff\xd8\xff" + bytes(5000), b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile x\n"]
)
def test_hostile_bytes_are_no_picture(data: bytes) -> None:
    assert frames(data, "") == ()


def test_a_long_film_is_cut() -> None:
    command = "ffmpeg -v error -f lavfi -i testsrc2=size=64x36:rate=100 -frames:v 300 -c:v libx264 -preset ultrafast -f h264 -"
    assert len(frames(subprocess.run(command.split(), capture_output=True, check=True).stdout, "h264")) == FRAMES_MAX
