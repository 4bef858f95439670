"""The microphone of the device as its streams let it be heard: a tone, and how loud it is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import CamlabelError, DeviceSilent, NotRestored, Undecided
from harness.model.operator import Answer, Words
from harness.model.recipe import ActionName
from harness.probes.actions.outcome import Decided, close_live
from harness.probes.actions.perform import perform
from harness.probes.audio import FLOOR_DB, Track, level_db, payload_of, samples, tracks_of
from harness.probes.device import OWNER
from harness.probes.operator import confirmed
from harness.probes.rtsp_attempt import is_set_up
from harness.probes.rtsp_client import Conversation
from harness.probes.rtsp_description import aggregate_url, read_session, resolve
from harness.probes.rtsp_messages import Interleaved, NotRtspError
from harness.probes.rtsp_paths import Path, declared_paths, url_of
from harness.probes.rtsp_walk import ACCEPT, Walk

HEARD_S, LATE_S, CATCH_UP_S = 1.0, 1.0, 20.0
TURN_S = 0.02  # one stream is listened to while others wait
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


@dataclass(eq=False)
class Playing:
    """The live object: a conversation in which a stream plays, the channels of its tracks, and what came on them."""

    walk: Walk
    tracks: tuple[Track, ...] = ()
    channels: dict[int, Track] = field(default_factory=dict)
    packets: dict[int, list[bytes]] = field(default_factory=dict)

    def of(self, medium: str) -> tuple[int, ...]:
        """The channels of a medium."""
        return tuple(channel for channel, track in self.channels.items() if track.medium == medium)

    def close(self) -> None:
        """Leave."""
        self.walk.close()


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
    """Play each anew, hear and leave it; sound that is `known` is asked for though no description names it."""
    before = {each.stream: each.tracks for each in known}
    return tuple(_listen(bench, path, before.get(path.path, ()), tone_hz) for path in declared_paths(bench))


@acts("login")
def hear(bench: Bench, playing: Sequence[Listening], tone_hz: float) -> tuple[Heard, ...]:
    """Listen to all for a moment, after all that was sent before, and what the device may still have had on its way."""
    streams = [_stream(bench, each) for each in playing]
    ended = [live for live in streams if _catch_up(bench, live)]
    ended += _collect(bench, [live for live in streams if live not in ended], LATE_S)
    for live in streams:
        live.packets.clear()
    ended += _collect(bench, [live for live in streams if live not in ended], HEARD_S)
    return tuple(_heard(bench, live, tone_hz, ended=live in ended) for live in streams)


@acts("login")
def hear_and_leave(bench: Bench, playing: Sequence[Listening], tone_hz: float) -> tuple[Heard, ...]:
    """The same for the last time."""
    heard = hear(bench, playing, tone_hz)
    for each in playing:
        close_live(bench.live(each.id))
    return heard


def _listen(bench: Bench, path: Path, known: tuple[str, ...], tone_hz: float) -> Heard:
    listening = _play(bench, path, known)
    try:
        live = _stream(bench, listening)
        return _heard(bench, live, tone_hz, ended=bool(_collect(bench, [live], HEARD_S)))
    finally:
        close_live(bench.live(listening.id))


def _play(bench: Bench, path: Path, known: tuple[str, ...]) -> Listening:
    walk = Walk(bench, path, bench.credential(OWNER), "tcp", lifetime=None)
    talk, asked = walk.conversation, url_of(bench, path)
    live = Playing(walk)
    try:
        talk.ask("OPTIONS", asked, carry=False)
        answer = talk.ask("DESCRIBE", asked, ACCEPT)
        if answer.reply is None or not answer.reply.ok:
            raise Undecided(f"{asked} was not described to the owner: {answer.trouble or answer.status}")
        base = aggregate_url(answer.reply, asked)
        live.tracks = tracks_of(answer.reply.body)
        addresses = [(resolve(each.control, base), each) for each in live.tracks]
        told = tuple(url for url, each in addresses if each.medium == "audio")
        hidden = [(url, Track("audio", url, -1)) for url in known if url not in told]
        _set_up(talk, live, [*addresses, *hidden])
        walk.aggregate = base
        session = (("Session", walk.session.id),) if walk.session else ()
        if talk.ask("PLAY", base, (*session, ("Range", "npt=0.000-"))).status != 200:
            raise Undecided(f"{asked} did not play")
    except BaseException:
        walk.close()
        raise
    set_up = any(each.medium == "audio" for each in live.channels.values())
    return Listening(stream=path.path, id=bench.keep("sound", live), described=bool(told), tracks=told or known, set_up=set_up)


def _set_up(talk: Conversation, live: Playing, addresses: list[tuple[str, Track]]) -> None:
    """One session for all; a track that is refused is left out."""
    for number, (url, track) in enumerate(addresses):
        session = (("Session", live.walk.session.id),) if live.walk.session else ()
        answer = talk.ask("SETUP", url, (*session, ("Transport", f"RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}")))
        if is_set_up(answer.reply) and answer.reply is not None:
            live.channels[2 * number] = track
            live.walk.session = live.walk.session or read_session(answer.reply.header("Session") or "")


def _stream(bench: Bench, listening: Listening) -> Playing:
    live = bench.live(listening.id)
    if not isinstance(live, Playing):
        raise Undecided(f"{listening.id} is no stream")
    return live


def _heard(bench: Bench, live: Playing, tone_hz: float, *, ended: bool) -> Heard:
    """Of what was collected."""
    sound = [each for channel in live.of("audio") for each in _payloads(live.packets.get(channel, ()))]
    pictures = sum(len(live.packets.get(channel, ())) for channel in live.of("video"))
    track = _coding(live, sound)
    bench.note_retry_hint(f"ffplay -rtsp_transport tcp {url_of(bench, live.walk.path)}")
    level = _level(track, [payload for _, payload in sound], tone_hz) if sound else FLOOR_DB
    codec = track.codec if track else ""
    return Heard(stream=live.walk.path.path, packets=len(sound), pictures=pictures, level_db=level, codec=codec, ended=ended)


def _catch_up(bench: Bench, live: Playing) -> bool:
    """Read all that waits, and forget it; has the device ended it? Undecided when it sends faster than it is read."""
    until = time.monotonic() + CATCH_UP_S
    talk = live.walk.conversation
    try:
        while time.monotonic() < until:
            while talk.next_message() is not None:
                pass
            if talk.connection is None:
                return True
            with bench.access.device_time():
                if not talk.read(0.0):
                    return False
    except (DeviceSilent, NotRtspError, CamlabelError):
        talk.drop()
        return True
    raise Undecided(f"{live.walk.path.path}: what it sent could not be read as fast as it came")


def _collect(bench: Bench, streams: Sequence[Playing], seconds: float) -> list[Playing]:
    """What comes within the time, to all in turn; returns those that the device has ended."""
    until = time.monotonic() + seconds
    going = list(streams)
    while going and time.monotonic() < until:
        going = [live for live in going if _goes_on(bench, live, min(TURN_S, max(0.0, until - time.monotonic())))]
    return [live for live in streams if live not in going]


def _goes_on(bench: Bench, live: Playing, within: float) -> bool:
    """Keep what has come of one stream; has the device not ended it?"""
    talk = live.walk.conversation
    try:
        while (message := talk.next_message()) is not None:
            if isinstance(message, Interleaved):
                live.packets.setdefault(message.channel, []).append(message.data)
        if talk.connection is None:
            return False
        with bench.access.device_time():
            talk.read(within)
    except (DeviceSilent, NotRtspError, CamlabelError):
        talk.drop()
        return False
    return True


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
        raise Undecided(f"{len(heard)} samples of sound came, which is too little")
    return level_db(heard, track.rate, tone_hz)
