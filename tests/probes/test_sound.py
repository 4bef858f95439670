"""PIP-11's probes against the emulated camera, sound and flawed; what cannot be read is undecided."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.probes import privacy, restarting, sound, unattended
from harness.probes.audio import Track
from harness.probes.life_phases import Left
from harness.probes.playing import Playing, collect
from harness.transports.operator import Scripted
from tests.builders.emulated import emulated

TONE_HZ = 1000.0


def levels(heard: tuple[sound.Heard, ...]) -> list[float]:
    return [each.level_db for each in heard]


@pytest.mark.once
def test_a_microphone_that_is_off_is_heard_nowhere(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        playing = sound.play(bench)
        assert [(each.stream, each.described, each.set_up) for each in playing] == [("/live/main", True, True), ("/live/sub", True, True)]
        on = sound.hear(bench, playing, TONE_HZ)
        assert all(sound.is_loud(each) and each.codec == "PCMA" and each.pictures for each in on)
        assert sound.switch_off(bench).granted
        still, anew = sound.hear(bench, playing, TONE_HZ, sound.LATE_S), sound.listen(bench, TONE_HZ, playing)
        assert levels((*still, *anew)) == [sound.FLOOR_DB] * 4
        assert all(each.pictures for each in anew)
        sound.switch_on(bench)
        assert all(sound.is_loud(each) for each in sound.hear_and_leave(bench, playing, TONE_HZ)), "streams that played get it back"
        assert all(each.ended for each in sound.hear(bench, playing, TONE_HZ)), "they were left"


@pytest.mark.once
def test_what_is_still_on_its_way_after_the_switch_is_no_sound_of_a_microphone_that_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, times = dict[Playing, dict[int, list[bytes]]](), 0

    def slow(bench: Bench, streams: Sequence[Playing], seconds: float) -> list[Playing]:
        nonlocal times
        over, times = collect(bench, streams, seconds), times + 1
        for live in streams:
            kept.setdefault(live, {channel: list(live.packets.get(channel, ())) for channel in live.of("audio")})
            live.packets.update(kept[live] if times <= 3 else {})
        return over

    with emulated(tmp_path) as (bench, _):
        monkeypatch.setattr(sound, "collect", slow)
        playing = sound.play(bench)
        assert all(map(sound.is_loud, sound.hear(bench, playing, TONE_HZ)))
        times = 0
        assert sound.switch_off(bench).granted
        assert levels(sound.hear(bench, playing, TONE_HZ, sound.LATE_S)) == [sound.FLOOR_DB] * 2


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "offends"),
    [
        ("sound-in-sub-stream", [False, True, False, True]),
        ("sound-in-playing-streams", [True, True, False, False]),
        ("sound-only-lowered", [True] * 4),
        ("sound-undescribed", [True] * 4),
    ],
)
def test_each_flaw_shows_where_it_is(tmp_path: Path, flaw: str, offends: list[bool]) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        playing = sound.play(bench)
        on = levels(sound.hear(bench, playing, TONE_HZ))
        assert sound.switch_off(bench).granted
        off = levels((*sound.hear(bench, playing, TONE_HZ, sound.LATE_S), *sound.listen(bench, TONE_HZ, playing)))
    assert [low > high - 60 for low, high in zip(off, on * 2, strict=True)] == offends


@pytest.mark.once
def test_a_microphone_that_is_off_stays_off_whatever_else_is_saved(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert sound.switch_off(bench).granted
        saved = unattended.leave_alone(bench)
        assert ([each.partition(",")[0] for each in saved.settings], saved.waited_s) == (["weaken: granted", "protect: granted"], 120.0)
        assert levels(sound.listen(bench, TONE_HZ)) == [sound.FLOOR_DB] * 2
        assert [each.partition(",")[0] for each in unattended.put_back(bench).settings] == ["protect: granted"]
        bare = dataclasses.replace(bench, profile=bench.profile.model_copy(update={"actions": {}}))
        assert unattended.leave_alone(bare).settings == unattended.put_back(bare).settings == ()


@pytest.mark.once
@pytest.mark.parametrize(("flaws", "is_off"), [((), True), (("sound-on-after-privacy",), False)])
def test_a_microphone_that_is_off_stays_off_when_privacy_mode_ends(tmp_path: Path, flaws: tuple[str, ...], *, is_off: bool) -> None:
    with emulated(tmp_path, *flaws) as (bench, _):
        assert sound.switch_off(bench).granted
        told = privacy.come_and_go(bench)
        assert (told.state, told.way) == ("granted", "web")
        assert (levels(sound.listen(bench, TONE_HZ)) == [sound.FLOOR_DB] * 2) is is_off
        bare = dataclasses.replace(bench, profile=bench.profile.model_copy(update={"actions": {}}))
        with pytest.raises(Undecided, match="no way is known to privacy_on"):
            _ = privacy.come_and_go(bare).granted


@pytest.mark.once
@pytest.mark.parametrize(("flaws", "is_off"), [((), True), (("sound-after-restart",), False)])
def test_a_microphone_that_is_off_stays_off_over_a_restart(tmp_path: Path, flaws: tuple[str, ...], *, is_off: bool) -> None:
    with emulated(tmp_path, *flaws) as (bench, _):
        assert sound.switch_off(bench).granted
        assert restarting.restart(bench).granted
        assert levels(sound.listen(bench, TONE_HZ)) == [sound.FLOOR_DB] * 2 or not is_off
        assert is_off or all(sound.is_loud(each) for each in sound.listen(bench, TONE_HZ))


@pytest.mark.once
def test_a_restart_that_does_not_show_is_undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def left(_: Bench) -> None:
        raise Left("the device answered all the time")

    monkeypatch.setattr(restarting, "restarted", left)
    with emulated(tmp_path) as (bench, _), pytest.raises(Undecided, match="answered all the time"):
        _ = restarting.restart(bench).granted


@pytest.mark.once
def test_a_switch_that_cannot_be_put_back_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated(tmp_path) as (bench, _):
        refused = sound.switch_off(bench).model_copy(update={"state": "refused"})
        monkeypatch.setattr(sound, "perform", lambda *_: refused)
        with pytest.raises(NotRestored, match="could not be switched on"):
            sound.switch_on(bench)


@pytest.mark.once
def test_people_play_the_tone_and_hear_recordings(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        with pytest.raises(NotPossible):
            sound.tone(bench)
        attended: Bench = dataclasses.replace(bench, operator=Scripted({"sound.tone": "yes", "sound.recorded": "no"}, tmp_path))
        assert (sound.tone(attended).value, sound.recorded(attended).value) == ("yes", "no")


@pytest.mark.parametrize(
    ("track", "data", "why"),
    [
        (None, b"x" * 9000, "something that is not named"),
        (Track("audio", "", 97, "OPUS", 48000), b"x" * 9000, "OPUS, which is not read here"),
        (Track("audio", "", 8, "PCMA", 8000), b"x" * 9, "too little"),
    ],
)
def test_sound_that_cannot_be_read_is_undecided(track: Track | None, data: bytes, why: str) -> None:
    with pytest.raises(Undecided, match=why):
        sound._level(track, [data], TONE_HZ)
