"""The page and its interface, seen with curl, openssl and ffmpeg."""

import contextlib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulated.units import HERE, NEW_PASSWORD, OWNER, PASSWORD, PATIENCE_S, UNVERIFIED, Handle, unit


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Handle]:
    with unit(tmp_path) as handle:
        yield handle


def test_set_up_happens_once_and_wants_a_good_password(tmp_path: Path) -> None:
    with unit(tmp_path, set_up=False) as camera:
        assert camera.curl("/api/state").json == {"state": "factory"}
        assert camera.log_in() == ""
        for user, password in (
            (OWNER, "short-1"),
            (OWNER, "Password1"),
            ("abcdefgh", "ABCDEFGH"),
            ("a b", PASSWORD),
            (OWNER, "x" * 65),
            (OWNER, "tab\tpassword"),
        ):
            assert camera.curl("/api/setup", {"user": user, "password": password}).status == 422
        camera.set_up()
        assert camera.curl("/api/state").json == {"state": "normal"}
        assert camera.curl("/api/setup", {"user": "second", "password": PASSWORD}).status == 409
        assert camera.log_in(user="second") == ""


def test_the_page_is_guarded_against_other_pages(camera: Handle) -> None:
    for path, kind in (("/", "text/html"), ("/camera.js", "text/javascript"), ("/camera.css", "text/css")):
        reply = camera.curl(path)
        assert (reply.status, kind in reply.headers) == (200, True)
        for header in ("content-security-policy: default-src 'none'", "x-content-type-options: nosniff", "x-frame-options: DENY"):
            assert header in reply.headers
    assert "server:" not in reply.headers


def test_nothing_is_told_or_shown_without_a_session(camera: Handle) -> None:
    paths = ("/api/session", "/api/device", "/api/accounts", "/snapshot.jpg", "/snapshot.jpg/", "/snapshot.jpg?x=1", "/%73napshot.jpg")
    for path in paths:
        for token in ("", "x", camera.log_in("wrong-Pass-9")):
            reply = camera.curl(path, token=token)
            assert (reply.status, reply.json) == (401, {"error": "log in first"})
    for path in ("/api/logout", "/api/account/password", "/api/v1/user/edit", "/api/accounts"):
        assert camera.curl(path, {"user": OWNER, "current": PASSWORD, "new": NEW_PASSWORD, "password": PASSWORD}).status == 401
    for path in ("/none", "/api", "//snapshot.jpg", "/../snapshot.jpg", "/SNAPSHOT.JPG"):
        assert camera.curl(path).status == 404


def test_a_session_from_log_in_to_log_out(camera: Handle) -> None:
    token, other = camera.log_in(), camera.log_in()
    assert len(token) * 6 >= 128
    assert token != other
    assert camera.curl("/api/session", token=token).json == {"user": OWNER, "role": "owner"}
    assert camera.curl("/api/device", token=token).json["serial"] == camera.said["serial"]
    assert camera.curl("/api/logout", {}, token=token).status == 200
    assert not camera.alive(token)
    assert camera.alive(other)


def test_the_snapshot_is_a_live_picture(camera: Handle, tmp_path: Path) -> None:
    token, pictures = camera.log_in(), set()
    while len(pictures) < 2:
        pictures.add(camera.curl("/snapshot.jpg", token=token).body)
    (tmp_path / "one.jpg").write_bytes(pictures.pop())
    probe = ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", str(tmp_path / "one.jpg")]
    assert subprocess.run(probe, capture_output=True, text=True, timeout=PATIENCE_S, check=False).stdout.strip() == "mjpeg,640,360"


def test_a_session_ends_when_unused_for_a_quarter_of_an_hour(own: Handle) -> None:
    used, unused = own.log_in(), own.log_in()
    own.advance(800)
    assert own.alive(used)
    own.advance(101)
    assert own.alive(used)
    assert not own.alive(unused)
    own.advance(901)
    assert not own.alive(used)


def test_only_the_current_password_changes_it_and_then_everything_old_is_dead(own: Handle) -> None:
    tokens = [own.log_in() for _ in range(3)]
    assert [own.change(current=current, token=tokens[0]) for current in (None, "", "wrong-Pass-9")] == [403, 403, 403]
    assert [own.change("short", token=tokens[0]), own.change(PASSWORD, token=tokens[0])] == [422, 422]
    assert all(own.alive(token) for token in tokens)
    assert own.change(token=tokens[0]) == 200
    assert not any(own.alive(token) for token in tokens)
    assert own.log_in() == ""
    assert own.alive(own.log_in(NEW_PASSWORD))


