"""What flawed makers leave in the software of every unit."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.emulated.camera.storage_flaws import SAME_KEY

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

MAKERS_USER, MAKERS_PASSWORD = "factory", "Line7-Calibrate"
SERVER_KEY = "etc/ssl/private/server.key"
_SHADOW = "root:$1$RYIwEiRA$d5iRRVQ5ZeRTrJwGjRy.B0:0:0:99999:7:::\ncamera:!:20400:0:99999:7:::\n"


def key_of_all() -> "ec.EllipticCurvePrivateKey":
    """A key that was made once, in the maker's office."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - 0.1 s that only flawed units need

    number = int.from_bytes(hashlib.sha256(b"camlabel, the same in every unit").digest(), "big")
    return ec.derive_private_key(number % 2**255 + 1, ec.SECP256R1())


def _server_key() -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return key_of_all().private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, plain)


def _program(*constants: bytes) -> bytes:
    """A library with constants in it, as compilers lay them one behind the other."""
    return b"\x7fELF\1\1\1" + bytes(57) + b"\0aes_init\0" + b"\0".join(constants) + b"\0/data/accounts.json\0" + bytes(64)


_FILES: dict[str, Callable[[], dict[str, bytes]]] = {
    "store-key-in-program": lambda: {"usr/lib/libaccounts.so": _program(SAME_KEY)},
    "api-hidden-in-firmware": lambda: {"usr/lib/libline.so": _program(b"GET", b"/api/debug/config", b"line test")},
    "software-server-key": lambda: {SERVER_KEY: _server_key()},
    "software-root-password": lambda: {"etc/shadow": _SHADOW.encode()},
    "software-service-secret": lambda: {"usr/lib/libcloud.so": _program(b"appSecret", b"9f1c7Qe02bTkV5mZ8yR4", b"https://%s/v1/")},
    "software-makers-account": lambda: {"etc/camera/line.conf": f"user={MAKERS_USER}\npassword={MAKERS_PASSWORD}\nrole=owner\n".encode()},
}
SPOILT = frozenset(_FILES)


def spoilt(flaws: frozenset[str]) -> dict[str, bytes]:
    """The files that these flaws add, or put in the place of others."""
    return {path: data for flaw in sorted(flaws & SPOILT) for path, data in _FILES[flaw]().items()}
