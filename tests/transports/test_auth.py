"""Challenges are read as they come, and answered as the RFCs say."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from harness.model.secret import NOBODY, Login
from harness.transports import auth
from harness.transports.auth import Authorizer, Challenge, basic, challenges, username_token_digest
from harness.transports.http import HttpRequest, Target, exchange
from tests.builders import devices
from tests.builders.devices import HERE, OWNER, OWNERS_PASSWORD, Desk, device

MUFASA = Login(user="Mufasa", password="Circle of Life")
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
ONCE = ("00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
RFC_7616 = f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={{}}, nonce="{NONCE}", opaque="FQhe/qaU925"'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = challenges([RFC_7616.format(algorithm)])[0]
    assert auth._response(MUFASA, challenge, "GET:/dir/index.html", ONCE) == response


def test_the_example_of_rfc_2617_without_qop() -> None:
    challenge = challenges(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])[0]
    login = Login(user="Mufasa", password="Circle Of Life")
    assert auth._response(login, challenge, "GET:/dir/index.html", ("00000001", "x")) == "670fd8c2df070c60b045671b8b24ff02"


def test_session_algorithms_hash_the_account_with_the_nonces() -> None:
    plain, session = (challenges([RFC_7616.format(name)])[0] for name in ("MD5", "MD5-sess"))
    one, other = (auth._response(MUFASA, each, "GET:/", ONCE) for each in (plain, session))
    account = hashlib.md5(b"Mufasa:http-auth@example.org:Circle of Life").hexdigest()
    account = hashlib.md5(f"{account}:{NONCE}:{ONCE[1]}".encode()).hexdigest()
    asked = hashlib.md5(b"GET:/").hexdigest()
    assert other == hashlib.md5(f"{account}:{NONCE}:{ONCE[0]}:{ONCE[1]}:auth:{asked}".encode()).hexdigest() != one


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], []),
        (["Basic realm=cam"], [("basic", 1)]),
        (['Basic realm="a, b=c"', 'Digest realm="x", nonce="n"'], [("basic", 1), ("digest", 2)]),
        (['Digest realm="x", nonce="n", algorithm=SHA-256, Basic realm="y"'], [("digest", 3), ("basic", 1)]),
        (['Digest realm="x"'], [("digest", 0)]),
        (['Digest nonce="n", algorithm=SHA-999'], [("digest", 0)]),
        (['Digest nonce="n", qop="auth-int"'], [("digest", 0)]),
        (['Digest nonce="n", qop="auth-int,AUTH"'], [("digest", 2)]),
        (["Negotiate", "Bearer"], [("negotiate", 0), ("bearer", 0)]),
        (['="",,, =;;; "unclosed'], [("unclosed", 0)]),
        (['realm="before any scheme", Digest nonce=n'], [("digest", 2)]),
    ],
)
def test_challenges_are_told_apart(headers: list[str], expected: list[tuple[str, int]]) -> None:
    assert [(each.scheme, each.strength) for each in challenges(headers)] == expected


def test_quoted_values_are_unescaped_and_escaped_again() -> None:
    challenge = challenges([r'Digest realm="a \"quoted\" realm", nonce="n", opaque=""'])[0]
    assert challenge.get("realm") == 'a "quoted" realm'
    header = auth.digest(MUFASA, challenge, "GET", "/", 1)
    assert r'realm="a \"quoted\" realm"' in header
    assert 'opaque=""' in header
    assert "qop" not in header


def test_a_hostile_challenge_is_read_in_no_time() -> None:
    assert len(challenges(['Digest a="' + "\\" * 100_000, "x=" * 100_000, "D " * 100_000])) < 10_000


def guarded(header: str) -> tuple[devices.Talk, list[str]]:
    """Asks for a log-in until any Authorization comes."""
    seen: list[str] = []

    def talk(connection: devices.socket.socket) -> None:
        request = devices.read_request(connection).decode()
        found = re.search(r"^Authorization: (.*)\r$", request, re.MULTILINE)
        seen.append(found[1] if found else "")
        status = "200 OK" if found else "401 Log in"
        connection.sendall(f"HTTP/1.1 {status}\r\nWWW-Authenticate: {header}\r\nContent-Length: 0\r\n\r\n".encode())

    return talk, seen


def test_a_challenge_is_answered_and_the_nonce_counted(desk: Desk) -> None:
    talk, seen = guarded(f'Basic realm="x", {RFC_7616.format("SHA-256")}')
    authorizer = Authorizer(desk.access, OWNER, "web")
    with device(talk) as port:
        target = Target(HERE, port, tls=False)
        replies = [exchange(desk.access, target, HttpRequest("GET", "/"), authorizer=authorizer).status for _ in range(2)]
    assert replies == [200, 200]
    assert [header.partition(" ")[0] for header in seen] == ["", "Digest", "Digest"]
    assert [re.findall("nc=([0-9a-f]{8})", header) for header in seen[1:]] == [["00000001"], ["00000002"]]
    assert OWNERS_PASSWORD not in "".join(seen)


def test_realms_are_remembered_up_to_a_bound(desk: Desk) -> None:
    for number in range(40):
        Authorizer(desk.access, OWNER, "rtsp").challenged([f'Digest realm="yard {number}", nonce="n"', f'Basic realm="basic {number}"'])
    Authorizer(desk.access, OWNER, "rtsp").challenged([f'Digest realm="{"x" * 300}", nonce="n"'])
    assert desk.access.realms == tuple(f"yard {number}" for number in range(16))


def test_basic_carries_user_and_password(desk: Desk) -> None:
    talk, seen = guarded("Basic realm=x")
    with device(talk) as port:
        exchange(desk.access, Target(HERE, port, tls=False), HttpRequest("GET", "/"), authorizer=Authorizer(desk.access, OWNER, "web"))
    assert base64.b64decode(seen[1].removeprefix("Basic ")).decode() == f"admin:{OWNERS_PASSWORD}"
    assert basic(Login(user="a", password="ü")) == "Basic YTrDvA=="


@pytest.mark.parametrize(
    ("header", "schemes", "credential"),
    [("Bearer", ("digest", "basic"), OWNER), ("Basic realm=x", ("digest",), OWNER), ("Basic realm=x", ("basic",), NOBODY)],
)
def test_what_cannot_or_must_not_be_answered_stays_refused(
    desk: Desk, header: str, schemes: tuple[str, ...], credential: devices.Credential
) -> None:
    talk, seen = guarded(header)
    with device(talk) as port:
        authorizer = Authorizer(desk.access, credential, "web", schemes)
        reply = exchange(desk.access, Target(HERE, port, tls=False), HttpRequest("GET", "/"), authorizer=authorizer)
    assert (reply.status, seen) == (401, [""])
    assert authorizer.header("GET", "/") is None


def test_nobody_has_no_header_even_with_a_challenge(desk: Desk) -> None:
    authorizer = Authorizer(desk.access, NOBODY, "web")
    authorizer.challenge = Challenge(scheme="basic")
    assert authorizer.header("GET", "/") is None


def test_a_username_token_hashes_nonce_time_and_password() -> None:
    made = hashlib.sha1(b"\0\1nonce2026-11-23T00:00:00Zsecret").digest()
    assert (
        username_token_digest(Login(user="a", password="secret"), b"\0\1nonce", "2026-11-23T00:00:00Z") == base64.b64encode(made).decode()
    )
