"""RTSP on the wire: whatever is sent in whatever chunks, it is cut into the same messages, within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.probes.rtsp_messages import BODY_MAX, HEAD_MAX, Demand, Feed, Interleaved, NotRtspError, Reply, encode, is_media, safe

OK = b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nbody"
PACKET = b"$\x00\x00\x05\x80\x60abc"
ASKED = b"ANNOUNCE rtsp://c/ RTSP/1.0\r\nCSeq: 9\r\nContent-Length: 2\r\n\r\nhi"


def messages(*chunks: bytes) -> list[object]:
    feed, found = Feed(), []
    for chunk in chunks:
        feed.take(chunk)
        while (message := feed.next()) is not None:
            found.append(message)
    return found


@given(st.lists(st.sampled_from([OK, PACKET, ASKED, b"\r\n"]), max_size=6), st.lists(st.integers(1, 30), max_size=40))
def test_chunks_do_not_matter(parts: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(parts)
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(whole[at : at + cut])
        at += cut
    assert messages(*pieces, whole[at:]) == messages(whole)
    assert len(messages(whole)) == sum(part != b"\r\n" for part in parts)


def test_a_reply_is_read() -> None:
    (reply,) = messages(OK)
    assert isinstance(reply, Reply)
    assert (reply.status, reply.reason, reply.body, reply.cseq, reply.ok) == (200, "OK", b"body", 3, True)


def test_media_between_replies_and_requests_of_the_device_are_told_apart() -> None:
    first, second, third = messages(PACKET + ASKED + OK)
    assert first == Interleaved(0, b"\x80\x60abc")
    assert isinstance(second, Demand)
    assert (second.method, second.body) == ("ANNOUNCE", b"hi")
    assert isinstance(third, Reply)


def test_bare_line_feeds_folded_lines_and_headers_twice_are_read() -> None:
    (reply,) = messages(b"RTSP/1.0 401\nWWW-Authenticate: Digest realm=a,\n nonce=b\nWWW-Authenticate: Basic realm=c\nodd\n\n")
    assert isinstance(reply, Reply)
    assert reply.all_headers("www-authenticate") == ("Digest realm=a, nonce=b", "Basic realm=c")
    assert (reply.header("CSeq"), reply.cseq, reply.reason) == ("", None, "")


@pytest.mark.parametrize(
    "junk",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"<html><body>not a camera at all</body></html>",
        bytes(range(128, 160)),
        b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=without a length\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -4\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: 12x\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nX: " + b"a" * HEAD_MAX,
    ],
)
def test_what_is_not_rtsp_is_said_and_kept(junk: bytes) -> None:
    feed = Feed()
    feed.take(junk)
    with pytest.raises(NotRtspError):
        feed.next()
    assert feed.rest == junk


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(junk: bytes) -> None:
    feed = Feed()
    feed.take(junk)
    try:
        while feed.next() is not None:
            pass
    except NotRtspError:
        pass


def test_a_request_cannot_be_broken_by_what_a_device_said() -> None:
    sent = encode("SETUP", "rtsp://c/a b\r\nX: y/ä", 4, [("Session", "1\r\nInjected: yes")])
    assert sent == b"SETUP rtsp://c/a%20b%0D%0AX:%20y/%C3%A4 RTSP/1.0\r\nCSeq: 4\r\nUser-Agent: camlabel\r\nSession: 1Injected: yes\r\n\r\n"
    assert safe("rtsp://c/live?a=1&b=%20") == "rtsp://c/live?a=1&b=%20"


def test_media_are_told_from_control_packets() -> None:
    assert is_media(b"\x80\x60" + b"\0" * 20)
    assert is_media(b"\x80\xe0" + b"\0" * 20)  # the marker bit of payload type 96
    assert is_media(b"DHAV, no RTP at all")
    assert not is_media(b"\x80\xc8" + b"\0" * 20)  # a sender report
    assert not is_media(b"\x80\x60" + b"\0" * 10)
