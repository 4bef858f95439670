"""Snapshot probes against cameras that open pictures by session, digest, basic or not at all, over real sockets."""

import base64
import hashlib
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as Folder

import pytest

from harness.gate.bench import Bench
from harness.model.errors import DeviceSilent, Undecided
from harness.model.secret import NOBODY
from harness.probes import snapshot
from harness.probes.snapshot import FalseSession, Key, Place
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk, device, endless, read_request
from tests.builders.profiles import profile
from tests.builders.webcam import LOG_IN

JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 30
LOGIN_PAGE = b"<html>log in, please</html>"
STILL = Place(path="/snapshot.jpg", port=80, declared=True, origin="declared stream still", auth="web")
TOKEN = "4f3c9a1be0d27788"
FALSE_KEYS = snapshot.false_keys(OWNER)


@dataclass
class Camera:
    """Opens its picture by `auth`; `open` is what it gives to everybody, `other` what every other path gets."""

    auth: str = "web"
    open: Callable[[str, dict[str, str]], bool] = lambda path, headers: False
    paths: tuple[str, ...] = ("/snapshot.jpg",)
    other: bytes = b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
    refusal: bytes = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def talk(self, connection: socket.socket) -> None:
        """One exchange."""
        head, _, body = read_request(connection).decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.asked.append((path, headers))
        connection.sendall(self.log_in(json.loads(body)) if method == "POST" else self.get(path, headers))

    def log_in(self, said: dict[str, str]) -> bytes:
        """A token for the right password."""
        right = said == {"user": "admin", "password": OWNERS_PASSWORD}
        return answer(200, json.dumps({"token": TOKEN}).encode()) if right else answer(401, b"{}")

    def get(self, path: str, headers: dict[str, str]) -> bytes:
        """The picture, for those who may see it."""
        if path.partition("?")[0] not in self.paths:
            return self.other
        if self.open(path, headers) or self.let_in(headers.get("authorization", ""), path):
            return answer(200, JPEG, "Content-Type: image/jpeg\r\n")
        challenge = {"digest": 'Digest realm="c", nonce="n1", qop="auth"', "basic": 'Basic realm="c"'}.get(self.auth)
        return answer(401, LOGIN_PAGE, f"WWW-Authenticate: {challenge}\r\n") if challenge else self.refusal

    def let_in(self, authorization: str, path: str) -> bool:
        """Is this the owner?"""
        if self.auth == "web":
            return authorization == f"Bearer {TOKEN}"
        if self.auth == "digest":
            given = dict(re.findall(r'(\w+)="?([^",]*)"?', authorization))
            made = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
            middle = f"n1:{given.get('nc')}:{given.get('cnonce')}:auth"
            return given.get("response") == made(f"{made(f'admin:c:{OWNERS_PASSWORD}')}:{middle}:{made(f'GET:{path}')}")
        return authorization == "Basic " + base64.b64encode(f"admin:{OWNERS_PASSWORD}".encode()).decode()


def answer(status: int, body: bytes, headers: str = "") -> bytes:
    return f"HTTP/1.1 {status} Word\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def bench_of(folder: Folder, camera: object, *, auth: str = "web") -> Iterator[Bench]:
    talk = camera.talk if isinstance(camera, Camera) else camera
    with device(talk) as port:  # type: ignore[arg-type]
        declared = profile(
            log_intf=[{"id": "web", "protocol": "http", "port": 80}],
            auth_mech=[{"id": "web", "interface": "page", "service": "web"}],
            stream=[
                {"id": "still", "protocol": "snapshot", "service": "web", "path": "/snapshot.jpg", "auth": auth},
                {"id": "main", "protocol": "rtsp", "service": "rtsp", "path": "/live/main"},
            ],
            actions={"log_in": {"web": LOG_IN}} if auth == "web" else {},
        )
        yield Desk(folder).bench(declared, {80: port})


@pytest.mark.parametrize("auth", ["web", "digest", "basic"])
def test_a_sound_camera_gives_pictures_to_its_owner_only(tmp_path: Folder, auth: str) -> None:
    with bench_of(tmp_path, Camera(auth), auth=auth) as bench:
        places = tuple(snapshot.paths(bench))
        assert places[0] == STILL.model_copy(update={"auth": auth})
        assert snapshot.fetch(bench, places[0], OWNER).served
        assert snapshot.fetch(bench, snapshot.MISSING, OWNER).gave == ()
        for place in places:
            for key in FALSE_KEYS:
                assert snapshot.fetch(bench, place, key).gave == ()
        assert bench.hints == [hint for hint in bench.hints if "/login" in hint]


