"""What the stand-in internet answers instead of its usual nothing, and what of that was asked for."""

import base64
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

_NOTES_MOST = 2000
_TARGET_MOST = 300


@dataclass(frozen=True)
class Answer:
    """Fields as in harness.transports.recorders.Serving."""

    host: str
    target: "re.Pattern[str]"
    content_type: str
    body: bytes


@dataclass
class Note:
    """Fields as in harness.transports.recorders.Served."""

    at: float
    source: str
    host: str
    target: str
    size: int
    whole: bool = False


class Shelf:
    """Answers by host and target; bounded notes of who asked for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: tuple[Answer, ...] = ()
        self._notes: list[Note] = []

    def fill(self, answers: Sequence[dict[str, Any]]) -> None:
        """In place of all that was there."""
        made = tuple(
            Answer(each["host"].lower(), re.compile(each["target"]), each["content_type"], base64.b64decode(each["body"], b"-_"))
            for each in answers
        )
        with self._lock:
            self._answers = made

    def ask(self, source: str, host: str, target: str) -> tuple[Answer, Note] | None:
        """The first that fits; its note is made `whole` by whoever sent it."""
        with self._lock:
            answer = next((each for each in self._answers if each.host == host.lower() and each.target.fullmatch(target)), None)
            if answer is None:
                return None
            note = Note(time.time(), source, answer.host, target[:_TARGET_MOST], len(answer.body))
            if len(self._notes) < _NOTES_MOST:
                self._notes.append(note)
            return answer, note

    def read(self) -> list[dict[str, Any]]:
        """All notes, as JSON will have them."""
        with self._lock:
            return [asdict(note) for note in self._notes]
