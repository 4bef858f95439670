"""What a viewing is sent of each picture: the picture, or in privacy mode the curtain; and where a flawed unit forgets it."""

from harness.emulated.camera.media.annexb import Picture
from harness.emulated.camera.media.curtain import Curtain
from harness.emulated.camera.unit import Unit

CARD_S = 4.0


class Cover:
    """Asked for each picture."""

    def __init__(self, unit: Unit, curtain: Curtain) -> None:
        self._unit, self._curtain = unit, curtain

    @property
    def on(self) -> bool:
        """Is the unit in privacy mode?"""
        return self._unit.privacy.on

    def is_drawn(self, stream: str, *, tcp: bool, began_open: bool, played_s: float) -> bool:
        """Is the picture hidden from this viewing? `began_open`: it began to play before the mode did."""
        flaws = self._unit.flaws
        forgotten = (
            ("privacy-not-in-playing-streams" in flaws and began_open)
            or ("privacy-not-in-sub-stream" in flaws and stream == "sub")
            or ("privacy-not-over-udp" in flaws and not tcp)
            or ("privacy-card-fades" in flaws and not began_open and played_s > CARD_S)
        )
        return self.on and not forgotten

    def in_place_of(self, stream: str, place: int) -> Picture | None:
        """The curtain, in the place of a picture that stands so far behind a key frame; None: nothing yet."""
        self._curtain.draw()
        return self._curtain.picture(stream, place)

    def watched(self) -> None:
        """A viewing begins to play."""
        self._unit.privacy.watched()
