"""Sound in what a device records: of the emulated camera, and where nothing can be decoded."""

import math
from array import array
from itertools import count
from pathlib import Path

import pytest

from harness.emulated.camera.media.encoder import available
from harness.model.errors import Undecided
from harness.probes import recorded_sound, recordings, sound
from harness.probes.recorded_sound import Kept
from harness.transports import decoder
from tests.builders.devices import Desk
from tests.builders.emulated import emulated
from tests.builders.recorder import recorder

TONE_HZ = 1000.0
pytestmark = pytest.mark.skipif(not available(), reason="ffmpeg makes and decodes the films")


@pytest.mark.once
@pytest.mark.parametrize(("flaw", "lasts"), [("", False), ("sound-in-recordings", True)])
def test_a_film_has_the_tone_while_the_microphone_is_on(flaw: str, lasts: bool, tmp_path: Path) -> None:
    with emulated(tmp_path, *filter(None, [flaw])) as (bench, _):
        assert recordings.make(bench).granted
        before = {each.kind: each for each in recorded_sound.listen(bench, TONE_HZ)}
        assert set(before) == {"film", "file"}
        assert all(each.level_db > -20 and each.seconds > 1 for each in before.values())
        assert sound.switch_off(bench).granted
        after = recorded_sound.listen(bench, TONE_HZ)
        assert [each.lasts(before[each.kind].level_db, 40) for each in after] == [lasts, lasts]
        assert [each.seconds > 0 for each in after] == [lasts, lasts]


def test_what_cannot_be_decoded_is_undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    monkeypatch.setattr(recorded_sound, "_digest", lambda _: str(next(numbers)))
    with recorder(Desk(tmp_path), "plain") as (bench, _):
        [kept] = recorded_sound.listen(bench, TONE_HZ)
        with pytest.raises(Undecided, match="cannot be decoded"):
            kept.lasts(-10, 40)


def test_what_is_not_new_is_undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_sound, "_digest", lambda _: "same")
    with recorder(Desk(tmp_path), "plain") as (bench, _):
        [kept] = recorded_sound.listen(bench, TONE_HZ)
        with pytest.raises(Undecided, match="nothing new was recorded"):
            kept.lasts(-10, 40)


def test_what_never_had_sound_has_none() -> None:
    silent = Kept(kind="film", asked="a film")
    assert not silent.lasts(silent.level_db, 40)
    assert Kept(kind="film", asked="a film", level_db=-60.0).lasts(silent.level_db, 40)
    assert not Kept(kind="film", asked="a film", level_db=-60.0).lasts(-10, 40)


def test_sound_is_decoded_within_limits() -> None:
    tone = array("h", (round(8000 * math.sin(2 * math.pi * TONE_HZ * n / 44100)) for n in range(44100)))
    assert decoder.sound(b"no film at all") == array("h")
    assert decoder.frames(tone.tobytes(), "") == ()