FLAWS: dict[str, tuple[Callable[[str, dict[str, str]], bool], str, Key]] = {
    "open": (lambda path, headers: True, "/snapshot.jpg", NOBODY),
    "any session": (lambda path, headers: headers.get("authorization", "").startswith("Bearer "), "/snapshot.jpg", FalseSession()),
    "any basic login": (lambda path, headers: "Basic" in headers.get("authorization", ""), "/snapshot.jpg", OWNER.wrong),
    "query": (lambda path, headers: "?" in path, "/snapshot.jpg?1", NOBODY),
    "slash": (lambda path, headers: path.endswith("/"), "/snapshot.jpg/", NOBODY),
    "capitals": (lambda path, headers: path.isupper(), "/SNAPSHOT.JPG", NOBODY),
    "a film beside RTSP": (lambda path, headers: path == "/live/main.flv", "/live/main.flv", NOBODY),
    "known path": (lambda path, headers: path == "/tmpfs/auto.jpg", "/tmpfs/auto.jpg", NOBODY),
}


@pytest.mark.parametrize("name", FLAWS)
def test_each_flaw_is_found(tmp_path: Folder, name: str) -> None:
    opens, path, key = FLAWS[name]
    with bench_of(tmp_path, Camera(open=opens, paths=("/snapshot.jpg", path))) as bench:
        place = next(each for each in snapshot.paths(bench) if each.path == path)
        found = snapshot.fetch(bench, place, key)
        assert (found.gave, found.kind, found.served) == (("picture",), "jpeg", True)
        assert any(hint.startswith("curl -sk --path-as-is") for hint in bench.hints) is (key == NOBODY)


@pytest.mark.parametrize("word", ["", "camlabel-stranger"])
def test_a_name_in_the_address_opens_nothing_unless_the_camera_lets_it(tmp_path: Folder, word: str) -> None:
    def lets_in(path: str, _: dict[str, str]) -> bool:
        return "usr=admin" in path and f"&pwd={word}&" in path

    for opens, gave in ((Camera().open, ()), (lets_in, ("picture",))):
        with bench_of(tmp_path, Camera(open=opens)) as bench:
            assert snapshot.fetch_by_address(bench, STILL, OWNER.listed(word)).gave == gave


def test_an_address_that_cannot_be_read_opens_nothing(tmp_path: Folder) -> None:
    with bench_of(tmp_path, Camera(refusal=answer(400, b""))) as bench:
        assert snapshot.fetch_by_address(bench, STILL, OWNER.listed("")).gave == ()


def test_a_made_up_session_has_the_shape_of_a_real_one_and_is_none(tmp_path: Folder) -> None:
    camera = Camera()
    with bench_of(tmp_path, camera) as bench:
        for _ in range(3):
            assert snapshot.fetch(bench, STILL, FalseSession()).gave == ()
        shown = {headers["authorization"] for path, headers in camera.asked if path == "/snapshot.jpg"}
        assert len(shown) == 1
        assert re.fullmatch(r"Bearer \d[a-f]\d[a-f]\d[a-f]\d[a-f]{2}\d[a-f]\d{5}", shown.pop())
        assert sum(path == "/login" for path, _ in camera.asked) == 1


def test_where_no_session_is_known_common_forms_are_tried(tmp_path: Folder) -> None:
    camera = Camera("digest")
    with bench_of(tmp_path, camera, auth="") as bench:
        assert snapshot.fetch(bench, STILL.model_copy(update={"auth": ""}), FalseSession()).gave == ()
        assert camera.asked[-1][1]["authorization"].startswith("Bearer ")
        assert "sessionid=" in camera.asked[-1][1]["cookie"]


