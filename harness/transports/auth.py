"""Log-ins on the wire: basic and digest (HTTP and RTSP), WS-UsernameToken. Only here do passwords become bytes."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from harness.model.base import Frozen
from harness.model.secret import Credential, Login
from harness.transports.access import Access

_PIECE = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))|([A-Za-z][\w-]*)')
_HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}  # strongest last
_LONGEST = 8192
COUNT_FRESH_S = 1.0


class Challenge(Frozen):
    """One challenge of a WWW-Authenticate header: scheme in lower case, parameters with names in lower case."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """A parameter's value."""
        return dict(self.parameters).get(name)

    @property
    def algorithm(self) -> str:
        """Of a digest challenge, in upper case; MD5 when it names none."""
        return (self.get("algorithm") or "MD5").upper()

    @property
    def name(self) -> str:
        """Scheme, and of digest the algorithm: `basic`, `digest SHA-256`."""
        return f"{self.scheme} {self.algorithm}" if self.scheme == "digest" else self.scheme

    @property
    def strength(self) -> int:
        """0: cannot be answered; basic is weakest, then digest by its hash."""
        if self.scheme == "basic":
            return 1
        name = self.algorithm.removesuffix("-SESS")
        answerable = self.scheme == "digest" and name in _HASHES and self.get("nonce") and self._qop_known
        return 2 + list(_HASHES).index(name) if answerable else 0

    @property
    def _qop_known(self) -> bool:
        return self.get("qop") is None or "auth" in self.qops

    @property
    def qops(self) -> tuple[str, ...]:
        """The qualities of protection on offer."""
        return tuple(word.strip().lower() for word in (self.get("qop") or "").split(","))


def challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """All challenges of these WWW-Authenticate headers."""
    return _challenges(tuple(values))


