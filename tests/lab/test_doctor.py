"""What is missing, what that costs, and the command that mends it: on machines that lack things, not only on this one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Self

import pytest

from harness.catalogue.load import load
from harness.cli import doctor as command
from harness.lab import machine as machines
from harness.lab import namespaces
from harness.lab.doctor import PARTS, Finding, Lost, Part, diagnose, mend
from harness.lab.machine import FOREIGN, Machine
from tests.lab.worlds import host

WHOLE = Machine(
    programs={part.name: f"/usr/bin/{part.name}" for part in PARTS if part.kind == "program"},
    features={**{part.name: "" for part in PARTS if part.kind == "kernel"}, **dict.fromkeys(FOREIGN, "")},
    rights={part.name: "" for part in PARTS if part.kind == "right"},
    packages={"pydantic>=2.12": "2.14.3"},
    root=True,
)
CATALOGUE = load()


def found(machine: Machine, name: str) -> Finding:
    """One finding."""
    return next(each for each in diagnose(machine, CATALOGUE) if each.name == name)


def lacking(*names: str, reason: str = "") -> Machine:
    """A machine without some things."""
    machine = WHOLE
    for name in names:
        for table in ("programs", "features", "rights", "packages"):
            if name in getattr(machine, table):
                machine = replace(machine, **{table: {**getattr(machine, table), name: reason}})
    return machine


def test_a_whole_machine_lacks_nothing() -> None:
    """Nothing costs anything and nothing is to be mended."""
    findings = diagnose(WHOLE, CATALOGUE)
    assert all(each.there and not each.cost and not each.costs_verdicts for each in findings)
    assert mend(findings, root=True) == ""


@pytest.mark.parametrize("part", [part for part in PARTS if part.kind != "program"], ids=lambda part: part.name)
def test_every_feature_and_right_is_missed(part: Part) -> None:
    """With the kernel's own reason, its cost, and requirements wherever it is said that verdicts are lost."""
    machine = lacking(part.name, reason="Operation not permitted")
    finding = found(machine, part.name)
    assert not finding.there
    assert finding.detail == "Operation not permitted"
    assert finding.cost
    assert finding.costs_verdicts == bool(part.labs)


@pytest.mark.parametrize("part", [part for part in PARTS if part.kind == "program"], ids=lambda part: part.name)
def test_every_program_is_missed(part: Part) -> None:
    """With the Debian package that brings it."""
    finding = found(lacking(part.name), part.name)
    assert not finding.there
    assert finding.remedy == f"apt-get install -y --no-install-recommends {part.package}"


def test_what_is_lost_is_taken_from_the_catalogue() -> None:
    """Without ffmpeg the streams of the emulated camera, without a router whatever needs one; device sides only."""
    (lost,) = found(lacking("ffmpeg"), "ffmpeg").lost
    assert lost.lab == "emulated"
    assert "NET-11" in lost.requirements
    router = [entry.id for entry in CATALOGUE.requirements if "router" in entry.needs and "device" in entry.sides]
    assert {lost.lab: list(lost.requirements) for lost in found(lacking("ip"), "ip").lost} == {"emulated": router, "router": router}
    uart = next(
        lost for lost in found(lacking("serial ports", reason="/dev/ttyUSB0 may not be opened"), "serial ports").lost if lost.lab == "desk"
    )
    assert "PHY-01" in uart.requirements


def lacking_ip(with_case: tuple[str, ...]) -> tuple[Lost, ...]:
    """What a machine without ip loses."""
    return next(each.lost for each in diagnose(lacking("ip"), CATALOGUE, with_case) if each.name == "ip")


def test_one_command_brings_all_packages() -> None:
    """Each once; with sudo where the person is not root."""
    machine = replace(lacking("nsenter", "unshare", "ffmpeg"), features=lacking("GStreamer", reason="missing: python3-gi xz").features)
    command_line = mend(diagnose(machine, CATALOGUE), root=False)
    assert command_line == "sudo apt-get install -y --no-install-recommends ffmpeg python3-gi util-linux xz"


