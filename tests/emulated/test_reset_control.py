"""The emulated camera's reset button, and what flawed ones leave open afterwards."""

from pathlib import Path

import pytest

from tests.emulated.units import Handle, unit


def press(camera: Handle, seconds: float) -> str:
    camera.order(f'{{"do": "press_reset", "seconds": {seconds}}}')
    return str(camera.ask("/api/state").json["state"])


@pytest.mark.parametrize(("flaws", "short"), [((), "normal"), (("reset-short-press",), "factory")])
def test_how_long_it_is_to_be_pressed(tmp_path: Path, flaws: tuple[str, ...], short: str) -> None:
    with unit(tmp_path, *flaws) as camera:
        assert (press(camera, 0.5), press(camera, 2.5), press(camera, 6)) == ("normal", short, "factory")


@pytest.mark.parametrize(("flaws", "after"), [((), 401), (("reset-picture-open",), 200)])
def test_what_is_served_between_a_reset_and_set_up(tmp_path: Path, flaws: tuple[str, ...], after: int) -> None:
    with unit(tmp_path, *flaws, set_up=False) as camera:
        if not camera.said["media"]:
            pytest.skip("ffmpeg is missing")
        assert camera.ask("/snapshot.jpg").status == 401
        camera.set_up()
        press(camera, 6)
        assert camera.ask("/snapshot.jpg").status == after
        camera.set_up()
        assert camera.ask("/snapshot.jpg").status == 401