def test_the_older_interface_is_as_strict(own: Handle) -> None:
    token, path = own.log_in(), "/api/v1/user/edit"
    bad = ({}, {"current": ""}, {"current": "wrong-Pass-9"}, {"user": "somebody", "current": PASSWORD})
    for fields in bad:
        assert own.curl(path, {"user": OWNER, "new": NEW_PASSWORD, **fields}, token=token).status == 403
    assert own.curl(path, {"user": OWNER, "new": NEW_PASSWORD, "current": PASSWORD}, token=token).status == 200
    assert not own.alive(token)
    assert own.log_in(NEW_PASSWORD)


def test_guessing_locks_known_and_unknown_accounts_alike(own: Handle) -> None:
    guess = "wrong-Pass-9"
    for user in (OWNER, "nobody"):
        statuses = [own.ask("/api/login", {"user": user, "password": guess}).status for _ in range(11)]
        assert statuses == [401] * 10 + [429]
    locked = own.curl("/api/login", {"user": OWNER, "password": PASSWORD})
    assert (locked.status, "retry-after: " in locked.headers) == (429, True)
    own.advance(601)
    assert own.log_in()


def test_a_stolen_session_cannot_be_used_to_guess_the_password(own: Handle) -> None:
    token = own.log_in()
    statuses = [own.change(current=f"wrong-Pass-{number}", token=token) for number in range(11)]
    assert statuses == [403] * 10 + [429]
    assert own.change(token=token) == 429


def test_a_viewer_looks_and_does_no_more(own: Handle) -> None:
    owner = own.log_in()
    viewer = {"user": "guest", "password": "guest-Pass-1"}
    assert own.curl("/api/accounts", viewer, token=owner).status == 200
    assert own.curl("/api/accounts", viewer, token=owner).status == 422
    guest = own.log_in(**viewer)
    assert own.curl("/api/session", token=guest).json["role"] == "viewer"
    assert own.curl("/snapshot.jpg", token=guest).status == 200
    assert own.curl("/api/accounts", token=guest).status == 403
    assert own.curl("/api/accounts", {"user": "other", "password": PASSWORD}, token=guest).status == 403
    assert own.curl("/api/accounts", token=owner).json["accounts"] == [
        {"user": OWNER, "role": "owner"},
        {"user": "guest", "role": "viewer"},
    ]
    assert own.change(current="guest-Pass-1", token=guest) == 200
    assert own.alive(owner)


def test_there_is_a_limit_to_accounts(own: Handle) -> None:
    token = own.log_in()
    statuses = [own.curl("/api/accounts", {"user": f"guest{number}", "password": PASSWORD}, token=token).status for number in range(16)]
    assert statuses == [200] * 15 + [422]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("[" * 4000, "application/json", 400),
        ('{"user": 1, "password": "x"}', "application/json", 400),
        ('{"user": "admin"}', "application/json", 400),
        ('{"user": "admin", "password": "\\ud800aaaaaaa"}', "application/json", 401),
        ('{"user": "' + "a" * 300 + '", "password": "x"}', "application/json", 400),
        (" " * 5000, "application/json", 413),
        ('{"user": "admin", "password": "x"}', "text/plain", 415),
    ],
)
def test_what_is_not_a_log_in_is_refused(camera: Handle, body: str, kind: str, status: int) -> None:
    assert camera.curl("/api/login", more=("-H", f"Content-Type: {kind}", "--data-binary", body)).status == status


@pytest.mark.parametrize("more", [("-H", "X-Large: " + "a" * 60_000), ("-H", "X-Large: " + "a" * 17_000), ("-H", "X: y") * 65])
def test_too_large_a_head_is_refused(camera: Handle, more: tuple[str, ...]) -> None:
    assert camera.curl("/api/state", more=more).status in (400, 431)
    assert camera.curl("/api/state").status == 200


