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

    def __init__(self, flash: Flash, clock: Clock) -> None:
        self._flash, self._clock, self._events = flash, clock, 0
        stored = flash.read(_FILE)
        self.name = str(json.loads(stored)["name"]) if stored is not None else ""

    def change(self, name: object) -> None:
        """Call it otherwise."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise PlaceRefused("a place has up to 40 characters")
        self._flash.write(_FILE, json.dumps({"name": name}).encode())
        self.name = name

    def note_event(self, card: Card | None) -> None:
        """One file for each event; a card that is full takes no more."""
        self._events += 1
        now = self._clock.now()
        if card:
            with suppress(ToolFailed):
                card.write(f"events/{now:.0f}-{self._events}.json", json.dumps({"time": now, "place": self.name}).encode())
