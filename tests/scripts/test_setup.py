"""The scripts, run in a scratch tree whose Python, package manager and programs are small stand-ins that write down what they were told."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.once  # what is tested is written for the shell

ROOT = Path(__file__).parents[2]

PYTHON = """#!/bin/bash
echo "python $*" >>"$CALLS"
case "$*" in
  *version_info*) exit "${TOO_OLD:-0}" ;;
  *sys.executable*) echo "$0" ;;
  *"import pip"*) [ -n "${HALF_MADE-}" ] || echo "prefix version" ;;
  *base_prefix*) echo "${OTHER_PYTHON:-prefix version}" ;;
  "-m venv"*) [ -z "${NO_VENV-}" ] || exit 1; mkdir -p "${@: -1}/bin"; cp "$0" "${@: -1}/bin/python"; cp "$0" "${@: -1}/bin/camlabel" ;;
  "-m pip"*) exit "${NO_INDEX:-0}" ;;
  "-m coverage run"*) echo "${FAILING:-3 passed, 1 skipped in 0.10s}"; [ -z "${FAILING-}" ] ;;
  "run --out runs"*) exit "${CAMLABEL:-0}" ;;
esac
"""
DPKG_QUERY = """#!/bin/bash
[[ " ${MISSING-} " == *" ${@: -1} "* ]] && exit 1
echo "ii "
"""
APT_GET = """#!/bin/bash
echo "apt-get $*" >>"$CALLS"
if [ "$1" = update ]; then touch "$CALLS.updated"; exit 0; fi
[ -z "${STALE-}" ] || [ -e "$CALLS.updated" ]
"""
TOOLS = [
    "awk",
    "bash",
    "cat",
    "cp",
    "cut",
    "dirname",
    "env",
    "find",
    "grep",
    "mkdir",
    "mktemp",
    "printf",
    "rm",
    "sha256sum",
    "sort",
    "tail",
    "tee",
    "touch",
]
ID = """#!/bin/bash
echo "${USER_ID:-0}"
"""


@dataclass(frozen=True)
class Tree:
    """A scratch tree and what was called in it."""

    root: Path

    def run(self, *argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command there; environment tells the stand-ins how to behave."""
        known = {"PATH": f"{self.root}/stand-ins", "HOME": str(self.root), "CALLS": str(self.root / "calls")}
        return subprocess.run(argv, cwd=self.root, env={**known, **environment}, capture_output=True, text=True, check=False, timeout=60)

    def set_up(self, kind: str = "run", **environment: str) -> subprocess.CompletedProcess[str]:
        """Source the helper and set up."""
        return self.run("bash", "-euo", "pipefail", "-c", f". scripts/_setup; set_up {kind}", **environment)

    def calls(self) -> list[str]:
        """What was called since the last time."""
        path = self.root / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.write_text("")
        return [line for line in lines if not any(part in line for part in ("sys.", "python -c ", "compileall"))]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    stand_ins = {"python3": PYTHON, "dpkg-query": DPKG_QUERY, "apt-get": APT_GET, "id": ID}
    (tmp_path / "stand-ins").mkdir()
    for name, text in stand_ins.items():
        path = tmp_path / "stand-ins" / name
        path.write_text(text)
        path.chmod(0o755)
    for tool in TOOLS:
        (tmp_path / "stand-ins" / tool).symlink_to(shutil.which(tool) or tool)
    return Tree(tmp_path)


def test_a_fresh_tree_gets_the_locked_packages_and_the_project_itself(tree: Tree) -> None:
    assert tree.set_up().returncode == 0
    venv, locked, project = tree.calls()
    assert venv == "python -m venv --clear .venv"
    assert "--require-hashes -r requirements.lock" in locked
    assert "--no-deps --no-build-isolation --editable ." in project


def test_the_harness_starts_compiled(tree: Tree) -> None:
    tree.set_up()
    assert "python -m compileall -q harness" in (tree.root / "calls").read_text().splitlines()


def test_a_set_up_that_was_done_does_nothing(tree: Tree) -> None:
    tree.set_up()
    tree.calls()
    assert tree.set_up().returncode == 0
    assert tree.calls() == []


def test_set_up_for_development_serves_for_use_but_not_the_other_way(tree: Tree) -> None:
    tree.set_up()
    tree.calls()
    tree.set_up("dev")
    assert any("requirements-dev.lock" in call for call in tree.calls())
    tree.set_up("run")
    assert tree.calls() == []


@pytest.mark.parametrize("changed", ["requirements.lock", "requirements-dev.lock", "pyproject.toml"])
def test_another_lock_or_project_is_set_up_again(tree: Tree, changed: str) -> None:
    tree.set_up()
    tree.calls()
    with (tree.root / changed).open("a") as file:
        file.write("# changed\n")
    tree.set_up()
    assert len(tree.calls()) == 2


