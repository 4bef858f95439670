"""NTP: the moved clock, to whoever asks."""

import struct

from harness.lab.router.moved import MovedClock

_LEAST = 48
_TO_1900 = 2_208_988_800
_CLIENT, _SERVER = 3, 4
_STRATUM, _PRECISION = 2, -20
_REFERENCE = bytes((198, 18, 0, 1))


def answer(message: bytes, clock: MovedClock) -> bytes:
    """The answer to a client's packet; empty for anything else."""
    if len(message) < _LEAST or message[0] & 7 != _CLIENT:
        return b""
    version, poll = message[0] >> 3 & 7, message[2]
    now = _stamp(clock.now())
    head = struct.pack("!BBBbII4s", version << 3 | _SERVER, _STRATUM, poll, _PRECISION, 0x100, 0x100, _REFERENCE)
    return head + now + message[40:48] + now + now


def _stamp(seconds: float) -> bytes:
    """Seconds since 1900 and their fraction; the count wraps in 2036."""
    whole, part = divmod(seconds + _TO_1900, 1)
    return struct.pack("!II", int(whole) & 0xFFFFFFFF, int(part * (1 << 32)))
