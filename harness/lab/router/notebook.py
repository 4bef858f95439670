"""What the stand-in internet was sent: bounded, and readable at any moment."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOST = 20_000
_NAME_MOST = 255


@dataclass
class Entry:
    """One connection, or the datagrams of one pair of ports; fields as in harness.transports.recorders.Received."""

    at: float
    last: float
    transport: str
    source: str
    address: str
    port: int
    name: str = ""
    protocol: str = ""
    sent: int = 0
    answered: int = 0
    refused: str = ""
    inside: str = ""
    shown: str = ""
    secured: bool = False

    def call(self, name: str) -> None:
        """The server's name, as the device gave it; the first one counts."""
        self.name = self.name or name[:_NAME_MOST]

    def took(self, sent: int, answered: int = 0) -> None:
        """Count payload."""
        self.sent += sent
        self.answered += answered
        self.last = time.time()


class Notebook:
    """Entries and questions, oldest first; `overflowed` when there was more than is kept."""

    def __init__(self, most: int = MOST) -> None:
        self.overflowed = False
        self._most = most
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._datagrams: dict[tuple[str, int, str, int], Entry] = {}
        self._questions: list[dict[str, Any]] = []

    def connection(self, source: str, address: str, port: int) -> Entry:
        """A new TCP connection."""
        with self._lock:
            return self._add(source, "tcp", address, port)

    def datagram(self, source: tuple[str, int], to: tuple[str, int]) -> Entry:
        """The entry that a datagram between these ends belongs to."""
        with self._lock:
            key = (*source, *to)
            if key not in self._datagrams:
                entry = self._add(source[0], "udp", *to)
                if len(self._datagrams) < self._most:
                    self._datagrams[key] = entry
                return entry
            return self._datagrams[key]

    def question(self, source: str, name: str, kind: str, answer: str) -> None:
        """A name was asked for."""
        with self._lock:
            if len(self._questions) >= self._most:
                self.overflowed = True
                return
            asked = {"at": time.time(), "source": source, "name": name[:_NAME_MOST], "kind": kind, "answer": answer}
            self._questions.append(asked)

    def read(self, *what: str) -> dict[str, Any]:
        """What was received, the questions, whether it overflowed: all of it or what is named, as JSON will have it."""
        with self._lock:
            told: dict[str, Callable[[], object]] = {
                "received": lambda: [dict(vars(entry)) for entry in self._entries],
                "questions": lambda: list(self._questions),
                "overflowed": lambda: self.overflowed,
            }
            return {name: told[name]() for name in what or told}

    def _add(self, source: str, transport: str, address: str, port: int) -> Entry:
        now = time.time()
        entry = Entry(now, now, transport, source, address, port)
        if len(self._entries) >= self._most:
            self.overflowed = True
        else:
            self._entries.append(entry)
        return entry
