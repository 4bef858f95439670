"""`camlabel device new`: what it writes is right but for the places that it names."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.catalogue.load import load
from harness.cli import device
from harness.model.errors import UsageError
from harness.profile import template
from harness.profile.read import read_bench, read_profile

GIVEN = {"producer": 'Zhāng "San"', "model": "云台 1: #x", "hardware": "A", "firmware": "1.10", "address": "192.0.2.7"}
SERVICES = "https:443,rtsp:554,rtsps:322,onvif:80,http:8080,http:8081,telnet:23"


def new(*arguments: object, **options: str) -> Result:
    words = [f"--{name}={value}" for name, value in options.items()]
    return CliRunner().invoke(device.app, ["new", *(str(argument) for argument in arguments), *words], env={"COLUMNS": "160"})


def answered(text: str) -> str:
    """Every question mark filled in."""
    text = text.replace(
        'scope: {standalone: "?", consumer: "?", public_security: "?"}', "scope: {standalone: yes, consumer: yes, public_security: no}"
    )
    text = text.replace('path: "?"', "path: /live").replace('password: "?"}', "password: correct-horse}")
    return text.replace(': "?"', ': {absent: "looked, none"}')


@pytest.mark.parametrize("services", ["", "rtsp:554", SERVICES])
def test_what_it_writes_is_right_but_for_what_it_names(services: str, tmp_path: Path) -> None:
    """Each named place is a question mark in the file and each question mark is named; answered, both files are right."""
    result = new(tmp_path / "eye.yaml", **GIVEN, services=services)
    assert result.exception is None, result.output
    profile, bench = tmp_path / "eye.yaml", tmp_path / "bench.yaml"
    for path in (profile, bench):
        lines = enumerate(path.read_text().splitlines(), 1)
        marked = {f"{path.name}:{number}" for number, line in lines if '"?"' in line and line[0] != "#"}
        assert marked == {":".join(line.split(":")[:2]) for line in result.output.splitlines()[1:] if line.startswith(path.name)}
        path.write_text(answered(path.read_text()))
    known = read_profile(profile)
    assert (known.dut.producer, known.dut.model, known.dut.firmware_version) == (GIVEN["producer"], GIVEN["model"], "1.10")
    assert [f"{entry.protocol}:{entry.port}" for entry in known.ixit.log_intf] == [word for word in services.split(",") if word]
    assert read_bench(bench, known).samples[0].address == "192.0.2.7"
    assert bench.stat().st_mode & 0o077 == 0


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    """Neither of the two, and then neither is written."""
    (tmp_path / "bench.yaml").write_text("mine")
    assert "bench.yaml: is there already" in str(new(tmp_path / "eye.yaml", **GIVEN).exception)
    assert not (tmp_path / "eye.yaml").exists()
    assert new(tmp_path / "eye.yaml", **GIVEN, bench=str(tmp_path / "eye.bench.yaml")).exception is None
    assert (tmp_path / "bench.yaml").read_text() == "mine"
    assert "eye.yaml: is there already" in str(new(tmp_path / "eye.yaml", **GIVEN, bench=str(tmp_path / "x.yaml")).exception)


def test_both_are_written_or_none(tmp_path: Path) -> None:
    """A folder that is not there is told."""
    result = new(tmp_path / "eye.yaml", **GIVEN, bench=str(tmp_path / "none/bench.yaml"))
    assert "cannot be written" in str(result.exception)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"services": "https"}, "'https' is no service; write protocol:port"),
        ({"services": "gopher:70"}, "'gopher:70' is no service"),
        ({"services": "rtsp:99999"}, "'rtsp:99999' is no service"),
        ({"address": "camera.local"}, "write an IPv4 or IPv6 address"),
        ({"producer": ""}, "nobody is here to be asked; give --producer"),
    ],
)
def test_wrong_answers_are_refused_before_anything_is_written(options: dict[str, str], said: str, tmp_path: Path) -> None:
    result = new(tmp_path / "eye.yaml", **{**GIVEN, **options})
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_given_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal, one by one."""
    asked: list[str] = []

    class Terminal:
        def isatty(self) -> bool:
            return True

    def prompt(word: str) -> str:
        asked.append(word)
        return "192.0.2.9"

    monkeypatch.setattr(device.sys, "stdin", Terminal())
    monkeypatch.setattr(device.typer, "prompt", prompt)
    assert device._ask({"producer": "ACME", "model": "", "address": ""}) == {
        "producer": "ACME",
        "model": "192.0.2.9",
        "address": "192.0.2.9",
    }
    assert asked == ["Model", "Address"]


def test_every_capability_and_table_of_the_catalogue_is_in_the_template() -> None:
    catalogue = load()
    text = template.profile_text(template.EXAMPLE, catalogue)
    for name in catalogue.capabilities:
        assert f"\n  {name}: " in text
    for name in catalogue.ixit:
        assert f"\n  # {name} (" in text or name in template.TYPED


def test_the_template_in_the_tree_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert template.main(["--check"]) == 0
