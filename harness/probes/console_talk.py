"""A conversation over a serial line: what is said and heard goes on the observation's tape, and time is the device's."""

import secrets
import string
import time
from collections.abc import Callable

from harness.gate.bench import Bench
from harness.model.errors import NotPossible
from harness.probes.console_text import Canary, readable, score
from harness.transports.console import Console

KEEP = 65536
GARBLED_FROM, GARBLED = 16, 0.7
PAUSE_S = 0.25
STILL_S = 0.012  # an emulated device that has settled, and of which nothing was heard for so long, waits for its clock
STEP_S = 0.5  # shorter ones would be slept


class Talk:
    """`at` is how far the recording was read, `heard` counts its bytes, `garbled` those that are no text: the rate may have changed."""

    def __init__(self, bench: Bench) -> None:
        if bench.console is None:
            raise NotPossible(bench.lacks.get("console", "no UART on the bench"))
        self.console: Console = bench.console
        self._bench = bench
        self.to = f"serial {self.console.url}"
        self.began = self.at = self.console.mark()
        self.garbled = 0

    @property
    def heard(self) -> int:
        """Bytes since the conversation began."""
        return self.at - self.began

    def say(self, data: bytes) -> None:
        """Send, and have it on the tape."""
        self._bench.access.sent(self.to, data)
        with self._bench.access.device_time():
            self.console.send(data)

    def hear(self, within: float, enough: Callable[[str], bool] | None = None, *, quiet: float = 0.0, step: float = 1.0) -> str:
        """What comes within so many seconds of device time, its last part; until it is enough, or silent for `quiet` seconds."""
        clock, kept = self._bench.clock, b""
        began = last = clock.now()
        while True:
            new = self.take()
            if new:
                kept, last = (kept + new)[-KEEP:], clock.now()
                if enough and enough(readable(kept)):
                    break
            left = min(began + within, last + quiet if quiet else began + within) - clock.now()
            if left <= 0:
                break
            self._pause(min(left, step))
        return readable(kept)

    def listen(self, seconds: float) -> str:
        """What comes within so many seconds of real time."""
        kept, until = b"", time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            with self._bench.access.device_time():
                self.console.wait(self.at, left)
            kept = (kept + self.take())[-KEEP:]
        return readable(kept)

    def take(self) -> bytes:
        """What has come since, its last part; all of it is on the tape, as far as that goes."""
        kept, end = b"", self.console.mark()
        while self.at < end:
            window = self.console.window(self.at, end)
            self._bench.access.received(self.to, window.data)
            if len(window.data) >= GARBLED_FROM and score(window.data) < GARBLED:
                self.garbled += len(window.data)
            kept = (kept + window.data)[-KEEP:]
            if window.end == self.at:
                break
            self.at = window.end
        return kept

    def _pause(self, seconds: float) -> None:
        """For news; where the device's clock can be advanced it is, once the device has nothing more to say."""
        clock = self._bench.clock
        with self._bench.access.device_time():
            advanced = clock.way == "advanced"
            clock.settle()
            if not self.console.wait(self.at, min(seconds, STILL_S if advanced else PAUSE_S)) and advanced:
                clock.wait(max(seconds, STEP_S))


def new_word() -> str:
    """Letters that no device says by itself."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(7))


def new_canary() -> Canary:
    """Another one each time: nothing that came before can be taken for its output."""
    return Canary(new_word(), new_word(), secrets.randbelow(900) + 101, secrets.randbelow(900) + 101)
