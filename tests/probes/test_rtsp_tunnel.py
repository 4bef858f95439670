"""RTSP inside plain HTTP: what is taken for a tunnel, and what is answered through it."""

import base64
import queue
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.model.errors import Undecided
from harness.model.secret import NOBODY, Credential
from harness.probes.clear_answers import Seen
from harness.probes.rtsp_tunnel import ask
from harness.transports.auth import Authorizer
from tests.builders.devices import HERE, OWNER, Desk, answering, device
from tests.builders.profiles import profile

SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\n"
OPEN = b"HTTP/1.0 200 OK\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n"
CHALLENGE = b'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
BASIC = b'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Basic realm="r"\r\n\r\n'
DESCRIBED = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: %d\r\n\r\n%s" % (len(SDP), SDP)


def tunnelling(reply: Callable[[bytes], bytes]) -> Callable[[socket.socket], None]:
    """A server that answers each request that came through the tunnel."""
    requests: queue.Queue[bytes] = queue.Queue()

    def talk(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (data := connection.recv(4096)):
            head += data
        if head.startswith(b"GET "):
            connection.sendall(OPEN)
            while request := requests.get(timeout=20):
                connection.sendall(reply(request))
            return
        coded = head.partition(b"\r\n\r\n")[2]
        while coded or (coded := connection.recv(4096)):
            requests.put(base64.b64decode(coded))
            coded = b""
        requests.put(b"")

    return talk


def asked(folder: Path, talk: Any, who: Credential) -> Seen:
    with device(talk) as port:
        bench = Desk(folder).bench(profile(), {})
        return ask(bench.access, HERE, port, "/live", Authorizer(bench.access, who, "rtsp"), "it")


def test_what_is_described_is_given(tmp_path: Path) -> None:
    seen = asked(tmp_path, tunnelling(lambda _: DESCRIBED), NOBODY)
    assert (seen.given, seen.gave) == (("description",), True)


def test_a_challenge_is_answered_by_digest(tmp_path: Path) -> None:
    def reply(request: bytes) -> bytes:
        return DESCRIBED.replace(b"CSeq: 1", b"CSeq: 2") if re.search(rb"\r\nAuthorization: Digest ", request) else CHALLENGE

    assert asked(tmp_path, tunnelling(reply), OWNER).given == ("description",)
    refused = asked(tmp_path, tunnelling(reply), NOBODY)
    assert (refused.given, refused.asks, refused.gave) == ((), "digest", False)
    assert asked(tmp_path, tunnelling(lambda _: BASIC), NOBODY).asks == "basic"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n",
        b"RTSP/1.0 400 Bad Request\r\nContent-Type: application/x-rtsp-tunnelled\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"",
    ],
)
def test_what_is_no_tunnel_gives_nothing(said: bytes, tmp_path: Path) -> None:
    seen = asked(tmp_path, answering(said), OWNER)
    assert (seen.gave, seen.asks) == (False, "")


def test_a_tunnel_that_ends_settles_nothing(tmp_path: Path) -> None:
    seen = asked(tmp_path, answering(OPEN), NOBODY)
    with pytest.raises(Undecided, match="nothing came through it"):
        seen.gave  # noqa: B018
