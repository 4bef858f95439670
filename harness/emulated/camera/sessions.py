"""Sessions of the page and its interface: bearer tokens that die when unused."""

import hashlib
import itertools
import json
import random
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from harness.emulated.camera.clock import Clock, Timer
from harness.emulated.camera.flash import Flash

IDLE_S = 900.0
MOST = 64
SHORT = 8
_FILE, _STARTS = "sessions.json", "starts"


@dataclass
class _Session:
    user: str
    timer: Timer


class Sessions:
    """Open sessions by the digest of their token; none survives a restart, but on a flawed unit."""

    def __init__(self, clock: Clock, flaws: frozenset[str] = frozenset(), flash: Flash | None = None, serial: str = "") -> None:
        self._clock, self._flaws = clock, flaws
        self._flash = flash if flaws & {"sessions-come-back", "restart-revives-sessions"} else None
        self._sessions: dict[bytes, _Session] = {}
        self._left: dict[bytes, str] = {}
        self._make = _unseeded(flash) if "session-unseeded" in flaws else _maker(flaws, clock, serial)
        self._ended: deque[bytes] = deque(maxlen=MOST)
        for kept, user in self._kept().items():
            self._begin(bytes.fromhex(kept), user)

    def open(self, user: str) -> str:
        """A new token of 192 bits; above the limit the oldest session ends."""
        token = self._make()
        if len(self._sessions) >= MOST:
            self._end(next(iter(self._sessions)))
        if "log-in-revives-sessions" in self._flaws:
            self._revive(user)
        self._begin(self._key(token), user)
        if self._flash:
            self._flash.write(_FILE, json.dumps(self._kept() | {self._key(token).hex(): user}).encode())
        return token

    def use(self, token: str) -> str | None:
        """Whose session this is, None when it is none; using it keeps it alive."""
        session = self._sessions.get(self._key(token))
        if session is None:
            return None
        together = "session-idle-together" in self._flaws
        for key, each in tuple(self._sessions.items()):
            if each is session or (together and each.user == session.user):
                each.timer.cancel()
                each.timer = self._idle_timer(key)
        return session.user

    def lives(self, token: str) -> bool:
        """Is it a session still? Asking does not keep it alive."""
        return self._key(token) in self._sessions

    def saw_log_in(self, token: str) -> bool:
        """Was it one of those that were logged out? Asked on a flawed unit only."""
        return self._key(token) in self._left

    def ended(self, token: str) -> bool:
        """Was it a session that is over?"""
        return self._key(token) in self._ended

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._sessions)

    def log_out(self, token: str) -> None:
        """At its owner's wish."""
        key = self._key(token)
        session = self._sessions.get(key)
        if session is not None and "log-out-keeps-session" not in self._flaws:
            self._left |= {key: session.user} if self._flaws else {}
            self._end(key)
            self._forget({key}, unless="restart-revives-sessions")

    def end(self, token: str) -> None:
        """End this one."""
        self._end(self._key(token))

    def end_all(self, user: str) -> None:
        """Log an account out everywhere."""
        keys = {key for key, session in self._sessions.items() if session.user == user}
        for key in keys:
            self._end(key)
        self._forget({bytes.fromhex(key) for key, kept in self._kept().items() if kept == user}, unless="sessions-come-back")

    def _forget(self, keys: set[bytes], *, unless: str) -> None:
        """Also what is written, where a flaw writes and is not this one."""
        if self._flash and unless not in self._flaws:
            left = {key: user for key, user in self._kept().items() if bytes.fromhex(key) not in keys}
            self._flash.write(_FILE, json.dumps(left).encode())

    def _kept(self) -> dict[str, str]:
        """What a flawed unit has written of the sessions that it ever opened."""
        kept: dict[str, str] = json.loads((self._flash and self._flash.read(_FILE)) or b"{}")
        return kept

    def _begin(self, key: bytes, user: str) -> None:
        self._sessions[key] = _Session(user, self._idle_timer(key))

    def _revive(self, user: str) -> None:
        for key in [key for key, left in self._left.items() if left == user]:
            self._begin(key, self._left.pop(key))

    def _idle_timer(self, key: bytes) -> Timer:
        timer = self._clock.call_later(IDLE_S, lambda: self._end(key))
        if "session-without-end" in self._flaws:
            timer.cancel()
        return timer

    def _end(self, key: bytes) -> None:
        session = self._sessions.pop(key, None)
        if session is not None:
            session.timer.cancel()
            self._ended.append(key)

    def _key(self, token: str) -> bytes:
        compared = token[:SHORT] if "session-compared-short" in self._flaws else token
        return hashlib.sha256(compared.encode(errors="surrogatepass")).digest()


def _maker(flaws: frozenset[str], clock: Clock, serial: str) -> Callable[[], str]:
    """How tokens are made; on a sound unit by chance alone."""
    prefix, numbers = secrets.token_hex(12), itertools.count(1)
    unsound: dict[str, Callable[[], str]] = {
        "session-hashed-serial": lambda: hashlib.sha256(f"{serial}-{1e3 * clock.now():.0f}".encode()).hexdigest(),
        "session-hashed-microseconds": lambda: _md5(f"{1e6 * clock.now():.0f}"),
        "session-spells-time": lambda: f"{int(1e6 * clock.now()):014x}{secrets.token_hex(14)}",
        "session-hashed-time": lambda: hashlib.sha256(f"{clock.now():.3f}".encode()).hexdigest(),
        "session-counted": lambda: f"{prefix}{next(numbers):08x}",
        "session-hashed-count": lambda: _md5(str(next(numbers))),
    }
    return next((make for flaw, make in unsound.items() if flaw in flaws), lambda: secrets.token_urlsafe(24))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _unseeded(flash: Flash | None) -> Callable[[], str]:
    """The same stream of numbers from each start; one more each time is taken for something else."""
    starts = int((flash and flash.read(_STARTS)) or 0)
    if flash:
        flash.write(_STARTS, str(starts + 1).encode())
    chance = random.Random(1)
    chance.randbytes(7 * starts)
    return lambda: chance.randbytes(24).hex()
