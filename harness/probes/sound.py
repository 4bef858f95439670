"""The microphone of the device as its streams let it be heard: a tone, and how loud it is."""

from collections.abc import Sequence

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import NotRestored, Undecided
from harness.model.operator import Answer, Words
from harness.model.recipe import ActionName
from harness.probes.actions.outcome import Decided, close_live
from harness.probes.actions.perform import perform
from harness.probes.audio import FLOOR_DB, Track, level_db, payload_of, samples, tracks_of
from harness.probes.operator import confirmed
from harness.probes.playing import Playing, catch_up, collect
from harness.probes.playing import play as play_stream
from harness.probes.rtsp_paths import Path, declared_paths, url_of

HEARD_S, LONGER_S, TRIES, SILENT_TRIES, LATE_S = 0.6, 0.2, 8, 2, 0.5
FADE_MOST_S = 3.0  # what was heard before a switch may be on its way for so long
LOUD_DB = -50.0
ENOUGH = 4000  # samples, by which a tone can be told from noise
TONE = Words(
    en="Play a tone of 1 kHz close to the camera, and let it go on until you are asked again. Does it play?",
    zh="请在摄像机近旁播放 1 kHz 单音，并持续播放直至下一次提问。是否正在播放？",
)
RECORDED = Words(
    en="The microphone is switched off. Have the camera record, and play that recording. Is there any sound in it?",
    zh="麦克风已关闭。请让摄像机录像并回放该录像。其中是否有声音？",
)


class TooLittle(Undecided):
    """Fewer samples than tell a tone."""


class Listening(Frozen):
    """A stream of the device that plays, by the id of the live object; `tracks` are the addresses of its sound."""

    stream: str
    id: str
    described: bool
    tracks: tuple[str, ...] = ()
    set_up: bool = False

    @property
    def asked(self) -> str:
        """How reports name it."""
        return self.stream


class Heard(Frozen):
    """How loud the tone was in one stream, in dB against a full one; `packets` of sound, `pictures` of anything else."""

    stream: str
    packets: int
    pictures: int
    level_db: float
    codec: str = ""
    ended: bool = False

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.stream}: {self.packets} packets of sound, the tone at {self.level_db:g} dB"


class Switched(Decided):
    """What came of switching the microphone."""

    way: str


class SwitchedOn(Frozen):
    """The microphone is on again."""

    how: str


def is_loud(heard: Heard) -> bool:
    """Loud enough that 60 dB less could still be told from silence."""
    return heard.packets > 0 and heard.level_db > LOUD_DB


def is_short(live: Playing, tone_hz: float, *, silent: bool = False) -> bool:
    """Did sound come, and too little of it? `silent`: none at all is too little too. No probe by itself."""
    try:
        packets, _, _ = tone_in(live, tone_hz)
    except TooLittle:
        return True
    except Undecided:
        return False
    return silent and not packets


@reads()
def tone(bench: Bench) -> Answer:
    """Somebody plays it."""
    return confirmed(bench, "sound.tone", TONE)


@reads()
def recorded(bench: Bench) -> Answer:
    """Somebody hears a recording that was made with the microphone off."""
    return confirmed(bench, "sound.recorded", RECORDED)


@acts("change")
def switch_on(bench: Bench) -> SwitchedOn:
    """By any way; NotRestored when none grants it."""
    done = perform(bench, "sound_on")
    if done.state != "granted":
        raise NotRestored(f"the microphone could not be switched on again: {done.why}")
    return SwitchedOn(how=done.way)


@acts("change", undo=switch_on)
def switch_off(bench: Bench) -> Switched:
    """As its owner."""
    action: ActionName = "sound_off"
    done = perform(bench, action)
    return Switched(state=done.state, why=done.why, asked=done.asked, way=done.way)


@acts("login")
def play(bench: Bench) -> tuple[Listening, ...]:
    """Every declared stream with all its tracks, as its owner; they go on playing."""
    return tuple(_play(bench, path, ()) for path in declared_paths(bench))


@acts("login")
def listen(bench: Bench, tone_hz: float, known: Sequence[Listening] = ()) -> tuple[Heard, ...]:
    """Play all anew, hear and leave them; sound that is `known` is asked for though no description names it."""
    before, playing = {each.stream: each.tracks for each in known}, list[Listening]()
    try:
        playing += (_play(bench, path, before.get(path.path, ())) for path in declared_paths(bench))
        return _listened(bench, [_stream(bench, each) for each in playing], tone_hz, [])
    finally:
        for each in playing:
            close_live(bench.live(each.id))


