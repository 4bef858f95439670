"""Sound in RTP: codings against known values, levels, descriptions, packets that are none."""

import math
import struct

import pytest

from harness.probes.audio import FLOOR_DB, Track, level_db, payload_of, samples, tracks_of

SDP = (
    b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n"
    b"m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/2\r\na=control:rtsp://x/t1\r\nm=audio 0 RTP/AVP 0\r\nm=??\r\n"
)


def test_tracks_with_their_coding() -> None:
    assert tracks_of(SDP) == (
        Track("video", "trackID=0", 96, "H264", 90000, 1),
        Track("audio", "rtsp://x/t1", 97, "MPEG4-GENERIC", 16000, 2),
        Track("audio", "", 0, "PCMU", 8000, 1),
    )
    assert tracks_of(b"") == ()


@pytest.mark.parametrize(
    ("codec", "data", "expected"),
    [
        ("PCMA", b"\xd5\x55\xaa\x2a", [8, -8, 32256, -32256]),
        ("PCMU", b"\xff\x7f\x80\x00", [0, 0, 32124, -32124]),
        ("L16", b"\x7f\xff\x80\x00\x01", [32767, -32768]),
    ],
)
def test_samples_by_the_tables_of_the_standards(codec: str, data: bytes, expected: list[int]) -> None:
    assert samples(codec, data) == expected


def test_other_codings_are_not_read() -> None:
    assert samples("OPUS", b"x") is None


@pytest.mark.parametrize("loud", [1.0, 0.25, 0.001])
def test_the_level_of_a_tone(loud: float) -> None:
    tone = [round(32767 * loud * math.sin(2 * math.pi * 1000 * n / 8000)) for n in range(8000)]
    assert level_db(tone, 8000, 1000) == pytest.approx(20 * math.log10(loud), abs=0.2)


def test_silence_another_tone_and_a_constant_are_no_tone() -> None:
    assert level_db([], 8000, 1000) == FLOOR_DB
    assert level_db([0] * 8000, 8000, 1000) == FLOOR_DB
    assert level_db([8] * 8000, 8000, 1000) < -110
    assert level_db([round(8000 * math.sin(2 * math.pi * 400 * n / 8000)) for n in range(8000)], 8000, 1000) < -80


def packet(*, first: int = 0x80, kind: int = 8, extra: bytes = b"", body: bytes = b"abc") -> bytes:
    return struct.pack("!BBHII", first, kind, 1, 2, 3) + extra + body


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (packet(), (8, b"abc")),
        (packet(first=0x81, extra=bytes(4)), (8, b"abc")),
        (packet(first=0x90, extra=b"\xbe\xde\x00\x01" + bytes(4)), (8, b"abc")),
        (packet(first=0xA0, body=b"abc\x00\x02"), (8, b"abc")),
        (packet(kind=0x80 | 8), (8, b"abc")),
        (packet(kind=72), None),
        (packet(first=0x40), None),
        (b"short", None),
    ],
)
def test_payloads(data: bytes, expected: tuple[int, bytes] | None) -> None:
    assert payload_of(data) == expected
