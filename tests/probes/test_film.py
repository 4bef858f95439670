"""Film in RTP put together again, as other people's sender packs it; and pictures behind other bytes."""

import base64
import socket
import struct
import subprocess

import pytest

from harness.probes.film import elementary, wrapped
from harness.transports.decoder import frames

SPS, PPS, IDR, SLICE = b"\x67\x42\xc0\x1e", b"\x68\xce\x01", b"\x65" + bytes(range(1, 100)), b"\x41\x9a\x01"
START = b"\0\0\0\1"
SDP = b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHg==,aM4B,!\r\n"


def rtp(payload: bytes) -> bytes:
    """One packet."""
    return struct.pack("!BBHII", 0x80, 96, 1, 2, 3) + payload


def sent(codec: str, size: int) -> list[bytes]:
    """Packets as ffmpeg sends them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(5)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        source = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}x{size}:rate=10", "-frames:v", "6", "-c:v"]
        to = ["-an", "-f", "rtp", f"rtp://127.0.0.1:{one.getsockname()[1]}?pkt_size=1200"]
        subprocess.run([*source, *codec.split(), *to], capture_output=True, check=True)
        one.setblocking(False)
        packets = []
        while True:
            try:
                packets.append(one.recv(2000))
            except BlockingIOError:
                return packets


@pytest.mark.parametrize(
    ("name", "codec", "size", "form"),
    [
        ("H264", "libx264 -preset ultrafast -g 3 -x264-params repeat-headers=1", 320, "h264"),
        ("H264", "libx264 -preset ultrafast -g 3 -x264-params repeat-headers=1", 64, "h264"),
        ("H265", "libx265 -preset ultrafast -x265-params log-level=none:repeat-headers=1", 320, "hevc"),
    ],
)
def test_what_others_send_is_put_together(name: str, codec: str, size: int, form: str) -> None:
    packets = sent(codec, size)
    assert len(frames(elementary(name, packets), "h264" if form == "h264" else "hevc")) == 6
    assert elementary("VP8", packets) == b""


def test_a_stream_begins_with_its_parameters_or_a_key_picture() -> None:
    together = b"\x18" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in (SPS, PPS))
    assert elementary("H264", [rtp(SLICE), rtp(together), rtp(IDR), rtp(SLICE)]) == START.join((b"", SPS, PPS, IDR, SLICE))
    assert elementary("H264", [rtp(SLICE), rtp(IDR)], SDP) == START.join((b"", SPS, PPS, IDR))
    assert elementary("H264", [rtp(SLICE)] * 3, SDP) == b""


def test_pieces_are_joined_and_torn_ones_left_out() -> None:
    first, last = b"\x7c\x85" + IDR[1:50], b"\x7c\x45" + IDR[50:]
    assert elementary("H264", [rtp(first), rtp(last)]) == START + IDR
    assert elementary("H264", [rtp(last), rtp(first), b"", b"\x80" * 12, rtp(b"\x18\0\xff")]) == b""


def test_pictures_behind_other_bytes() -> None:
    picture = b"\xff\xd8\xff" + bytes(range(256)) * 4
    assert next(wrapped(b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + picture)) == picture
    assert next(wrapped(b'{"image": "' + base64.b64encode(picture) + b'"}'))[:1000] == picture[:1000]
    assert not list(wrapped(b'{"text": "nothing"}'))


def test_a_picture_that_did_not_come_whole_is_left_out() -> None:
    first, last = b"\x7c\x85" + IDR[1:50], b"\x7c\x45" + IDR[50:]
    ended = rtp(IDR)[:1] + bytes((96 | 0x80,)) + rtp(IDR)[2:]
    assert elementary("H264", [ended, rtp(SLICE), rtp(first)]) == START + IDR
    assert elementary("H264", [ended, rtp(first), rtp(last)]) == START + IDR
