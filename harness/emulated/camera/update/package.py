"""The format of this camera's update packages: a header of 256 bytes, the new root partition, a trailer with the producer's signature.

The header says for which model and hardware it is, which version, and the digest of the root partition; the header is signed.
"""

import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HEADER, TRAILER = 256, 104
PAYLOAD_MOST = 2 << 20  # the size of a root partition
_MAGIC, _SIGNED = b"CLUPDATE", b"CLSIGNED"
_FIELDS = struct.Struct("<8sII32s64s32s16s96s")


class PackageRefused(Exception):
    """Why a package is not installed."""


@dataclass(frozen=True)
class Package:
    """A package, understood and not yet believed; one without a trailer has neither key nor signature."""

    header: bytes
    payload: bytes
    sha256: bytes
    model: str
    version: str
    hardware: str
    key: bytes = b""
    signature: bytes = b""

    @property
    def whole(self) -> bool:
        """Is the payload the one that the header tells of?"""
        return hashlib.sha256(self.payload).digest() == self.sha256

    def signed_by(self, key: bytes) -> bool:
        """Is the header signed with the key that belongs to this public one?"""
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(self.signature, self.header)
        except (InvalidSignature, ValueError):
            return False
        return True


def pack(payload: bytes, version: str, key: Ed25519PrivateKey, *, model: str, hardware: str) -> bytes:
    """A package as the producer makes it."""
    digest = hashlib.sha256(payload).digest()
    header = _FIELDS.pack(_MAGIC, 1, len(payload), digest, model.encode(), version.encode(), hardware.encode(), b"")
    return header + payload + _SIGNED + key.public_key().public_bytes_raw() + key.sign(header)


def unpack(data: bytes) -> Package:
    """PackageRefused when it is none."""
    if len(data) < HEADER or data[:8] != _MAGIC:
        raise PackageRefused("this is no update package")
    _, form, size, sha256, model, version, hardware, _ = _FIELDS.unpack(data[:HEADER])
    payload, trailer = data[HEADER : HEADER + size], data[HEADER + size :]
    if form != 1 or size > PAYLOAD_MOST or len(payload) < size or len(trailer) not in {0, TRAILER}:
        raise PackageRefused("the package is damaged or not complete")
    if trailer and trailer[:8] != _SIGNED:
        raise PackageRefused("the package is damaged or not complete")
    names = (_text(model), _text(version), _text(hardware))
    return Package(data[:HEADER], payload, sha256, *names, key=trailer[8:40], signature=trailer[40:])


def _text(field: bytes) -> str:
    return field.rstrip(b"\0").decode("ascii", "replace")
