"""After a run that is killed at any moment this machine is as it was before: no namespace, interface, process, mount or route more."""

import os
import random
import signal
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from tests.lab.worlds import eventually, host
from tests.system.command import IN_A_HURRY, command

MARK = "CAMLABEL_TEST_RUN"
TIMES, EARLY = 50, 3


@pytest.mark.once
@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.slow) if seed >= EARLY else seed for seed in range(TIMES)])
def test_nothing_stays_after_a_kill(seed: int, tmp_path: Path) -> None:
    """From the first moment, when namespaces are made, to the middle of a case."""
    before, name = host(), uuid.uuid4().hex
    words = command("run", "--json", *IN_A_HURRY, "--select", "NET-24", "--out", str(tmp_path))
    environment = {**os.environ, MARK: name}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment) as run:
        time.sleep(random.Random(seed).choice((0.3, 1.0, 2.0, 4.0)) + seed / 100)
        spaces = networks(name)
        run.send_signal(signal.SIGKILL)
    assert eventually(lambda: not marked(name)), [Path(f"/proc/{pid}/cmdline").read_text() for pid in marked(name)]
    assert eventually(lambda: host() == before), (before, host())
    assert eventually(lambda: not spaces & inhabited(), 60)  # its number may be given to another one meanwhile


def marked(name: str) -> list[int]:
    """Processes that descend from this run, whatever they became."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal() and _has(path, f"{MARK}={name}".encode())]


def networks(name: str) -> set[str]:
    """Network namespaces of this run that are not the machine's."""
    return {_network(pid) for pid in marked(name)} - {_network(os.getpid()), ""}


def inhabited() -> set[str]:
    """Network namespaces that somebody is in."""
    return {_network(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdecimal()}


def _network(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""


def _has(process: Path, setting: bytes) -> bool:
    try:
        return setting in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
