"""The serial line of an emulated device: a pseudo terminal that the lab holds, so that it outlives power cuts."""

import os
import pty
import tty
from contextlib import suppress

_CHUNK = 65536


class Uart:
    """The device is given one end, `device_end`; the other is a port like any other, at `url`."""

    def __init__(self) -> None:
        self.device_end, self._port = pty.openpty()
        tty.setraw(self._port)
        os.set_blocking(self.device_end, False)
        self.url = os.ttyname(self._port)

    def forget(self) -> None:
        """What was sent while the power was off reached nobody."""
        with suppress(BlockingIOError):
            while os.read(self.device_end, _CHUNK):
                pass

    def close(self) -> None:
        """Give both ends up; closing twice is fine."""
        for end in (self.device_end, self._port):
            if end >= 0:
                os.close(end)
        self.device_end = self._port = -1
