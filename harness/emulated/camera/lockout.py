"""Slows guessing down: ten failures in five minutes close a door for a minute."""

from collections import deque
from dataclasses import dataclass, field

from harness.emulated.camera.clock import Clock

FAILURES, WINDOW_S, LOCK_S = 10, 300.0, 60.0
_MOST_KEYS = 4096

Key = tuple[str, str, str]  # surface, account, client address


@dataclass
class _Record:
    failures: deque[float] = field(default_factory=lambda: deque(maxlen=FAILURES))
    locked_until: float = 0.0


class Lockout:
    """Counts failures for each surface, account and client address; unknown accounts are counted alike."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[Key, _Record] = {}

    def locked_for(self, key: Key) -> float:
        """Seconds until this door opens again, 0 when it is open."""
        record = self._records.get(key)
        return 0.0 if record is None else max(0.0, record.locked_until - self._clock.uptime())

    def failed(self, key: Key) -> None:
        """Count a failure; the tenth within the window locks."""
        now, record = self._clock.uptime(), self._record(key)
        record.failures.append(now)
        if len(record.failures) == FAILURES and record.failures[0] > now - WINDOW_S:
            record.locked_until = now + LOCK_S
            record.failures.clear()

    def succeeded(self, key: Key) -> None:
        """Forget the failures."""
        self._records.pop(key, None)

    def _record(self, key: Key) -> _Record:
        if key not in self._records and len(self._records) >= _MOST_KEYS:
            del self._records[next(iter(self._records))]
        return self._records.setdefault(key, _Record())