OTHERS: dict[str, tuple[bytes, bool]] = {
    "a page for every path": (answer(200, LOGIN_PAGE), False),
    "JSON that says no": (answer(200, b'{"code": -1}'), False),
    "to the log-in page": (b"HTTP/1.1 302 Go\r\nLocation: /login.html\r\nContent-Length: 0\r\n\r\n", False),
    "elsewhere": (b"HTTP/1.1 302 Go\r\nLocation: https://cloud.example/login\r\nContent-Length: 0\r\n\r\n", True),
    "an error": (answer(500, b""), True),
    "no HTTP": (b"\0\1\2\3\r\n\r\n", True),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_picture_is_none_and_doubt_stays_doubt(tmp_path: Folder, name: str) -> None:
    said, doubtful = OTHERS[name]
    with bench_of(tmp_path, Camera(refusal=said)) as bench:
        if doubtful:
            with pytest.raises(Undecided):
                _ = snapshot.fetch(bench, STILL, NOBODY).gave
        else:
            assert snapshot.fetch(bench, STILL, NOBODY).gave == ()


def test_a_redirect_inside_the_device_is_followed_with_the_same_key(tmp_path: Folder) -> None:
    moved = b"HTTP/1.1 302 Go\r\nLocation: /snapshot.jpg\r\nContent-Length: 0\r\n\r\n"
    camera = Camera(other=moved)
    with bench_of(tmp_path, camera) as bench:
        place = STILL.model_copy(update={"path": "/cgi-bin/snapshot.cgi"})
        assert snapshot.fetch(bench, place, OWNER).served
        refused = snapshot.fetch(bench, place, NOBODY)
        assert (refused.gave, refused.status, len(refused.redirected)) == ((), 401, 1)
        camera.open = lambda path, headers: True
        assert snapshot.fetch(bench, place, NOBODY).served


def test_redirects_in_a_circle_come_to_an_end(tmp_path: Folder) -> None:
    camera = Camera(refusal=b"HTTP/1.1 302 Go\r\nLocation: /snapshot.jpg\r\nContent-Length: 0\r\n\r\n")
    with bench_of(tmp_path, camera) as bench, pytest.raises(Undecided, match="302"):
        _ = snapshot.fetch(bench, STILL, NOBODY).gave


@pytest.mark.parametrize(
    "location", ["http://192.0.2.99/x", "//192.0.2.99/x", "ftp://127.0.0.1/x", "http://[broken", "http://127.0.0.1:99999/"]
)
def test_redirects_that_lead_away_are_not_followed(tmp_path: Folder, location: str) -> None:
    said = f"HTTP/1.1 302 Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    with bench_of(tmp_path, Camera(refusal=said)) as bench, pytest.raises(Undecided, match="302"):
        _ = snapshot.fetch(bench, STILL, NOBODY).gave


def test_an_endless_film_is_a_picture(tmp_path: Folder) -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n"
    with bench_of(tmp_path, endless(first, b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + JPEG * 4000)) as bench:
        found = snapshot.fetch(bench, STILL, NOBODY)
        assert (found.gave, found.truncated, found.kind) == (("picture",), True, "jpeg in parts")


def test_a_device_that_is_off_is_silent(tmp_path: Folder) -> None:
    with bench_of(tmp_path, lambda _: None) as bench, pytest.raises(DeviceSilent):
        snapshot.fetch(bench, STILL, NOBODY)


def test_places_are_declared_ones_their_variants_and_known_ones(tmp_path: Folder) -> None:
    with bench_of(tmp_path, Camera()) as bench:
        places = tuple(snapshot.paths(bench))
        paths = [place.path for place in places]
        assert len(set(paths)) == len(paths)
        assert {"/snapshot.jpg/", "/snapshot.jpg?1", "//snapshot.jpg", "/SNAPSHOT.JPG", "/axis-cgi/jpg/image.cgi"} <= set(paths)
        assert [place.path for place in places if place.declared] == ["/snapshot.jpg"]
        assert str(places[0]) == "/snapshot.jpg (declared stream still)"
        assert str(FALSE_KEYS[2]) == "made-up session"


def test_a_profile_without_the_service_says_what_is_missing(tmp_path: Folder) -> None:
    bench = Desk(tmp_path).bench(profile(), {})
    with pytest.raises(Undecided, match="http or https"):
        snapshot.paths(bench)
    with pytest.raises(Undecided, match="not told"):
        snapshot.fetch(bench, Place(path="", unknown="not told"), NOBODY)


def test_a_wrong_password_is_shown_by_every_log_in_on_offer(tmp_path: Folder) -> None:
    refusal = answer(401, LOGIN_PAGE, 'WWW-Authenticate: Digest realm="c", nonce="n1", qop="auth"\r\nWWW-Authenticate: Basic realm="c"\r\n')
    for opens in (True, False):
        camera = Camera(refusal=refusal, open=lambda path, headers, opens=opens: opens and "Basic" in headers.get("authorization", ""))  # type: ignore[misc]
        with bench_of(tmp_path, camera, auth="") as bench:
            place = STILL.model_copy(update={"auth": ""})
            assert snapshot.fetch(bench, place, OWNER.wrong).gave == (("picture",) if opens else ())
            assert [headers.get("authorization", "").partition(" ")[0] for _, headers in camera.asked] == ["", "Digest", "", "Basic"]
