"""A web interface under attack: small ones that give way, each in its own place, and what cannot be told."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.probes import web_attacks
from harness.probes.web_attacks import WAYS, Change
from tests.builders.devices import Desk, device, read_request
from tests.builders.profiles import emulated_profile

PROFILE = emulated_profile()
EVENT = Change(action="trigger_event", way="web")
Asked = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


def understood(data: bytes) -> Asked:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    return {
        "method": method,
        "path": path,
        "body": body,
        **{name.lower(): value for name, _, value in (each.partition(": ") for each in lines)},
    }


@contextmanager
def site(tmp_path: Path, answer: Callable[[Asked], Answer | None]) -> Iterator[Bench]:
    """An interface with the log-in of the profile; `answer` goes before what a sound one says."""

    def sound(asked: Asked) -> Answer:
        if asked["path"] == "/api/login":
            right = json.loads(asked["body"])["user"] == "admin"
            return (200, {"Set-Cookie": "s=cookie-value-1; SameSite=Strict"}, b'{"token": "token-value-1"}') if right else (401, {}, b"{}")
        if asked["path"].startswith("/api/"):
            return (200, {}, b'{"ok": true}') if asked.get("authorization") == "Bearer token-value-1" else (401, {}, b"{}")
        return (
            (200, {"Content-Type": "text/html", "X-Frame-Options": "DENY"}, b"<a href=/two>") if asked["path"] == "/" else (404, {}, b"{}")
        )

    def talk(connection: socket.socket) -> None:
        data = read_request(connection)
        asked = understood(data)
        status, headers, body = answer(asked) or sound(asked)
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers.items())]
        connection.sendall("\r\n".join((*lines, "", "")).encode() + body)

    with device(talk, tls=True, tmp_path=tmp_path) as port:
        yield Desk(tmp_path).bench(PROFILE, {443: port})


def nothing(_: Asked) -> Answer | None:
    return None


def granted(bench: Bench) -> set[str]:
    return {way for way in WAYS if web_attacks.forged(bench, EVENT, way).granted}


def with_cookie(same_site: str, **also: str) -> Callable[[Asked], Answer | None]:
    """Takes a cookie for the log-in."""

    def answer(asked: Asked) -> Answer | None:
        if asked["path"] == "/api/login":
            return 200, {"Set-Cookie": f"s=cookie-value-1; Path=/{same_site}"}, b'{"token": "token-value-1"}'
        if asked["method"] == "OPTIONS":
            return 204, also, b""
        if asked["path"].startswith("/api/event/test") and "cookie-value-1" in asked.get("cookie", ""):
            allowed = asked["method"] in also.get("methods", "POST") and also.get("kind", "") in asked.get("content-type", "")
            return (200, {}, b'{"ok": true}') if allowed else (405, {}, b"")
        return None

    return answer


ALLOWS = {
    "Access-Control-Allow-Origin": web_attacks.ELSEWHERE,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Headers": "Content-Type",
}
SIMPLE = {way for way in WAYS if way.startswith(("as text", "as a form"))}


@pytest.mark.parametrize(
    ("answer", "ways"),
    [
        (nothing, set()),
        (with_cookie(""), SIMPLE),
        (with_cookie("; SameSite=None"), SIMPLE),
        (with_cookie("; SameSite=Lax"), set()),
        (with_cookie("; samesite=lax", methods="GET"), {"as an address"}),
        (with_cookie("; SameSite=Strict", methods="GET"), set()),
        (with_cookie("", kind="application/json"), set()),
        (with_cookie("", kind="application/json", **ALLOWS), {"as it is, if its preflight allows"}),
        (with_cookie("", kind="application/json", **ALLOWS | {"Access-Control-Allow-Origin": "*"}), set()),
        (with_cookie("", kind="application/json", **ALLOWS | {"Access-Control-Allow-Headers": "x"}), set()),
    ],
)
def test_another_page_can_do_what_a_browser_lets_it(tmp_path: Path, answer: Callable[[Asked], Answer | None], ways: set[str]) -> None:
    with site(tmp_path, answer) as bench:
        assert granted(bench) == ways


@pytest.mark.parametrize(
    ("takes", "end"),
    [
        (lambda origin, _: origin == "null", "from nowhere"),
        (lambda origin, asked: origin.startswith(f"https://{asked['host'].partition(':')[0]}"), "like its own"),
    ],
)
def test_who_looks_at_the_origin_looks_at_all_of_it(tmp_path: Path, takes: Callable[[str, Asked], bool], end: str) -> None:
    def answer(asked: Asked) -> Answer | None:
        wrong = asked["path"].startswith("/api/event/test") and not takes(asked.get("origin", ""), asked)
        return (403, {}, b"") if wrong else with_cookie("")(asked)

    with site(tmp_path, answer) as bench:
        assert granted(bench) == {way for way in WAYS if way.endswith(end)}


def test_an_answer_that_is_neither_is_undecided(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer | None:
        return (200, {}, b'{"code": -1}') if asked["path"] == "/api/event/test" else None

    with site(tmp_path, answer) as bench, pytest.raises(Undecided):
        granted(bench)


def test_the_page_itself_may(tmp_path: Path) -> None:
    with site(tmp_path, nothing) as bench:
        assert [each.asked for each in web_attacks.changes(bench)] == ["trigger_event by web", "check_update by web"]
        assert web_attacks.by_the_page(bench, EVENT).granted
        assert web_attacks.pages(bench) == ("/", "/two")
        assert not web_attacks.page(bench, "/").frameable
        assert not web_attacks.addresses(bench, ("/",)).hold_tokens


def test_without_a_change_that_is_known_nothing_can_be_forged(tmp_path: Path) -> None:
    bare = PROFILE.model_copy(update={"actions": {}})
    assert web_attacks.changes(Desk(tmp_path).bench(bare, {})) == ()
    with pytest.raises(NotPossible, match="no name can be given"):
        web_attacks._fail_to_log_in(Desk(tmp_path).bench(bare, {}), "x")


def echoing(asked: Asked) -> Answer | None:
    """Everything that is asked for stands in the page."""
    return None if asked["path"].startswith("/api/") else (200, {"Content-Type": "text/html"}, unquote(asked["path"]).encode())


def keeping() -> Callable[[Asked], Answer | None]:
    kept: list[str] = []

    def answer(asked: Asked) -> Answer | None:
        if asked["path"] == "/api/login" and (user := json.loads(asked["body"])["user"]) != "admin":
            kept.append(user)
        return (200, {"Content-Type": "text/html"}, "".join(kept).encode()) if asked["path"] == "/" else None

    return answer


def test_markers_that_come_back_as_markup_are_found(tmp_path: Path) -> None:
    with site(tmp_path, echoing) as bench:
        found = {place for place in web_attacks.PLACES if web_attacks.injected(bench, place, ("/",)).offends}
    assert found == {"a path", "a query"}
    with site(tmp_path, keeping()) as bench:
        found = {place for place in web_attacks.PLACES if web_attacks.injected(bench, place, ("/",)).offends}
    assert found == {"a name that failed to log in"}


def test_a_page_that_answers_every_path_with_its_log_in_form_gives_nothing_away(tmp_path: Path) -> None:
    form = b"<html><form><input type=password></form></html>"

    def answer(asked: Asked) -> Answer | None:
        return None if asked["path"].startswith("/api/") else (200, {"Content-Type": "text/html"}, form)

    with site(tmp_path, answer) as bench:
        assert not any(web_attacks.injected(bench, place, ("/",)).offends for place in web_attacks.PLACES)
        assert web_attacks.page(bench, "/").frameable


def test_where_nothing_answers_nothing_is_concluded() -> None:
    with pytest.raises(Undecided):
        _ = web_attacks.Returned(asked="x").offends


def test_a_sessions_value_in_an_address_is_found_where_it_opens_something(tmp_path: Path) -> None:
    code = b'img.src = "/pic?token=" + t; x.src = "/map?token=" + t'

    def answer(asked: Asked) -> Answer | None:
        if asked["path"] == "/":
            return 200, {"Content-Type": "text/html"}, b"<script src=/a.js>"
        if asked["path"] == "/a.js":
            return 200, {"Content-Type": "text/javascript"}, code
        if asked["path"].startswith("/pic"):
            return (200 if "token-value-1" in asked["path"] else 401), {}, b"x"
        return None

    with site(tmp_path, answer) as bench:
        seen = web_attacks.addresses(bench, web_attacks.pages(bench))
    assert seen.hold_tokens
    assert seen.found == ("/pic?token=… in GET /a.js",)
    assert seen.unclear == ("/map?token=… in GET /a.js",)
    with pytest.raises(Undecided, match="/map"):
        _ = seen.model_copy(update={"found": ()}).hold_tokens


def test_a_redirect_with_a_sessions_value_is_one(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer | None:
        inside = asked.get("authorization", "").endswith("token-value-1")
        return (302, {"Location": "/home?sid=token-value-1"}, b"") if asked["path"] == "/" and inside else None

    with site(tmp_path, answer) as bench:
        assert web_attacks.addresses(bench, ("/",)).found == ("an address in the answer to GET /",)
