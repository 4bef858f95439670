"""What a recipe makes of answers, sound and hostile: granted, refused, or unclear, and what it takes from them."""

import socket
from pathlib import Path
from typing import Any

import pytest

from harness.model.errors import DeviceSilent, NotPossible, OutOfScope, Undecided, UsageError
from harness.model.recipe import Recipe
from harness.probes.actions.recipe import Play, Played
from harness.transports.templates import Variables
from tests.builders import devices, webcam
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk, device

JSON = {"granted_when": {"status": 200, "json": "token"}, "refused_when": {"status": [401, 403]}}
CODES = {"granted_when": {"json": "code == `0`"}, "refused_when": {"json": "code < `0`"}}
WORDS = {"granted_when": {"regex": "Welcome"}, "refused_when": {"header": "Location: .*/login"}}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def play(desk: Desk, talk: devices.Talk, *steps: dict[str, Any], **recipe: Any) -> Played:
    one = {"request": {"method": "POST", "path": "/login", "json": {"password": "{{ password }}"}}}
    given = {**JSON, "steps": steps or [one], **recipe}
    with device(talk) as port:
        bench = desk.bench(webcam.profile(), {webcam.WEB_PORT: port})
        return Play(bench, Recipe.model_validate(given), Variables({"user": (OWNER, ""), "password": (OWNER, "web")}), "log in").run()


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("conditions", "answer", "state"),
    [
        (JSON, http(200, b'{"token": "abc"}'), "granted"),
        (JSON, http(401), "refused"),
        (JSON, http(500), "unclear"),
        (JSON, http(302, b"", "Location: http://192.0.2.1/"), "unclear"),
        (JSON, http(200), "unclear"),
        (JSON, http(200, b'{"token": ""}'), "unclear"),
        (JSON, http(200, b'{"token": null}'), "unclear"),
        (JSON, http(200, b"[" * 100_000), "unclear"),
        (JSON, http(200, b"\xff\xfe\x00binary"), "unclear"),
        (JSON, http(200, b'{"token": ' + b"9" * 50_000 + b"}"), "unclear"),
        (CODES, http(200, b'{"code": -1}'), "refused"),
        (CODES, http(200, b'{"code": 0}'), "granted"),
        (CODES, http(200, b'{"code": "0"}'), "unclear"),
        (WORDS, http(200, b"<h1>Welcome</h1>"), "granted"),
        (WORDS, http(302, b"", "Location: /login"), "refused"),
        (WORDS, http(302, b"Welcome", "Location: /login"), "unclear"),
        (WORDS, http(200, b"Welcome")[:-3], "unclear"),
    ],
)
def test_answers(desk: Desk, conditions: dict[str, Any], answer: bytes, state: str) -> None:
    assert play(desk, devices.answering(answer), **conditions).outcome.state == state


def test_the_outcome_says_what_was_asked_and_what_decided(desk: Desk) -> None:
    outcome = play(desk, devices.answering(http(401))).outcome
    assert (outcome.why, outcome.refused) == ("status 401; refused_when holds", True)
    assert outcome.asked.startswith("log in: POST http://127.0.0.1:")


def test_a_token_is_taken_masked_and_carried(desk: Desk) -> None:
    step = {"request": {"method": "GET", "path": "/"}, "take": {"token": {"json": "data.token"}}}
    session = {"headers": {"Authorization": "Bearer {{ token }}"}}
    answer = http(200, b'{"token": 1, "data": {"token": "t-123456789"}}')
    played = play(desk, devices.answering(answer), step, session=session)
    assert played.session is not None
    assert played.session.headers == (("Authorization", "Bearer t-123456789"),)
    assert desk.secrets.mask(b"t-123456789") == "⟦cam-1/token#1⟧".encode()


@pytest.mark.parametrize(
    ("take", "value"),
    [
        ({"json": "list[1].id"}, "7"),
        ({"json": "list"}, None),
        ({"json": "flag"}, None),
        ({"header": "x-token"}, "from header"),
        ({"cookie": "sid"}, "c1"),
        ({"regex": 'id="(\\w+)"'}, "page1"),
        ({"regex": "never(.)"}, None),
        ({"json": "long"}, None),
    ],
)
def test_values_are_taken_from_everywhere(desk: Desk, take: dict[str, str], value: str | None) -> None:
    body = b'{"list": [1, {"id": 7}], "flag": true, "html": "<p id=\\"x\\">", "token": "t", "long": "%s"} id="page1"' % (b"x" * 5000)
    body = body if "regex" in take else body.removesuffix(b' id="page1"')
    step = {"request": {"method": "GET", "path": "/"}, "take": {"it": take}}
    played = play(
        desk,
        devices.answering(http(200, body, "X-Token: from header", "Set-Cookie: sid=c1")),
        step,
        session={"headers": {"X": "{{ it }}"}},
        granted_when={"status": 200},
    )
    assert (played.session.headers if played.session else None) == ((("X", value),) if value else None)


