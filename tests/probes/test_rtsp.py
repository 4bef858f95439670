"""RTSP probes against servers that behave as cameras in the field do, over real sockets."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path as Folder
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.errors import DeviceSilent, Undecided
from harness.model.profile import BruteForce
from harness.model.secret import NOBODY, Login
from harness.probes import rtsp
from harness.probes.login_in_address import with_login
from harness.probes.rtsp import Attempt, Path
from harness.probes.rtsp_walk import Walk
from tests.builders.devices import OWNER, Desk, device, endless, resetting, silent
from tests.builders.profiles import profile, rtsp_profile
from tests.builders.rtsp_camera import RTCP, RTP, Answer, Camera, Request, interleaved

MAIN = Path(path="/live/main", port=554, declared=True, origin="declared stream main")
WHOLE = ("description", "media", "play", "setup")
Asked = Callable[..., Attempt]


@contextmanager
def camera_at(folder: Folder, camera: Any, *, brute_force: dict[str, BruteForce] | None = None) -> Iterator[Bench]:
    """A bench whose declared RTSP service is this camera's."""
    desk = Desk(folder, brute_force)
    talk = camera.talk if isinstance(camera, Camera) else camera
    with device(talk) as port:
        bench = desk.bench(rtsp_profile("/live/main", "/live/sub"), {554: port})
        try:
            yield bench
        finally:
            bench.lives.close_all()


def learned(bench: Bench, path: str = "/live/main") -> Path:
    return next(each for each in rtsp.paths(bench) if each.path == path)


def undecided(attempt: Attempt) -> bool:
    try:
        attempt.gave  # noqa: B018
    except Undecided:
        return True
    return False


@pytest.mark.parametrize(
    "camera",
    [
        Camera(),
        Camera(algorithms=("SHA-256",)),
        Camera(basic=True),
        Camera(closes_after_401=True),
        Camera(one_time_nonces=True),
        Camera(content_base=False),
        Camera(control="rtsp://127.0.0.1/live/main/trackID=0"),
        Camera(control="*"),
    ],
    ids=["md5", "sha-256", "basic", "closes after 401", "one-time nonces", "no content base", "absolute control", "control *"],
)
@pytest.mark.parametrize("transport", ["tcp", "udp", "declared"])
def test_a_sound_camera_serves_its_owner_and_nobody_else(tmp_path: Folder, camera: Camera, transport: str) -> None:
    with camera_at(tmp_path, camera) as bench:
        path = MAIN if camera.control.startswith("rtsp") else learned(bench)
        assert rtsp.attempt(bench, path, OWNER, transport).played
        for stranger in (NOBODY, OWNER.wrong):
            attempt = rtsp.attempt(bench, path, stranger, transport)
            assert (attempt.gave, attempt.refused, attempt.played) == ((), True, False)
        assert rtsp.attempt(bench, rtsp.MISSING, OWNER).gave == ()


def test_a_wrong_password_is_shown_to_describe_setup_and_play(tmp_path: Folder) -> None:
    camera = Camera()
    with camera_at(tmp_path, camera) as bench:
        attempt = rtsp.attempt(bench, MAIN, OWNER.wrong)
        assert [(each.method, each.status, each.carried) for each in attempt.exchanges] == [
            ("OPTIONS", 200, False),
            ("DESCRIBE", 401, True),
            ("SETUP", 401, True),
            ("PLAY", 401, True),
        ]
        assert attempt.exchanges[1].challenge == "digest MD5"
        assert camera.failed == 3
        assert "⟦cam-1/owner wrong⟧" in attempt.asked


def test_every_shown_wrong_password_is_counted_before_the_connection_opens(tmp_path: Folder) -> None:
    camera = Camera()
    bound = {"rtsp": BruteForce(failures=10, window_s=300, lock_s=60)}
    with camera_at(tmp_path, camera, brute_force=bound) as bench:
        began = bench.clock.now()
        for _ in range(5):
            assert rtsp.attempt(bench, MAIN, OWNER.wrong).refused
        assert camera.failed == 15
        assert bench.clock.now() - began > 300  # waited for in device time, in between and not within an attempt


