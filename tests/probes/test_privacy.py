"""PIP-10's probes against the emulated camera, sound and flawed, and against a stand-in internet that received this or that."""

import dataclasses
import socket
import struct
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import dpkt
import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.model.privacy import Shown
from harness.model.profile import Profile
from harness.probes import clear_streams, kept_media, privacy, storage, unattended
from harness.probes.actions.perform import Performed
from harness.probes.audio import Track
from harness.probes.playing import NotServed, Playing, collect
from harness.probes.rtsp_walk import Walk
from harness.probes.scene import sound_of
from harness.transports.operator import Scripted
from harness.transports.recorders import Capture, Received, Recording, StandIn, Upload
from tests.builders.devices import HERE, OWNERS_PASSWORD
from tests.builders.emulated import emulated
from tests.probes.test_film import sent as rtp_of

JSON = b'{"id": "7", "kind": "motion"}' * 300
ALL = ("/live/main over tcp", "/live/sub over tcp", "/live/main over udp", "/live/sub over udp", "/snapshot.jpg")


@dataclass
class Heard:
    """An internet that received these bodies, and so many bytes that nobody could read."""

    bodies: tuple[bytes, ...] = ()
    sealed: int = 0
    asked: int = 0

    def uploads(self, since: float) -> tuple[Upload, ...]:
        """As StandIn."""
        return tuple(Upload(at=since, source=HERE, host="media.example", target="/v1/a", size=len(body), body=body) for body in self.bodies)

    def received(self) -> tuple[Received, ...]:
        """As StandIn; more of it each time."""
        self.asked += 1
        sent = self.sealed * (self.asked - 1) + sum(map(len, self.bodies)) * (self.asked - 1)
        now = time.time()
        return (Received(at=now, last=now, transport="tcp", source=HERE, address="198.18.0.1", port=443, name="media.example", sent=sent),)


def with_internet(bench: Bench, heard: Heard) -> Bench:
    """The same bench with it."""
    return dataclasses.replace(bench, stand_in=cast("StandIn", heard))


def out(shown: tuple[Shown, ...]) -> list[bool]:
    """What lets something out."""
    return [each.lets_out for each in shown]


