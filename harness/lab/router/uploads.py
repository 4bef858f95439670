"""What devices sent to the stand-in internet as bodies of requests: the latest ones that are large enough for a picture."""

import base64
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KEPT, LEAST, MOST = 32, 1 << 10, 1 << 20
_TARGET_MOST = 300


@dataclass
class Body:
    """One body while it comes; of what is longer than MOST the beginning is kept."""

    size: int = 0
    data: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> None:
        """Some of it."""
        self.size += len(data)
        self.data += data[: MOST - len(self.data)]


class Uploads:
    """Fields as in harness.transports.recorders.Upload."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def add(self, source: str, host: str, target: str, body: Body) -> None:
        """One that came whole."""
        if body.size < LEAST:
            return
        told = {"at": time.time(), "source": source, "host": host, "target": target[:_TARGET_MOST], "size": body.size}
        with self._lock:
            self._kept.append({**told, "body": base64.urlsafe_b64encode(body.data).decode()})

    def read(self, since: float) -> list[dict[str, Any]]:
        """Those that came since, oldest first, as JSON will have them."""
        with self._lock:
            return [each for each in self._kept if each["at"] >= since]
