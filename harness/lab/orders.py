"""A child process that takes orders: one line of JSON each, one line in return. It ends when we do."""

import json
import select
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.model.errors import NotPossible, UsageError

_ANSWER_S, _END_S = 60.0, 10.0


class Servant:
    """The child `process`, started with pipes; its first line is `ready`. `what` names it for people."""

    def __init__(self, what: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.what, self._process, self._log = what, process, log
        self._lock = threading.Lock()
        self._rest = b""
        self.ready = self._answer()

    @property
    def alive(self) -> bool:
        """Does it run?"""
        return self._process.poll() is None

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give an order and wait for the answer; UsageError, with its last words, when it is gone."""
        with self._lock:
            try:
                if self._process.stdin is not None:
                    self._process.stdin.write(json.dumps(order).encode() + b"\n")
                    self._process.stdin.flush()
            except (OSError, ValueError):
                self._mourn()
            return self._answer()

    def end(self) -> None:
        """Let it end by itself, else kill it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        if self.alive:
            self._process.kill()
            self._process.wait()

    def _answer(self) -> dict[str, Any]:
        deadline = time.monotonic() + _ANSWER_S
        pipe = self._process.stdout
        while b"\n" not in self._rest and pipe is not None:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self._mourn()
            more = pipe.read1(1 << 20) if hasattr(pipe, "read1") else pipe.read(1 << 20)
            if not more:
                self._mourn()
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise NotPossible(f"{self.what}: {answer['error']}")
        return answer

    def _mourn(self) -> None:
        self.end()
        said = self._log.read_bytes()[-2000:].decode(errors="replace").strip().splitlines()[-3:]
        raise UsageError(
            f"{self.what} ended (status {self._process.returncode}); its log {self._log} ends: {' | '.join(said) or 'nothing'}"
        )
