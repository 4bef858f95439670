"""Rules for passwords, and how one is kept."""

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from harness.emulated.camera.vault import Vault

SHORTEST, LONGEST, SHORT = 8, 64, 6
_COST = {"n": 2**13, "r": 8, "p": 1}
CLASSES = 2
_LISTED = Path(__file__).with_name("common_passwords.txt")
_KINDS: tuple[Callable[[str], bool], ...] = (str.islower, str.isupper, str.isdigit, lambda each: not (each.isalnum() or each.isspace()))


class PasswordRefused(Exception):
    """A new password breaks a rule; the message says which."""


@cache
def common() -> frozenset[str]:
    """Passwords that fit the other rules, and that many people have."""
    return frozenset(_LISTED.read_text(encoding="utf-8").split()) | {"admin123", "admin1234"}


def check_rules(user: str, password: str, flaws: frozenset[str] = frozenset()) -> None:
    """Raise PasswordRefused when a new password is too weak; a flawed unit leaves rules out."""
    shortest = SHORT if "weak-short" in flaws else SHORTEST
    if not shortest <= len(password) <= LONGEST:
        raise PasswordRefused(f"a password has {shortest} to {LONGEST} characters")
    if not password.isprintable():
        raise PasswordRefused("a password has printable characters only")
    if sum(any(map(kind, password)) for kind in _KINDS) < (1 if "weak-one-class" in flaws else CLASSES):
        raise PasswordRefused("a password has letters and digits, small and capital letters, or other characters")
    if password.lower() == user.lower() or ("weak-common" not in flaws and password.lower() in common()):
        raise PasswordRefused("this password is too easy to guess")


@dataclass(frozen=True)
class StoredPassword:
    """A salted slow hash for log-ins that bring the password, and a sealed copy for those that prove it."""

    owner: str
    salt: bytes
    digest: bytes
    sealed: bytes
    fast: bool = False

    def matches(self, password: str) -> bool:
        """Is it this one?"""
        return hmac.compare_digest(_hash(password, self.salt, fast=self.fast), self.digest)

    def reveal(self, vault: Vault) -> str:
        """The password itself, for digests."""
        return vault.open(self.sealed, self.owner)


def store(owner: str, password: str, vault: Vault, *, fast: bool = False) -> StoredPassword:
    """Make the record of a new password; a flawed unit saves time."""
    salt = os.urandom(16)
    return StoredPassword(owner, salt, _hash(password, salt, fast=fast), vault.seal(password, owner), fast)


@lru_cache(maxsize=256)
def _hash(password: str, salt: bytes, *, fast: bool) -> bytes:
    """A slow hash is dear, and an emulated unit is asked the same few passwords over and over."""
    if fast:
        return hashlib.sha256(salt + password.encode(errors="surrogatepass")).digest()
    return hashlib.scrypt(password.encode(errors="surrogatepass"), salt=salt, **_COST, dklen=32)
