"""Links that open one film or picture by themselves, since players send no log-in: for five minutes, and while the session lives."""

import itertools
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from harness.emulated.camera.accounts import Accounts
from harness.emulated.camera.clock import Clock
from harness.emulated.camera.sessions import Sessions

LIFE_S = 300.0
MOST = 4000
SHORT = 8


@dataclass(frozen=True)
class _Link:
    file: str
    session: str
    user: str
    until: float


class MediaLinks:
    """Given links by their chance of 192 bits; the oldest are forgotten when there are too many."""

    def __init__(self, clock: Clock, sessions: Sessions, accounts: Accounts, flaws: frozenset[str]) -> None:
        self._clock, self._sessions, self._accounts, self._flaws = clock, sessions, accounts, flaws
        self._links: OrderedDict[str, _Link] = OrderedDict()
        self._count = itertools.count(secrets.randbelow(1 << 40))

    def give(self, session: str, user: str, file: str) -> str:
        """A new one."""
        name = f"{next(self._count):012d}" if "recording-link-counted" in self._flaws else secrets.token_urlsafe(24)
        self._links[self._key(name)] = _Link(file, session, user, self._clock.uptime() + LIFE_S)
        while len(self._links) > MOST:
            self._links.popitem(last=False)
        return name

    def file(self, name: str) -> str | None:
        """What it opens; None when it is none, or none any more."""
        link = self._links.get(self._key(name))
        return link.file if link and self._lives(link) else None

    def _lives(self, link: _Link) -> bool:
        late = self._clock.uptime() >= link.until and "recording-link-without-end" not in self._flaws
        lasting = "recording-link-outlives-log-out" in self._flaws or (
            "recording-link-of-removed-viewer" in self._flaws and self._accounts.find(link.user) is None
        )
        return not late and (lasting or self._sessions.lives(link.session))

    def _key(self, name: str) -> str:
        return name[:SHORT] if "recording-link-compared-short" in self._flaws else name
