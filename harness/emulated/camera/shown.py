"""Still pictures as the owner's switches let them out: to people, and with an event."""

from harness.emulated.camera.media.curtain import Curtain
from harness.emulated.camera.media.still import Still
from harness.emulated.camera.unit import Unit


class Shown:
    """The latest picture; in privacy mode the curtain, and nothing with an event."""

    def __init__(self, unit: Unit, still: Still, curtain: Curtain) -> None:
        self._unit, self._still, self._curtain = unit, still, curtain
        self._last_open = b""
        unit.privacy.on_change(self._changed)

    async def to_people(self) -> bytes:
        """A JPEG for who may look."""
        if not self._unit.privacy.on:
            return await self._still.latest()
        return self._last_open or await self._curtain.still()

    async def of_event(self) -> bytes:
        """A JPEG to go with the notice of an event; empty in privacy mode."""
        hidden = self._unit.privacy.on and "privacy-not-for-events" not in self._unit.flaws
        return b"" if hidden else await self._still.latest()

    def _changed(self, on: bool) -> None:
        """The curtain is drawn at once; a flawed unit goes on showing what it had last."""
        if on:
            self._curtain.draw()
        self._last_open = self._still.now if on and "privacy-not-in-snapshots" in self._unit.flaws else b""
