"""What the device is known to see and hear: kept from when it lets that out, so that it is known again when it should not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.model.errors import Undecided
from harness.model.privacy import Shown, Sound
from harness.probes import pictures
from harness.probes.film import FORMS, elementary
from harness.probes.playing import Playing
from harness.probes.sound import LOUD_DB, tone_in
from harness.transports.decoder import Grid, frames

KEPT = "scene"
UNDECODED = "pictures came that could not be decoded"
TONE_HZ, LOWER_DB = 1000.0, 60.0
KNOWN_MAX, MOVING = 6, 2


@dataclass
class Scene:
    """Lives in the gate; dies with the process."""

    known: list[Grid] = field(default_factory=list)
    closed: set[str] = field(default_factory=set)  # ways that were shut from the beginning
    tones: dict[str, float] = field(default_factory=dict)
    tracks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    patience: int = 0  # so many looks it took until sound came
    sealed: dict[str, int] = field(default_factory=dict)  # bytes that an event sends to each server, and that nobody could read

    def learn(self, shown: Sequence[Grid]) -> None:
        """Know these again, if they show something and are alive: a card, where the mode was on already, is no scene."""
        for grid in (*shown[:1], *shown[-1:]) if len(self.known) < KNOWN_MAX and pictures.movement(shown) else ():
            if pictures.shows_something([grid]):
                self.known.append(grid)

    def shown(self, way: str, kind: str, grids: Sequence[Grid], size: int = 0) -> Shown:
        """What decoded pictures are, beside what is known."""
        alike, moved = pictures.likeness([*grids[:1], *grids[-1:]], self.known), pictures.movement(grids)
        deviation = pictures.contrast([*grids[:1], *grids[-1:]])
        return Shown.model_validate(
            {
                "way": way,
                "kind": kind,
                "seen": pictures.seen(len(grids), alike, moved, deviation),
                "pictures": len(grids),
                "alike": round(alike, 3),
                "moved": round(moved, 3),
                "contrast": round(deviation, 2),
                "size": size,
            }
        )


def known(bench: Bench) -> Scene | None:
    """What was learned in this process."""
    try:
        kept = bench.live(f"{KEPT}#1")
    except Undecided:
        return None
    assert isinstance(kept, Scene)  # noqa: S101 - nothing else is kept under this name
    return kept


@dataclass(frozen=True)
class Film:
    """The pictures that were collected of a stream; `why` there are none though something came."""

    grids: tuple[Grid, ...] = ()
    why: str = ""

    @property
    def is_late(self) -> bool:
        """May it come yet?"""
        return len(self.grids) < MOVING and self.why in ("", UNDECODED)


def film_of(live: Playing) -> Film:
    """Of what was collected up to now."""
    channels = live.of("video")
    packets = [each for channel in channels for each in live.packets.get(channel, ())]
    if not packets:
        return Film()
    codec = live.channels[channels[0]].codec
    if codec not in FORMS:
        return Film(why=f"pictures came as {codec or 'something that is not named'}, which is not read here")
    data = elementary(codec, packets, live.description)
    grids = frames(data, FORMS[codec]) if data else ()
    return Film(grids, "" if grids else UNDECODED)


def sound_of(live: Playing, known_db: float | None) -> tuple[Sound, float | None, str]:
    """Is the tone heard, by less than 60 dB below what it was; and why that cannot be told. A track on which nothing comes is silent."""
    try:
        packets, level, _ = tone_in(live, TONE_HZ)
    except Undecided as doubt:
        return "unclear", None, str(doubt)
    if not packets:
        return "silent" if live.of("audio") else "none", None, ""
    return "heard" if level > (LOUD_DB if known_db is None else known_db) - LOWER_DB else "silent", level, ""