@pytest.mark.parametrize(
    ("said", "switch"),
    [
        ("refused (AppArmor: kernel.apparmor_restrict_unprivileged_userns=1; root)", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("refused (the kernel: kernel.unprivileged_userns_clone=0; root)", "kernel.unprivileged_userns_clone=1"),
        ("refused (switched off: user.max_user_namespaces=0; root)", "user.max_user_namespaces=15000"),
        ("not permitted (somebody else: kernel.other=1; run as root)", ""),
        ("unshare: Operation not permitted (run as root, or outside a container that forbids it)", ""),
    ],
)
def test_the_switch_that_forbids_namespaces_is_named(said: str, switch: str) -> None:
    """Only the one that this machine's reason names."""
    assert found(lacking("private world", reason=said), "private world").remedy == (f"sysctl -w {switch}" if switch else "")


def test_without_a_python_package_nothing_runs() -> None:
    """That costs every verdict."""
    finding = found(replace(WHOLE, packages={"pydantic>=2.12": ""}), "pydantic>=2.12")
    assert finding.costs_verdicts
    assert finding.remedy == "python3 -m pip install 'pydantic>=2.12'"


@pytest.mark.parametrize(
    ("machine", "status"),
    [
        (WHOLE, 0),
        (lacking("tshark"), 0),
        (lacking("GStreamer", reason="missing: python3-gi"), 0),
        (lacking("ffmpeg"), 2),
        (lacking("veth", reason="no"), 2),
    ],
)
def test_the_command_says_it_in_words_and_in_json(
    machine: Machine, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2 only where verdicts are lost; both outputs name what is missing."""
    monkeypatch.setattr(command, "look", lambda _programs: machine)
    missing = [each.name for each in diagnose(machine, CATALOGUE) if not each.there]
    assert command.doctor() == status
    words = capsys.readouterr().out
    assert f"{len(missing)} missing" in words
    assert words.count("MISSING") == len(missing)
    assert command.doctor(json=True) == status
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == status
    if machine.programs["ffmpeg"] == "":
        assert "NET-11" in words
    assert [each["name"] for each in told["findings"] if not each["there"]] == missing


def test_a_machine_without_programs_is_told_so_and_changed_in_nothing(tmp_path: Path) -> None:
    """The whole command, where nothing is on the path: every Debian package in one command, status 2."""
    words = [sys.executable, "-c", "import harness.cli.main; harness.cli.main.main()", "doctor", "--json"]
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 2, done.stderr
    told = json.loads(done.stdout)
    assert {"iproute2", "util-linux", "ffmpeg", "nftables"} <= set(told["mend"].split())
    missing = {each["name"]: each for each in told["findings"] if not each["there"]}
    assert missing["veth"]["detail"] == "not tried without ip"
    assert "NET-24" in missing["ip"]["lost"][0]["requirements"]
    assert list(tmp_path.iterdir()) == []


def test_administrators_programs_are_found_by_ordinary_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Debian leaves sbin out of their PATH."""
    for name in ("bin/sh", "sbin/nft"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert machines.look(["sh", "nft"]).programs == {"sh": str(tmp_path / "bin/sh"), "nft": str(tmp_path / "sbin/nft")}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machines.look(["nft"]).programs == {"nft": ""}


def test_looking_changes_nothing_here() -> None:
    """Interfaces, routes, mounts and names are as before; the same question has the same answer."""
    before = host()
    seen = machines.look(["sh", "no-such-program"])
    assert host() == before
    assert seen.programs["no-such-program"] == ""
    assert seen.programs["sh"].endswith("/sh")
    assert machines.look(["sh", "no-such-program"]) == seen


def test_what_a_child_sees_apart_is_told() -> None:
    """A reason, an error of the kernel, or that the child died; never silence taken for presence."""

    def refuse() -> str:
        raise PermissionError(1, "Operation not permitted")

    def die() -> str:
        raise KeyError

    if namespaces.try_apart(str) != "":
        pytest.skip("no namespaces here")
    assert namespaces.try_apart(lambda: "x" * 9999) == "x" * 3999
    assert namespaces.try_apart(refuse) == "Operation not permitted"
    assert "without a word" in namespaces.try_apart(die)


def test_a_refused_namespace_is_told_with_the_kernel_s_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way that was tried, and the switch."""

    def refuse(_flags: int) -> None:
        raise PermissionError(1, "unshare: Operation not permitted")

    monkeypatch.setattr(namespaces, "_unshare", refuse)
    monkeypatch.setattr(namespaces, "_hint", lambda: " (the switch)")
    assert namespaces.try_apart(str).endswith("unshare: Operation not permitted (the switch)")


def test_what_cannot_be_asked_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program, no rights, no package, a command that fails or does not end."""
    monkeypatch.setattr(machines.shutil, "which", lambda _name: None)
    monkeypatch.setattr(machines, "try_apart", lambda look, whole=False: look())
    monkeypatch.setattr(machines, "_packet_socket", refused(PermissionError(1, "Operation not permitted")))
    monkeypatch.setattr(machines, "version", refused(PackageNotFoundError()))
    assert machines._link("veth") == "not tried without ip"
    assert machines._foreign("gstreamer.py") == "missing: python3"
    assert machines.rights()["raw packets"] == "Operation not permitted"
    assert set(machines.packages().values()) == {""}
    (tmp_path / "ttyUSB0").touch()
    monkeypatch.setattr(machines.os, "access", lambda _path, _mode: False)
    assert machines._serial_ports(tmp_path) == f"{tmp_path / 'ttyUSB0'} may not be opened"
    assert machines._said(["sh", "-c", "echo one >&2; echo two >&2; exit 3"]) == "two"
    assert machines._said(["sh", "-c", "exit 3"]) == "sh ended with status 3"
    monkeypatch.setattr(machines, "_LOOK_S", 0.01)
    assert machines._said(["sleep", "5"]) == "sleep did not end within 0.01 s"


NOT_SUPPORTED = bytes(4) + b"\x02\x00" + bytes(10) + (-95 & 0xFFFFFFFF).to_bytes(4, "little")


@pytest.mark.parametrize(("answer", "said"), [(bytes(4) + b"\x00\x0a", ""), (NOT_SUPPORTED, "Operation not supported")])
def test_the_kernel_s_word_on_its_filters_is_read(answer: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error is an absence, whatever else is an answer."""

    class Kernel:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_error: object) -> None: ...

        def settimeout(self, _seconds: float) -> None: ...

        def send(self, asked: bytes) -> None:
            assert len(asked) == int.from_bytes(asked[:4], "little")

        def recv(self, _most: int) -> bytes:
            return answer

    monkeypatch.setattr(machines.socket, "socket", lambda *_kind: Kernel())
    assert machines._nf_tables() == said


def refused(error: Exception) -> Callable[..., str]:
    """A function that raises."""

    def function(*_arguments: object) -> str:
        raise error

    return function
