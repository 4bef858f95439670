"""Digest log-in for RTSP (RFC 7616; RFC 2069 without qop), MD5 and SHA-256."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from harness.emulated.camera.clock import Clock

NONCE_S = 300.0
_PARAMETER = re.compile(r'\s*([A-Za-z0-9_-]+)\s*=\s*(?:"([^"]*)"|([^\s,]*))\s*(?:,|$)')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True)
class Credentials:
    """What an Authorization header claims."""

    user: str
    uri: str
    nonce: str
    response: str
    algorithm: str
    middle: tuple[str, ...]  # what goes between nonce and method hash: nothing, or nc, cnonce, qop

    def proves(self, password: str, realm: str, method: str) -> bool:
        """Was the response made with this password, for this method and the URI it names?"""
        secret = self._hash(f"{self.user}:{realm}:{password}")
        request = self._hash(f"{method}:{self.uri}")
        expected = self._hash(":".join((secret, self.nonce, *self.middle, request)))
        return hmac.compare_digest(expected.encode(), self.response.lower().encode())

    def _hash(self, text: str) -> str:
        return hashlib.new(_HASHES[self.algorithm], text.encode(), usedforsecurity=False).hexdigest()


def read_authorization(header: str, realm: str) -> Credentials | None:
    """The claim, or None when the header is not a digest for this realm."""
    scheme, _, rest = header.partition(" ")
    given = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(rest)}
    algorithm = given.get("algorithm", "MD5").upper()
    if scheme.lower() != "digest" or given.get("realm") != realm or algorithm not in _HASHES:
        return None
    if given.get("qop", "auth") != "auth" or not given.get("username"):
        return None
    middle = (given.get("nc", ""), given.get("cnonce", ""), "auth") if "qop" in given else ()
    return Credentials(given["username"], given.get("uri", ""), given.get("nonce", ""), given.get("response", ""), algorithm, middle)


@dataclass
class Nonces:
    """The nonces of one connection; worthless on any other, and after a while."""

    clock: Clock
    realm: str
    _issued: dict[str, float] = field(default_factory=dict)

    def challenge(self, *, stale: bool = False) -> list[tuple[str, str]]:
        """Headers that ask for a log-in; the stronger algorithm first."""
        nonce = secrets.token_hex(16)
        if len(self._issued) >= 8:
            del self._issued[next(iter(self._issued))]
        self._issued[nonce] = self.clock.uptime()
        mark = ", stale=true" if stale else ""
        offer = f'Digest realm="{self.realm}", nonce="{nonce}", qop="auth"{mark}'
        return [("WWW-Authenticate", f"{offer}, algorithm={algorithm}") for algorithm in ("SHA-256", "MD5")]

    def fresh(self, nonce: str) -> bool:
        """Was it issued here, a short time ago?"""
        return self.clock.uptime() - self._issued.get(nonce, float("-inf")) < NONCE_S
