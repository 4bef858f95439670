"""Sound in the payload of RTP, pure: descriptions of its tracks, samples of G.711 and linear PCM, the level of one tone."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.probes.rtsp_description import TRACKS_MAX
from harness.transports.http import text_of

FLOOR_DB = -120.0
_STATIC = {0: ("PCMU", 8000, 1), 8: ("PCMA", 8000, 1), 10: ("L16", 44100, 2), 11: ("L16", 44100, 1)}
_MAP = re.compile(r"a=rtpmap:(\d{1,3}) ([A-Za-z0-9._-]{1,40})/(\d{1,6})(?:/(\d))?")
_HEAD = 12


@dataclass(frozen=True)
class Track:
    """One medium of a description: what it is, its address as written, and how its samples are coded."""

    medium: str
    control: str
    payload: int
    codec: str = ""
    rate: int = 0
    channels: int = 1


def tracks_of(description: bytes) -> tuple[Track, ...]:
    """In order; what names no coding has that of its payload type, if it has one."""
    parts = re.split(r"(?:\A|\r\n|\n|\r)m=", text_of(description))[1 : TRACKS_MAX + 1]
    return tuple(track for part in parts if (track := _track(part)) is not None)


def _track(part: str) -> Track | None:
    head = re.match(r"([a-z]{1,20}) \S{1,20} \S{1,20} (\d{1,3})", part)
    if head is None:
        return None
    payload = int(head[2])
    control = re.search(r"(?:\r\n|\n|\r)a=control:([^\r\n]{1,500})", part)
    coded = next((found for found in _MAP.finditer(part) if int(found[1]) == payload), None)
    codec, rate, channels = (coded[2].upper(), int(coded[3]), int(coded[4] or 1)) if coded else _STATIC.get(payload, ("", 0, 1))
    return Track(head[1], control[1].strip() if control else "", payload, codec, rate, channels)


def payload_of(packet: bytes) -> tuple[int, bytes] | None:
    """Payload type and payload of an RTP packet; None when it is none."""
    if len(packet) < _HEAD or packet[0] >> 6 != 2 or 64 <= packet[1] & 0x7F <= 95:
        return None
    at = _HEAD + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        at += 4 + 4 * int.from_bytes(packet[at + 2 : at + 4])
    end = len(packet) - (packet[-1] if packet[0] & 0x20 else 0)
    return packet[1] & 0x7F, packet[at:end]


def samples(codec: str, data: bytes) -> list[int] | None:
    """Of 16 bits; None for a coding that is not read here."""
    match codec:
        case "PCMA":
            return [_A_LAW[each] for each in data]
        case "PCMU":
            return [_U_LAW[each] for each in data]
        case "L16":
            return [int.from_bytes(data[at : at + 2], signed=True) for at in range(0, len(data) - 1, 2)]
    return None


def level_db(heard: Sequence[int], rate: int, tone_hz: float) -> float:
    """Of a tone, against a full one; windowed, so that nothing else leaks into it."""
    count = len(heard)
    if not count or not rate:
        return FLOOR_DB
    turn = 2 * math.pi * tone_hz / rate
    real = imaginary = weight = 0.0
    for n, sample in enumerate(heard):
        window = 0.5 - 0.5 * math.cos(2 * math.pi * (n + 0.5) / count)
        real += window * sample * math.cos(turn * n)
        imaginary += window * sample * math.sin(turn * n)
        weight += window
    amplitude = 2 * math.hypot(real, imaginary) / weight / 32768
    return round(max(FLOOR_DB, 20 * math.log10(amplitude)), 1) if amplitude > 0 else FLOOR_DB


def _from_a_law(code: int) -> int:
    code ^= 0x55
    segment, size = (code & 0x70) >> 4, (code & 0x0F) << 4
    value = size + 8 if segment == 0 else (size + 0x108) << (segment - 1)
    return value if code & 0x80 else -value


def _from_u_law(code: int) -> int:
    code = ~code & 0xFF
    value = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return -value if code & 0x80 else value


_A_LAW, _U_LAW = ([read(code) for code in range(256)] for read in (_from_a_law, _from_u_law))
