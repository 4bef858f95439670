"""Where a run's time went: the device, waiting for the budget, child processes, ourselves."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.gate.governor import Spent


def boot_clock() -> float:
    """Seconds since boot: the one clock that tells when a process started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def process_start() -> float:
    """When this process started, in seconds of the boot clock."""
    after_name = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    return int(after_name.split()[19]) / os.sysconf("SC_CLK_TCK")


@dataclass
class Times:
    """Seconds; `began` is the start of the first process."""

    began: float
    children: float = 0.0

    @contextmanager
    def child(self) -> Iterator[None]:
        """Count the time inside as a child process's."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.children += time.monotonic() - started

    def shares(self, spent: Spent) -> dict[str, float]:
        """Wall time and its parts; own share is what is left of the wall."""
        wall = boot_clock() - self.began
        own = max(0.0, wall - spent.transports - spent.paced - self.children)
        parts = {"wall_s": wall, "transports_s": spent.transports, "paced_s": spent.paced, "children_s": self.children, "own_s": own}
        return {name: round(seconds, 3) for name, seconds in parts.items()} | {"own_share": round(own / wall, 4)}