@pytest.mark.once
def test_in_privacy_mode_a_card_and_no_sound_come_and_the_scene_comes_back(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        clear_streams.allow(bench)
        open_ = privacy.everything(bench, True)
        assert [name for each in open_ for name in ALL if each.way.endswith(name)] == list(ALL)
        assert all(map(privacy.is_open, open_))
        playing = privacy.play(bench)
        assert privacy.ways(bench) == ("web",)
        assert privacy.begin(bench, "web", 5).granted
        hidden = (*privacy.watch(bench, playing), *privacy.everything(bench, True))
        assert {(each.seen, each.sound) for each in hidden} <= {("card", "none"), ("card", "silent"), ("nothing", "none")}
        assert not any(out(hidden))
        assert not any(map(privacy.is_open, hidden))
        assert [each.state for each in privacy.others_end(bench)] == ["refused", "refused"]
        assert privacy.end(bench).granted
        assert all(map(privacy.is_open, privacy.everything(bench)))
        assert privacy.no_viewer(bench).found
        assert privacy.end_again(bench).granted


@pytest.mark.parametrize(
    ("flaw", "ways"),
    [
        ("privacy-not-in-sub-stream", {ALL[1], ALL[3]}),
        ("privacy-not-over-udp", {ALL[2], ALL[3]}),
        ("privacy-only-dimmed", set(ALL[:4])),
        ("privacy-not-in-snapshots", {ALL[4]}),
        ("privacy-not-for-sound", {ALL[0], ALL[1]}),
    ],
)
def test_each_flaw_shows_where_it_is(tmp_path: Path, flaw: str, ways: set[str]) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        clear_streams.allow(bench)
        privacy.everything(bench, True)
        assert privacy.begin(bench, "web", 5).granted
        found = {each.way for each in privacy.everything(bench, True) if each.lets_out}
        assert {name for name in ALL if any(way.endswith(name) for way in found)} == ways


def test_sound_that_comes_late_is_waited_for_in_the_mode_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = Counter[Playing]()

    def late(bench: Bench, streams: Sequence[Playing], seconds: float) -> list[Playing]:
        over = collect(bench, streams, seconds)
        looks.update(streams)
        for live in [each for each in streams if looks[each] <= 4]:
            for channel in live.of("audio"):
                live.packets.pop(channel, None)
        return over

    monkeypatch.setattr(privacy, "collect", late)
    with emulated(tmp_path, "privacy-not-for-sound") as (bench, _):
        open_ = privacy.everything(bench)
        assert all(map(privacy.is_open, open_))
        assert [each.sound for each in open_ if each.kind == "stream"] == ["heard", "heard"]
        assert privacy.begin(bench, "web", 5).granted
        assert [each.lets_out for each in privacy.everything(bench) if each.kind == "stream"] == [True, True]


def test_a_track_on_which_nothing_ever_comes_is_not_open() -> None:
    walk = cast("Walk", None)
    assert sound_of(Playing(walk, channels={0: Track("video", "", 96)}), None)[0] == "none"
    assert sound_of(Playing(walk, channels={0: Track("video", "", 96), 2: Track("audio", "", 8)}), None)[0] == "silent"
    assert not privacy.is_open(Shown(way="a stream", kind="stream", seen="scene", sound="silent", moved=1.0))


def test_streams_that_played_go_on_and_viewers_end_it(tmp_path: Path) -> None:
    with emulated(tmp_path, "privacy-not-in-playing-streams", "privacy-ended-by-viewers") as (bench, _):
        assert privacy.learned(bench)
        playing = privacy.play(bench)
        privacy.begin(bench, "web", 5)
        assert out(privacy.watch(bench, playing)) == [True, True, True, True, False, False]
        assert not any(out(privacy.everything(bench)))
        assert [each.state for each in privacy.others_end(bench)] == ["refused", "granted"]


def test_streams_that_show_the_card_at_first_only_are_looked_at_again(tmp_path: Path) -> None:
    with emulated(tmp_path, "privacy-card-fades") as (bench, _):
        assert privacy.learned(bench)
        playing = privacy.play(bench)
        privacy.begin(bench, "web", 5)
        assert not any(out(privacy.everything(bench)))
        assert out(privacy.watch(bench, playing)) == [False] * 4 + [True] * 2


def test_a_stream_that_is_refused_in_the_mode_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Playing:
        raise NotServed("refused")

    with emulated(tmp_path) as (bench, _):
        assert privacy.learned(bench)
        monkeypatch.setattr(privacy, "play_stream", refuse)
        (shown,) = privacy.watch(bench, ())
        assert (shown.seen, shown.why) == ("nothing", "the device ended it")


@pytest.mark.parametrize(("flaws", "lets"), [((), False), (("privacy-ends-by-itself",), True)])
def test_a_night_is_waited_for_at_effort_full_where_a_clock_is_advanced(tmp_path: Path, flaws: tuple[str, ...], *, lets: bool) -> None:
    with emulated(tmp_path, *flaws) as (bench, _):
        privacy.learned(bench)
        privacy.begin(bench, "web", 5)
        assert unattended.leave_alone(bench).waited_s == 120.0
        assert not any(out(privacy.everything(bench)))
        assert unattended.leave_alone(dataclasses.replace(bench, effort="full")).waited_s == 9 * 3600
        assert any(out(privacy.everything(bench))) is lets


def test_what_an_event_sends_is_read(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, camera):
        assert privacy.learned(bench)
        picture = camera.ask("/snapshot.jpg", token=camera.log_in(OWNERS_PASSWORD)).body
        wrapped = b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + picture
        assert out(privacy.event(with_internet(bench, Heard((JSON, wrapped))))) == [False, True]
        assert out(privacy.event(with_internet(bench, Heard()))) == [False]
        sealed = privacy.event(with_internet(bench, Heard((bytes(range(256)) * 60,))))
        with pytest.raises(Undecided, match="could not be read"):
            out(sealed)
        assert all(map(privacy.is_open, sealed))
        with pytest.raises(NotPossible, match="nobody sees"):
            privacy.event(bench)


def test_what_is_sealed_counts_by_its_size_beside_what_went_before(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        (before,) = privacy.event(with_internet(bench, Heard(sealed=80_000)))
        assert (before.seen, before.size) == ("unclear", 80_000)
        assert out(privacy.event(with_internet(bench, Heard(sealed=15_000)))) == [False]
        with pytest.raises(Undecided):
            out(privacy.event(with_internet(bench, Heard(sealed=30_000))))


@pytest.mark.parametrize("flaws", [(), ("privacy-not-for-recordings",)])
def test_what_is_stored_in_it_is_found(tmp_path: Path, flaws: tuple[str, ...]) -> None:
    with emulated(tmp_path, *flaws) as (bench, camera):
        with pytest.raises(Undecided, match="not learned"):
            kept_media.new_media(bench, (), ())
        assert privacy.learned(bench)
        inside = with_internet(bench, Heard())
        empty = [storage.copy(bench, medium) for medium in storage.media(bench)]
        privacy.event(inside)
        camera.advance(0)
        before = [storage.copy(bench, medium) for medium in storage.media(bench)]
        outside = kept_media.new_media(bench, empty, before)
        assert len(outside) == 2
        assert all(map(privacy.is_open, outside))
        privacy.begin(bench, "web", 5)
        privacy.event(inside)
        camera.advance(0)
        after = [storage.copy(bench, medium) for medium in storage.media(bench)]
        assert any(out(kept_media.new_media(bench, before, after))) == bool(flaws)


def test_a_mode_that_cannot_be_ended_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated(tmp_path) as (bench, _):
        refused = Performed(action="privacy_off", way="web", state="refused", why="no", asked="it")
        monkeypatch.setattr(privacy, "perform", lambda *_: refused)
        with pytest.raises(NotRestored, match="could not be ended"):
            privacy.end_again(bench)


def test_without_recipes_people_are_asked(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        actions = {name: ways for name, ways in bench.profile.actions.items() if not name.startswith("privacy")}
        bare = dataclasses.replace(bench, profile=cast("Profile", bench.profile.model_copy(update={"actions": actions})))
        with pytest.raises(NotPossible, match="no way is known"):
            privacy.ways(bare)
        attended = dataclasses.replace(bare, operator=Scripted({"privacy.scene": "yes", "action.privacy_on": "yes"}, tmp_path))
        assert privacy.ways(attended) == ("operator",)
        assert privacy.begin(attended, "operator", 0).granted
        assert privacy.scene(attended).value == "yes"
        with pytest.raises(NotPossible, match="how others would end it"):
            privacy.others_end(attended)


@pytest.mark.parametrize(
    ("seen", "sound", "lets"), [("card", "none", False), ("scene", "unclear", True), ("blank", "heard", True), ("nothing", "silent", False)]
)
def test_what_lets_something_out(seen: str, sound: str, *, lets: bool) -> None:
    shown = Shown.model_validate({"way": "a stream", "kind": "stream", "seen": seen, "sound": sound, "pictures": 3, "tone_db": -12.0})
    assert shown.lets_out is lets
    assert f"shows {seen}, sound: {sound}" in shown.asked


@pytest.mark.parametrize(("seen", "sound"), [("unclear", "none"), ("card", "unclear")])
def test_what_cannot_be_told_is_undecided(seen: str, sound: str) -> None:
    with pytest.raises(Undecided):
        assert Shown.model_validate({"way": "a stream", "kind": "stream", "seen": seen, "sound": sound}).lets_out


def ethernet(protocol: int, target: str, payload: bytes) -> bytes:
    """A frame of the unit's; ports 5000 to 6000."""
    head = struct.pack("!HHHH", 5000, 6000, 8 + len(payload), 0)
    if protocol == 6:
        head = struct.pack("!HHIIBBHHH", 5000, 6000, 1, 1, 0x50, 0x18, 1000, 0, 0)
    carried = head + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(carried), 1, 0, 64, protocol, 0, socket.inet_aton(HERE), socket.inet_aton(target))
    return b"\x01\x00\x5e\x01\x01\x01" + b"\x02\x00\x00\x00\x00\x01" + b"\x08\x00" + ip + carried


def recorded(folder: Path, frames: list[bytes], lost: int = 0) -> Capture:
    """A recorder that has these, of now, and one of long ago."""
    path, now = folder / "now.pcap", time.time()
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file)
        writer.writepkt(ethernet(17, "239.1.1.1", b"x" * 1000), ts=now - 500)
        for frame in frames:
            writer.writepkt(frame, ts=now)
    recording = Recording(files=(path,), began=now - 600, ended=now, lost=lost)
    return cast("Capture", SimpleNamespace(cut=lambda: recording))


def test_what_goes_to_others_is_film_much_or_little(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert privacy.learned(bench)
        since = time.time() - 10

        def sent(*frames: bytes, lost: int = 0) -> tuple[Shown, ...]:
            return privacy.sent_since(dataclasses.replace(bench, capture=recorded(tmp_path, list(frames), lost)), since)

        chart = rtp_of("libx264 -preset ultrafast -g 3 -x264-params repeat-headers=1", 320)
        assert out(sent(*(ethernet(17, "239.1.1.1", packet) for packet in chart))) == [True]
        assert out(sent(ethernet(6, "198.18.0.9", b"y" * 900))) == [False]
        assert out(sent(*(ethernet(17, HERE, packet) for packet in chart))) == [False], "what goes to us was asked for"
        for unclear in (sent(*[ethernet(6, "198.18.0.9", b"y" * 1400)] * 90), sent(lost=3)):
            with pytest.raises(Undecided, match=r"as much as a film|not all was recorded"):
                out(unclear)


def test_where_the_mode_was_on_already_nothing_is_learned(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, camera):
        assert camera.ask("/api/privacy", {"on": True}, token=camera.log_in(OWNERS_PASSWORD)).status == 200
        assert not privacy.learned(bench)
        assert not any(map(privacy.is_open, privacy.everything(bench)))
