"""Cameras that are easily upset: a web camera over TLS behind a front that takes connections only as its temper allows.

Times are those of the field divided by HASTE, so that tests of them are quick.
"""

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from harness.gate.clock import AdvancedClock
from harness.gate.health import Health, Patience
from harness.gate.live import Live
from harness.model.bench import GovernorLimits, Sample
from harness.model.profile import BruteForce, Profile
from harness.probes.device import alive
from tests.builders import toy, webcam
from tests.builders.devices import HERE, server_context, shut

HASTE = 5.0
TRIES = 4
LOCK_S = 3600.0
LOCK = BruteForce(failures=TRIES, window_s=LOCK_S, lock_s=LOCK_S)
Treatment = Literal["serve", "cut", "ignore", "fall"]
Flaw = Callable[[ssl.SSLContext], None]


class Temper(Protocol):
    """What becomes of a connection; told when one begins, when its first byte comes, and when it ends. `times` it went down."""

    times: int
    away_s: float

    def begin(self) -> Treatment:
        """A connection was taken from the queue."""
        ...

    def hello(self) -> Treatment:
        """Its first byte is a handshake's."""
        ...

    def end(self) -> None:
        """It is over."""
        ...


@dataclass
class Calm:
    """Takes all."""

    times: int = 0
    away_s: float = 0.0

    def begin(self) -> Treatment:
        """A connection was taken from the queue."""
        return "serve"

    def hello(self) -> Treatment:
        """Its first byte is a handshake's."""
        return "serve"

    def end(self) -> None:
        """It is over."""
        return


@dataclass
class TwoAtATime(Calm):
    """A third connection is cut; one that ended is remembered for a while, as by a slow event loop."""

    ends: deque[float] = field(default_factory=deque)
    served: int = 0
    lingers_s: float = 0.4 / HASTE

    def begin(self) -> Treatment:
        """A connection was taken from the queue."""
        now = time.monotonic()
        while self.ends and self.ends[0] < now - self.lingers_s:
            self.ends.popleft()
        if self.served + len(self.ends) >= 2:
            return "cut"
        self.served += 1
        return "serve"

    def end(self) -> None:
        """It is over."""
        self.served -= 1
        self.ends.append(time.monotonic())


@dataclass
class DropsEveryThird(Calm):
    """Whatever the pace."""

    count: int = 0

    def begin(self) -> Treatment:
        """A connection was taken from the queue."""
        self.count += 1
        return "serve" if self.count % 3 else "cut"


@dataclass
class RestsBetweenHandshakes(Calm):
    """One that comes within 300 ms of another is cut; the slow processor computes the last one still."""

    rests_s: float = 0.3 / HASTE
    last: float = 0.0

    def hello(self) -> Treatment:
        """Its first byte is a handshake's."""
        now = time.monotonic()
        if now - self.last < self.rests_s:
            return "cut"
        self.last = now
        return "serve"


@dataclass
class Reboots(Calm):
    """After 40 connections in 10 s, for 3 s."""

    most: int = 40
    within_s: float = 10.0 / HASTE
    away_s: float = 3.0 / HASTE
    seen: deque[float] = field(default_factory=deque)

    def begin(self) -> Treatment:
        """A connection was taken from the queue."""
        now = time.monotonic()
        self.seen.append(now)
        while self.seen[0] < now - self.within_s:
            self.seen.popleft()
        if len(self.seen) < self.most:
            return "serve"
        self.seen.clear()
        self.times += 1
        return "fall"


@dataclass
class SilentWhileBusy(Calm):
    """What comes while it serves another, or writes its log afterwards, is taken and never answered."""

    busy: int = 0
    until: float = 0.0
    writes_s: float = 0.4 / HASTE

    def begin(self) -> Treatment:
        """A connection was taken from the queue."""
        if self.busy or time.monotonic() < self.until:
            return "ignore"
        self.busy += 1
        return "serve"

    def end(self) -> None:
        """It is over."""
        self.busy -= 1
        self.until = time.monotonic() + self.writes_s


