"""What came out of a device while it should let nothing out."""

from typing import Literal

from harness.model.base import Frozen
from harness.model.errors import Undecided

Seen = Literal["nothing", "blank", "card", "scene", "unclear"]
Sound = Literal["none", "silent", "heard", "unclear"]


class Shown(Frozen):
    """One way on which pictures or sound come out, and what came on it.

    `seen`: a blank picture and a card that stands still show nothing; a scene is like what was seen before. `alike` and `moved` are shares
    of the picture, `contrast` is in levels of 8 bits, `tone_db` against a full tone. `why` tells what could not be read.
    """

    way: str
    kind: Literal["stream", "still", "sent", "stored"]
    seen: Seen = "nothing"
    sound: Sound = "none"
    pictures: int = 0
    alike: float = 0.0
    moved: float = 0.0
    contrast: float = 0.0
    tone_db: float | None = None
    size: int = 0
    why: str = ""

    @property
    def asked(self) -> str:
        """How reports name it."""
        figures = f"{self.alike:.0%} of it like the scene, {self.moved:.0%} moves, contrast {self.contrast:g}" if self.pictures else ""
        tone = f"the tone at {self.tone_db:g} dB" if self.tone_db is not None else ""
        size = f"{self.size} bytes" if self.size else ""
        told = "; ".join(each for each in (figures, tone, size, self.why) if each)
        sound = f", sound: {self.sound}" if self.kind == "stream" else ""
        return f"{self.way} shows {self.seen}{sound}{f' ({told})' if told else ''}"

    @property
    def lets_out(self) -> bool:
        """Does it show the scene, or is it heard? Undecided where that cannot be told."""
        if self.seen == "scene" or self.sound == "heard":
            return True
        if "unclear" in (self.seen, self.sound):
            raise Undecided(f"{self.asked}: whether that is what the camera sees or hears cannot be told")
        return False