def test_openssl_sees_a_certificate_of_this_unit(camera: Handle) -> None:
    command = ["openssl", "s_client", "-connect", f"{HERE}:{camera.https_port}", "-tls1_2"]
    shown = subprocess.run(command, input="", capture_output=True, text=True, timeout=PATIENCE_S, check=False).stdout
    assert f"subject=CN = camera-{camera.said['mac'].replace(':', '')[-6:]}.local" in shown
    assert "Protocol  : TLSv1.2" in shown
    for old in ("-tls1_1", "-tls1"):
        refused = subprocess.run([*command[:-1], old], input="", capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert "Cipher is (NONE)" in refused.stdout


def test_more_than_64_connections_are_not_served(own: Handle) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(63):
            raw = stack.enter_context(socket.create_connection((HERE, own.https_port), timeout=PATIENCE_S))
            stack.enter_context(UNVERIFIED.wrap_socket(raw))
        assert own.curl("/api/state").status == 503


def test_a_flawed_unit_tells_and_a_sound_one_does_not(camera: Handle, tmp_path: Path) -> None:
    """Version in errors only, the owner's name once there is one, the serial number as a name and as a password."""
    told = ("tells-version-in-errors", "tells-owner-before-login", "tells-serial-by-certificate", "serial-opens-page")
    with unit(tmp_path, *told) as flawed:
        seen = {"sound": camera, "flawed": flawed}
        errors = {name: "camlabel-httpd/1.0.0" in each.ask("/nowhere").headers for name, each in seen.items()}
        states = {name: each.ask("/api/state").json.get("user", "") for name, each in seen.items()}
        opened = {name: bool(each.log_in(each.said["serial"])) for name, each in seen.items()}
        certificate = ssl.get_server_certificate((HERE, flawed.https_port))
        assert "camlabel-httpd" not in flawed.ask("/").headers
    assert errors == {"sound": False, "flawed": True}
    assert states == {"sound": "", "flawed": "admin"}
    assert opened == {"sound": False, "flawed": True}
    assert flawed.said["serial"].encode() in ssl.PEM_cert_to_DER_cert(certificate)


def test_what_a_flawed_page_lets_others_do(tmp_path: Path) -> None:
    """A forged change with the cookie alone, a name and a path as they were typed, a frame, a token in an address."""
    flaws = ("web-forged-change", "web-stored-name", "web-stored-place", "web-reflected-path", "web-framed", "web-token-in-address")
    with unit(tmp_path, *flaws) as flawed:
        token = flawed.log_in()
        forged = flawed.exchange("POST", "/api/event/test", b"{}", {"Cookie": f"session={token}", "Content-Type": "text/plain"})
        assert forged.status == 200
        assert flawed.log_in(user="<b>x</b>") == ""
        assert b"<b>x</b>" in flawed.ask("/").body
        assert b"<i>" in flawed.exchange("GET", "/%3Ci%3E", None, {}).body
        assert "frame-ancestors" not in flawed.ask("/").headers
        assert "frame-ancestors" in flawed.ask("/camera.js").headers
        assert b'"/snapshot.jpg?token=" + token' in flawed.ask("/camera.js").body
        assert flawed.ask(f"/snapshot.jpg?token={token}").status in (200, 503)


def test_what_a_page_lets_others_do_that_looks_at_origins(tmp_path: Path) -> None:
    with unit(tmp_path, "web-forged-from-nowhere", "web-reflected-message") as flawed:
        sent = {"Cookie": f"session={flawed.log_in()}", "Content-Type": "text/plain"}
        origins = ("null", "https://elsewhere.example")
        told = [flawed.exchange("POST", "/api/event/test", b"{}", {**sent, "Origin": origin}).status for origin in origins]
        assert told == [200, 401]
        assert b"<i>" in flawed.exchange("GET", "/?msg=%3Ci%3E", None, {}).body


def test_a_sound_page_lets_others_do_nothing(camera: Handle) -> None:
    token = camera.log_in()
    assert camera.exchange("POST", "/api/event/test", b"{}", {"Cookie": f"session={token}", "Content-Type": "text/plain"}).status == 401
    assert camera.ask(f"/snapshot.jpg?token={token}").status == 401
    assert "set-cookie" not in camera.ask("/api/login", {"user": OWNER, "password": PASSWORD}).headers.lower()
    assert b"<i>" not in camera.exchange("GET", "/%3Ci%3E", None, {}).body
