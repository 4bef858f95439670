"""Pages and code as text: who may frame them, what a browser takes for markup, which addresses end with a session's value."""

import pytest

from harness.probes.web_links import links
from harness.probes.web_text import framing, is_code, is_markup, markup_sinks, may_be_framed, token_places
from harness.transports.http import HttpReply, Target


def reply(*headers: tuple[str, str], body: bytes = b"") -> HttpReply:
    return HttpReply(status=200, reason="OK", headers=headers, body=body, truncated=False, sent_at=0, answered_at=0)


FRAMES: list[tuple[tuple[tuple[str, str], ...], bool]] = [
    ((), True),
    ((("X-Frame-Options", "DENY"),), False),
    ((("X-Frame-Options", "sameorigin"),), False),
    ((("X-Frame-Options", "ALLOW-FROM https://a.example"),), True),
    ((("X-Frame-Options", "DENY, ALLOWALL"),), True),
    ((("Content-Security-Policy", "default-src 'self'"),), True),
    ((("Content-Security-Policy", "default-src 'self'"), ("X-Frame-Options", "DENY")), False),
    ((("Content-Security-Policy", "script-src x; Frame-Ancestors 'none'"),), False),
    ((("Content-Security-Policy", "frame-ancestors"),), False),
    ((("Content-Security-Policy", "frame-ancestors 'self' *"), ("X-Frame-Options", "DENY")), True),
    ((("Content-Security-Policy", "frame-ancestors *"), ("Content-Security-Policy", "frame-ancestors 'self'")), False),
]


@pytest.mark.parametrize(("headers", "framed"), FRAMES)
def test_who_may_frame_a_page_is_decided_as_browsers_do(headers: tuple[tuple[str, str], ...], framed: bool) -> None:
    assert may_be_framed(reply(*headers)) is framed


def test_a_browser_guesses_only_where_it_may() -> None:
    page = b"  <!DOCTYPE html><p>"
    assert is_markup(reply(("Content-Type", "text/html; charset=utf-8")))
    assert is_markup(reply(("Content-Type", "image/svg+xml")))
    assert not is_markup(reply(("Content-Type", "application/json"), body=page))
    assert is_markup(reply(body=page))
    assert not is_markup(reply(body=b"plain"))
    assert not is_markup(reply(("X-Content-Type-Options", "NOSNIFF"), body=page))
    assert is_code(reply(("Content-Type", "text/javascript")))
    assert framing(reply(("X-Frame-Options", "DENY" * 100)))[0].startswith("X-Frame-Options: DENY")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("el.innerHTML = name", True),
        ("el.outerHTML += x", True),
        ("el.insertAdjacentHTML('beforeend', x)", True),
        ("document.write(x)", True),
        ("$('#log').html(rows)", True),
        ("$('#log').html()", False),
        ("el.textContent = x; if (el.innerHTML == y) z()", False),
    ],
)
def test_code_that_writes_text_as_markup(code: str, found: bool) -> None:
    assert bool(markup_sinks(code)) is found


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ('fetch("/snapshot.jpg?token=" + token)', (("/snapshot.jpg", "token"),)),
        ("img.src = `/stream?x=1&session_id=${id}`", (("/stream", "session_id"),)),
        ("a.href='/log?access_token=' + t", (("/log", "access_token"),)),
        ('fetch("/map?key=" + k)', ()),
        ('fetch("/x?token=fixed")', ()),
        ("", ()),
    ],
)
def test_addresses_that_end_with_a_sessions_value(code: str, places: tuple[tuple[str, str], ...]) -> None:
    assert token_places(code) == places


def test_links_stay_on_the_port() -> None:
    body = (
        b"<a href='a.html?x=1'><img src=/b.png><form action='http://192.0.2.1:8080/c'><a href='//other/x'><a href='http://[x/'><a href='#'>"
    )
    assert links(reply(body=body), Target("192.0.2.1", 8080, tls=False), 9) == ("/a.html?x=1", "/b.png", "/c")
