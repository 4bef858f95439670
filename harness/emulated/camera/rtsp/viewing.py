"""One viewer's session: a stream, a way, a time limit."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from harness.emulated.camera.clock import Clock, Timer
from harness.emulated.camera.media.channel import Channel, Frame
from harness.emulated.camera.rtsp.cover import Cover
from harness.emulated.camera.rtsp.rtp import Packetizer
from harness.emulated.camera.rtsp.sound import SoundTrack
from harness.emulated.camera.rtsp.transport import Way

TIMEOUT_S = 60


def _always() -> bool:
    return True


class Viewing:
    """What SETUP made. Over UDP it ends when nothing was heard of the viewer for a minute; over TCP with the connection."""

    def __init__(self, channel: Channel, user: str | None, way: Way, packetizer: Packetizer, clock: Clock, cover: Cover) -> None:
        self.id = secrets.token_hex(8)
        self._cover, self._began_open, self._covered = cover, not cover.on, False
        self.channel, self.user, self.way, self.packetizer = channel, user, way, packetizer
        self.playing, self.shows = False, True
        self.sound: SoundTrack | None = None
        self.ready: Callable[[], bool] = _always
        self._clock, self._since = clock, clock.uptime()
        self._lost = False
        self._timer: Timer | None = None

    def alive(self, on_timeout: Callable[[], None]) -> None:
        """The viewer was heard: start the time limit anew."""
        self._stop_timer()
        if not self.way.tcp:
            self._timer = self._clock.call_later(TIMEOUT_S, on_timeout)

    def play(self) -> None:
        """Let the pictures flow."""
        if not self.playing:
            self.playing = True
            self.channel.viewers += 1
            self._since = self._clock.uptime()
            self._cover.watched()
            self._began_open = not self._cover.on
            if self.sound is not None:
                self.sound.play()
            if self.shows:
                self.channel.watch(self._show)
                if self.channel.dimmed is not None:
                    self.channel.dimmed.watch(self._show_dimmed)

    def pause(self) -> None:
        """Hold them back."""
        self.channel.viewers -= self.playing
        self.playing = False
        self.channel.leave(self._show)
        if self.channel.dimmed is not None:
            self.channel.dimmed.leave(self._show_dimmed)
        if self.sound is not None:
            self.sound.pause()

    def end(self) -> None:
        """Over: the viewer is told by RTCP, nothing follows."""
        self._stop_timer()
        if self.playing:
            self.pause()
            self.packetizer.goodbye()
            if self.sound is not None:
                self.sound.packetizer.goodbye()

    def _show(self, frame: Frame) -> None:
        """In privacy mode something else in its place; where that begins or ends viewers wait for a key frame."""
        played_s = self._clock.uptime() - self._since
        covered = self._cover.is_drawn(self.channel.name, tcp=self.way.tcp, began_open=self._began_open, played_s=played_s)
        self._lost, self._covered = self._lost or covered is not self._covered, covered
        picture = frame.picture if not covered else self._cover.in_place_of(self.channel.name, frame.place)
        if covered and self.channel.dimmed is not None:
            return
        if picture is None or not self.ready():
            self._lost = True
        elif frame.picture.keyframe or not self._lost:
            self._lost = False
            self.packetizer.send(replace(frame, picture=picture))

    def _show_dimmed(self, frame: Frame) -> None:
        if self._covered and self.ready():
            self.packetizer.send(frame)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
