"""How answers of ONVIF are read: a table of what a device said and what follows from it."""

import pytest

from harness.model.errors import Undecided
from harness.probes.onvif_reply import OnvifReply, Shown, read
from harness.transports.http import HttpReply
from tests.builders.onvif_camera import envelope, fault

EXPECTED = "{urn:x}GetAResponse"
GIVEN = envelope('<GetAResponse xmlns="urn:x"><A>1</A></GetAResponse>')


def said(status: int, body: str | bytes, *, truncated: bool = False) -> Shown:
    data = body.encode() if isinstance(body, str) else body
    data = data.partition(b"\r\n\r\n")[2] if data.startswith(b"HTTP") else data
    reply = HttpReply(status=status, reason="", headers=(), body=data, truncated=truncated, sent_at=1.0, answered_at=2.0)
    return read(reply, EXPECTED, "a token")[0]


@pytest.mark.parametrize(
    ("shown", "state", "unsupported"),
    [
        (said(200, GIVEN), "granted", False),
        (said(401, GIVEN), "granted", False),  # handed out with the refusal
        (said(200, envelope('<GetAResponse xmlns="urn:x"/>')), "granted", False),
        (said(200, envelope('<GetAResponse xmlns="urn:other"><A>1</A></GetAResponse>')), "unclear", False),
        (said(200, envelope("")), "unclear", False),
        (said(200, b""), "unclear", False),
        (said(200, "<html>log in</html>"), "unclear", False),
        (said(200, '{"code": -1}'), "unclear", False),
        (said(400, fault("ter:NotAuthorized", "no")), "refused", False),
        (said(200, fault("ter:NotAuthorized", "no")), "refused", False),
        (said(500, fault("wsse:FailedAuthentication", "no")), "refused", False),
        (said(500, fault("ter:OperationProhibited", "no")), "refused", False),
        (said(400, fault("x:Other", "Sender not Authorized")), "refused", False),
        (said(401, "<html>401</html>"), "refused", False),
        (said(403, b""), "refused", False),
        (said(401, b"", truncated=True), "refused", False),
        (said(500, fault("ter:ActionNotSupported", "no")), "unclear", True),
        (said(400, fault("s:Sender", "Method 'GetA' not implemented: method name or namespace not recognized")), "unclear", True),
        (said(400, fault("ter:InvalidArgVal", "no such profile")), "unclear", False),
        (said(500, fault("s:Receiver", "busy")), "unclear", False),
        (said(404, "<html>404</html>"), "unclear", True),
        (said(503, b""), "unclear", False),
        (said(302, b""), "unclear", False),
        (said(200, GIVEN.partition("1</A>")[0], truncated=True), "granted", False),
        (said(200, GIVEN.partition("1</A>")[0]), "unclear", False),
    ],
)
def test_what_an_answer_says(shown: Shown, state: str, unsupported: bool) -> None:
    assert (shown.state, shown.unsupported) == (state, unsupported)
    assert shown.told.startswith("shown a token: ")


G, R, U = said(200, GIVEN), said(401, b""), said(503, b"")
DOUBT = "undecided"


@pytest.mark.parametrize(
    ("freshness", "requests", "granted"),
    [
        ("fresh", (G,), True),
        ("fresh", (R, G), True),  # by HTTP digest after all
        ("none", (R, G), True),  # nothing shown, and an empty header shown
        ("none", (R, R), False),
        ("none", (R, U), DOUBT),
        ("none", (U, G), True),
        ("stale", (R,), False),
        ("stale", (U,), DOUBT),
        ("repeated", (G, G), True),
        ("repeated", (G, R), False),
        ("repeated", (R, G, R), False),
        ("repeated", (G, U), DOUBT),
        ("repeated", (R,), DOUBT),  # then there was nothing to repeat
        ("repeated", (R, R), DOUBT),
        ("repeated", (U,), DOUBT),
    ],
)
def test_what_a_call_says(freshness: str, requests: tuple[Shown, ...], granted: object) -> None:
    reply = OnvifReply(asked="it", operation="tds:GetA", freshness=freshness, requests=requests)
    if granted == DOUBT:
        for question in ("granted", "refused"):
            with pytest.raises(Undecided):
                getattr(reply, question)
    else:
        assert (reply.granted, reply.refused) == (granted, not granted)
