"""One exchange gives one answer, cut where it is too long, and never leads anywhere else."""

from pathlib import Path

import pytest

from harness.model.errors import DeviceSilent, Undecided
from harness.transports import http
from harness.transports.http import HttpReply, HttpRequest, SetCookie, Target, cookies_of, exchange, set_cookies
from tests.builders import devices
from tests.builders.devices import HERE, Desk, device


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ask(desk: Desk, talk: devices.Talk, request: HttpRequest | None = None, within: float = 2.0) -> HttpReply:
    with device(talk) as port:
        return exchange(desk.access, Target(HERE, port, tls=False), request or HttpRequest("GET", "/"), within=within)


@pytest.mark.parametrize(
    ("answer", "body", "truncated"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody and more", b"body", False),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", b"to the end", False),
        (b"HTTP/1.0 200 OK\nServer: old\n\nbare line feeds", b"bare line feeds", False),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nno", b"no", False),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=1\r\nbody\r\n5\r\nparts\r\n0\r\n\r\n", b"bodyparts", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nzz\r\n", b"body", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nbody", b"body", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nhalf", b"half", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nodd", b"odd", False),
        (b"HTTP/1.1 204 No Content\r\n\r\nnothing", b"", False),
    ],
)
def test_bodies_in_every_framing(desk: Desk, answer: bytes, body: bytes, *, truncated: bool) -> None:
    reply = ask(desk, devices.answering(answer))
    assert (reply.body, reply.truncated) == (body, truncated)


def test_the_reply_keeps_status_reason_and_every_header(desk: Desk) -> None:
    answer = b"HTTP/1.1 403 No \xe4ntry\r\nA: 1\r\nb:2\r\nA: 3\r\nbroken line\r\n\r\n"
    reply = ask(desk, devices.answering(answer))
    assert (reply.status, reply.reason) == (403, "No \xe4ntry")
    assert reply.headers == (("A", "1"), ("b", "2"), ("A", "3"))
    assert (reply.header("a"), reply.all_headers("a"), reply.header("c")) == ("1", ("1", "3"), None)
    assert reply.sent_at <= reply.answered_at


def test_a_redirect_is_an_answer(desk: Desk) -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/steal\r\nContent-Length: 0\r\n\r\n"
    assert ask(desk, devices.answering(answer)).header("location") == "http://192.0.2.1/steal"


@pytest.mark.parametrize(
    ("talk", "sentence"),
    [
        (devices.answering(b"\x00\x01\x02\xff binary junk\r\n\r\n"), "did not answer in HTTP"),
        (devices.answering(b"RTSP/1.0 200 OK\r\n\r\n"), "did not answer in HTTP"),
        (devices.endless(b"HTTP/1.1 200 OK\r\n", b"X-Filler: 1\r\n" * 50), "headers without end"),
        (devices.endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 9999), "without the expected"),
        (devices.endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 9), "interim answers"),
        (devices.endless(b"", b"\xff" * 9999), "without the expected"),
    ],
)
def test_what_is_not_http_is_undecided_with_a_sentence(desk: Desk, talk: devices.Talk, sentence: str) -> None:
    with pytest.raises(Undecided, match=sentence):
        ask(desk, talk)


@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"],
)
def test_an_endless_body_is_cut_at_the_limit(desk: Desk, first: bytes) -> None:
    reply = ask(desk, devices.endless(first, b"x" * 65536))
    assert len(reply.body) == http.BODY_MAX
    assert reply.truncated


def test_of_a_film_the_beginning_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never ends; what comes in a moment says what it is."""
    monkeypatch.setattr("harness.transports.http.FILM_S", 0.3)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
    reply = ask(desk, devices.endless(head, b"--b\r\n\r\n\xff\xd8\xff", pause=0.05))
    assert reply.truncated
    assert reply.body.startswith(b"--b")
    assert len(reply.body) < 1000


def test_endless_chunks_are_cut_at_the_limit(desk: Desk) -> None:
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    reply = ask(desk, devices.endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk))
    assert len(reply.body) == http.BODY_MAX
    assert reply.truncated


@pytest.mark.parametrize("talk", [devices.silent, devices.resetting, devices.answering(b""), devices.answering(b"HTTP/1.1 200 OK\r\nA: ")])
def test_no_whole_answer_is_silence(desk: Desk, talk: devices.Talk) -> None:
    with pytest.raises(DeviceSilent):
        ask(desk, talk, within=0.1)


def test_a_body_that_falls_silent_is_truncated(desk: Desk) -> None:
    def half(connection: devices.socket.socket) -> None:
        devices.read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        devices.silent(connection)

    reply = ask(desk, half, within=0.1)
    assert (reply.body, reply.truncated) == (b"half", True)


def test_the_request_goes_out_as_it_is_written(desk: Desk) -> None:
    seen: list[bytes] = []

    def talk(connection: devices.socket.socket) -> None:
        seen.append(devices.read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with device(talk) as port:
        request = HttpRequest("POST", "/a//b/../%2e?x=1", (("Host", "camera"), ("X-One", "1")), b"data")
        exchange(desk.access, Target(HERE, port, tls=False), request)
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /a//b/../%2e?x=1 HTTP/1.1",
        b"User-Agent: camlabel",
        b"Accept: */*",
        b"Connection: close",
        b"Content-Length: 4",
        b"Host: camera",
        b"X-One: 1",
    ]
    assert body == b"data"


@pytest.mark.parametrize(
    "request_",
    [HttpRequest("GET", "/a b"), HttpRequest("GET", "/\r\n"), HttpRequest("G T", "/"), HttpRequest("GET", "/", (("A", "1\r\nB: 2"),))],
)
def test_what_would_break_the_lines_is_not_sent(desk: Desk, request_: HttpRequest) -> None:
    with pytest.raises(Undecided, match="cannot be written"):
        ask(desk, devices.silent, request_)


def test_targets_are_written_as_people_write_them() -> None:
    assert Target("192.0.2.7", 443, tls=True).url("/x") == "https://192.0.2.7/x"
    assert Target("fe80::1", 8080, tls=False).url("/x") == "http://[fe80::1]:8080/x"
    request = HttpRequest("POST", "/login", (("A", "it's"),), b'{"x": 1}')
    assert request.curl(Target("192.0.2.7", 80, tls=False)) == (
        """curl -sk -i -X POST http://192.0.2.7/login -H 'A: it'"'"'s' --data-raw '{"x": 1}'"""
    )


def test_cookies_are_read_without_their_attributes(desk: Desk) -> None:
    answer = (
        b'HTTP/1.1 200 OK\r\nSet-Cookie: sid="abc"; Path=/; HttpOnly\r\nSet-Cookie: flag\r\nSet-Cookie: b=2=3\r\nContent-Length: 0\r\n\r\n'
    )
    reply = ask(desk, devices.answering(answer))
    assert cookies_of(reply) == {"sid": "abc", "b": "2=3"}
    assert set_cookies(reply) == (SetCookie("sid", "abc", http_only=True), SetCookie("b", "2=3"))
    guarded = reply.model_copy(update={"headers": (("set-cookie", "id=1;SECURE ; httponly"),)})
    assert set_cookies(guarded) == (SetCookie("id", "1", http_only=True, secure=True),)
