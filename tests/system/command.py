"""Starts `camlabel` as a child process and reads what it left."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.cases.registry import scan
from harness.catalogue.load import load
from harness.model.impact import above
from harness.runner.places import ROOT

ENTRY = "import harness.cli.main; harness.cli.main.main()"
LIMIT_S = 540
AWAY = "/"  # no package of ours lies here, so PYTHONPATH decides which harness it is
AT_FULL_EFFORT = (
    "NET-01",
    "NET-02",
    "NET-03",
    "NET-05",
    "NET-06",
    "NET-09",
    "PHY-07",
    "SYS-01",
    "SYS-04",
    "SYS-12",
    "SYS-16",
)  # what quick leaves out stays undecided
BEYOND_A_HURRY = {"uart", "power", "router", "operator"}  # what tests/system/hurry.bench.yaml lacks
BEYOND_REBOOT = ("SYS-10", "SYS-36")  # what it does not permit: a reset that nobody may ask for; a second state as delivered

_REGISTRY = scan(ROOT / "testcases")
_COVERED = tuple(entry for entry in load().requirements if _REGISTRY.of(entry.id))
NEEDS_THE_WHOLE_BENCH = tuple(
    each.id
    for each in _COVERED
    if each.id in (*AT_FULL_EFFORT, *BEYOND_REBOOT)
    or each.samples > 1
    or BEYOND_A_HURRY.intersection(each.needs)
    or above(each.impact, "reboot")
)
WITH_A_CASE = tuple(each.id for each in _COVERED if each.id not in NEEDS_THE_WHOLE_BENCH)
ALL_PASS = dict.fromkeys(WITH_A_CASE, "PASS")
PROFILE = ROOT / "device_profiles/emulated-fast.yaml"
FEW = ("--select", "NET-11,SYS-07,SYS-03")  # where it does not matter which
IN_A_HURRY = ("--profile", str(PROFILE), "--bench", str(ROOT / "tests/system/hurry.bench.yaml"))

WHOLE = ("--emulate", "fast")  # the bench as delivered: it permits power cuts and resets


@dataclass(frozen=True)
class Finished:
    """One finished command."""

    status: int
    out: str
    err: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """What `--json` printed."""
        assert self.out, self.err
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def verdicts(self) -> dict[str, str]:
        """Verdict by requirement, of those that have a case and that a hurried bench can decide."""
        return {name: self.requirement(name)["verdict"] for name in WITH_A_CASE}

    def requirement(self, name: str) -> dict[str, Any]:
        """One requirement's entry."""
        return next(each for each in self.document["requirements"] if each["id"] == name)


def command(*arguments: str) -> list[str]:
    """The argument vector."""
    return [sys.executable, "-c", ENTRY, *arguments]


def camlabel(*arguments: str, environment: Mapping[str, str] | None = None, stdin: str = "", limit_s: float = LIMIT_S) -> Finished:
    """Run the command to its end."""
    words = command(*arguments)
    whole = {**os.environ, **(environment or {})}
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=limit_s, input=stdin, env=whole, cwd=AWAY)
    return Finished(done.returncode, done.stdout, done.stderr)


def run_folder(out: Path) -> Path:
    """The one run below a folder."""
    (only,) = (path for path in out.iterdir() if path.is_dir())
    return only