def test_a_set_up_that_broke_off_is_not_taken_for_done(tree: Tree) -> None:
    broken = tree.set_up(NO_INDEX="1")
    assert broken.returncode == 3
    assert "package index" in broken.stderr
    assert tree.set_up().returncode == 0
    assert len(tree.calls()) > 2


@pytest.mark.parametrize("how", ["HALF_MADE", "OTHER_PYTHON"])
def test_an_environment_without_pip_or_of_another_python_is_made_anew(tree: Tree, how: str) -> None:
    tree.set_up(NO_INDEX="1")
    tree.calls()
    tree.set_up(**{how: "1"})
    assert tree.calls()[0] == "python -m venv --clear .venv"


def test_an_environment_that_lacks_only_packages_is_kept(tree: Tree) -> None:
    tree.set_up(NO_INDEX="1")
    tree.calls()
    tree.set_up()
    assert not any("venv --clear" in call for call in tree.calls())


def test_without_venv_the_remedy_is_told(tree: Tree) -> None:
    broken = tree.set_up(NO_VENV="1")
    assert broken.returncode == 3
    assert "apt-get install python3-venv" in broken.stderr


def test_a_python_that_is_too_old_is_told(tree: Tree) -> None:
    broken = tree.set_up(TOO_OLD="1")
    assert broken.returncode == 3
    assert "Python 3.11 or newer is needed" in broken.stderr


def test_root_gets_only_what_is_missing(tree: Tree) -> None:
    assert tree.set_up(MISSING="ffmpeg curl").returncode == 0
    assert tree.calls()[0] == "apt-get install -y --no-install-recommends curl ffmpeg"


def test_package_lists_are_fetched_only_when_needed(tree: Tree) -> None:
    tree.set_up(MISSING="ffmpeg")
    assert not any("update" in call for call in tree.calls())
    tree.set_up(MISSING="ffmpeg", STALE="1")
    install = "apt-get install -y --no-install-recommends ffmpeg"
    assert tree.calls()[:3] == [install, "apt-get update", install]


def test_an_ordinary_user_is_told_the_one_command_and_goes_on(tree: Tree) -> None:
    done = tree.set_up(MISSING="ffmpeg iproute2", USER_ID="1000")
    assert done.returncode == 0
    assert "sudo apt-get install -y --no-install-recommends ffmpeg iproute2\n" in done.stderr
    assert "NOT_TESTED" in done.stderr
    assert not any(call.startswith("apt-get") for call in tree.calls())


@pytest.mark.parametrize(("camlabel", "demo"), [(0, 0), (1, 0), (2, 0), (3, 3), (130, 130)])
def test_the_demo_succeeds_when_the_camera_was_judged(tree: Tree, camlabel: int, demo: int) -> None:
    done = tree.run("scripts/demo", CAMLABEL=str(camlabel))
    assert done.returncode == demo, done.stderr
    assert f"camlabel's status: {camlabel}\n" in done.stdout


def test_tests_end_with_their_counts_and_minutes(tree: Tree) -> None:
    tree.set_up("dev")
    for tool in ("ruff", "mypy", "lint-imports"):
        shutil.copy(tree.root / "stand-ins/id", tree.root / ".venv/bin" / tool)
    done = tree.run("scripts/test")
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("\n3 passed, 0 failed, 1 skipped\n")
    assert re.search(r"\d\.\d min  ok      unit tests with coverage\n", done.stdout)


def test_tests_do_not_pass_when_a_check_fails(tree: Tree) -> None:
    tree.set_up("dev")
    done = tree.run("scripts/test")
    assert done.returncode == 1
    assert "check failed: mypy" in done.stdout.partition("\n== failures\n")[2]
    assert done.stdout.endswith("\n3 passed, 1 failed, 1 skipped\n")


FAILING = """
....F..
=================================== FAILURES ===================================
__________________________________ test_lens ___________________________________
E   assert 1 == 2
============================= slowest 20 durations =============================
12.00s call     tests/test_lens.py::test_slow
=========================== short test summary info ============================
FAILED tests/test_lens.py::test_lens - assert 1 == 2
1 failed, 6 passed in 0.10s"""


def test_what_failed_is_said_once_more_at_the_end(tree: Tree) -> None:
    tree.set_up("dev")
    done = tree.run("scripts/test", FAILING=FAILING)
    assert done.returncode == 1
    end = done.stdout.partition("\n== failures\n")[2]
    assert "E   assert 1 == 2\n" in end
    assert "FAILED tests/test_lens.py::test_lens - assert 1 == 2\n" in end
    assert "slowest" not in end
    assert end.endswith("\n6 passed, 1 failed, 0 skipped\n")


def test_an_unknown_option_of_test_is_wrong_use(tree: Tree) -> None:
    assert tree.run("scripts/test", "--quick").returncode == 3


@pytest.mark.parametrize("name", ["demo", "test", "check", "lock"])
def test_scripts_can_be_called_from_anywhere(name: str) -> None:
    script = ROOT / "scripts" / name
    assert os.access(script, os.X_OK)
    assert 'cd "$(dirname "$0")/.."' in script.read_text()
