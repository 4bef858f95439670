"""Streams of the device that play, with all their tracks, and what comes of each: shared by what listens and what looks."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.model.errors import CamlabelError, DeviceSilent, Undecided
from harness.probes.audio import Track, tracks_of
from harness.probes.device import OWNER
from harness.probes.rtsp_attempt import is_set_up
from harness.probes.rtsp_client import Conversation
from harness.probes.rtsp_description import aggregate_url, read_session, resolve
from harness.probes.rtsp_messages import Interleaved, NotRtspError
from harness.probes.rtsp_paths import Path, url_of
from harness.probes.rtsp_walk import ACCEPT, UDP_WAYS, Walk
from harness.transports.udp import open_pair

CATCH_UP_S = 20.0
TURN_S = 0.02  # one stream is listened to while others wait


class NotServed(Undecided):
    """The device described or played nothing to its owner."""


@dataclass(eq=False)
class Playing:
    """The live object: a conversation in which a stream plays, the channels of its tracks, and what came on them."""

    walk: Walk
    tracks: tuple[Track, ...] = ()
    channels: dict[int, Track] = field(default_factory=dict)
    description: bytes = b""
    told: tuple[str, ...] = ()
    packets: dict[int, list[bytes]] = field(default_factory=dict)

    def of(self, medium: str) -> tuple[int, ...]:
        """The channels of a medium."""
        return tuple(channel for channel, track in self.channels.items() if track.medium == medium)

    def close(self) -> None:
        """Leave."""
        self.walk.close()


def play(bench: Bench, path: Path, known: Iterable[str] = (), transport: str = "tcp") -> Playing:
    """As its owner; sound at an address that is `known` is asked for though no description names it. By UDP the first picture alone.

    NotServed when it is refused; the caller keeps and closes it.
    """
    walk = Walk(bench, path, bench.credential(OWNER), transport, lifetime=None, own_ports=True)
    talk, asked = walk.conversation, url_of(bench, path)
    live = Playing(walk)
    try:
        talk.ask("OPTIONS", asked, carry=False)
        answer = talk.ask("DESCRIBE", asked, ACCEPT)
        if answer.reply is None or not answer.reply.ok:
            raise NotServed(f"{asked} was not described to the owner: {answer.trouble or answer.status}")
        base = aggregate_url(answer.reply, asked)
        live.description, live.tracks = answer.reply.body, tracks_of(answer.reply.body)
        addresses = [(resolve(each.control, base), each) for each in live.tracks]
        live.told = tuple(url for url, each in addresses if each.medium == "audio")
        hidden = [(url, Track("audio", url, -1)) for url in known if url not in live.told]
        _set_up(bench, talk, live, [*addresses, *hidden])
        walk.aggregate = base
        if talk.ask("PLAY", base, (*_session(walk), ("Range", "npt=0.000-"))).status != 200:
            raise NotServed(f"{asked} did not play")
    except BaseException:
        walk.close()
        raise
    return live


def _session(walk: Walk) -> tuple[tuple[str, str], ...]:
    return (("Session", walk.session.id),) if walk.session else ()


def _set_up(bench: Bench, talk: Conversation, live: Playing, addresses: list[tuple[str, Track]]) -> None:
    """One session for all; a track that is refused is left out."""
    walk = live.walk
    if walk.transport == "udp":
        walk.pair = open_pair(bench.access, talk.endpoint.host)
        addresses = [each for each in addresses if each[1].medium == "video"][:1]
    for number, (url, track) in enumerate(addresses):
        way = UDP_WAYS[0].format(*walk.pair.ports) if walk.pair else f"RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}"
        answer = talk.ask("SETUP", url, (*_session(walk), ("Transport", way)))
        if is_set_up(answer.reply) and answer.reply is not None:
            live.channels[2 * number] = track
            walk.session = walk.session or read_session(answer.reply.header("Session") or "")


def catch_up(bench: Bench, live: Playing) -> bool:
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
                waiting = bool(live.walk.pair and live.walk.pair.drain(0.0))
                if not talk.read(0.0) and not waiting:
                    return False
    except (DeviceSilent, NotRtspError, CamlabelError):
        talk.drop()
        return True
    raise Undecided(f"{live.walk.path.path}: what it sent could not be read as fast as it came")


def collect(bench: Bench, streams: Sequence[Playing], seconds: float) -> list[Playing]:
    """What comes within the time, to all in turn; returns those that the device has ended."""
    until = time.monotonic() + seconds
    going = list(streams)
    while going and time.monotonic() < until:
        going = [live for live in going if _goes_on(bench, live, min(TURN_S, max(0.0, until - time.monotonic())))]
    return [live for live in streams if live not in going]


def _goes_on(bench: Bench, live: Playing, within: float) -> bool:
    """Keep all that has come of one stream, and wait a moment for more; has the device not ended it?"""
    talk, pair = live.walk.conversation, live.walk.pair
    until = time.monotonic() + within + TURN_S
    try:
        with bench.access.device_time():
            came = pair.drain(within) if pair else ()
            live.packets.setdefault(0, []).extend(each.data for each in came if not each.control)
            more = talk.connection is not None and talk.read(0.0 if pair else within)
            while more and time.monotonic() < until:
                more = talk.read(0.0)
        while (message := talk.next_message()) is not None:
            if isinstance(message, Interleaved):
                live.packets.setdefault(message.channel, []).append(message.data)
        return talk.connection is not None
    except (DeviceSilent, NotRtspError, CamlabelError):
        talk.drop()
        return False
