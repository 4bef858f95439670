"""RTP for H.264 (RFC 3550, RFC 6184): pictures into packets for one viewer."""

import secrets
import struct
from collections.abc import Callable, Iterator

from harness.emulated.camera.media.channel import Frame

PAYLOAD_TYPE = 96
_LARGEST_PAYLOAD = 1400
_REPORT_EVERY = 50  # frames
_NTP_1970 = 2_208_988_800
_FU_A = 28


def payloads(unit: bytes) -> Iterator[bytes]:
    """A unit as it is, or in fragments (FU-A)."""
    if len(unit) <= _LARGEST_PAYLOAD:
        yield unit
        return
    indicator, kind, body = unit[0] & 0xE0 | _FU_A, unit[0] & 0x1F, unit[1:]
    step = _LARGEST_PAYLOAD - 2
    for at in range(0, len(body), step):
        first, last = at == 0, at + step >= len(body)
        yield bytes((indicator, first << 7 | last << 6 | kind)) + body[at : at + step]


class Packetizer:
    """The sender's side of one RTP session, with its own source, sequence and clock offset."""

    def __init__(
        self, send_rtp: Callable[[bytes], None], send_rtcp: Callable[[bytes], None], now: Callable[[], float], kind: int = PAYLOAD_TYPE
    ) -> None:
        self._kind = kind
        self._send_rtp, self._send_rtcp, self._now = send_rtp, send_rtcp, now
        self.ssrc, self.sequence, self._offset = secrets.randbits(32), secrets.randbits(16), secrets.randbits(32)
        self._packets = self._octets = self._frames = 0

    def rtp_time(self, timestamp: int) -> int:
        """A moment of the channel on this session's clock."""
        return (timestamp + self._offset) & 0xFFFFFFFF

    def send(self, frame: Frame) -> None:
        """All packets of a picture; now and then a sender report before them."""
        if self._frames % _REPORT_EVERY == 0:
            self._send_rtcp(self._report(frame.timestamp))
        self._frames += 1
        packets = [payload for unit in frame.picture.units for payload in payloads(unit)]
        for count, payload in enumerate(packets, 1):
            self._send(payload, self.rtp_time(frame.timestamp), last=count == len(packets))

    def say(self, chunk: bytes, place: int) -> None:
        """A piece of sound, at its place on the clock of its samples."""
        if self._frames % _REPORT_EVERY == 0:
            self._send_rtcp(self._report(place))
        self._send(chunk, self.rtp_time(place), last=self._frames == 0)
        self._frames += 1

    def goodbye(self) -> None:
        """Tell the viewer that this source ends."""
        self._send_rtcp(self._empty_report() + struct.pack("!BBHI", 0x81, 203, 1, self.ssrc))

    def _send(self, payload: bytes, rtp_time: int, *, last: bool) -> None:
        header = struct.pack("!BBHII", 0x80, last << 7 | self._kind, self.sequence, rtp_time, self.ssrc)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self._packets = (self._packets + 1) & 0xFFFFFFFF
        self._octets = (self._octets + len(payload)) & 0xFFFFFFFF
        self._send_rtp(header + payload)

    def _report(self, timestamp: int) -> bytes:
        ntp = int((self._now() + _NTP_1970) * 2**32) & (2**64 - 1)
        body = struct.pack("!IQIII", self.ssrc, ntp, self.rtp_time(timestamp), self._packets, self._octets)
        return struct.pack("!BBH", 0x80, 200, len(body) // 4) + body + self._description()

    def _empty_report(self) -> bytes:
        return struct.pack("!BBHI", 0x80, 201, 1, self.ssrc)

    def _description(self) -> bytes:
        item = b"\x01\x06camera"
        body = struct.pack("!I", self.ssrc) + item + bytes(4 - len(item) % 4)
        return struct.pack("!BBH", 0x81, 202, len(body) // 4) + body
