"""What flawed makers leave in the software of every unit."""

from collections.abc import Callable

from harness.emulated.camera.storage_flaws import SAME_KEY


def _program(constants: bytes) -> bytes:
    """A library with constants in it, as compilers lay them between others."""
    return b"\x7fELF\1\1\1" + bytes(57) + b"\0accounts_open\0aes_init\0" + constants + b"\0/data/accounts.json\0" + bytes(64)


_FILES: dict[str, Callable[[], dict[str, bytes]]] = {
    "store-key-in-program": lambda: {"usr/lib/libaccounts.so": _program(SAME_KEY)},
}
SPOILT = frozenset(_FILES)


def spoilt(flaws: frozenset[str]) -> dict[str, bytes]:
    """The files that these flaws add, or put in the place of others."""
    return {path: data for flaw in sorted(flaws & SPOILT) for path, data in _FILES[flaw]().items()}
