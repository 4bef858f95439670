"""WS-UsernameToken with password digest (OASIS Username Token Profile): fresh, once, for somebody known."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.door import Answer, Locked
from harness.emulated.camera.onvif.soap import locked_out
from harness.emulated.camera.onvif.xml import text_of
from harness.emulated.camera.unit import Unit

FRESH_S = 300.0
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_WSSE = f"{{{_OASIS}-wssecurity-secext-1.0.xsd}}"
_WSU = f"{{{_OASIS}-wssecurity-utility-1.0.xsd}}"
_MOST_SEEN = 10_000


@dataclass(frozen=True)
class Token:
    """What a Security header claims."""

    user: str
    digest: str
    nonce: bytes
    created: str

    def proves(self, password: str) -> bool:
        """Was the digest made with this password?"""
        made = hashlib.sha1(self.nonce + self.created.encode() + password.encode(), usedforsecurity=False).digest()
        return hmac.compare_digest(base64.b64encode(made), self.digest.encode())

    def age(self, now: float) -> float:
        """Seconds between its making and now, either way."""
        try:
            made = datetime.fromisoformat(self.created)
        except ValueError:
            return float("inf")
        return abs(now - (made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp())


def read_token(header: Element | None) -> Token | None:
    """The token in a header, None when there is none that is complete."""
    element = None if header is None else header.find(f"{_WSSE}Security/{_WSSE}UsernameToken")
    password = None if element is None else element.find(f"{_WSSE}Password")
    if password is None or not password.get("Type", "").endswith("#PasswordDigest"):
        return None
    try:
        nonce = base64.b64decode(text_of(element, f"{_WSSE}Nonce"), validate=True)
    except (binascii.Error, ValueError):
        return None
    token = Token(text_of(element, f"{_WSSE}Username"), text_of(password), nonce, text_of(element, f"{_WSU}Created"))
    return token if token.user and token.nonce and token.created else None


def has_empty_security(header: Element | None) -> bool:
    """Is there a Security element without anything in it?"""
    element = None if header is None else header.find(f"{_WSSE}Security")
    return element is not None and len(element) == 0


class Seen:
    """Tokens that were used, for as long as they would be fresh."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._used: dict[tuple[str, bytes, str], float] = {}

    def first_use(self, token: Token) -> bool:
        """Remember it; False when it was used before."""
        now, key = self._clock.now(), (token.user, token.nonce, token.created)
        self._forget(now)
        known = key in self._used
        self._used.setdefault(key, now)
        return not known

    def _forget(self, now: float) -> None:
        for key in [key for key, used in self._used.items() if used < now - 2 * FRESH_S]:
            del self._used[key]
        if len(self._used) >= _MOST_SEEN:
            del self._used[next(iter(self._used))]


class TokenCheck:
    """The log-in of ONVIF."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._door = unit.door("onvif")
        self._seen = Seen(unit.clock)

    def user(self, header: Element | None, client: str) -> str | None:
        """Whose request it is; None without a valid token. Raises Fault when locked."""
        token = read_token(header)
        if token is None:
            return self._by_plain_text(header) or self._named_alone(header)
        vault, any_password = self._unit.accounts.vault, "onvif-wrong-password" in self._unit.flaws
        try:
            answer = self._door.knock(
                token.user,
                client,
                lambda stored: any_password or token.proves(stored.reveal(vault)),
                lambda: any_password or self._fresh(token),
            )
        except Locked as locked:
            raise locked_out(locked.seconds, str(locked)) from None
        return token.user if answer is Answer.GRANTED else None

    def _by_plain_text(self, header: Element | None) -> str | None:
        """Only ever somebody on a flawed unit, which counts none of these."""
        element = None if header is None else header.find(f"{_WSSE}Security/{_WSSE}UsernameToken")
        password = None if element is None else element.find(f"{_WSSE}Password")
        if "lock-missing-plain-text" not in self._unit.flaws or password is None:
            return None
        account = self._unit.accounts.find(text_of(element, f"{_WSSE}Username"))
        right = account is not None and account.password.matches(text_of(password))
        return account.user if account and right else None

    def _named_alone(self, header: Element | None) -> str | None:
        """Only ever somebody on a flawed unit."""
        element = None if header is None else header.find(f"{_WSSE}Security/{_WSSE}UsernameToken")
        if "onvif-name-alone" not in self._unit.flaws or element is None or element.find(f"{_WSSE}Password") is not None:
            return None
        return text_of(element, f"{_WSSE}Username")

    def _fresh(self, token: Token) -> bool:
        flaws = self._unit.flaws
        young = token.age(self._unit.clock.now()) <= FRESH_S or "onvif-stale-created" in flaws
        return young and (self._seen.first_use(token) or "onvif-nonce-reuse" in flaws)
