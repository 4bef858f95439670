"""Slows guessing down: ten failures in ten minutes close a door for ten minutes, so that nobody makes more than 60 guesses an hour."""

from collections import deque
from dataclasses import dataclass, field

from harness.emulated.camera.clock import Clock

FAILURES, WINDOW_S, LOCK_S = 10, 600.0, 600.0
FOR_GOOD = float("inf")
_MOST_KEYS = 4096

Key = tuple[str, str, str]  # surface, account, and on flawed units who asks


@dataclass
class _Record:
    failures: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    locked_until: float = 0.0


@dataclass(frozen=True)
class Bounds:
    """When a door closes, and for how long; flawed units have others."""

    failures: int = FAILURES
    lock_s: float = LOCK_S


class Lockout:
    """Counts failures for each surface and account, whoever asks; unknown accounts are counted alike."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[Key, _Record] = {}

    def locked_for(self, key: Key) -> float:
        """Seconds until this door opens again, 0 when it is open."""
        record = self._records.get(key)
        return 0.0 if record is None else max(0.0, record.locked_until - self._clock.uptime())

    def failed(self, key: Key, bounds: Bounds = Bounds()) -> None:
        """Count a failure; the tenth within the window locks."""
        now, record = self._clock.uptime(), self._record(key)
        record.failures.append(now)
        if len(record.failures) >= bounds.failures and record.failures[-bounds.failures] > now - WINDOW_S:
            record.locked_until = now + bounds.lock_s
            record.failures.clear()

    def succeeded(self, key: Key) -> None:
        """Forget the failures."""
        self._records.pop(key, None)

    def forget(self, surface: str) -> None:
        """Forget the failures of everybody who is not locked; only a flawed unit does that."""
        for key in [key for key in self._records if key[0] == surface and not self.locked_for(key)]:
            del self._records[key]

    def _record(self, key: Key) -> _Record:
        if key not in self._records and len(self._records) >= _MOST_KEYS:
            del self._records[next(iter(self._records))]
        return self._records.setdefault(key, _Record())
