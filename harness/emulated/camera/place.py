"""Where the camera stands, in its owner's words; events on the card say it too."""

import json
import re
from contextlib import suppress

from harness.emulated.camera.card import Card
from harness.emulated.camera.clock import Clock
from harness.emulated.camera.flash import Flash
from harness.emulated.camera.tools import ToolFailed

_FILE = "place.json"
_NAME = re.compile(r"[^\x00-\x1f\x7f]{0,40}")


class PlaceRefused(Exception):
    """A name is too long, or no text."""


class Place:
    """Kept on the flash."""

    def __init__(self, flash: Flash, clock: Clock, card: Card | None = None) -> None:
        self._flash, self._clock, self._events, self.card = flash, clock, 0, card
        stored = flash.read(_FILE)
        self.name = str(json.loads(stored)["name"]) if stored is not None else ""

    def change(self, name: object) -> None:
        """Call it otherwise."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise PlaceRefused("a place has up to 40 characters")
        self._flash.write(_FILE, json.dumps({"name": name}).encode())
        self.name = name

    def note_event(self) -> str:
        """One file for each event, whose name is returned; a card that is full takes no more."""
        self._events += 1
        now = self._clock.now()
        name = f"{now:.0f}-{self._events}"
        if self.card:
            with suppress(ToolFailed):
                self.card.write(self.file(name), json.dumps({"time": now, "place": self.name}).encode())
        return name

    def file(self, name: str) -> str:
        """Where an event is noted on the card."""
        return f"events/{name}.json"
