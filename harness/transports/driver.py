"""A driver: a Python file beside the profile that makes a device do what no recipe can say. It runs as a child process.

It is given one JSON object on standard input ({"action", "address", "ports", "user", "password"}, and "surface" where it is to log in)
and answers with one on standard output ({"state": "granted", "refused" or "unclear", "why"}). What it does on the network is its own: no
governor paces it.
"""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.recipe import ActionName

ANSWER_MOST = 65536
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "HOME")


class DriverAnswer(Frozen):
    """What a driver says came of it."""

    state: Literal["granted", "refused", "unclear"]
    why: str = ""


@dataclass(frozen=True)
class Driver:
    """One file, as it was when the run began; `log_ins` are surfaces on which it is to log in."""

    path: Path
    actions: tuple[ActionName, ...]
    timeout_s: float
    log_ins: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def run(self, order: Mapping[str, Any]) -> DriverAnswer:
        """One action; Undecided when it gives no answer in time, or none that can be read."""
        with tempfile.TemporaryFile() as answer:
            status = self._child(json.dumps(order).encode(), answer.fileno())
            answer.seek(0)
            said = answer.read(ANSWER_MOST + 1)
        if status:
            raise Undecided(f"the driver {self.path.name} ended with status {status}")
        try:
            return DriverAnswer.model_validate_json(said if len(said) <= ANSWER_MOST else b"")
        except ValidationError as error:
            raise Undecided(f'the driver {self.path.name} gave no answer like {{"state": "granted", "why": "…"}}') from error

    def _child(self, order: bytes, answer: int) -> int:
        """Its status; whatever it started ends with it."""
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        argv = [sys.executable, "-I", str(self.path)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": answer, "stderr": subprocess.DEVNULL, "env": environment}
        child = subprocess.Popen(argv, start_new_session=True, **pipes)
        with suppress(ProcessLookupError):  # a driver that answers without end is stopped by the kernel
            resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (ANSWER_MOST * 4, ANSWER_MOST * 4))
        try:
            child.communicate(order, timeout=self.timeout_s)
        except subprocess.TimeoutExpired:
            raise Undecided(f"the driver {self.path.name} did not end within {self.timeout_s:g} s") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        return child.returncode
