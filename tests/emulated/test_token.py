"""A WS-UsernameToken is read only when it is whole, and is good once."""

import asyncio
from xml.etree.ElementTree import Element

import pytest

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.onvif.soap import read_message
from harness.emulated.camera.onvif.token import FRESH_S, Seen, Token, has_empty_security, read_token
from tests.emulated.soap_client import EMPTY_SECURITY, envelope, security


def header(text: str) -> Element | None:
    return read_message(envelope("tds:GetScopes", header=text).encode()).header


def test_the_password_is_proven() -> None:
    token = read_token(header(security("right-Pass-1")))
    assert token is not None
    assert [token.proves(password) for password in ("right-Pass-1", "wrong-Pass-1", "")] == [True, False, False]


@pytest.mark.parametrize(
    "broken",
    [
        "",
        EMPTY_SECURITY,
        security().replace("PasswordDigest", "PasswordText"),
        security().replace("wsse:Nonce>", "wsse:None>"),
        security().replace("<wsse:Nonce>", "<wsse:Nonce>*"),
        security().replace("wsu:Created>", "wsu:Expires>"),
        security(user=""),
    ],
)
def test_what_is_not_whole_is_no_token(broken: str) -> None:
    assert read_token(header(broken)) is None
    assert has_empty_security(header(broken)) == (broken == EMPTY_SECURITY)


@pytest.mark.parametrize(
    ("created", "age"),
    [
        ("2026-01-01T00:00:10Z", 10),
        ("2026-01-01T00:00:10", 10),
        ("2025-12-31T23:59:50.000Z", 10),
        ("2026-01-01T01:00:00+01:00", 0),
        ("today", float("inf")),
    ],
)
def test_age_counts_both_ways(created: str, age: float) -> None:
    assert Token("admin", "", b"n", created).age(1767225600.0) == age


def test_a_token_is_remembered_as_long_as_it_could_be_fresh() -> None:
    async def live() -> list[bool]:
        clock = Clock()
        seen, token = Seen(clock), Token("admin", "", b"nonce", "now")
        first = [seen.first_use(token), seen.first_use(token), seen.first_use(Token("guest", "", b"nonce", "now"))]
        await clock.advance(2 * FRESH_S - 1)
        still = seen.first_use(token)
        await clock.advance(2)
        return [*first, still, seen.first_use(token)]

    assert asyncio.run(live()) == [True, False, True, False, True]
