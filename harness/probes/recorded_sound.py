"""Is a tone heard in what a device records? Its films are fetched by their links and decoded."""

import hashlib

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.api import Recorded
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.probes import recordings
from harness.probes.actions.perform import perform
from harness.probes.audio import FLOOR_DB, level_db
from harness.transports.decoder import SOUND_HZ, frames, sound

SETTLE_S = 15.0  # what was heard before stays in no film that begins after it
RECORDED_S, PAUSE_S = 30.0, 2.0
PICTURES = 2  # more than a still has
QUIET_DB = FLOOR_DB + 30


class Kept(Frozen):
    """How loud the tone is in a new film, in dB against a full one; `seconds` of sound are in it. `doubt`: why nothing is known of it."""

    kind: str
    asked: str
    level_db: float = FLOOR_DB
    seconds: float = 0.0
    doubt: str = ""

    def lasts(self, before: float, attenuation_db: float) -> bool:
        """Is it there, and less than so much quieter than before? Undecided where nothing is known."""
        if self.doubt:
            raise Undecided(f"{self.asked}: {self.doubt}")
        return self.level_db > QUIET_DB and self.level_db > before - attenuation_db


@acts("change")
def listen(bench: Bench, tone_hz: float) -> tuple[Kept, ...]:
    """Have the device record, and hear the new film of each kind of links that lead to films; none where no such link is declared."""
    kinds = bench.profile.ixit.api.recordings
    before = {kind.id: _digest(recordings.newest(bench, kind)) for kind in kinds}
    bench.wait(SETTLE_S)
    if kinds:
        perform(bench, "trigger_event")
    return tuple(heard for kind in kinds if (heard := _heard(bench, kind, before[kind.id], tone_hz)) is not None)


def _heard(bench: Bench, kind: Recorded, before: str, tone_hz: float) -> Kept | None:
    """None for stills."""
    film, waited = recordings.newest(bench, kind), 0.0
    while (not film or _digest(film) == before) and waited < RECORDED_S:
        bench.wait(PAUSE_S)
        film, waited = recordings.newest(bench, kind), waited + PAUSE_S
    if not film or _digest(film) == before:
        return Kept(kind=kind.id, asked=kind.asked, doubt=f"nothing new was recorded within {RECORDED_S:g} s of an event")
    with bench.access.device_time():
        samples = sound(film)
        pictures = () if samples else frames(film, "")
    if not samples and len(pictures) < PICTURES:
        return None if pictures else Kept(kind=kind.id, asked=kind.asked, doubt="what was recorded cannot be decoded")
    level = level_db(samples, SOUND_HZ, tone_hz) if samples else FLOOR_DB
    seconds = round(len(samples) / SOUND_HZ, 1)
    asked = f"the newest of {kind.asked}: {seconds:g} s of sound, the tone at {level:g} dB"
    bench.note_retry_hint(f"ffplay, of the film {hashlib.sha256(film).hexdigest()[:16]}… among the artefacts")
    bench.attach(film)
    return Kept(kind=kind.id, asked=asked, level_db=level, seconds=seconds)


def _digest(film: bytes) -> str:
    return hashlib.sha256(film).hexdigest() if film else ""
