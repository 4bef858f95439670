"""What a unit is reached by: made, recorded, then switched on; what is missing is named."""

import os
import pty
import tty
from pathlib import Path

import pytest

from harness.lab.power import CommandPower, OperatorPower
from harness.model.bench import Sample
from harness.model.profile import Profile
from harness.runner.means import Means, declared_baud, switch_of
from tests.builders.lines import PROFILE


def sample(**more: object) -> Sample:
    return Sample.model_validate({"name": "cam-1", "address": "192.0.2.20", **more})


def with_phy_intf(table: object) -> Profile:
    return PROFILE.model_copy(update={"ixit": PROFILE.ixit.model_validate({"phy_intf": table})})


@pytest.mark.parametrize(
    ("table", "baud"),
    [
        ([{"type": "uart", "baud": 57600}], 57600),
        ({"type": "uart", "baud": "1500000"}, 1500000),
        ([{"type": "jtag", "baud": 1}, {"type": "uart"}, {"type": "uart", "baud": 9600}], 9600),
        ([{"type": "uart", "baud": "fast"}, {"type": "uart", "baud": 12}], None),
        ([], None),
    ],
)
def test_the_declared_rate(table: object, baud: int | None) -> None:
    assert declared_baud(with_phy_intf(table)) == baud


def test_who_switches_the_power() -> None:
    assert switch_of(sample()) is None
    assert isinstance(switch_of(sample(power={"on": "a", "off": "b"})), CommandPower)
    assert isinstance(switch_of(sample(power={"by": "operator"})), OperatorPower)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    bare = Means(sample())
    bare.record_console(tmp_path, PROFILE)
    bare.power_on()
    assert (bare.lacks["console"], bare.lacks["power"]) == ("no UART on the bench", "no power switch on the bench")
    gone = Means(sample(serial={"url": "/dev/ttyNOWHERE7"}))
    gone.record_console(tmp_path, PROFILE)
    assert "is not there; is the adapter plugged in?" in gone.lacks["console"]


def test_the_recorder_is_there_before_the_power(tmp_path: Path) -> None:
    """And what it leaves has a digest; another process of the run writes another file."""
    far, near = pty.openpty()
    tty.setraw(near)
    said = tmp_path / "on"
    unit = sample(serial={"url": os.ttyname(near), "baud": 9600}, power={"on": f"touch {said}", "off": "true"})
    for number in range(2):
        means = Means(unit, power=switch_of(unit))
        means.record_console(tmp_path / "recordings", PROFILE)
        assert means.console
        assert (means.console.baud, means.console.file.name) == (9600, f"console-cam-1-{number}.raw")
        means.power_on()
        assert said.exists()
        (began,) = (each for each in means.began if each["recorder"] == "console")
        assert (began["baud"], began["file"]) == (9600, f"console-cam-1-{number}.raw")
        assert [each["file"] for each in began.get("earlier", ())] == ["console-cam-1-0.raw"][:number]
        (left,) = means.stop_recorders()
        assert (left["recorder"], left["bytes"], left["broke"]) == ("console", 0, "")
        means.close()
    os.close(far)
    os.close(near)
