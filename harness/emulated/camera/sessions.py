"""Sessions of the page and its interface: bearer tokens that die when unused."""

import hashlib
import secrets
from dataclasses import dataclass

from harness.emulated.camera.clock import Clock, Timer

IDLE_S = 900.0
MOST = 64


@dataclass
class _Session:
    user: str
    timer: Timer


class Sessions:
    """Open sessions by the digest of their token; none survives a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[bytes, _Session] = {}

    def open(self, user: str) -> str:
        """A new token of 192 bits; above the limit the oldest session ends."""
        token = secrets.token_urlsafe(24)
        if len(self._sessions) >= MOST:
            self._end(next(iter(self._sessions)))
        self._sessions[_key(token)] = _Session(user, self._idle_timer(_key(token)))
        return token

    def use(self, token: str) -> str | None:
        """Whose session this is, None when it is none; using it keeps it alive."""
        session = self._sessions.get(_key(token))
        if session is None:
            return None
        session.timer.cancel()
        session.timer = self._idle_timer(_key(token))
        return session.user

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._sessions)

    def end(self, token: str) -> None:
        """Log out."""
        self._end(_key(token))

    def end_all(self, user: str) -> None:
        """Log an account out everywhere."""
        for key in [key for key, session in self._sessions.items() if session.user == user]:
            self._end(key)

    def _idle_timer(self, key: bytes) -> Timer:
        return self._clock.call_later(IDLE_S, lambda: self._end(key))

    def _end(self, key: bytes) -> None:
        session = self._sessions.pop(key, None)
        if session is not None:
            session.timer.cancel()


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
