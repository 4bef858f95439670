"""The unit's end of its serial line: bytes at one rate. A far end at another rate hears, and is heard as, what a real one would."""

import os
import re
import termios
from collections.abc import Iterator

BAUD = 115200
_CHUNK = 4096
_OUTPUT_RATE = 5
_RATES = {getattr(termios, name): int(name[1:]) for name in dir(termios) if re.fullmatch(r"B\d+", name)}


class Line:
    """Never waits: what nobody takes is lost, as on a wire."""

    def __init__(self, descriptor: int, baud: int = BAUD) -> None:
        self.descriptor, self._baud = descriptor, baud
        os.set_blocking(descriptor, False)

    def write(self, data: bytes) -> None:
        """Send."""
        try:
            os.write(self.descriptor, b"".join(heard_at(data, self._baud, self._far_rate())))
        except OSError:
            return

    def read(self) -> bytes:
        """What has come."""
        try:
            return b"".join(heard_at(os.read(self.descriptor, _CHUNK), self._far_rate(), self._baud))
        except OSError:
            return b""

    def _far_rate(self) -> int:
        return _RATES.get(termios.tcgetattr(self.descriptor)[_OUTPUT_RATE], 0)


def heard_at(data: bytes, sent: int, heard: int) -> Iterator[bytes]:
    """Bytes sent at one rate as a receiver at another takes them: it looks for a start bit and samples the middle of each that follows."""
    if sent == heard or not data:
        yield data
        return
    if not sent or not heard:
        return
    levels = [level for byte in data for level in (0, *(byte >> bit & 1 for bit in range(8)), 1)]
    at, pace, last = 0.0, sent / heard, len(levels)
    while at < last:
        if levels[int(at)]:
            at += min(0.5, pace)
            continue
        sampled = [at + (bit + 1.5) * pace for bit in range(9)]
        bits = [levels[int(moment)] if moment < last else 1 for moment in sampled]
        if bits[8]:
            yield bytes([sum(bit << place for place, bit in enumerate(bits[:8]))])
        at += 9.5 * pace