@acts("login")
def hear(bench: Bench, playing: Sequence[Listening], tone_hz: float, late_s: float = 0.0) -> tuple[Heard, ...]:
    """Listen to all for a moment, after all that was sent before, and what is still on its way: until for `late_s` nothing comes."""
    streams = [_stream(bench, each) for each in playing]
    ended = [live for live in streams if catch_up(bench, live)]
    ended += _fade(bench, [live for live in streams if live not in ended], late_s) if late_s else []
    for live in streams:
        live.packets.clear()
    return _listened(bench, streams, tone_hz, ended)


@acts("login")
def hear_and_leave(bench: Bench, playing: Sequence[Listening], tone_hz: float) -> tuple[Heard, ...]:
    """The same for the last time, after something was switched."""
    heard = hear(bench, playing, tone_hz, LATE_S)
    for each in playing:
        close_live(bench.live(each.id))
    return heard


def _fade(bench: Bench, streams: Sequence[Playing], late_s: float) -> list[Playing]:
    """Until no sound comes any more, and not for ever; returns those that the device has ended."""
    ended, waited = list[Playing](), 0.0
    while waited < FADE_MOST_S:
        for live in streams:
            live.packets.clear()
        ended += collect(bench, [live for live in streams if live not in ended], late_s)
        waited += late_s
        if not any(live.packets.get(channel) for live in streams for channel in live.of("audio")):
            break
    return ended


def _listened(bench: Bench, streams: Sequence[Playing], tone_hz: float, over: Sequence[Playing]) -> tuple[Heard, ...]:
    """To all that are not over; longer to those of which too little sound came, and to those that are silent."""
    ended, late = list(over), [live for live in streams if live not in over]
    for tries in range(TRIES):
        ended += collect(bench, late, LONGER_S if tries else HEARD_S)
        late = [live for live in late if live not in ended and is_short(live, tone_hz, silent=tries + 1 < SILENT_TRIES)]
        if not late:
            break
    return tuple(_heard(bench, live, tone_hz, ended=live in ended) for live in streams)


def _play(bench: Bench, path: Path, known: tuple[str, ...]) -> Listening:
    live = play_stream(bench, path, known)
    set_up = any(each.medium == "audio" for each in live.channels.values())
    tracks = live.told or known
    return Listening(stream=path.path, id=bench.keep("sound", live), described=bool(live.told), tracks=tracks, set_up=set_up)


def _stream(bench: Bench, listening: Listening) -> Playing:
    live = bench.live(listening.id)
    if not isinstance(live, Playing):
        raise Undecided(f"{listening.id} is no stream")
    return live


def _heard(bench: Bench, live: Playing, tone_hz: float, *, ended: bool) -> Heard:
    """Of what was collected."""
    packets, level, codec = tone_in(live, tone_hz)
    pictures = sum(len(live.packets.get(channel, ())) for channel in live.of("video"))
    bench.note_retry_hint(f"ffplay -rtsp_transport tcp {url_of(bench, live.walk.path)}")
    return Heard(stream=live.walk.path.path, packets=packets, pictures=pictures, level_db=level, codec=codec, ended=ended)


def tone_in(live: Playing, tone_hz: float) -> tuple[int, float, str]:
    """How many packets of sound were collected, how loud the tone is in them, and their coding. No probe by itself."""
    sound = [each for channel in live.of("audio") for each in _payloads(live.packets.get(channel, ()))]
    track = _coding(live, sound)
    level = _level(track, [payload for _, payload in sound], tone_hz) if sound else FLOOR_DB
    return len(sound), level, track.codec if track else ""


def _payloads(packets: Sequence[bytes]) -> list[tuple[int, bytes]]:
    return [found for each in packets if (found := payload_of(each)) is not None]


def _coding(live: Playing, sound: list[tuple[int, bytes]]) -> Track | None:
    """Of what came: by the description, for a track that it does not name by its type of payload."""
    if not sound:
        return None
    kind = sound[0][0]
    described = next((each for each in live.tracks if each.medium == "audio" and each.payload == kind), None)
    return described or next(iter(tracks_of(f"m=audio 0 RTP/AVP {kind}\r\n".encode())), None)


def _level(track: Track | None, payloads: list[bytes], tone_hz: float) -> float:
    """Undecided for what cannot be read, or was too little."""
    read = [samples(track.codec, each) for each in payloads] if track else [None]
    if track is None or any(each is None for each in read):
        raise Undecided(f"sound came as {track.codec if track and track.codec else 'something that is not named'}, which is not read here")
    heard = [sample for each in read if each is not None for sample in each][:: track.channels]
    if len(heard) < ENOUGH:
        raise TooLittle(f"{len(heard)} samples of sound came, which is too little")
    return level_db(heard, track.rate, tone_hz)