def test_without_a_template_cookies_are_the_session(desk: Desk) -> None:
    played = play(desk, devices.answering(http(200, b'{"token": 1}', "Set-Cookie: a=12345678; Path=/", "Set-Cookie: b=87654321")))
    assert played.session is not None
    assert played.session.headers == (("Cookie", "a=12345678; b=87654321"),)
    assert "12345678" not in str(played.session.shown)


def test_a_challenge_login_takes_two_steps(desk: Desk) -> None:
    asked: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        asked.append(devices.read_request(connection))
        connection.sendall(http(200, b'{"salt": "s4lt"}' if b"GET" in asked[-1] else b'{"token": "abc"}'))

    first = {"request": {"method": "GET", "path": "/salt/{{ user }}"}, "take": {"salt": {"json": "salt"}}}
    second = {"request": {"method": "POST", "path": "/login", "form": {"hash": "{{ (salt ~ password) | sha256 }}"}}}
    assert play(desk, talk, first, second).outcome.granted
    assert asked[0].startswith(b"GET /salt/admin ")
    assert OWNERS_PASSWORD.encode() not in asked[1]


def test_a_first_step_without_what_is_needed_is_never_granted(desk: Desk) -> None:
    first = {"request": {"method": "GET", "path": "/salt"}, "take": {"salt": {"json": "salt"}}}
    second = {"request": {"method": "GET", "path": "/login"}}
    assert play(desk, devices.answering(http(200, b'{"token": "abc"}')), first, second).outcome.state == "unclear"
    assert play(desk, devices.answering(http(403)), first, second).outcome.state == "refused"


def test_basic_and_digest_are_answered_where_the_recipe_says_so(desk: Desk) -> None:
    def talk(connection: socket.socket) -> None:
        known = b"Authorization: Basic" in devices.read_request(connection)
        connection.sendall(http(200, b'{"token": 1}') if known else http(401, b"", "WWW-Authenticate: Basic realm=x"))

    assert play(desk, talk, {"request": {"method": "GET", "path": "/", "auth": "basic"}}).outcome.granted
    assert play(desk, talk, {"request": {"method": "GET", "path": "/", "auth": "digest"}}).outcome.refused


@pytest.mark.parametrize(
    ("talk", "raised"),
    [
        (devices.resetting, DeviceSilent),
        (devices.answering(b""), DeviceSilent),
        (devices.answering(b"\x00\xff\r\n\r\n"), Undecided),
        (devices.endless(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n" * 99), Undecided),
    ],
)
def test_no_answer_is_no_outcome(desk: Desk, talk: devices.Talk, raised: type[Undecided]) -> None:
    with pytest.raises(raised):
        play(desk, talk)


def test_a_body_without_end_is_unclear_where_it_matters(desk: Desk) -> None:
    talk = devices.endless(b"HTTP/1.1 200 OK\r\n\r\nWelcome", b"x" * 65536)
    assert play(desk, talk, **WORDS).outcome.state == "unclear"
    by_status = {"granted_when": {"status": 200}, "refused_when": {"status": 401}}
    assert play(desk, talk, **by_status).outcome.state == "granted"


def test_a_redirect_to_another_host_is_not_followed(desk: Desk) -> None:
    answer = http(302, b"", "Location: http://192.0.2.1/login")
    assert play(desk, devices.answering(answer), refused_when={"status": 302}).outcome.refused


def test_a_service_outside_the_scope_is_not_asked(desk: Desk) -> None:
    bench = desk.bench(webcam.profile(), {})
    object.__setattr__(bench, "sample", bench.sample.model_copy(update={"address": "192.0.2.1"}))
    recipe = Recipe.model_validate({"steps": [{"request": {"method": "GET", "path": "/"}}], **JSON})
    with pytest.raises(OutOfScope):
        Play(bench, recipe, Variables(), "ask").run()


def test_a_profile_without_a_web_service_cannot_play_recipes(desk: Desk) -> None:
    known = webcam.profile()
    bare = known.model_copy(update={"ixit": known.ixit.model_copy(update={"log_intf": ()})})
    recipe = Recipe.model_validate({"steps": [{"request": {"method": "GET", "path": "/"}}], **JSON})
    with pytest.raises(NotPossible, match="no http or https service"):
        Play(desk.bench(bare, {}), recipe, Variables(), "ask").run()


def test_a_broken_expression_is_a_mistake_of_the_profile(desk: Desk) -> None:
    with pytest.raises(UsageError, match="regular expression"):
        play(desk, devices.answering(http(200)), granted_when={"regex": "("})
