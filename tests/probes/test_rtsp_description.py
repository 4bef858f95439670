"""Descriptions, addresses of tracks, sessions: as cameras write them."""

import pytest

from harness.probes.rtsp_description import (
    TransportAnswer,
    addresses_in,
    aggregate_url,
    is_description,
    path_of,
    read_session,
    same_host,
    track_urls,
    url,
)
from harness.probes.rtsp_messages import Reply

SDP = b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\n%sm=video 0 RTP/AVP 96\r\n%sm=audio 0 RTP/AVP 0\r\n%s"
ASKED = "rtsp://192.0.2.7/live/main"


def described(session: bytes, video: bytes, audio: bytes = b"a=control:trackID=1\r\n", **headers: str) -> Reply:
    return Reply(200, "OK", tuple((name.replace("_", "-"), value) for name, value in headers.items()), SDP % (session, video, audio))


@pytest.mark.parametrize(
    ("reply", "tracks", "aggregate"),
    [
        (described(b"a=control:*\r\n", b"a=control:trackID=0\r\n"), f"{ASKED}/trackID=0", ASKED),
        (described(b"", b"a=control:track1\r\n", Content_Base=f"{ASKED}/"), f"{ASKED}/track1", f"{ASKED}/"),
        (described(b"a=control:*\r\n", b"a=control:rtsp://192.0.2.7/t?x=1\r\n"), "rtsp://192.0.2.7/t?x=1", ASKED),
        (described(b"a=control:rtsp://192.0.2.7/agg\r\n", b"a=control:t\r\n"), "rtsp://192.0.2.7/agg/t", "rtsp://192.0.2.7/agg"),
        (described(b"", b"a=control:/t\r\n", Content_Location="rtsp://192.0.2.7/else"), "rtsp://192.0.2.7/else/t", "rtsp://192.0.2.7/else"),
        (described(b"", b""), ASKED, ASKED),
    ],
)
def test_tracks_are_found_where_clients_find_them(reply: Reply, tracks: str, aggregate: str) -> None:
    assert track_urls(reply, ASKED)[0] == tracks
    assert aggregate_url(reply, ASKED) == aggregate
    assert len(track_urls(reply, ASKED)) == 2


def test_a_query_stays_in_front_of_the_track_as_cameras_want_it() -> None:
    asked = "rtsp://192.0.2.7/cam/realmonitor?channel=1&subtype=0"
    assert track_urls(described(b"", b"a=control:trackID=0\r\n"), asked)[0] == f"{asked}/trackID=0"


@pytest.mark.parametrize(
    "body", [SDP % (b"", b"", b""), b"junk\nm=video 0 RTP/AVP 96\n", b"\r\nv=0\r\n", b"m=application 0 RTP/AVP 107\r\n"]
)
def test_a_media_line_is_a_description(body: bytes) -> None:
    assert is_description(body)


@pytest.mark.parametrize("body", [b"", b"<html>m=video</html>", b"let\nm=5;\n", b"\0\1\2v=0", b'{"code": -1}'])
def test_a_page_is_none(body: bytes) -> None:
    assert not is_description(body)


def test_sessions_and_transports() -> None:
    assert read_session("1234ab ; timeout=30") == read_session("1234ab;Timeout = 30")
    assert (read_session("x").id, read_session("x").timeout_s, read_session("x;timeout=0").timeout_s) == ("x", 60.0, 60.0)
    answer = TransportAnswer("RTP/AVP;unicast;client_port=8000-8001;server_port=6970")
    assert (answer.ports("client_port"), answer.ports("server_port"), answer.ports("interleaved")) == ((8000, 8001), (6970,), ())
    assert TransportAnswer("RTP/AVP;multicast;destination=239.1.1.1;port=5000-5001").multicast
    assert not answer.multicast


def test_addresses_are_written_and_read() -> None:
    assert url("192.0.2.7", 554, tls=False, path="/a") == "rtsp://192.0.2.7/a"
    assert url("fe80::1", 8554, tls=True, path="/a?b=1") == "rtsps://[fe80::1]:8554/a?b=1"
    assert path_of("rtsp://user:word@192.0.2.7:8554/a/b?c=1") == "/a/b?c=1"
    assert (path_of("rtsp://192.0.2.7"), path_of("rtsp://[broken/")) == ("/", "")
    assert same_host("http://[2001:db8:0:0::1]/x", "2001:db8::1")
    assert not same_host("http://camera.local/x", "192.0.2.7")
    assert not same_host("http://[broken/", "192.0.2.7")
    assert addresses_in('go to "rtsp://192.0.2.7/a" or RTSPS://x/b.') == ("rtsp://192.0.2.7/a", "RTSPS://x/b.")
