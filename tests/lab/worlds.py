"""What the tests of private worlds share: programs run in one, and the host looked at before and after."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
START = """
import json, os, sys, time
from harness.lab.lan import Lan, Namespace
from harness.lab.namespaces import enter
status = enter()
if status is not None:
    sys.exit(status)
def spaces(pid="self"):
    return {kind: os.stat(f"/proc/{pid}/ns/{kind}").st_ino for kind in ("net", "pid", "mnt")}
def say(**what):
    print(json.dumps(what), flush=True)
"""


@dataclass(frozen=True)
class Person:
    """Somebody who runs programs here: the person who runs the tests, or an ordinary user of this machine."""

    name: str
    prefix: tuple[str, ...]

    def argv(self, program: str) -> list[str]:
        """The command that runs `program` in a private world as this person."""
        return [*self.prefix, "-c", START + program]

    def start(self, program: str) -> subprocess.Popen[str]:
        """Start it; `PYTHONPATH` leads to the working tree."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(self.argv(program), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd="/")

    def run(self, program: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        with self.start(program) as running:
            out, err = running.communicate(timeout=60)
        return subprocess.CompletedProcess(running.args, running.returncode, out, err)


def people() -> list[Person]:
    """Myself; and nobody, when I am root and that user can read the working tree."""
    found = [Person("myself", (sys.executable,))]
    python = "/usr/bin/python3"
    as_nobody = ("runuser", "-u", "nobody", "--")
    if os.geteuid() == 0 and shutil.which("runuser") and Path(python).exists():
        can_read = subprocess.run([*as_nobody, "test", "-r", str(ROOT / "harness/lab/namespaces.py")], check=False, capture_output=True)
        if can_read.returncode == 0:
            found.append(Person("nobody", (*as_nobody, python)))
    return found


def host() -> dict[str, object]:
    """Interfaces, routes, mounts and named namespaces of this machine, as far as this process sees them."""
    return {
        "interfaces": _ip("link"),
        "routes": _ip("route", "show", "table", "all"),
        "mounts": sorted(line.split(" ", 3)[3].rsplit(" - ", 1)[0] for line in Path("/proc/self/mountinfo").read_text().splitlines()),
        "named": sorted(path.name for path in Path("/run/netns").glob("*")),
    }


def _ip(*arguments: str) -> list[str]:
    output = subprocess.run(["ip", "-o", *arguments], capture_output=True, text=True, check=True).stdout
    return sorted(line.split("\\")[0] for line in output.splitlines())


def eventually(holds: Callable[[], bool], within: float = 10) -> bool:
    """Look again and again until it holds."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def inhabited(spaces: dict[str, int]) -> list[int]:
    """Processes that are in one of these namespaces."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal() and _is_in(path, spaces)]


def _is_in(process: Path, spaces: dict[str, int]) -> bool:
    try:
        return any((process / "ns" / kind).stat().st_ino == inode for kind, inode in spaces.items())
    except OSError:
        return False


def said(program: subprocess.Popen[str]) -> dict[str, object]:
    """The next line of a program, which must be JSON."""
    assert program.stdout is not None
    line = program.stdout.readline()
    if not line:
        pytest.fail(f"it ended: {program.communicate()[1]}")
    answer: dict[str, object] = json.loads(line)
    return answer
