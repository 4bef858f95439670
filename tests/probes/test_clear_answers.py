"""What answers to a question in the clear say: given, refused, or nothing."""

import pytest

from harness.model.errors import Undecided
from harness.probes.clear_answers import Seen, told_by
from harness.probes.rtsp_attempt import Attempt
from harness.probes.rtsp_client import Answer
from harness.probes.rtsp_messages import Headers, Reply
from harness.probes.rtsp_paths import Path

PLAIN = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=control:t\r\n"
SECURE = b"v=0\r\nm=video 0 RTP/SAVPF 96\r\na=control:t\r\n"
UDP, SRTP, INSIDE = "RTP/AVP;unicast;client_port=1-2", "RTP/SAVP;unicast;client_port=1-2", "RTP/AVP/TCP;unicast;interleaved=0-1"


def answer(method: str, status: int, body: bytes = b"", *headers: tuple[str, str]) -> Answer:
    return Answer(method, "rtsp://192.0.2.7/live", Reply(status, "", tuple(headers), body))


def trouble(method: str, what: str) -> Answer:
    return Answer(method, "rtsp://192.0.2.7/live", trouble=what)


def agreed(way: str) -> Answer:
    return answer("SETUP", 200, b"", ("Transport", way), ("Session", "1"))


def attempt(*given: str) -> Attempt:
    return Attempt(asked="it", path=Path(path="/live"), transport="tcp", exchanges=(), given=given)


def read(seen: Seen) -> bool | None:
    """True: given, False: refused, None: undecided."""
    try:
        return seen.gave
    except Undecided:
        return None


OK: Headers = ()
WALKS = {
    "all of it": (attempt("description", "media", "play", "setup"), [answer("DESCRIBE", 200, PLAIN), agreed(INSIDE)], True),
    "described, not set up": (attempt("description"), [answer("DESCRIBE", 200, PLAIN), answer("SETUP", 403)], True),
    "refused": (attempt(), [answer("OPTIONS", 200), answer("DESCRIBE", 401), answer("SETUP", 401)], False),
    "moved into TLS": (attempt("stream address"), [answer("DESCRIBE", 301, b"", ("Location", "rtsps://192.0.2.7/other"))], False),
    "cut": (None, [trouble("OPTIONS", "cut"), trouble("DESCRIBE", "cut"), trouble("SETUP", "not asked: no answers before")], False),
    "no RTSP": (None, [trouble("OPTIONS", "not RTSP: 'HTTP/1.1 400'")], False),
    "silent": (None, [trouble("OPTIONS", "silent"), trouble("DESCRIBE", "silent")], None),
    "busy": (attempt(), [answer("OPTIONS", 200), answer("DESCRIBE", 503)], None),
    "locked": (attempt(), [answer("DESCRIBE", 403, b"", ("Retry-After", "600"))], None),
    "granted nothing": (attempt(), [answer("DESCRIBE", 200)], None),
    "SRTP": (attempt("description", "setup"), [answer("DESCRIBE", 200, SECURE), agreed(SRTP)], None),
    "SRTP said, plain agreed on": (attempt("description", "setup"), [answer("DESCRIBE", 200, SECURE), agreed(UDP)], True),
    "one of two tracks by SRTP": (attempt("description"), [answer("DESCRIBE", 200, SECURE + PLAIN)], True),
}


@pytest.mark.parametrize(("walk", "answers", "given"), WALKS.values(), ids=WALKS)
def test_what_a_walk_without_tls_says(walk: Attempt | None, answers: list[Answer], given: bool | None) -> None:
    assert read(told_by("it", walk, answers)) is given


BESIDE = {
    "refused": ([answer("DESCRIBE", 200, PLAIN), answer("SETUP", 461), answer("PLAY", 454)], 0, False),
    "packets came": ([agreed(UDP), answer("PLAY", 200)], 3, True),
    "packets of SRTP": ([agreed(SRTP), answer("PLAY", 200)], 3, False),
    "packets that nobody agreed on": ([answer("SETUP", 461)], 3, True),
    "agreed on, and nothing came": ([agreed(UDP), answer("PLAY", 200)], 0, None),
    "led inside": ([agreed(INSIDE), answer("PLAY", 200)], 0, False),
    "no answer": ([answer("DESCRIBE", 200, PLAIN), trouble("SETUP", "silent")], 0, None),
}


@pytest.mark.parametrize(("answers", "packets", "given"), BESIDE.values(), ids=BESIDE)
def test_what_comes_beside_tls(answers: list[Answer], packets: int, given: bool | None) -> None:
    assert read(told_by("it", attempt("description"), answers, beside=True, packets=packets)) is given


def test_by_what_a_log_in_is_asked_for() -> None:
    digest = Answer("DESCRIBE", "rtsp://192.0.2.7/live", Reply(401, "", (), b""), challenge="basic, digest MD5")
    basic = Answer("DESCRIBE", "rtsp://192.0.2.7/live", Reply(401, "", (), b""), challenge="basic")
    asked = [told_by("it", attempt(), [each]).asks for each in (digest, basic, answer("DESCRIBE", 403), answer("DESCRIBE", 404))]
    assert asked == ["digest", "basic", "basic", ""]


def test_two_questions_are_one_answer() -> None:
    one, other = Seen(asked="it", doubt="no answer", why="a"), Seen(asked="it", given=("media",), asks="digest", why="b")
    both = one.and_then(other)
    assert (both.given, both.asks, both.gave, both.why) == (("media",), "digest", True, "a; b")
    assert read(one.and_then(Seen(asked="it"))) is None
    assert read(Seen(asked="it").doubted("it asks for the password itself")) is None
