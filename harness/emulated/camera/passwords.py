"""Rules for passwords, and how one is kept."""

import hashlib
import hmac
import os
from dataclasses import dataclass

from harness.emulated.camera.vault import Vault

SHORTEST, LONGEST = 8, 64
_COST = {"n": 2**13, "r": 8, "p": 1}
_COMMON = frozenset(
    {"password", "12345678", "123456789", "1234567890", "11111111", "88888888", "admin123", "admin1234", "qwertyui", "password1"}
)


class PasswordRefused(Exception):
    """A new password breaks a rule; the message says which."""


def check_rules(user: str, password: str) -> None:
    """Raise PasswordRefused when a new password is too weak."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordRefused(f"a password has {SHORTEST} to {LONGEST} characters")
    if not password.isprintable():
        raise PasswordRefused("a password has printable characters only")
    if password.lower() in _COMMON | {user.lower()}:
        raise PasswordRefused("this password is too easy to guess")


@dataclass(frozen=True)
class StoredPassword:
    """A salted slow hash for log-ins that bring the password, and a sealed copy for those that prove it."""

    owner: str
    salt: bytes
    digest: bytes
    sealed: bytes

    def matches(self, password: str) -> bool:
        """Is it this one?"""
        return hmac.compare_digest(_slow_hash(password, self.salt), self.digest)

    def reveal(self, vault: Vault) -> str:
        """The password itself, for digests."""
        return vault.open(self.sealed, self.owner)


def store(owner: str, password: str, vault: Vault) -> StoredPassword:
    """Make the record of a new password."""
    salt = os.urandom(16)
    return StoredPassword(owner, salt, _slow_hash(password, salt), vault.seal(password, owner))


def _slow_hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(errors="surrogatepass"), salt=salt, **_COST, dklen=32)
