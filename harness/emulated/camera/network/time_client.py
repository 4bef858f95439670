"""Time of day from a server (SNTP, RFC 4330)."""

import secrets
import struct

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.network.udp import Address, ask
from harness.emulated.camera.network.unreachable import Unreachable

_PACKET = struct.Struct("!BBbb11I")
_CLIENT = 4 << 3 | 3
_SINCE_1900 = 2_208_988_800
_BUILT, _LATEST = 1_760_000_000.0, 3_500_000_000.0  # no time before the software was made is believed, nor one far beyond its life
_STEP_S = 0.2
_WAIT_S = 3.0


async def set_time(clock: Clock, local: str, server: Address) -> None:
    """Set the clock when it is off by more than a moment; Unreachable when the server gives no time that can be believed."""
    cookie = (secrets.randbelow(1 << 32), secrets.randbelow(1 << 32))
    request = _PACKET.pack(_CLIENT, 0, 0, 0, *[0] * 9, *cookie)
    asked = clock.uptime()

    def understand(data: bytes) -> float | None:
        return read_answer(data, cookie)

    told = await ask(local, server, request, understand, clock.patience(_WAIT_S))
    if not _BUILT <= told <= _LATEST:
        raise Unreachable(f"{server[0]}: says a time that cannot be")
    now = told + (clock.uptime() - asked) / 2
    if abs(now - clock.now()) > _STEP_S:
        clock.set(now)


def read_answer(data: bytes, cookie: tuple[int, int]) -> float | None:
    """Seconds since 1970, None when this is no usable answer to the request with this cookie."""
    if len(data) < _PACKET.size:
        return None
    first, stratum, _, _, *words = _PACKET.unpack_from(data)
    leap, mode = first >> 6, first & 7
    if mode != 4 or leap == 3 or not 1 <= stratum <= 15 or tuple(words[5:7]) != cookie or not words[9]:
        return None
    seconds = words[9] if words[9] >= 1 << 31 else words[9] + (1 << 32)  # era 1 begins in 2036
    return float(seconds - _SINCE_1900 + words[10] / 2**32)
