"""The log of security events that the owner reads: what happened, when, by whom, from where, and whether it was granted."""

import asyncio
import json
from collections import deque
from dataclasses import asdict, dataclass, replace
from typing import Literal

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.flash import Flash

Event = Literal[
    "set-up", "log-in", "log-out", "password", "account added", "account removed", "setting", "update", "reset", "restart", "export",
    "recording deleted",
]  # fmt: skip
Result = Literal["granted", "refused"]
MOST = 600
ZONE_S = 8 * 3600.0  # China's, as a flawed unit adds it
_FILE = "events.json"
_SOON_S = 2.0


@dataclass(frozen=True)
class Entry:
    """One event; `detail` never holds a secret."""

    number: int
    time: float
    event: str
    actor: str
    source: str
    result: str
    detail: str = ""


def left_out(event: str, result: str, detail: str, flaws: frozenset[str]) -> bool:
    """Only ever true on a flawed unit."""
    gaps = {
        "log-lacks-rtsp-failures": event == "log-in" and result == "refused" and detail.startswith("rtsp"),
        "log-lacks-removed-viewers": event == "account removed",
        "log-lacks-resets": event == "reset",
        "log-lacks-older-api": event == "password" and detail == "older-api",
    }
    return any(name in flaws and applies for name, applies in gaps.items())


def spoiled(entry: Entry, flaws: frozenset[str]) -> Entry:
    """Only ever another one on a flawed unit."""
    if "log-local-time" in flaws:
        return replace(entry, time=entry.time + ZONE_S)
    if "log-of-the-proxy" in flaws:
        return replace(entry, source="127.0.0.1" if entry.source else "")
    return replace(entry, result="granted") if "log-without-results" in flaws else entry


class EventLog:
    """The latest entries, oldest first. What changed something is on the flash at once, log-ins soon after."""

    def __init__(self, flash: Flash, clock: Clock, flaws: frozenset[str] = frozenset()) -> None:
        self._flash, self._clock, self._flaws = flash, clock, flaws
        stored = flash.read(_FILE)
        entries = [Entry(**entry) for entry in json.loads(stored)] if stored is not None else []
        self._entries: deque[Entry] = deque(entries, maxlen=MOST)
        self._number = entries[-1].number if entries else 0
        self._waiting = False

    def record(self, event: Event, actor: str, source: str, result: Result = "granted", detail: str = "") -> None:
        """One more."""
        if left_out(event, result, detail, self._flaws):
            return
        self._number += 1
        entry = Entry(self._number, round(self._clock.now(), 3), event, actor[:64], source[:64], result, detail[:120])
        entry = spoiled(entry, self._flaws)
        self._entries.append(entry)
        if event == "log-in":
            self._write_soon()
        else:
            self.write()

    def latest(self, count: int = MOST) -> list[dict[str, object]]:
        """The latest entries, oldest first."""
        return [asdict(entry) for entry in list(self._entries)[-count:]]

    def write(self) -> None:
        """Now."""
        self._waiting = False
        self._flash.write(_FILE, json.dumps([asdict(entry) for entry in self._entries]).encode())

    def _write_soon(self) -> None:
        if not self._waiting:
            self._waiting = True
            asyncio.get_running_loop().call_later(_SOON_S, self._write_if_waiting)  # the chip's pace, not the clock's

    def _write_if_waiting(self) -> None:
        if self._waiting:
            self.write()
