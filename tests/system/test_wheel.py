"""The wheel in an empty environment: the whole product, from any folder, and the same harness as the checkout's."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest
from packaging.requirements import Requirement

from harness.catalogue.load import load
from harness.places import ROOT
from harness.runner.digests import of_code
from tests.system.command import Finished, camlabel, run_folder

FOLDERS = ("testcases", "device_profiles", "fixtures", "reports")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built twice: what a build leaves behind must not be shipped by the next."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("harness", *FOLDERS):
        copytree(ROOT / name, tree / name, ignore=ignore_patterns("__pycache__"))
    for name in ("setup.py", "MANIFEST.in", "pyproject.toml", "README.md", "LICENSE"):
        copy(ROOT / name, tree)
    (tree / "harness/gone.py").write_text("")
    build(tree)
    (tree / "harness/gone.py").unlink()
    return build(tree)


def build(tree: Path) -> Path:
    """Build it as `pip wheel .` does, with the tools that are here."""
    words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", "dist", "."]
    subprocess.run(words, check=True, cwd=tree, timeout=100)
    (only,) = (tree / "dist").iterdir()
    return only


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`camlabel` of an environment that holds the wheel; what it depends on is lent from ours, which is not asked for `harness`."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    packages = next(home.glob("lib/python*/site-packages"))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    words = ["--python", str(home / "bin/python"), "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, timeout=100)
    return home / "bin/camlabel"


def call(program: Path, folder: Path, *arguments: str) -> Finished:
    """Run it in a folder, as a person would whose environment knows nothing of the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [program, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def modules(path: Path) -> Iterator[str]:
    """Top-level names of all that a file imports."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_the_wheel_is_one_package_with_all_that_a_lab_reads(wheel: Path) -> None:
    """Nothing beside `harness`, nothing of an earlier build, the licence, every file of the folders."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.partition("/")[0] for name in names} == {"harness", f"camlabel-{PROJECT['version']}.dist-info"}
    assert "harness/gone.py" not in names
    assert f"camlabel-{PROJECT['version']}.dist-info/licenses/LICENSE" in names
    files = {path.relative_to(ROOT) for name in FOLDERS for path in (ROOT / name).rglob("*") if path.is_file()}
    assert {f"harness/shipped/{path}" for path in files if "__pycache__" not in path.parts} <= names


def test_every_folder_that_is_asked_for_is_shipped() -> None:
    """By its name in the code."""
    asked = {name for path in (ROOT / "harness").rglob("*.py") for name in re.findall(r'\bfolder\("(\w+)"\)', path.read_text())}
    assert asked == set(FOLDERS)


def test_what_is_imported_is_what_is_depended_on() -> None:
    """An environment with the declared packages, and no other, is enough."""
    declared = {Requirement(line).name.lower() for line in PROJECT["dependencies"]}
    found = {name for path in (ROOT / "harness").rglob("*.py") for name in modules(path)} - set(sys.stdlib_module_names) - {"harness"}
    brought = packages_distributions()
    unknown = {name for name in found if not {each.lower().replace("_", "-") for each in brought.get(name, ())} & declared}
    assert unknown <= {"_pytest", "pydantic_core", "markupsafe"}, "these come with pytest, pydantic and jinja2"


@pytest.fixture(scope="session")
def run(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, Path]:
    """One run in a folder that holds only traps: nothing may be taken from where it is called."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("json.py", "select.py", "harness.py", "conftest.py"):
        (folder / name).write_text('raise SystemExit("taken from the folder")\n')
    in_a_hurry = ("--emulate", "fast", "--bench", str(ROOT / "tests/system/hurry.bench.yaml"))
    return call(installed, folder, "run", *in_a_hurry, "--select", "NET-11", "--json"), folder


@pytest.mark.once
def test_installed_it_runs_from_any_folder(run: tuple[Finished, Path], installed: Path) -> None:
    """With its own files; the digests of code and catalogue are the checkout's."""
    done, folder = run
    assert done.requirement("NET-11")["verdict"] == "PASS", done.err
    made = run_folder(folder / "runs")
    first = json.loads(next((made / "journal").iterdir()).read_text().splitlines()[0])
    assert first["body"]["made_with"]["code"] == of_code()
    assert first["body"]["made_with"]["catalogue"] == load().digest
    assert call(installed, folder, "verify", f"runs/{made.name}").status == 0


@pytest.mark.once
@pytest.mark.slow
def test_installed_it_judges_again_and_goes_on(run: tuple[Finished, Path], installed: Path) -> None:
    """And the checkout goes on with its run, being the same code."""
    done, folder = run
    made = run_folder(folder / "runs")
    again = call(installed, folder, "rejudge", f"runs/{made.name}", "--json")
    assert again.requirement("NET-11")["verdict"] == "PASS", again.err
    resumed = call(installed, folder, "run", "--resume", f"runs/{made.name}", "--json")
    assert resumed.requirement("NET-11") == done.requirement("NET-11"), resumed.err
    assert camlabel("run", "--resume", str(made), "--json").requirement("NET-11") == done.requirement("NET-11")