@lru_cache(64)
def _challenges(values: Sequence[str]) -> tuple[Challenge, ...]:
    """A reply's are asked for more than once."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for value in values:
        for name, quoted, plain, scheme in _PIECE.findall(value[:_LONGEST]):
            if scheme:
                found.append((scheme.lower(), []))
            elif found:
                found[-1][1].append((name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain))
    return tuple(Challenge(scheme=scheme, parameters=tuple(parameters)) for scheme, parameters in found)


@dataclass
class Authorizer:
    """Answers challenges for one credential on one surface; keeps the nonce and counts its uses.

    The password is revealed for each answer anew, so that the gate counts every log-in that may fail. Works for RTSP as for HTTP.
    `schemes` are those that may be answered, by scheme or by a challenge's whole name.
    """

    access: Access
    credential: Credential
    surface: str
    schemes: tuple[str, ...] = ("digest", "basic")
    challenge: Challenge | None = field(default=None, init=False)
    _offered: dict[str, None] = field(default_factory=dict, init=False)
    _shown: set[str] = field(default_factory=set, init=False)
    _used: int = field(default=0, init=False)
    _counted: list[Login] = field(default_factory=list, init=False)

    @classmethod
    def unasked(cls, access: Access, credential: Credential, surface: str) -> "Authorizer":
        """One that shows basic at once, whatever the device asks for, and nothing else."""
        made = cls(access, credential, surface, ("basic",))
        made.challenge = Challenge(scheme="basic")
        return made

    def count_ahead(self, requests: int, now: Callable[[], float]) -> None:
        """Count so many log-ins before a connection is opened, so that no wait for the budget falls into the middle of it.

        A wait makes what was counted before it too old for the device's own count; it is counted anew.
        """
        counted: list[tuple[float, Login]] = []
        for _ in range(2 * requests):
            login = self.access.login(self.credential, self.surface)
            if login is None:
                return
            counted = [*(each for each in counted if now() - each[0] < COUNT_FRESH_S), (now(), login)]
            if len(counted) == requests:
                break
        self._counted = [login for _, login in counted]

    def challenged(self, values: Iterable[str]) -> bool:
        """Take the strongest challenge that can be answered; False when there is none or nobody to answer."""
        if self.credential.which == "nobody":
            return False
        known = [each for each in challenges(values) if each.strength and {each.scheme, each.name} & set(self.schemes)]
        if not known:
            return False
        self._offered |= dict.fromkeys(each.name for each in known)
        for each in known:
            if each.scheme == "digest":
                self.access.challenged(each.get("realm") or "")
        self.challenge, self._used = max(known, key=lambda each: each.strength), 0
        return True

    def others(self) -> "Iterator[Authorizer]":
        """For the same credential, one for each challenge that was offered and never answered: a device may check one and not another."""
        for name in self._offered:
            if name not in self._shown:
                yield Authorizer(self.access, self.credential, self.surface, (name,))

    @property
    def told(self) -> str:
        """By what it logged in last; empty when nothing was asked for."""
        if self.challenge is None:
            return ""
        return f"{self.challenge.name}, use {self._used} of its nonce" if self.challenge.scheme == "digest" else self.challenge.name

    def header(self, method: str, uri: str) -> str | None:
        """The Authorization header for this request; None before any challenge."""
        if self.challenge is None:
            return None
        login = self._counted.pop() if self._counted else self.access.login(self.credential, self.surface)
        if login is None:
            return None
        self._shown.add(self.challenge.name)
        if self.challenge.scheme == "basic":
            return basic(login)
        self._used += 1
        return digest(login, self.challenge, method, uri, self._used)


def basic(login: Login) -> str:
    """A basic Authorization header."""
    return "Basic " + base64.b64encode(f"{login.user}:{login.password}".encode()).decode()


def digest(login: Login, challenge: Challenge, method: str, uri: str, count: int) -> str:
    """A digest Authorization header (RFC 7616; without qop as RFC 2069 and RTSP 1.0 have it)."""
    cnonce = secrets.token_hex(8)
    fields = _common_fields(login, challenge, uri)
    response = _response(login, challenge, f"{method}:{uri}", (f"{count:08x}", cnonce))
    plain = f", qop=auth, nc={count:08x}, cnonce={_quoted(cnonce)}" if challenge.get("qop") is not None else ""
    if not plain and challenge.algorithm.endswith("-SESS"):
        plain = f", cnonce={_quoted(cnonce)}"
    return f"Digest {fields}, response={_quoted(response)}{plain}"


def username_token_digest(login: Login, nonce: bytes, created: str) -> str:
    """The password digest of a WS-UsernameToken."""
    made = hashlib.sha1(nonce + created.encode() + login.password.encode(), usedforsecurity=False)
    return base64.b64encode(made.digest()).decode()


def _common_fields(login: Login, challenge: Challenge, uri: str) -> str:
    known = {"username": login.user, "realm": challenge.get("realm") or "", "nonce": challenge.get("nonce") or "", "uri": uri}
    if challenge.get("opaque") is not None:
        known["opaque"] = challenge.get("opaque") or ""
    fields = [f"{name}={_quoted(value)}" for name, value in known.items()]
    return ", ".join(fields + ([f"algorithm={challenge.get('algorithm')}"] if challenge.get("algorithm") else []))


def _response(login: Login, challenge: Challenge, request: str, once: tuple[str, str]) -> str:
    made = _hasher(challenge)
    nonce, (count, cnonce) = challenge.get("nonce") or "", once
    account = made(f"{login.user}:{challenge.get('realm') or ''}:{login.password}")
    if challenge.algorithm.endswith("-SESS"):
        account = made(f"{account}:{nonce}:{cnonce}")
    middle = f":{count}:{cnonce}:auth" if challenge.get("qop") is not None else ""
    return made(f"{account}:{nonce}{middle}:{made(request)}")


def _hasher(challenge: Challenge) -> Callable[[str], str]:
    algorithm = _HASHES[challenge.algorithm.removesuffix("-SESS")]
    return lambda text: algorithm(text.encode()).hexdigest()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
