"""Privacy mode: no picture and no sound leaves the camera until its owner ends it; kept on the flash."""

import json
from collections.abc import Callable

from harness.emulated.camera.flash import Flash

_FILE = "privacy.json"


class Privacy:
    """On or off; the change is on the flash before it counts, then those that are concerned are told."""

    def __init__(self, flash: Flash, flaws: frozenset[str] = frozenset()) -> None:
        self._flash, self._flaws = flash, flaws
        stored = None if "privacy-ends-at-restart" in flaws else flash.read(_FILE)
        self.on = stored is not None and bool(json.loads(stored)["on"])
        self._actors: list[Callable[[bool], None]] = []

    @property
    def records(self) -> bool:
        """May what is seen be kept? In the mode only ever on a flawed unit."""
        return not self.on or "privacy-not-for-recordings" in self._flaws

    def on_change(self, act: Callable[[bool], None]) -> None:
        """Have something done when it begins or ends."""
        self._actors.append(act)

    def switch(self, *, on: bool) -> bool:
        """Begin or end it; returns whether that was a change."""
        if on is self.on:
            return False
        self._flash.write(_FILE, json.dumps({"on": on}).encode())
        self.on = on
        for act in self._actors:
            act(on)
        return True

    def watched(self) -> None:
        """Somebody begins to watch; only on a flawed unit that ends it."""
        if "privacy-ends-when-watched" in self._flaws:
            self.switch(on=False)
