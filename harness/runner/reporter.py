"""What a person sees while a run goes on: which case runs, what it waits for, how long; a line for each verdict."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from harness.cases.registry import CaseInfo
from harness.model.counting import counted
from harness.model.verdict import CaseVerdict
from harness.output.visible import visible

HEARTBEAT_S = 10.0
TICK_S = 0.5
WIDTH = 100


@dataclass
class Running:
    """The case that runs."""

    name: str
    requirement: str
    since: float


@dataclass
class Reporter:
    """Writes to standard error, so that standard output stays a report's; silent until `live` gives it what runs now."""

    out: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = True
    activity: Callable[[], str] = lambda: ""
    _running: Running | None = None
    _paused: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)
    _ticker: threading.Thread | None = None

    def remark(self, text: str) -> None:
        """One line."""
        if not self.quiet:
            self._line(visible(text, 400))

    def starts(self, activity: Callable[[], str]) -> None:
        """Begin to show progress."""
        self.activity = activity
        if not self.quiet:
            self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._ticker.start()

    def begins(self, info: CaseInfo) -> None:
        """A case begins."""
        self._running = Running(info.name, info.requirement, time.monotonic())

    def ends(self, info: CaseInfo, verdict: CaseVerdict | None) -> None:
        """A case has its verdict."""
        running, self._running = self._running, None
        if verdict is None or self.quiet or running is None:
            return
        words = f"{info.requirement}  {verdict.verdict:<12} {info.name}"
        observations = counted(verdict.observations, "observation")
        self._line(f"{words}  ({time.monotonic() - running.since:.1f} s, {observations})")
        if verdict.verdict != "PASS":
            self._line(f"        {visible(verdict.reason, 300)}")

    def stops(self) -> None:
        """End of progress."""
        self._stop.set()
        if self._ticker:
            self._ticker.join()
            self._clear()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The terminal is somebody else's."""
        self._paused = True
        self._clear()
        try:
            yield
        finally:
            self._paused = False

    def _tick(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(TICK_S):
            running = self._running
            if running is None or self._paused:
                continue
            text = f"{running.requirement} {running.name}: {time.monotonic() - running.since:.0f} s, {visible(self.activity(), 200)}"
            if self.out.isatty():
                self.out.write(f"\r\x1b[K{text[:WIDTH]}")
                self.out.flush()
            elif time.monotonic() - last >= HEARTBEAT_S:
                last = time.monotonic()
                self._line(f"… {text}")

    def _clear(self) -> None:
        if self.out.isatty():
            self.out.write("\r\x1b[K")

    def _line(self, text: str) -> None:
        self._clear()
        self.out.write(f"{text}\n")
        self.out.flush()