OPENINGS: dict[str, tuple[Callable[[Request], bool], str, tuple[str, ...]]] = {
    "everything": (lambda _: True, "tcp", WHOLE),
    "only describe": (lambda asked: asked.method == "DESCRIBE", "tcp", ("description",)),
    "only setup and play": (lambda asked: asked.method in ("SETUP", "PLAY"), "tcp", ("media", "play", "setup")),
    "only setup": (lambda asked: asked.method == "SETUP", "tcp", ("setup",)),
    "only over udp": (
        lambda asked: "client_port" in asked.headers.get("transport", "") or asked.method == "PLAY",
        "udp",
        ("media", "play", "setup"),
    ),
}


@pytest.mark.parametrize("name", OPENINGS)
def test_what_is_open_is_found(tmp_path: Folder, name: str) -> None:
    opens, transport, given = OPENINGS[name]
    with camera_at(tmp_path, Camera(free=opens)) as bench:
        attempt = rtsp.attempt(bench, learned(bench), NOBODY, transport)
        assert attempt.gave == given
        assert bench.hints[0].startswith("printf %b ")
        assert "| nc -w 3 127.0.0.1" in bench.hints[0]


def test_tracks_other_than_the_first_are_tried_without_a_login(tmp_path: Folder) -> None:
    def audio_is_open(camera: Camera, asked: Request, _: socket.socket) -> Answer | str:
        if asked.method == "DESCRIBE" and camera.authorized(asked):
            body = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=control:trackID=0\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=1\r\n"
            return 200, {"Content-Base": f"{asked.url}/"}, body
        return (200, {"Session": "5", "Transport": "RTP/AVP/TCP"}, b"") if asked.path.endswith("trackID=1") else "go on"

    with camera_at(tmp_path, Camera(before=audio_is_open)) as bench:
        assert rtsp.attempt(bench, learned(bench), NOBODY).gave == ("setup",)


def before(**answers: Answer | str) -> Callable[[Camera, Request, socket.socket], Answer | str]:
    """What is said to some methods, whoever asks."""
    return lambda camera, asked, _: answers.get(asked.method, "go on")


DENIED: Answer = (401, {}, b"")
NO = b"RTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n"
MANNERS: dict[str, tuple[Camera, bool]] = {  # and: does it leave open what nobody gets?
    "200 to everything": (Camera(before=lambda *_: (200, {}, b"")), True),
    "401 without a challenge": (Camera(before=lambda *_: DENIED), False),
    "200 to DESCRIBE with nothing in it": (Camera(before=before(DESCRIBE=(200, {"Content-Type": "application/sdp"}, b""))), True),
    "busy": (Camera(before=before(DESCRIBE=(503, {}, b""))), True),
    "server error at SETUP": (Camera(before=before(SETUP=(500, {}, b""))), True),
    "locked out": (Camera(before=before(DESCRIBE=(403, {"Retry-After": "60"}, b""))), True),
    "closes at SETUP": (Camera(before=before(SETUP="close")), True),
    "HTTP": (Camera(before=lambda *_: b"HTTP/1.1 400 Bad Request\r\n\r\n"), True),
    "binary": (Camera(before=before(DESCRIBE=bytes(range(255, 155, -1)))), True),
    "moved to itself": (Camera(before=before(DESCRIBE=(301, {"Location": "rtsp://127.0.0.1/live/main/"}, b""))), True),
    "no UDP": (Camera(before=before(SETUP=(461, {}, b""))), False),
    "no session": (Camera(before=before(PLAY=(454, {}, b""))), False),
    "interim answers": (
        Camera(before=before(DESCRIBE=b"RTSP/1.0 100 Continue\r\nCSeq: 2\r\n\r\nRTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n")),
        False,
    ),
    "an answer twice": (Camera(before=before(DESCRIBE=b"RTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n" * 2)), False),
}


@pytest.mark.parametrize("name", MANNERS)
def test_nobody_gets_nothing_and_doubt_stays_doubt(tmp_path: Folder, name: str) -> None:
    camera, open_question = MANNERS[name]
    with camera_at(tmp_path, camera) as bench:
        attempt = rtsp.attempt(bench, MAIN, NOBODY)
        assert attempt.given == ()
        assert undecided(attempt) is open_question


@pytest.mark.parametrize("name", ["200 to everything", "HTTP", "busy"])
def test_such_a_camera_cannot_pass_its_controls(tmp_path: Folder, name: str) -> None:
    with camera_at(tmp_path, MANNERS[name][0]) as bench:
        assert undecided(rtsp.attempt(bench, rtsp.MISSING, OWNER))
        with pytest.raises(Undecided):
            _ = rtsp.attempt(bench, MAIN, OWNER).played


