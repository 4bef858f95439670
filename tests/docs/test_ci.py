"""The examples of docs/ci.md: they are YAML and shell, and their commands exist, with these options, and run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from harness.cli.main import application
from harness.places import ROOT
from tests.system.command import ENTRY

TEXT = (ROOT / "docs/ci.md").read_text()
SECTIONS = re.findall(r"^## (GitLab|GitHub|Jenkins)\n(.*?)(?=^## )", TEXT, re.DOTALL | re.MULTILINE)
MARKED = [(name.lower(), text) for name, section in SECTIONS for text in re.findall(r"```(?:yaml|groovy)\n(.*?)```", section, re.DOTALL)]
SHELL = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
STEP = re.compile(r"camlabel (?P<command>\w+)(?P<options>[^'\n|>]*)")
HURRY = f"--profile {ROOT}/device_profiles/emulated-fast.yaml --bench bench.yaml --select SYS-03"


def example(name: str) -> list[Any]:
    return [YAML(typ="safe", pure=True).load(text) for marked, text in MARKED if marked == name]


def scripts() -> Iterator[str]:
    """Everything that a shell gets."""
    yield from SHELL
    for job in example("gitlab")[0].values():
        for part in ("before_script", "script", "after_script"):
            yield from job.get(part, ()) if isinstance(job, dict) else ()
    for workflow in example("github"):
        yield from (step["run"] for step in workflow["jobs"]["camera"]["steps"] if "run" in step)
    for marked, text in MARKED:
        yield from re.findall(r"(?:sh|script:) '([^']*)'", text) if marked == "jenkins" else ()


def test_there_is_an_example_for_each() -> None:
    assert [name for name, _ in MARKED] == ["gitlab", "github", "github", "jenkins"]
    [gitlab] = example("gitlab")
    assert {"camera", "camera-baseline"} <= gitlab.keys()
    assert all(workflow["on"] and workflow["jobs"]["camera"]["runs-on"] for workflow in example("github"))
    assert len(list(scripts())) > 12


@pytest.mark.parametrize("script", [*scripts()], ids=range(len([*scripts()])))
def test_a_shell_can_read_it(script: str) -> None:
    done = subprocess.run(["bash", "-n", "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", sorted({found[0] for script in scripts() for found in [*STEP.finditer(script)]}))
def test_its_commands_have_these_options(command: str) -> None:
    found = STEP.fullmatch(command)
    assert found
    words = found["options"].replace("$CAMLABEL_OPTIONS", "--profile camera.yaml --bench bench.yaml --effort full").split()
    group = typer.main.get_command(application(found["command"]))
    assert isinstance(group, typer.core.TyperGroup)
    group.commands[found["command"]].make_context(found["command"], words)


def test_private_parts_are_never_uploaded() -> None:
    assert example("gitlab")[0][".camera"]["artifacts"]["exclude"] == ["out/*/private/**/*"]
    for workflow in example("github"):
        uploads = [step["with"]["path"] for step in workflow["jobs"]["camera"]["steps"] if "upload-artifact" in step.get("uses", "")]
        assert uploads == ["out\n!out/*/private/**\n"]
    assert "excludes: 'out/*/private/**'" in dict(MARKED)["jenkins"]


@pytest.mark.once
def test_baseline_and_job_run_as_they_stand(tmp_path: Path) -> None:
    """GitLab's, with the emulated camera in the place of the real one; what is fetched is what was uploaded."""
    [gitlab] = example("gitlab")
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "camlabel").write_text(f"#!/bin/sh\nexec {sys.executable} -c '{ENTRY}' \"$@\"\n")
    (bin_ / "camlabel").chmod(0o755)
    bench = ROOT / "tests/system/hurry.bench.yaml"
    environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "CAMLABEL_OPTIONS": HURRY, "CAMERA_BENCH": str(bench)}

    def run(lines: list[str]) -> subprocess.CompletedProcess[str]:
        words = ["bash", "-e", "-c", "\n".join(lines)]
        environment["PYTHONPATH"] = str(ROOT)
        return subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=540)

    before = gitlab[".camera"]["before_script"]
    made = run([*before, *gitlab["camera-baseline"]["script"]])
    assert made.returncode == 0, made.stderr
    (tmp_path / "baseline").mkdir()
    (tmp_path / "out").rename(tmp_path / "baseline/out")
    for private in (tmp_path / "baseline/out").glob("*/private"):
        shutil.rmtree(private)
    steps = [line for line in gitlab["camera"]["script"] if line.startswith("camlabel")]
    assert len(steps) == len(gitlab["camera"]["script"]) - 2  # curl and unzip
    job = run([*before, *steps])
    assert (job.returncode, "gate no-lost-pass holds" in job.stdout) == (0, True), job.stderr
    told = run(gitlab["camera"]["after_script"])
    assert (told.returncode, "Unchanged: 129 NOT_TESTED, 1 PASS" in told.stdout) == (0, True), told.stdout
