"""The encoder's bytes become pictures, the pictures RTP packets that fit a network."""

import struct
from types import SimpleNamespace
from typing import cast

import pytest

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.media.annexb import Picture, Splitter
from harness.emulated.camera.media.channel import Channel, Frame
from harness.emulated.camera.media.still import Still
from harness.emulated.camera.rtsp.cover import Cover
from harness.emulated.camera.rtsp.rtp import Packetizer, payloads
from harness.emulated.camera.rtsp.transport import Way, choose_way
from harness.emulated.camera.rtsp.viewing import Viewing

START, DELIMITER = b"\x00\x00\x00\x01", b"\x00\x00\x00\x01\x09\xf0"
SPS, PPS, IDR, SLICE = b"\x67\x42\xc0\x1e", b"\x68\xce", b"\x65" + bytes(range(1, 200)) * 20, b"\x41\x9a\x01"
KEY_PICTURE = DELIMITER + START + SPS + START + PPS + b"\x00\x00\x01" + IDR
STREAM = KEY_PICTURE + DELIMITER + START + SLICE + DELIMITER


@pytest.mark.parametrize("step", [1, 7, len(STREAM)])
def test_pictures_are_cut_however_the_bytes_come(step: int) -> None:
    splitter = Splitter()
    pictures = [picture for at in range(0, len(STREAM), step) for picture in splitter.feed(STREAM[at : at + step])]
    assert [picture.units for picture in pictures] == [(SPS, PPS, IDR), (SLICE,)]
    assert [picture.keyframe for picture in pictures] == [True, False]


def test_large_units_are_sent_in_fragments() -> None:
    sent = list(payloads(IDR))
    assert [packet[0] & 0x1F for packet in sent] == [28] * len(sent)
    assert [packet[1] >> 6 for packet in sent] == [2, 0, 1]
    assert max(map(len, sent)) <= 1400
    assert bytes([sent[0][0] & 0xE0 | sent[0][1] & 0x1F]) + b"".join(packet[2:] for packet in sent) == IDR
    assert list(payloads(SPS)) == [SPS]


def test_a_session_counts_its_packets_and_ends_pictures_with_a_marker() -> None:
    rtp: list[bytes] = []
    rtcp: list[bytes] = []
    packetizer = Packetizer(rtp.append, rtcp.append, lambda: 1_700_000_000.0)
    first = packetizer.sequence
    packetizer.send(Frame(Picture((SPS, PPS, IDR)), 0))
    packetizer.send(Frame(Picture((SLICE,)), 9000))
    packetizer.goodbye()
    headers = [struct.unpack("!BBHII", packet[:12]) for packet in rtp]
    assert [(header[2] - first) & 0xFFFF for header in headers] == list(range(6))
    assert [header[1] >> 7 for header in headers] == [0, 0, 0, 0, 1, 1]
    assert (headers[-1][3] - headers[0][3]) & 0xFFFFFFFF == 9000
    assert [packet[1] for packet in rtcp] == [200, 201]
    assert all(len(packet) % 4 == 0 for packet in rtcp)


def test_who_joins_starts_with_the_last_key_frame() -> None:
    channel, seen = Channel("main", 640, 360), []
    for units in ((SLICE,), (SPS, PPS, IDR), (SLICE,)):
        channel.feed(Picture(units))
    channel.watch(seen.append)
    channel.feed(Picture((SLICE,)))
    channel.leave(seen.append)
    assert [frame.timestamp for frame in seen] == [9000, 18000, 27000]


def test_stills_are_whole() -> None:
    still = Still()
    still.feed(b"\xff\xd8one\xff\xd9\xff\xd8tw")
    assert still._latest == b"\xff\xd8one\xff\xd9"
    still.feed(b"o\xff\xd9")
    assert still._latest == b"\xff\xd8two\xff\xd9"


@pytest.mark.parametrize(
    ("header", "way"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=4-5", Way(True, 4, 5)),
        ("RTP/AVP/TCP", Way(True, 0, 1)),
        ("RTP/AVP;unicast;client_port=5000-5001", Way(False, 5000, 5001)),
        ("RTP/AVP/UDP;client_port=5000;mode=play", Way(False, 5000, 5001)),
        ("RTP/AVP;multicast;ttl=1, RTP/AVP;unicast;client_port=7000-7001", Way(False, 7000, 7001)),
        ("RTP/SAVP;client_port=5000-5001", None),
        ("RTP/AVP;unicast", None),
        ("RTP/AVP;client_port=0-1", None),
        ("RTP/AVP;client_port=65535", None),
        ("RTP/AVP/TCP;interleaved=300-301", None),
        ("RTP/AVP;client_port=5000-5001;mode=record", None),
        ("", None),
    ],
)
def test_ways_that_a_client_may_ask_for(header: str, way: Way | None) -> None:
    assert choose_way(header) == way


def test_a_viewer_that_cannot_follow_gets_whole_groups_again() -> None:
    """After a picture was left out, the next one sent is a key frame."""
    channel, sent = Channel("main", 640, 360), []
    packetizer = Packetizer(sent.append, lambda _: None, lambda: 0.0)
    cover = cast("Cover", SimpleNamespace(on=False, watched=lambda: None, is_drawn=lambda *_, **__: False))
    viewing = Viewing(channel, "admin", Way(True, 0, 1), packetizer, Clock(), cover)
    room = iter([True, False, True, True, True])
    viewing.ready = lambda: next(room)
    viewing.play()
    for units in ((IDR,), (SLICE,), (SLICE,), (IDR,), (SLICE,)):
        channel.feed(Picture(units))
    viewing.end()
    channel.feed(Picture((IDR,)))
    assert [len(packet) < 100 for packet in sent] == [False, False, False, False, False, False, True]
