"""`camlabel device` and `camlabel bench`."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from harness.cli import bench, device
from harness.model.errors import UsageError
from harness.profile.schema import bench_schema, profile_schema
from tests.builders.papers import BENCH, DESK, PROFILE, edited, write


def call(app: object, *arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160", "TERM": "dumb"})


def test_a_sound_profile_is_summed_up() -> None:
    text = call(device.app, "check", PROFILE).output
    assert text.startswith(f"{PROFILE}: no mistakes")
    assert "camlabel emulated camera, hardware 1, firmware 1.0.0" in text
    assert " of 40 capabilities" in text
    assert "web (https 443), onvif (onvif 443), rtsp (rtsps 322)" in text
    assert "legacy, onvif, web" in text


def test_a_surface_that_cannot_be_tried_is_told(tmp_path: Path) -> None:
    text = edited(PROFILE.read_text(), "  stream:\n", "    - {id: console, interface: uart}\n  stream:\n")
    assert "console (uart; no recipe, so it cannot be tried)" in call(device.app, "check", write(tmp_path, text)).output


def test_a_profile_without_a_way_to_change_the_password(tmp_path: Path) -> None:
    text = edited(PROFILE.read_text(), "      change: [web, legacy, onvif]\n", "")
    start, end = text.index("  change_password:"), text.index("  identity:")
    assert "no way to change it is declared" in call(device.app, "check", write(tmp_path, text[:start] + text[end:])).output


def test_a_wrong_profile_is_refused(tmp_path: Path) -> None:
    result = call(device.app, "check", write(tmp_path, edited(PROFILE.read_text(), "port: 322", "port: 0")))
    assert isinstance(result.exception, UsageError)
    assert "ixit.log_intf[2].port: is 0, it must be at least 1" in str(result.exception)


def test_the_schemas_are_printed() -> None:
    assert json.loads(call(device.app, "schema").output) == profile_schema()
    assert json.loads(call(bench.app, "schema").output) == bench_schema()


def test_markup_and_escape_codes_in_a_profile_are_shown_as_text(tmp_path: Path) -> None:
    text = edited(PROFILE.read_text(), "model: emulated camera", 'model: "[bold]x[/bold]\\e[31m"')
    assert "[bold]x[/bold]\\x1b[31m" in call(device.app, "check", write(tmp_path, text)).output


def test_a_sound_bench_is_summed_up_without_passwords(tmp_path: Path) -> None:
    text = call(bench.app, "check", write(tmp_path, DESK), "--profile", PROFILE).output
    assert "192.0.2.20, port 443 at 8443, owner admin" in text
    assert "up to change" in text
    assert "long-one" not in text


def test_what_is_not_plugged_in_is_a_warning(tmp_path: Path) -> None:
    text = edited(DESK, "    ports: {443: 8443}\n", "    serial: {url: /dev/ttyCAM7}\n")
    result = call(bench.app, "check", write(tmp_path, text), "--profile", PROFILE)
    assert (result.exit_code, "no mistakes" in result.output) == (0, True)
    assert "paper.yaml:6: samples[0].serial.url: there is no '/dev/ttyCAM7', plug the adapter in" in result.stderr


def test_an_emulated_bench_says_what_the_lab_makes(tmp_path: Path) -> None:
    text = edited(BENCH.read_text(), "flaws: []", "flaws: [snapshot-open]")
    shown = call(bench.app, "check", write(tmp_path, text), "--profile", PROFILE).output
    assert "emulated, device fast with snapshot-open" in shown
    assert "owner admin (password made for each run)" in shown


def test_a_wrong_bench_is_refused(tmp_path: Path) -> None:
    result = call(bench.app, "check", write(tmp_path, edited(DESK, "lab: desk", "lab: x")), "--profile", PROFILE)
    assert isinstance(result.exception, UsageError)
