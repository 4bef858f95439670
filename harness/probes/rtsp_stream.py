"""A stream that goes on playing while other questions are asked: media are drained in the background and the session is kept alive.

The object lives in the gate (`bench.keep`); observations say counts and times of it.
"""

import threading
import time
from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.model.errors import CamlabelError, DeviceSilent
from harness.model.secret import Credential
from harness.probes.rtsp_attempt import Attempt
from harness.probes.rtsp_client import Conversation
from harness.probes.rtsp_messages import NotRtspError, Reply, is_media
from harness.probes.rtsp_paths import Path, service_of
from harness.probes.rtsp_walk import Walk

TICK_S = 0.2
QUIET_S = 8.0  # an encoder that starts anew after a change is quiet for a few seconds and then goes on
QUIET_GAPS = 3
GAP_MAX_S = 5.0


@dataclass
class LiveStream:
    """`packets` of media have come so far, the last at `last_at` (monotonic); `ended` says why none will come any more.

    Keep-alives show the password that opened the stream, also when it was changed meanwhile: then only while somebody asks
    for fresh media, in that thread, since such a log-in counts as a failed one.
    """

    bench: Bench
    walk: Walk
    packets: int = 0
    last_at: float = field(default_factory=time.monotonic)
    ended: str = ""
    hung_up: bool = False
    lapsed: bool = False
    longest_gap_s: float = 0.0
    quiet_s: float = QUIET_S
    _told: threading.Condition = field(default_factory=threading.Condition)
    _stop: threading.Event = field(default_factory=threading.Event)
    _to_send: list[bytes] = field(default_factory=list)
    _kept_alive_at: float = 0.0
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        self._kept_alive_at = self.bench.clock.now()

    def start(self) -> None:
        """Drain from now on."""
        self._thread = threading.Thread(target=self._drain, name="rtsp-stream", daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Has the device, or have we, ended it?"""
        return bool(self.ended)

    @property
    def stopped_by_device(self) -> bool:
        """Has the device ended it, or let media stop for clearly longer than ever before, though our signs of life were in time?"""
        if self._stop.is_set():
            return False
        quiet = time.monotonic() - self.last_at > max(self.quiet_s, QUIET_GAPS * self.longest_gap_s)
        return not self._lapsed() and (self.hung_up or (not self.closed and quiet))

    def fresh_media(self, within: float) -> bool:
        """Do media come from now on, within the time? False at once when the stream has ended."""
        self._keep_alive(in_background=False)
        with self._told:
            before = self.packets
            self._told.wait_for(lambda: self.packets > before or self.closed, within)
            return self.packets > before

    def close(self) -> None:
        """Stop draining and hang up; with an end of the session where the password still holds."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if not self._holds_password():
            self.walk.session = None
        self.walk.close()
        self._end("closed by ourselves")

    def _drain(self) -> None:
        try:
            while not self._stop.is_set():
                self._keep_alive(in_background=True)
                self._send()
                self._read()
        except DeviceSilent as end:
            self.hung_up = True
            self._end(str(end))
        except (NotRtspError, CamlabelError, OSError) as end:
            self._end(str(end))
        finally:
            self._end("we do not read any more")

    def _read(self) -> None:
        talk, pair = self.walk.conversation, self.walk.pair
        if pair is not None:
            packets = pair.drain(TICK_S)
            self._count(sum(is_media(each.data) and not each.control for each in packets))
        self._take_in(talk)
        talk.read(0.0 if pair else TICK_S)
        self._take_in(talk)

    def _take_in(self, talk: Conversation) -> None:
        """What was read already counts now, not after the next wait."""
        before = talk.media
        while (message := talk.next_message()) is not None:
            if isinstance(message, Reply):
                self._answered(message, talk)
        self._count(talk.media - before)

    def _answered(self, reply: Reply, talk: Conversation) -> None:
        """A keep-alive that was refused for its nonce is said again with the new one, next time."""
        if reply.status == 401:
            with self._told:
                talk.authorizer.challenged(reply.all_headers("WWW-Authenticate"))

    def _count(self, packets: int) -> None:
        if packets:
            with self._told:
                now = time.monotonic()
                self.longest_gap_s = max(self.longest_gap_s, min(now - self.last_at, GAP_MAX_S))
                self.packets += packets
                self.last_at = now
                self._told.notify_all()

    def _keep_alive(self, *, in_background: bool) -> None:
        session = self.walk.session
        if session is None or self.closed or self._silent_for() < session.timeout_s / 3:
            return
        if in_background != self._holds_password():
            return
        self.lapsed = self._lapsed()
        with self._told:
            self._kept_alive_at = self.bench.clock.now()
            self._to_send.append(self.walk.conversation.say("GET_PARAMETER", self.walk.aggregate, (("Session", session.id),)))

    def _silent_for(self) -> float:
        """Seconds of device time since our last sign of life."""
        return self.bench.clock.now() - self._kept_alive_at

    def _lapsed(self) -> bool:
        """Were we silent for so long, at any time, that the device may have ended it for that?"""
        session = None if self.closed else self.walk.session
        return self.lapsed or (session is not None and self._silent_for() >= session.timeout_s)

    def _holds_password(self) -> bool:
        """Is the password that opened it still the valid one?"""
        who = self.walk.credential
        return who.which == "nobody" or (who.which == "version" and self.bench.current_version(who) == who.version)

    def _send(self) -> None:
        connection = self.walk.conversation.connection
        with self._told:
            waiting, self._to_send = self._to_send, []
        for each in waiting:
            if connection is not None:
                connection.send(each)

    def _end(self, why: str) -> None:
        with self._told:
            self.lapsed = self._lapsed()
            self.ended = self.ended or why
            self._told.notify_all()


@dataclass(frozen=True)
class Opened:
    """The attempt, and the stream when it was played."""

    attempt: Attempt
    stream: LiveStream | None


def open_stream(bench: Bench, path: Path, credential: Credential) -> Opened:
    """Play a path and go on playing, over the first transport that the profile names; the caller keeps and closes the stream."""
    if credential.which == "current":
        credential = credential.at(bench.current_version(credential))
    walk = Walk(bench, path, credential, service_of(bench, path).transports[0], lifetime=None, own_ports=True)
    try:
        attempt = walk.go()
    except BaseException:
        walk.close()
        raise
    if "media" not in attempt.given or walk.conversation.connection is None:
        walk.close()
        return Opened(attempt, None)
    stream = LiveStream(bench, walk, packets=attempt.media_packets)
    stream.start()
    return Opened(attempt, stream)
