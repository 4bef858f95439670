"""Names as the device spelled them, in a form that neither deceives nor breaks anything: what is no letter, digit, `-` or `_` is escaped.

A label that holds a dot has `\\x2e` there, so that `api.maker` + `example` in two labels is never taken for three.
"""

import re

from harness.model.host import is_address, plain

LONGEST = 255
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")
_USUAL = re.compile(rb"[A-Za-z0-9_-]+")
_SHOWN = _PLAIN | frozenset(b".:[]")


def label(raw: bytes) -> str:
    """One label of a name."""
    if _USUAL.fullmatch(raw):
        return raw.lower().decode()
    return "".join(chr(byte) if byte in _PLAIN else f"\\x{byte:02x}" for byte in raw.lower())


def shown(raw: bytes) -> str:
    """A whole name as TLS or HTTP carry it."""
    return plain("".join(chr(byte) if byte in _SHOWN else f"\\x{byte:02x}" for byte in raw[:LONGEST].strip().lower()))


def host_of(raw: bytes) -> str:
    """The name in a Host line, without its port."""
    text = shown(raw)
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if is_address(text) else text.partition(":")[0]