def test_a_challenge_that_does_not_come_gets_basic_all_the_same(tmp_path: Folder) -> None:
    camera = Camera(basic=True)
    camera.before = lambda self, asked, _: "go on" if self.authorized(asked) else (401 if asked.method != "DESCRIBE" else 404, {}, b"")
    with camera_at(tmp_path, camera) as bench:
        assert rtsp.attempt(bench, MAIN, OWNER).played
        assert rtsp.attempt(bench, MAIN, OWNER.wrong).gave == ()
        assert not any("authorization" in asked.headers for asked in camera.asked if asked.path.startswith(rtsp.MISSING.path))


@pytest.mark.parametrize("talk", [silent, resetting])
def test_a_device_that_never_answers_is_silent(tmp_path: Folder, talk: Any) -> None:
    with camera_at(tmp_path, talk) as bench, Walk(bench, MAIN, NOBODY, "tcp", answer_s=0.2) as walk, pytest.raises(DeviceSilent):
        walk.go()


def test_a_device_that_refuses_connections_is_silent(tmp_path: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    bench = Desk(tmp_path).bench(rtsp_profile("/live/main"), {554: port})
    with pytest.raises(DeviceSilent):
        rtsp.attempt(bench, MAIN, NOBODY)


@pytest.mark.parametrize("first", [b"RTSP/1.0 200 OK\r\n", b"RTSP/1.0 200 OK\r\nContent-Length: 900000\r\n\r\n", b""])
def test_endless_answers_come_to_an_end(tmp_path: Folder, first: bytes) -> None:
    with camera_at(tmp_path, endless(first, b"X-Filler: " + b"a" * 8000 + b"\r\n")) as bench, suppress(DeviceSilent):
        assert undecided(rtsp.attempt(bench, MAIN, NOBODY))


def test_media_that_nobody_asked_for_are_given_all_the_same(tmp_path: Folder) -> None:
    flood = interleaved(RTCP, 1) + interleaved(RTP) + b"RTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n"
    with camera_at(tmp_path, Camera(before=before(DESCRIBE=flood))) as bench:
        attempt = rtsp.attempt(bench, MAIN, NOBODY)
        assert (attempt.gave, attempt.media_packets) == (("media",), 1)


def test_a_description_that_comes_unasked_or_without_its_length_is_given(tmp_path: Folder) -> None:
    late = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 32\r\n\r\nv=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\n"
    for said in (late + b"RTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n", b"RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\nv=0\r\ns=x\r\nm=video 0 RTP/AVP 96\r\n"):
        with camera_at(tmp_path, Camera(before=before(DESCRIBE=said))) as bench:
            assert "description" in rtsp.attempt(bench, MAIN, NOBODY).gave


def test_media_that_come_before_the_answer_to_play_do_not_confuse(tmp_path: Folder) -> None:
    def early(camera: Camera, asked: Request, connection: socket.socket) -> str:
        if asked.method == "PLAY" and camera.authorized(asked):
            connection.sendall(interleaved(RTP) * 3)
        return "go on"

    with camera_at(tmp_path, Camera(before=early, one_time_nonces=False)) as bench:
        attempt = rtsp.attempt(bench, learned(bench), OWNER)
        assert attempt.played


def test_granted_without_media_is_not_played(tmp_path: Folder) -> None:
    with camera_at(tmp_path, Camera(packet=RTCP, free=lambda _: True)) as bench:
        attempt = rtsp.attempt(bench, learned(bench), NOBODY)
        assert attempt.gave == ("description", "play", "setup")
        with pytest.raises(Undecided):
            _ = attempt.played


def test_media_to_a_group_are_given_but_not_waited_for(tmp_path: Folder) -> None:
    to_a_group = (200, {"Session": "7", "Transport": "RTP/AVP;multicast;destination=239.1.2.3;port=5000-5001;ttl=1"}, b"")
    camera = Camera(free=lambda _: True, before=before(SETUP=to_a_group, PLAY=(200, {}, b"")), playing=False)
    with camera_at(tmp_path, camera) as bench:
        attempt = rtsp.attempt(bench, learned(bench), OWNER, "udp")
        assert (attempt.gave, attempt.multicast) == (("description", "play", "setup"), True)
        with pytest.raises(Undecided, match="multicast"):
            _ = attempt.played


def test_another_spelling_of_the_transport_is_tried(tmp_path: Folder) -> None:
    def picky(camera: Camera, asked: Request, _: socket.socket) -> Answer | str:
        spelled_out = asked.headers.get("transport", "RTP/AVP/UDP").startswith("RTP/AVP/UDP")
        return "go on" if spelled_out or not camera.authorized(asked) else (461, {}, b"")

    with camera_at(tmp_path, Camera(before=picky)) as bench:
        assert rtsp.attempt(bench, MAIN, OWNER, "udp").played


def test_udp_ports_are_given_back_and_not_shared_after_media_came(tmp_path: Folder) -> None:
    camera = Camera(free=lambda _: True)
    with camera_at(tmp_path, camera) as bench:
        path = learned(bench)
        for _ in range(3):
            assert "media" in rtsp.attempt(bench, path, NOBODY, "udp").gave
        camera.free = lambda _: False
        for _ in range(3):
            assert rtsp.attempt(bench, path, NOBODY, "udp").gave == ()
        ways = [asked.headers["transport"] for asked in camera.asked if asked.method == "SETUP" and asked.headers.get("transport")]
        assert len(set(ways[:3])) == 3
        assert len(set(ways[-3:])) == 1


def test_paths_are_declared_ones_their_variants_and_known_ones(tmp_path: Folder) -> None:
    with camera_at(tmp_path, Camera(streams=("/live/main", "/live/sub", "/11"))) as bench:
        paths = tuple(rtsp.paths(bench))
    by_path = {path.path: path for path in paths}
    assert [path.path for path in paths if path.declared] == ["/live/main", "/live/sub"]
    assert {"/live/main/", "/LIVE/MAIN", "//live/main", "/live//main", "/./live/main", "/live/main?a=1", "/live/mai%6e"} <= set(by_path)
    assert len(by_path) == len(paths)
    assert by_path["/11"].origin.startswith("known: ")
    assert re.fullmatch(r"rtsp://127.0.0.1:\d+/11/trackID=0", by_path["/11"].tracks[0])
    assert by_path["/12"].tracks == ()
    assert {path.guess for path in paths} == {"/trackID=0"}
    assert str(by_path["/live/main/"]) == "/live/main/ (/live/main with trailing slash)"


def test_what_the_owner_could_not_learn_stays_in_doubt(tmp_path: Folder) -> None:
    camera = Camera(before=lambda _, asked, __: (503, {}, b"") if asked.path == "/11" and "authorization" in asked.headers else "go on")
    with camera_at(tmp_path, camera) as bench:
        path = learned(bench, "/11")
        assert path.owner_status == 503
        assert undecided(rtsp.attempt(bench, path, NOBODY))
        assert rtsp.attempt(bench, learned(bench, "/12"), NOBODY).gave == ()


def test_an_unknown_part_of_the_paths_is_undecided_by_itself(tmp_path: Folder) -> None:
    bench = Desk(tmp_path).bench(rtsp_profile("/live/main"), {})
    with pytest.raises(Undecided, match="no profile"):
        rtsp.attempt(bench, Path(path="", unknown="GetStreamUri: no profile"), NOBODY)


def test_the_same_over_tls(tmp_path: Folder) -> None:
    with device(Camera().talk, tls=True, tmp_path=tmp_path) as port:
        bench = Desk(tmp_path).bench(rtsp_profile("/live/main", protocol="rtsps"), {554: port})
        paths = tuple(rtsp.paths(bench))
        assert paths[0].tracks[0].startswith("rtsps://127.0.0.1")
        assert rtsp.attempt(bench, paths[0], OWNER).played
        assert rtsp.attempt(bench, paths[0], NOBODY).refused


def test_a_profile_without_the_service_and_a_wrong_word_are_said(tmp_path: Folder) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(Undecided, match="rtsp or rtsps"):
        rtsp.paths(desk.bench(profile(), {}))
    with pytest.raises(ValueError, match="tcp, udp"):
        rtsp.attempt(desk.bench(rtsp_profile("/live/main"), {}), MAIN, NOBODY, "sctp")


def by_basic(asked: Request) -> bool:
    return asked.headers.get("authorization", "").startswith("Basic")


def test_a_wrong_password_is_shown_by_every_log_in_on_offer(tmp_path: Folder) -> None:
    camera = Camera(also_basic=True, free=by_basic)
    with camera_at(tmp_path, camera) as bench:
        attempt = rtsp.attempt(bench, MAIN, OWNER.wrong)
        assert attempt.gave == ("description", "media", "play", "setup")
        assert [each.method for each in camera.asked if by_basic(each)][:3] == ["DESCRIBE", "SETUP", "PLAY"]
        assert rtsp.attempt(bench, learned(bench), OWNER).played
        assert rtsp.attempt(bench, MAIN, NOBODY).refused


def test_a_weaker_digest_is_tried_too(tmp_path: Folder) -> None:
    camera = Camera(algorithms=("SHA-256", "MD5"), free=lambda asked: "algorithm=MD5" in asked.headers.get("authorization", ""))
    with camera_at(tmp_path, camera) as bench:
        assert "description" in rtsp.attempt(bench, MAIN, OWNER.wrong).gave


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_weaker_log_in_is_tried_beyond_the_description(tmp_path: Folder, transport: str) -> None:
    camera = Camera(also_basic=True, free=lambda asked: by_basic(asked) and asked.method != "DESCRIBE")
    with camera_at(tmp_path, camera) as bench:
        assert rtsp.attempt(bench, learned(bench), OWNER.wrong, transport).gave == ("media", "play", "setup")


def test_what_a_log_in_on_offer_leaves_open_stays_in_doubt(tmp_path: Folder) -> None:
    camera = Camera(also_basic=True, before=lambda _, asked, __: (500, {}, b"") if by_basic(asked) else "go on")
    with camera_at(tmp_path, camera) as bench:
        assert undecided(rtsp.attempt(bench, MAIN, OWNER.wrong))


def test_the_log_ins_on_offer_are_refused_by_a_sound_camera_and_counted(tmp_path: Folder) -> None:
    camera = Camera(also_basic=True)
    bound = {"rtsp": BruteForce(failures=10, window_s=300, lock_s=60)}
    with camera_at(tmp_path, camera, brute_force=bound) as bench:
        began = bench.clock.now()
        for turn in range(3):
            attempt = rtsp.attempt(bench, MAIN, OWNER.wrong)
            assert (attempt.refused, [each.method for each in attempt.exchanges][-1], camera.failed) == (True, "PLAY", 6 * (turn + 1))
        assert bench.clock.now() - began > 300


def small(request: Request) -> bool:
    return request.method.islower()


@pytest.mark.once
@pytest.mark.parametrize(
    ("camera", "opens"),
    [
        (Camera(), False),
        (Camera(free=small), True),
        (Camera(before=lambda _, request, __: (501, {}, b"") if small(request) else "go on"), False),
        (Camera(before=lambda _, request, __: b"" if small(request) else "go on"), False),
        (Camera(before=lambda _, request, __: "hang up" if small(request) else "go on"), False),
    ],
)
def test_methods_in_small_letters_open_nothing_unless_the_camera_lets_them(tmp_path: Folder, camera: Camera, *, opens: bool) -> None:
    with camera_at(tmp_path, camera) as bench:
        assert ("description" in asked_oddly(bench, "small").gave) is opens


@pytest.mark.parametrize(
    ("camera", "opens"),
    [
        (Camera(), False),
        (Camera(free=lambda request: "loginuse=admin" in request.url and "loginpas=&" in f"{request.url}&"), True),
        (Camera(before=lambda _, request, __: (400, {}, b"") if "?" in request.url else "go on"), False),
    ],
)
def test_a_name_in_the_address_opens_nothing_unless_the_camera_lets_it(tmp_path: Folder, camera: Camera, *, opens: bool) -> None:
    camera.streams = tuple(path + mark for path in ("/live/main", "/live/sub") for mark in ("", query()))
    with camera_at(tmp_path, camera) as bench:
        assert ("description" in asked_oddly(bench, "address").gave) is opens


def query() -> str:
    return with_login("", Login(user="admin", password=""))


def asked_oddly(bench: Bench, way: str) -> Attempt:
    if way == "small":
        return rtsp.attempt_in_small_letters(bench, learned(bench))
    return rtsp.attempt_by_address(bench, learned(bench), OWNER.listed(""))
