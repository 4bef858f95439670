"""Which streams carry sound, and how loud: the owner's switch, and where a flawed unit forgets it."""

from collections.abc import Callable

from harness.emulated.camera.media.microphone import Microphone, chunk
from harness.emulated.camera.rtsp.rtp import Packetizer
from harness.emulated.camera.rtsp.transport import Way
from harness.emulated.camera.unit import Unit

PAYLOAD_TYPE = 8
_QUIETER = 0.03


class Hearing:
    """Asked at each description, at each SETUP, and for each chunk."""

    def __init__(self, unit: Unit, microphone: Microphone) -> None:
        self._unit, self.microphone = unit, microphone

    def is_described(self, stream: str) -> bool:
        """Does the description name a track of sound?"""
        return self.gain(stream) > 0

    def is_given(self, stream: str) -> bool:
        """Is such a track set up?"""
        return self.is_described(stream) or ("sound-undescribed" in self._unit.flaws and not self._unit.privacy.on)

    def gain(self, stream: str, *, playing: bool = False) -> float:
        """1 where the microphone is on; `playing`: the viewing began while it was."""
        flaws = self._unit.flaws
        if self._unit.privacy.on and "privacy-not-for-sound" not in flaws:
            return 0.0
        if self._unit.settings["microphone"]:
            return 1.0
        if "sound-only-lowered" in flaws:
            return _QUIETER
        goes_on = (playing and "sound-in-playing-streams" in flaws) or (stream == "sub" and "sound-in-sub-stream" in flaws)
        return 1.0 if goes_on else 0.0


class SoundTrack:
    """The sound of one viewing."""

    def __init__(self, hearing: Hearing, stream: str, way: Way, packetizer: Packetizer) -> None:
        self.way, self.packetizer = way, packetizer
        self._hearing, self._stream = hearing, stream
        self._began_on = hearing.gain(stream) == 1.0
        self.ready: Callable[[], bool] = lambda: True

    def play(self) -> None:
        """Let it be heard."""
        self._hearing.microphone.watch(self._hear)

    def pause(self) -> None:
        """No more."""
        self._hearing.microphone.leave(self._hear)

    def _hear(self, place: int) -> None:
        gain = self._hearing.gain(self._stream, playing=self._began_on)
        if not gain and self._hearing.is_given(self._stream):
            gain = 1.0  # asked for by who knows the track
        if gain and self.ready():
            self.packetizer.say(chunk(gain), place)