@dataclass
class Camera(webcam.Webcam):
    """Locks its account after a few failures, for an hour."""

    locks: bool = True
    failed: int = 0
    locked_until: float = 0.0

    def answer(self, path: str, token: str, given: dict[str, object]) -> webcam.Answer:
        """Pages of its own beside the interface."""
        return (200, {}) if path == "/" else super().answer(path, token, given) if path in OWN else (404, {})

    def log_in(self, given: dict[str, object]) -> webcam.Answer:
        """Refused while locked, whoever asks."""
        if self.locks and self.now < self.locked_until:
            return 423, {}
        status, answer = super().log_in(given)
        self.failed = 0 if status == 200 else self.failed + 1
        if self.failed >= TRIES:
            self.failed, self.locked_until = 0, self.now + LOCK_S
        return status, answer


OWN = ("/login", "/setup", "/password", "/old", "/session", "/device")


class Front:
    """The listening port of one camera; it comes again after a fall."""

    def __init__(self, camera: Camera, temper: Temper, context: ssl.SSLContext) -> None:
        self._camera, self._temper, self._context = camera, temper, context
        self._lock, self._over = threading.Lock(), threading.Event()
        self._open: list[socket.socket] = []
        self._workers: list[threading.Thread] = []
        self._listener = socket.create_server((HERE, 0))
        self.port = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._run)
        self._accepting.start()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                treatment = self._temper.begin()
                self._open.append(connection)
            if treatment == "fall":
                connection.close()
                self._fall()
            else:
                self._workers.append(threading.Thread(target=self._treat, args=(connection, treatment)))
                self._workers[-1].start()

    def stop(self) -> None:
        """And all that it began."""
        self._over.set()
        shut(self._listener)
        self._accepting.join()
        self._hang_up()
        for worker in self._workers:
            worker.join()
        self._listener.close()

    def _treat(self, connection: socket.socket, treatment: Treatment) -> None:
        if treatment == "serve":
            with suppress(OSError):
                self._serve(connection)
            with self._lock:
                self._temper.end()
        elif treatment == "ignore":
            with suppress(OSError):
                while connection.recv(4096):
                    pass
        connection.close()

    def _serve(self, connection: socket.socket) -> None:
        first = connection.recv(1, socket.MSG_PEEK)
        with self._lock:
            treatment = self._temper.hello() if first == b"\x16" else "serve"
        if first and treatment == "serve":
            with self._context.wrap_socket(connection, server_side=True) as inside:
                self._camera.talk(inside)

    def _fall(self) -> None:
        self._listener.close()
        self._hang_up()
        self._over.wait(self._temper.away_s)
        self._listener = socket.create_server((HERE, self.port))
        if self._over.is_set():
            shut(self._listener)

    def _hang_up(self) -> None:
        with self._lock:
            opened, self._open = self._open, []
        for each in opened:
            shut(each)


def profile() -> Profile:
    """The web camera, over TLS, with its lock declared."""
    told = webcam.profile(ways=()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    told["capabilities"] = {"local_snapshot": "yes", "local_api": "yes", "password_auth": "yes"}
    told["ixit"]["log_intf"] = [{"id": "web", "protocol": "https", "port": 443}]
    told["ixit"]["auth_mech"] = [
        {"id": "web", "interface": "page", "service": "web", "factor": "password", "brute_force": LOCK.model_dump()}
    ]
    told["actions"] = {"log_in": {"web": webcam.LOG_IN}}
    return Profile.model_validate(told)


@contextmanager
def gate(folder: Path, temper: Temper, per_s: float, *, locks: bool = True, spoilt: Flaw | None = None) -> Iterator[Live]:
    """A camera of this temper, and a whole gate in front of it that may make so many connections a second."""
    context = server_context(folder)
    if spoilt:
        spoilt(context)
    camera = Camera(locks=locks)
    front = Front(camera, temper, context)
    declared, clock = profile(), AdvancedClock(camera.advance)
    limits = GovernorLimits(connections_per_s=per_s, scan_per_s=1000)
    try:
        with toy.gate(folder, clock=clock, governed=(limits, {"web": LOCK})) as built:
            live = built.live
            sample = Sample.model_validate(
                {"name": "cam-1", "address": HERE, "ports": {443: front.port}, "accounts": {"owner": {"user": "admin"}}}
            )
            live.bench = replace(live.bench, profile=declared, sample=sample, effort="full", sources=("127.0.0.2", "127.0.0.3"))
            live.health = Health(lambda: alive(live.bench), live.journal.append, live.governor.spent, Patience(away_s=10.0, look_s=0.1))
            yield live
    finally:
        front.stop()
