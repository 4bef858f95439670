"""Film in the payload of RTP, pure: H.264 (RFC 6184) and H.265 (RFC 7798) put together again, and pictures that other bytes wrap."""

import base64
import re
from binascii import Error
from collections.abc import Iterator, Sequence

from harness.probes.audio import payload_of
from harness.transports.decoder import Form
from harness.transports.http import text_of

START = b"\x00\x00\x00\x01"
FORMS: dict[str, Form] = {"H264": "h264", "H265": "hevc"}
_SETS = re.compile(r"sprop-(?:parameter-sets|vps|sps|pps)=([A-Za-z0-9+/=,]{1,4000})")
_JPEG = re.compile(rb"\xff\xd8\xff")
_IN_TEXT = re.compile(rb"(?:/9j/|iVBORw0KGgo)[A-Za-z0-9+/=\\\r\n]{400,}")
_WRAPPED_MAX = 8
_KEYS = {"H264": {5, 7}, "H265": {16, 17, 18, 19, 20, 21, 32, 33}}  # parameter sets, and pictures that need no other
_TOGETHER, _PIECE = {"H264": 24, "H265": 48}, {"H264": 28, "H265": 49}


def elementary(codec: str, packets: Sequence[bytes], description: bytes = b"") -> bytes:
    """The stream as a decoder takes it, from its first key picture on; empty where there is none, or the coding is another one."""
    if codec not in FORMS:
        return b""
    units = list(_units(codec, _whole_pictures(packets)))
    first = next((at for at, unit in enumerate(units) if _kind(codec, unit) in _KEYS[codec]), len(units))
    if first == len(units):
        return b""
    return b"".join(START + unit for unit in (*_parameter_sets(description), *units[first:]))


def wrapped(data: bytes) -> Iterator[bytes]:
    """Pictures behind other bytes, as they are and in base64."""
    for found in list(_JPEG.finditer(data))[:_WRAPPED_MAX]:
        yield data[found.start() :]
    for text in list(_IN_TEXT.finditer(data))[:_WRAPPED_MAX]:
        plain = re.sub(rb"[^A-Za-z0-9+/]", b"", text[0])
        yield base64.b64decode(plain[: len(plain) // 4 * 4])


def _whole_pictures(packets: Sequence[bytes]) -> Sequence[bytes]:
    """Up to the last packet that ends a picture; all where the sender marks none."""
    ends = [at for at, packet in enumerate(packets) if len(packet) > 1 and packet[1] & 0x80]
    return packets[: ends[-1] + 1] if ends else packets


def _units(codec: str, packets: Sequence[bytes]) -> Iterator[bytes]:
    """Whole units; the pieces of one are joined."""
    head = 1 if codec == "H264" else 2
    pieces = bytearray()
    for packet in packets:
        found = payload_of(packet)
        if found is None or len(found[1]) <= head:
            continue
        kind, payload = _kind(codec, found[1]), found[1]
        if kind == _PIECE[codec]:
            if payload[head] & 0x80:
                pieces = bytearray(_rebuilt(codec, payload))
            pieces += payload[head + 1 :]
            if payload[head] & 0x40 and len(pieces) > head:
                yield bytes(pieces)
        elif kind == _TOGETHER[codec]:
            yield from _apart(payload[head:])
        else:
            yield payload


def _kind(codec: str, unit: bytes) -> int:
    return unit[0] & 0x1F if codec == "H264" else unit[0] >> 1 & 0x3F


def _rebuilt(codec: str, payload: bytes) -> bytes:
    """The head of a unit that came in pieces."""
    if codec == "H264":
        return bytes((payload[0] & 0xE0 | payload[1] & 0x1F,))
    return bytes((payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]))


def _apart(data: bytes) -> Iterator[bytes]:
    """Units after their lengths."""
    while len(data) > 2:
        size = int.from_bytes(data[:2], "big")
        if unit := data[2 : 2 + size]:
            yield unit
        data = data[2 + size :]


def _parameter_sets(description: bytes) -> Iterator[bytes]:
    for found in _SETS.finditer(text_of(description)):
        for part in found[1].split(","):
            try:
                unit = base64.b64decode(part)
            except Error:
                continue
            if unit:
                yield unit
