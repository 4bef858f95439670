"""What an answer without a session says, and which addresses a page names."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.recipe import Conditions
from harness.probes.function_answers import Compared, Seen, alike, changed, differences, disclosed, judged, leaves_of, pattern_of
from harness.probes.function_paths import is_dangerous, is_presentation, named_in, named_in_program, variants
from harness.transports.http import HttpReply

FORM = b"<html><body><form><input name=user><input name=password type=password></form></body></html>"
JPEG = b"\xff\xd8\xff\xe0 picture"


def seen(status: int, body: bytes = b"", **headers: str) -> Seen:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Seen.of(HttpReply(status=status, reason="", headers=named, body=body, truncated=False, sent_at=0, answered_at=0))


MISSING = seen(404, b'{"error": "none"}')
SETTINGS = seen(200, b'{"light": true, "name": "nursery"}')


@pytest.mark.parametrize(
    ("answer", "to", "state"),
    [
        (seen(401), Compared(owners=SETTINGS, nothing=MISSING), "refused"),
        (seen(404, b'{"error": "none"}'), Compared(owners=SETTINGS, nothing=MISSING), "refused"),
        (seen(302, Location="/login"), Compared(owners=SETTINGS, nothing=MISSING), "refused"),
        (seen(200, FORM), Compared(owners=SETTINGS, nothing=seen(200, FORM)), "refused"),
        (seen(200, FORM), Compared(owners=SETTINGS, nothing=MISSING), "unclear"),
        (seen(200, FORM), Compared(owners=seen(200, FORM), nothing=seen(200, FORM)), "refused"),
        (SETTINGS, Compared(owners=SETTINGS, nothing=MISSING), "granted"),
        (seen(200, b'{"light": false, "name": "nursery"}'), Compared(owners=SETTINGS, nothing=MISSING), "granted"),
        (seen(401, b'{"light": true, "name": "nursery"}'), Compared(owners=SETTINGS, nothing=MISSING), "granted"),
        (seen(302, b'{"light": true, "name": "nursery"}'), Compared(owners=SETTINGS, nothing=MISSING), "granted"),
        (seen(200, JPEG), Compared(owners=seen(200, JPEG + b"2"), nothing=MISSING), "granted"),
        (seen(200, JPEG), Compared(owners=None, nothing=MISSING), "granted"),
        (seen(200, b'{"ok": true}'), Compared(owners=None, nothing=MISSING), "granted"),
        (seen(200, b'{"code": -1}'), Compared(owners=seen(200, b'{"code": 0}'), nothing=MISSING), "unclear"),
        (seen(204), Compared(owners=seen(204), nothing=MISSING), "granted"),
        (seen(500), Compared(owners=SETTINGS, nothing=MISSING), "unclear"),
        (seen(429), Compared(owners=SETTINGS, nothing=MISSING), "unclear"),
        (seen(401, Retry_After="60"), Compared(owners=SETTINGS, nothing=MISSING), "unclear"),
        (seen(422), Compared(owners=seen(422), nothing=MISSING, granted=(422,)), "unclear"),
        (seen(200, b"{}"), Compared(owners=SETTINGS, nothing=MISSING, granted=(200,)), "granted"),
    ],
)
def test_an_answer_is_judged_by_what_it_gives(answer: Seen, to: Compared, state: str) -> None:
    assert judged(answer, to)[0] == state


def test_a_refusal_of_the_profiles_own_is_known() -> None:
    to = Compared(owners=SETTINGS, nothing=MISSING, refused_when=Conditions(regex="log in first"))
    assert judged(seen(200, b"please log in first"), to) == ("refused", "status 200, a refusal as the profile says")


def test_answers_are_alike_by_kind_names_or_text() -> None:
    assert alike(seen(200, b'{"events": [{"a": 1}, {"a": 2}]}'), seen(200, b'{"events": [{"a": 1}, {"a": 2}, {"a": 5}]}'))
    assert not alike(seen(200, b'{"ok": true}'), seen(200, b'{"error": "no"}'))
    assert not alike(seen(200, FORM), seen(200, b'{"ok": true}'))
    assert not alike(seen(200, FORM), seen(200))
    assert alike(seen(200, FORM), seen(200, FORM.replace(b"user", b"name")))


def test_the_state_is_compared_place_by_place() -> None:
    before = {"/s": leaves_of(b'{"a": {"b": 1}, "list": [{"x": "one"}], "clock": 5}') or {}}
    after = {"/s": leaves_of(b'{"a": {"b": 2}, "list": [{"x": "one"}, {"x": "two"}], "clock": 6}') or {}}
    assert differences(before, before) == ()
    assert differences(before, after) == ("/s .a.b", "/s .clock", "/s .list.length", "/s .list[1].x")
    assert changed(before, after, frozenset({"/s .clock", "/s .list.length", "/s .list[].x"})) == ("/s .a.b",)
    assert changed(before, {}, frozenset()) != ()
    assert pattern_of("/s .list[1].x[20].y") == "/s .list[].x[].y"


def test_only_telling_values_under_the_same_name_are_disclosed() -> None:
    guarded = {"/accounts": leaves_of(b'{"accounts": [{"user": "grandma", "on": true}]}') or {}}
    assert disclosed(b'{"user": "grandma"}', guarded) == ("user of /accounts",)
    for harmless in (b'{"on": true}', b'{"title": "grandma"}', b'{"user": "somebody"}', b"<html>grandma</html>"):
        assert disclosed(harmless, guarded) == ()


@given(st.binary(max_size=300))
def test_any_body_has_leaves_or_none(body: bytes) -> None:
    leaves = leaves_of(body)
    assert leaves is None or all(isinstance(value, str) for value in leaves.values())
    judged(seen(200, body), Compared(owners=seen(200, body), nothing=MISSING))


def test_deep_and_wide_bodies_are_bounded() -> None:
    assert leaves_of(b"[" * 100_000) is None
    assert len(leaves_of(json.dumps(list(range(50_000))).encode()) or {}) < 10_000


def test_links_and_texts_of_scripts_are_named_with_the_method_near_them() -> None:
    page = """<a href="/cgi-bin/log.cgi?x=1#a">x</a><form action='users.cgi'><script src=app.js></script><img src="http://else.example/a">
    <!-- <a href="/debug">  --><button name="do" value="/api/restart">"""
    script = """answer("GET", "/api/state"); ask("POST", `/api/users`); const p = '/img/'; x = "/a${b}"; s = "/etc/pass wd";"""
    assert named_in(page, "/web/index.html") == (
        ("GET", "/cgi-bin/log.cgi"),
        ("GET", "/web/users.cgi"),
        ("GET", "/web/app.js"),
        ("GET", "/debug"),
        ("POST", "/api/restart"),
    )
    assert named_in(script, "/") == (("GET", "/api/state"), ("POST", "/api/users"), ("GET", "/img/"))


def test_what_may_do_harm_is_not_looked_at_and_how_it_looks_is_no_function() -> None:
    assert all(map(is_dangerous, ("/reboot.cgi", "/api/factoryDefault", "/logout", "/x/upgrade")))
    assert not is_dangerous("/api/settings")
    for kind, path in (("text/html; charset=utf-8", "/"), ("application/javascript", "/x"), ("image/png", "/logo.png"), ("", "/a.css")):
        assert is_presentation(kind, path)
    for kind, path in (("application/json", "/a.js.json"), ("image/jpeg", "/snapshot.jpg"), ("text/plain", "/log.txt"), ("", "/api")):
        assert not is_presentation(kind, path)


def test_variants_lead_to_the_same_place_by_other_ways() -> None:
    paths = {name: path for path, name in variants("/api/log?n=1")}
    assert paths["a slash behind it"] == "/api/log/?n=1"
    assert paths["the end of a style sheet"] == "/api/log/a.css?n=1"
    assert paths["a doubled slash inside"] == "/api//log?n=1"
    assert paths["a style sheet as its parameter"] == "/api/log;a.css?n=1"
    assert paths["a way back from a style sheet"] == "/a.css/../api/log?n=1"
    assert paths["names of open files in its query"] == "/api/log?n=1&currentsetting.htm&a.jpg"
    assert paths["a made-up auth in its query"] == "/api/log?n=1&auth=YWRtaW46MTEK"


def test_texts_of_programs_below_usual_roots_are_addresses() -> None:
    program = b"\x7fELF\0GET\0/api/debug/config\0/usr/lib/libc.so\0url=/cgi-bin/test.cgi?x\0/apiary\0x/api/no\0/api/debug/config\0"
    assert named_in_program(program) == ("/api/debug/config", "/cgi-bin/test.cgi", "/apiary")
    assert named_in_program(b"\0/api/" + b"a" * 100_000) == ("/api/" + "a" * 119,)
