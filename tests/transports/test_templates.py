"""Templates are filled with just what they name, leave out what nobody has, and can do nothing else."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from harness.model.errors import Undecided, UsageError
from harness.model.recipe import Request, SessionTemplate
from harness.model.secret import NOBODY, Credential
from harness.transports.http import HttpRequest, Target
from harness.transports.templates import NOT_TRIED, Variables, fill, fill_session, rendered
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def filled(desk: Desk, current: Credential = OWNER, **request: Any) -> HttpRequest:
    given = {"method": "POST", "path": "/", **request}
    variables = Variables({"user": (OWNER, NOT_TRIED), "current": (current, "web")}, plain={"address": "192.0.2.7"})
    return fill(desk.access, Request.model_validate(given), variables)


def test_json_is_filled_at_every_depth(desk: Desk) -> None:
    body = {"a": {"user": "{{ user }}", "n": 1, "list": ["{{ address }}", None, True]}, "current": "{{ current }}"}
    request = filled(desk, json=body)
    assert json.loads(request.body) == {"a": {"user": "admin", "n": 1, "list": ["192.0.2.7", None, True]}, "current": OWNERS_PASSWORD}
    assert ("Content-Type", "application/json") in request.headers


def test_members_of_which_nothing_is_known_are_left_out(desk: Desk) -> None:
    request = filled(desk, NOBODY, json={"current": "{{ current }}", "both": "{{ current }}{{ user }}", "fixed": "x"})
    assert json.loads(request.body) == {"both": "admin", "fixed": "x"}
    request = filled(desk, NOBODY, form={"current": "{{ current }}", "u": "{{ user }} &"}, query={"c": "{{ current }}", "q": "a b"})
    assert (request.body, request.path) == (b"u=admin+%26", "/?q=a+b")
    assert filled(desk, NOBODY, headers={"X": "{{ current }}", "Y": "1"}).headers == (("Y", "1"),)


def test_paths_are_quoted_and_queries_appended(desk: Desk) -> None:
    assert filled(desk, path="/u/{{ user }}/ä?x=1", query={"y": "{{ address }}"}).path == "/u/admin/%C3%A4?x=1&y=192.0.2.7"


def test_a_body_may_be_any_text_with_choices(desk: Desk) -> None:
    text = "<u>{{ user }}</u>{% if current %}<c>{{ current }}</c>{% endif %}"
    assert filled(desk, NOBODY, body=text).body == b"<u>admin</u>"
    assert filled(desk, body=text, headers={"Content-Type": "text/xml"}).headers == (("Content-Type", "text/xml"),)


def test_only_what_is_named_is_revealed(desk: Desk) -> None:
    filled(desk, OWNER.wrong, json={"user": "{{ user }}"})
    assert desk.records == []


def test_hashes_for_challenge_logins_are_masked_like_the_password(desk: Desk) -> None:
    request = filled(
        desk, json={"h": "{{ (user ~ ':' ~ current) | md5 }}", "s": "{{ current | sha256 | upper }}", "b": "{{ current | b64encode }}"}
    )
    made = json.loads(request.body)
    assert made["h"] == hashlib.md5(f"admin:{OWNERS_PASSWORD}".encode()).hexdigest()
    assert made["s"] == hashlib.sha256(OWNERS_PASSWORD.encode()).hexdigest().upper()
    assert made["h"].encode() not in desk.secrets.mask(request.body)


def test_a_hash_is_made_of_itself_as_often_as_a_device_says(desk: Desk) -> None:
    """Not without end, and only by a number."""
    variables = Variables({"current": (OWNER, NOT_TRIED)}, plain={"rounds": "3"})
    request = Request.model_validate({"method": "POST", "path": "/", "body": "{{ (current ~ 'salt') | sha256(rounds) }}"})
    made = f"{OWNERS_PASSWORD}salt"
    for _ in range(3):
        made = hashlib.sha256(made.encode()).hexdigest()
    assert fill(desk.access, request, variables).body == made.encode()
    for rounds in ("0", "10001", "1e3", "", "9" * 99, "-1"):
        with pytest.raises(Undecided, match="is to be made"):
            fill(desk.access, request, Variables(variables.accounts, plain={"rounds": rounds}))


def test_a_number_of_json_is_one(desk: Desk) -> None:
    """Where nothing else stands in the text."""
    body = {"id": "{{ count | number }}", "text": "no. {{ count | number }}", "list": ["{{ count | number }}"]}
    request = Request.model_validate({"method": "POST", "path": "/", "json": body})
    filled_in = fill(desk.access, request, Variables(plain={"count": "17"}))
    assert json.loads(filled_in.body) == {"id": 17, "text": "no. 17", "list": [17]}
    for count in ("1.5", "x", "１"):
        with pytest.raises(Undecided, match="is no number"):
            fill(desk.access, request, Variables(plain={"count": count}))


def test_a_session_needs_all_that_its_template_names(desk: Desk) -> None:
    template = SessionTemplate(headers={"Authorization": "Bearer {{ token }}"}, cookies={"sid": "{{ sid }}"})
    token, sid = desk.access.keep_secret("token", "t-123456789"), desk.access.keep_secret("sid", "s-123456789")
    assert fill_session(desk.access, template, Variables(taken={"token": token})) is None
    whole = Variables(taken={"token": token, "sid": sid})
    assert fill_session(desk.access, template, whole) == (("Authorization", "Bearer t-123456789"), ("Cookie", "sid=s-123456789"))
    shown = fill_session(desk.access, template, whole.labelled({}))
    assert shown == (("Authorization", f"Bearer {token.label}"), ("Cookie", f"sid={sid.label}"))


@pytest.mark.parametrize(
    "template",
    [
        "{{ user.__class__ }}",
        "{{ user['x'] }}",
        "{{ user() }}",
        "{% for x in user %}{{ x }}{% endfor %}",
        "{{ 'a' * 10 ** 10 }}",
        "{{ '%9999999999d' % 1 }}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{{ user | nosuchfilter }}",
        "{{ user | center(1000) }}",
        "{{ user | sha256(times=3) }}",
        "{{ user | sha256(user.__class__) }}",
        "{{ user | sha256(1 + 1) }}",
        "{{ self }}{{ self.__init__.__globals__ }}",
        "{{ [].append(user) }}",
        "{{ {'a': user}.items() }}",
        "{% if user %}{% import 'os' as os %}{% endif %}",
        "{% filter md5 %}x{% endfilter %}",
        "{{ namespace(x=1) }}",
        "{{ user[:1] }}",
        "{{ user",
        "{% macro x() %}{% endmacro %}",
    ],
)
def test_a_template_can_do_nothing_else(desk: Desk, template: str) -> None:
    with pytest.raises(UsageError, match="template"):
        filled(desk, body=template)


def uploaded(desk: Desk, **request: Any) -> HttpRequest:
    variables = Variables({"user": (OWNER, NOT_TRIED)}, plain={"version": "1.0.1"}, package=b"\x00\xffPACKAGE")
    return fill(desk.access, Request.model_validate({"method": "POST", "path": "/up", **request}), variables)


def test_a_package_is_the_whole_body_or_the_file_of_a_form(desk: Desk) -> None:
    target = Target("192.0.2.7", 443, True)
    alone = uploaded(desk, upload={"name": "fw.bin"}, headers={"X-Version": "{{ version }}"})
    assert (alone.body, dict(alone.headers)["Content-Type"]) == (b"\x00\xffPACKAGE", "application/octet-stream")
    assert alone.curl(target).endswith("--data-binary @fw.bin")
    form = uploaded(desk, upload={"field": "file", "name": "fw.bin"}, form={"version": "{{ version }}"})
    kind, _, boundary = dict(form.headers)["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert form.body.split(f"--{boundary}".encode()) == [
        b"",
        b'\r\nContent-Disposition: form-data; name="version"\r\n\r\n1.0.1\r\n',
        (
            b'\r\nContent-Disposition: form-data; name="file"; filename="fw.bin"\r\nContent-Type: application/octet-stream\r\n\r\n'
            b"\x00\xffPACKAGE\r\n"
        ),
        b"--\r\n",
    ]
    assert form.curl(target).endswith("-F 'file=@fw.bin;type=application/octet-stream'")
    assert "multipart" not in form.curl(target)


def test_what_a_server_answers_is_filled_without_secrets() -> None:
    assert rendered('{"v": "{{ version }}"}', {"version": "1.0.1"}) == '{"v": "1.0.1"}'
    with pytest.raises(UsageError, match="cannot be filled"):
        rendered("{{ version > 1 }}", {"version": "1"})
