"""Sealing with the device key: what challenge-response protocols need cannot be kept as a one-way hash."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class VaultDamaged(Exception):
    """A sealed value was changed, or belongs to another unit or account."""


class Vault:
    """Seals short texts, each bound to its owner's name."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, text: str, owner: str) -> bytes:
        """Encrypt for this unit and this owner only."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """The text again."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode()).decode()
        except InvalidTag:
            raise VaultDamaged(owner) from None
