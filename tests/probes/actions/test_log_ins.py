"""Every kind of log-in that is ready-made, on a small camera that takes no other, described by its profile alone."""

import re
import socket
from pathlib import Path
from typing import Any

import pytest

from harness.lab.emulated import start
from harness.model.action import Surface
from harness.model.errors import NotPossible, Undecided
from harness.model.recipe import Recipe
from harness.model.secret import Credential, Login
from harness.probes import account, sessions
from tests.builders import webcam
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk, device, read_request
from tests.builders.log_ins import KINDS, Camera, log_in_camera, profile

WEB = Surface(id="web", interface="page")
DIGESTS: list[dict[str, Any]] = [
    {"algorithm": "MD5"},
    {"algorithm": "SHA-256"},
    {"algorithm": "MD5", "qop": None},
    {"algorithm": "SHA-256", "qop": "auth,auth-int"},
]
CAMERAS = [("basic", {}), ("bearer", {}), ("form", {}), ("challenge", {}), *(("digest", each) for each in DIGESTS)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(("kind", "more"), CAMERAS, ids=str)
def test_the_owner_is_let_in_and_a_wrong_password_is_not(desk: Desk, kind: str, more: dict[str, Any]) -> None:
    with log_in_camera(desk, kind, **more) as (bench, _), desk.recorded() as tape:
        told = account.log_in(bench, WEB, OWNER)
        assert told.granted, told
        assert account.log_in(bench, WEB, OWNER.wrong).refused
        for _ in range(3):
            assert [use.state for use in account.use(bench, (told.session,))] == ["granted"]
        assert OWNERS_PASSWORD.encode() not in desk.secrets.mask(b"".join(bytes(chunk[3]) for chunk in tape.chunks))


@pytest.mark.parametrize(("kind", "more"), CAMERAS, ids=str)
def test_what_a_log_in_opened_ends_with_its_session_or_password(desk: Desk, kind: str, more: dict[str, Any]) -> None:
    with log_in_camera(desk, kind, **more) as (bench, camera):
        opened = account.log_in(bench, WEB, OWNER).session
        assert account.use(bench, (opened,))[0].granted
        camera.sessions.clear()
        camera.password = "Another-Pass-2"
        assert account.use(bench, (opened,))[0].refused


def counts(camera: Camera) -> list[str]:
    """The counts of nonces that were shown, in order."""
    return [each.headers["authorization"].partition("nc=")[2][:8] for each in camera.seen if "authorization" in each.headers]


def test_a_nonce_is_used_on_and_its_count_grows(desk: Desk) -> None:
    """Also over what is done inside the session; one that became stale is asked for anew, once."""
    with log_in_camera(desk, "digest") as (bench, camera):
        opened = account.log_in(bench, WEB, OWNER).session
        assert [account.use(bench, (opened,))[0].granted for _ in range(3)] == [True] * 3
        assert counts(camera) == ["00000001", "00000002", "00000003", "00000004"]
        camera.nonces.clear()
        assert account.use(bench, (opened,))[0].granted
        assert counts(camera)[4:] == ["00000005", "00000001"]


def test_the_numbers_of_requests_grow_and_are_numbers(desk: Desk) -> None:
    with log_in_camera(desk, "challenge") as (bench, camera):
        opened = account.log_in(bench, WEB, OWNER).session
        assert all(account.use(bench, (opened, opened))[each].granted for each in (0, 1))
        assert [each.document["id"] for each in camera.seen] == [1, 2, 3, 4, 5, 6]
        first, second = camera.seen[:2]
        assert first.document["params"] == {"user": "admin", "password": ""}
        assert second.document["params"]["password"].isupper()
        assert second.document["session"] in camera.sessions


def test_a_form_carries_its_cookies_and_token(desk: Desk) -> None:
    with log_in_camera(desk, "form") as (bench, camera):
        opened = account.log_in(bench, WEB, OWNER).session
        assert account.use(bench, (opened,))[0].granted
        page, form, use = camera.seen
        assert page.cookies == {}
        assert set(form.cookies) == {"pre", "theme"}
        assert set(use.cookies) == {"sid"}
        assert use.headers["x-csrf-token"] == form.headers["x-csrf-token"]


def test_without_its_token_a_form_is_unclear(desk: Desk) -> None:
    """Forged, says the camera: that settles nothing about the password."""
    changed = {"csrf": {"regex": 'name="csrf" value="([^"]+)"', "sent_as": "X-CSRF-Token"}}
    with log_in_camera(desk, "form", changed=changed) as (bench, _), pytest.raises(Undecided, match="403"):
        _ = account.log_in(bench, WEB, OWNER).granted


@pytest.mark.parametrize("kind", ["bearer", "form", "challenge"])
def test_sessions_of_each_kind_are_judged(desk: Desk, kind: str) -> None:
    """SYS-12: their tokens have 128 bits, and log-out ends them; what is the same in body and cookie counts once."""
    with log_in_camera(desk, kind) as (bench, _):
        assert sessions.issuers(bench, OWNER) == (WEB,)
        told = sessions.collect(bench, WEB, OWNER, 20)
        assert told.whole, told
        assert 120 <= told.bits <= (128 if kind != "form" else 192), told
        assert not sessions.log_out(bench, WEB, OWNER).outlived
        assert [cookie.lacks for cookie in told.cookies] == {"bearer": [], "form": [()], "challenge": []}[kind]


@pytest.mark.parametrize("kind", ["basic", "digest"])
def test_a_password_that_goes_along_is_no_session(desk: Desk, kind: str) -> None:
    with log_in_camera(desk, kind) as (bench, _):
        assert sessions.issuers(bench, OWNER) == ()


def test_another_user_of_the_same_profile(desk: Desk) -> None:
    """A listed password is shown by the same kind."""
    with log_in_camera(desk, "challenge", password="12345") as (bench, _):
        assert account.let_in(bench, WEB, Credential(unit="cam-1", role="owner").listed("12345")).granted
        assert account.let_in(bench, WEB, OWNER).refused


def test_all_kinds_are_tried() -> None:
    assert {kind for kind, _ in CAMERAS} == set(KINDS)


def test_a_token_that_each_answer_renews(desk: Desk) -> None:
    """The session shows the newest, a refusal renews nothing, and recipes inside may name it."""
    take = {"csrf": {"header": "X-Next"}}
    recipe = {
        "steps": [{"request": {"method": "POST", "path": "/login"}, "take": {"sid": {"cookie": "sid"}, **take}}],
        "granted_when": {"status": 200},
        "refused_when": {"status": 401},
        "session": {"cookies": {"sid": "{{ sid }}"}, "headers": {"X-CSRF": "{{ csrf }}"}, "values": {"csrf": "{{ csrf }}"}, "take": take},
    }
    inside = {"steps": [{"request": {"method": "POST", "path": "/state", "json": {"again": "{{ csrf }}"}}}]}
    inside |= {"granted_when": {"status": 200}, "refused_when": {"status": 403}}
    shown: list[str] = []

    def talk(connection: socket.socket) -> None:
        head, _, body = read_request(connection).partition(b"\r\n\r\n")
        shown.append(head.partition(b"X-CSRF: ")[2].partition(b"\r\n")[0].decode())
        right = body in (b"", f'{{"again": "{shown[-1]}"}}'.encode()) and shown[-1] == (
            f"token-{len(shown) - 1:04}" if len(shown) > 1 else ""
        )
        more = f"X-Next: token-{len(shown):04}\r\nSet-Cookie: sid=s-12345678"
        connection.sendall(f"HTTP/1.1 {200 if right else 403} X\r\n{more}\r\nContent-Length: 0\r\n\r\n".encode())

    with device(talk) as port:
        declared = webcam.profile(log_in={"web": recipe}, use_session={"web": inside})
        bench = desk.bench(declared, {webcam.WEB_PORT: port})
        opened = account.log_in(bench, WEB, OWNER).session
        assert [account.use(bench, (opened,))[0].state for _ in range(3)] == ["granted"] * 3
        assert shown == ["", "token-0001", "token-0002", "token-0003"]
        shown.append("lost")
        assert [account.use(bench, (opened,))[0].state for _ in range(2)] == ["refused"] * 2
        assert shown[-2:] == ["token-0004"] * 2
    assert "token-0003" not in str(bench.hints)


@pytest.mark.once
def test_apache_lets_in_by_digest(tmp_path: Path) -> None:
    """A server that nobody here wrote: its nonce is used on, and a wrong password is refused."""
    try:
        camera = start("foreign-camera", tmp_path / "device", login=Login(user="admin", password=OWNERS_PASSWORD))
    except NotPossible as error:
        pytest.skip(str(error))
    use = {"steps": [{"request": {"method": "GET", "path": "/"}}], "granted_when": {"status": 200}, "refused_when": {"status": 401}}
    declared = profile("digest", path="/still.jpg")
    service = declared.ixit.log_intf[0].model_copy(update={"protocol": "https"})
    ixit = declared.ixit.model_copy(update={"log_intf": (service,)})
    recipes = {**declared.actions, "use_session": {"web": Recipe.model_validate(use)}}
    try:
        desk = Desk(tmp_path, address=camera.address)
        bench = desk.bench(declared.model_copy(update={"ixit": ixit, "actions": recipes}), {80: camera.ports[8443]})
        with desk.recorded() as tape:
            opened = account.log_in(bench, WEB, OWNER).session
            assert [account.use(bench, (opened,))[0].granted for _ in range(2)] == [True] * 2
        sent = b"".join(bytes(chunk[3]) for chunk in tape.chunks if chunk[1] == "sent")
        assert re.findall(rb"nc=(\d+)", sent) == [b"00000001", b"00000002", b"00000003"]
        assert account.log_in(bench, WEB, OWNER.wrong).refused
    finally:
        camera.stop()
