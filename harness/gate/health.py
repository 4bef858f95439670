"""Is the device there? By an identity of its own: any declared service that takes a connection."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.gate.governor import Spent


@dataclass(frozen=True)
class Patience:
    """Seconds: how long a device that is away is waited for, and how often looked for; how often one that is gone is looked for;
    how long all silences together may be."""

    away_s: float = 30.0
    look_s: float = 1.0
    gone_look_s: float = 10.0
    silent_s: float = 300.0


class Health:
    """Tells a silent answer from a silent device, and a device that is gone from one that comes back."""

    def __init__(self, alive: Callable[[], bool], record: Callable[..., Any], spent: Spent, patience: Patience) -> None:
        self._alive = alive
        self._record = record
        self._spent = spent
        self._patience = patience
        self._gone_since: float | None = None
        self._looked_at = 0.0
        self._silent_s = 0.0

    def not_worth_asking(self) -> str:
        """Why the device is not asked: it is gone, or it has been silent for too long in all. Empty when it is to be asked."""
        if self._silent_s > self._patience.silent_s:
            return f"not asked: the device has kept silent for {self._silent_s:.0f} s in all"
        if self._gone_since is None:
            return ""
        if time.monotonic() - self._looked_at > self._patience.gone_look_s and self._look():
            self._say("back", seconds=time.monotonic() - self._gone_since)
            self._gone_since = None
            return ""
        return f"not asked: the device has not been reached for {time.monotonic() - self._gone_since:.0f} s"

    def try_again(self) -> None:
        """Ask next time whatever was before: what is owed to the device is tried however silent it was."""
        self._silent_s, self._looked_at = 0.0, -math.inf

    def came_back_after(self, silence_s: float) -> bool:
        """After a silence: False when the device was there all the time or stayed away, True when it was away and came back."""
        if self._look():
            self._silent_s += silence_s
            return False
        began = time.monotonic()
        self._say("away")
        while time.monotonic() - began < self._patience.away_s:
            with self._spent.on("transports"):
                time.sleep(self._patience.look_s)
            if self._look():
                self._say("back", seconds=time.monotonic() - began)
                return True
        self._gone_since = began
        self._say("gone", seconds=self._patience.away_s)
        return False

    def _look(self) -> bool:
        self._looked_at = time.monotonic()
        with self._spent.on("transports"):
            return self._alive()

    def _say(self, state: str, **more: Any) -> None:
        self._record("health", {"state": state, **more}, durable=False)
