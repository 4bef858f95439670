"""How answers to one RTSP path are read: a table of what a device said and what follows from it."""

import pytest

from harness.model.errors import Undecided
from harness.probes.rtsp_attempt import Attempt, Exchange, exchange_of, handed_out, is_multicast, is_set_up
from harness.probes.rtsp_client import Answer
from harness.probes.rtsp_messages import Reply
from harness.probes.rtsp_paths import Path

WHOLE = ("description", "media", "play", "setup")
UNDECIDED = "undecided"


def attempt(*statuses: int | str, given: tuple[str, ...] = (), owner: int | None = None, **more: object) -> Attempt:
    """DESCRIBE, SETUP and PLAY with these statuses, or troubles."""
    exchanges = tuple(
        Exchange(method=method, url="u", status=said if isinstance(said, int) else 0, trouble="" if isinstance(said, int) else said)
        for method, said in zip(("DESCRIBE", "SETUP", "PLAY"), statuses, strict=False)
    )
    path = Path(path="/x", owner_status=owner)
    return Attempt.model_validate({"asked": "it", "path": path, "transport": "tcp", "exchanges": exchanges, "given": given, **more})


def told(said: Attempt, question: str) -> object:
    try:
        return getattr(said, question)
    except Undecided:
        return UNDECIDED


@pytest.mark.parametrize(
    ("said", "gave", "played", "refused"),
    [
        (attempt(401, 401, 401), (), False, True),
        (attempt(401, 401, 454), (), False, True),
        (attempt(403, 461, 455), (), False, True),
        (attempt(401, 404, 400), (), False, True),  # a PLAY without a session is a bad request
        (attempt(404, 404, 454), (), False, UNDECIDED),
        (attempt(200, 200, 200, given=WHOLE), WHOLE, True, False),
        (attempt(200, 401, 401, given=("description",)), ("description",), UNDECIDED, UNDECIDED),
        (attempt(401, 200, 200, given=("setup", "play", "media")), ("setup", "play", "media"), UNDECIDED, UNDECIDED),
        (attempt(401, 401, 401, given=("description",)), ("description",), False, False),  # handed out with the refusal
        (attempt(200, 401, 401), UNDECIDED, UNDECIDED, UNDECIDED),  # 200 and nothing in it
        (attempt(200, 200, 200), UNDECIDED, UNDECIDED, UNDECIDED),  # 200 to everything
        (attempt(401, 401, 503), UNDECIDED, False, UNDECIDED),
        (attempt(500, 401, 401), UNDECIDED, UNDECIDED, UNDECIDED),
        (attempt(400, 401, 454), UNDECIDED, UNDECIDED, UNDECIDED),
        (attempt(400, 400, 400, owner=400), (), UNDECIDED, UNDECIDED),  # so for the owner too: no path at all
        (attempt("silent", "silent", "not asked: no answers before"), UNDECIDED, UNDECIDED, UNDECIDED),
        (attempt(401, "cut", 401), UNDECIDED, False, UNDECIDED),
        (attempt(401, 401, "not RTSP: x"), UNDECIDED, False, UNDECIDED),
        (attempt(301, 401, 401), UNDECIDED, UNDECIDED, UNDECIDED),
        (attempt(404, 404, 454, owner=0), UNDECIDED, False, UNDECIDED),  # the owner could not learn what is there
        (attempt(404, 404, 454, owner=503), UNDECIDED, False, UNDECIDED),
        (attempt(401, 401), UNDECIDED, False, UNDECIDED),
        (attempt(200, 200, 200, given=("description", "setup", "play")), ("description", "setup", "play"), UNDECIDED, UNDECIDED),
        (
            attempt(200, 200, 200, given=("description", "setup", "play"), multicast=True),
            ("description", "setup", "play"),
            UNDECIDED,
            UNDECIDED,
        ),
    ],
)
def test_what_an_attempt_says(said: Attempt, gave: object, played: object, refused: object) -> None:
    assert (told(said, "gave"), told(said, "played"), told(said, "refused")) == (gave, played, refused)


@pytest.mark.parametrize(
    ("said", "options", "gave"),
    [
        (attempt(401, 401, 454), 200, ()),
        (attempt(400, 405, 501), 200, ()),
        (attempt("silent", "cut", "not asked: no answers before"), 200, ()),
        (attempt("silent", "cut", "not asked: no answers before"), 0, UNDECIDED),
        (attempt(503, 405, 501), 200, UNDECIDED),
        (attempt(200, 405, 501), 200, UNDECIDED),
        (attempt(200, 405, 501, given=("description",)), 200, ("description",)),
    ],
)
def test_any_error_refuses_what_is_odd_and_so_does_silence_of_a_service_that_lives(said: Attempt, options: int, gave: object) -> None:
    last = Exchange(method="OPTIONS", url="u", status=options, trouble="" if options else "silent")
    assert told(said.model_copy(update={"odd": "small letters", "exchanges": (*said.exchanges, last)}), "gave") == gave


def test_a_lock_says_nothing_of_the_credential() -> None:
    locked = Exchange(method="DESCRIBE", url="u", status=403, locked=True)
    said = attempt(403, 401, 401)
    said = said.model_copy(update={"exchanges": (locked, *said.exchanges[1:])})
    assert told(said, "gave") == UNDECIDED


def reply(status: int = 200, body: bytes = b"", **headers: str) -> Reply:
    return Reply(status, "Word", tuple((name.replace("_", "-"), value) for name, value in headers.items()), body)


@pytest.mark.parametrize(
    ("method", "answer", "in_session", "given"),
    [
        ("DESCRIBE", reply(body=b"v=0\r\nm=video 0 RTP/AVP 96\r\n"), False, {"description"}),
        ("OPTIONS", reply(body=b"v=0\r\nm=video 0 RTP/AVP 96\r\n"), False, {"description"}),
        ("DESCRIBE", reply(401, body=b"m=video 0 RTP/AVP 96\r\n"), False, {"description"}),
        ("DESCRIBE", reply(), False, set()),
        ("DESCRIBE", reply(302, Location="rtsp://192.0.2.9/hidden/stream"), False, {"stream address"}),
        ("DESCRIBE", reply(302, Location="rtsps://192.0.2.7/live/"), False, set()),  # the same place, written otherwise
        ("DESCRIBE", reply(404, body=b"try rtsp://192.0.2.7/other instead"), False, {"stream address"}),
        ("SETUP", reply(Session="1"), False, {"setup"}),
        ("SETUP", reply(Transport="RTP/AVP/TCP"), False, {"setup"}),
        ("SETUP", reply(), False, set()),
        ("SETUP", reply(401, Session="1"), False, set()),
        ("PLAY", reply(), True, {"play"}),
        ("PLAY", reply(RTP_Info="url=x"), False, {"play"}),
        ("PLAY", reply(), False, set()),
        ("PLAY", None, True, set()),
    ],
)
def test_what_one_answer_gives_away(method: str, answer: Reply | None, in_session: bool, given: set[str]) -> None:
    assert handed_out(Answer(method, "rtsp://192.0.2.7/live", answer), in_session=in_session) == given


def test_facts_of_an_answer_are_bounded() -> None:
    long = Answer("DESCRIBE", "u" * 9000, Reply(401, "r" * 9000, (("Retry-After", "9"),), b""), "t" * 9000)
    facts = exchange_of(long)
    assert (len(facts.url), len(facts.reason), len(facts.trouble), facts.locked) == (200, 200, 200, True)
    assert (is_set_up(None), is_multicast(None), is_multicast(reply(Transport="RTP/AVP;multicast"))) == (False, False, True)
