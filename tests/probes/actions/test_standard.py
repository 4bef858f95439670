"""Log-ins that a protocol itself defines: what counts as granted, as refused, and as neither."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.profile import Profile
from harness.model.secret import NOBODY
from harness.probes import account, device
from harness.probes.actions import login
from tests.builders import devices, webcam
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk
from tests.builders.rtsp_camera import Camera, Request

RTSP = Surface(id="rtsp", interface="rtsp")
PICTURE = Surface(id="picture", interface="http")
ONVIF = Surface(id="onvif", interface="onvif")
STREAMS = [{"id": name, "protocol": "rtsp", "service": "rtsp", "path": f"/live/{name}"} for name in ("main", "sub")]
STILL = {"id": "still", "protocol": "snapshot", "service": "web", "path": "/still.jpg", "auth": "basic"}
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 40


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def declared(streams: tuple[dict[str, str], ...] = (*STREAMS, STILL), before_login: tuple[str, ...] = ()) -> Profile:
    services = [
        {"id": "web", "protocol": "http", "port": 80},
        {"id": "rtsp", "protocol": "rtsp", "port": 554},
        {"id": "onvif", "protocol": "onvif", "port": 80, "before_login": before_login},
    ]
    mechanisms = [
        {"id": each.id, "interface": each.interface, "service": "web" if each is PICTURE else each.id} for each in (RTSP, PICTURE, ONVIF)
    ]
    ixit = {"log_intf": services, "auth_mech": mechanisms, "stream": streams}
    plain = webcam.profile().model_dump(by_alias=True, mode="json")
    return Profile.model_validate({**plain, "ixit": ixit, "actions": {}})


def state(bench: Bench, surface: Surface, credential: Any) -> str:
    told = account.log_in(bench, surface, credential)
    bench.lives.close_all()
    return told.state


def rtsp_bench(desk: Desk, port: int) -> Bench:
    bench = desk.bench(declared(), {554: port})
    bench.new_password(OWNER)
    return bench


def guards(*methods: str) -> Callable[[Request], bool]:
    """Only these need a log-in."""
    return lambda request: request.method not in methods


@pytest.mark.parametrize(
    ("free", "old", "wrong"),
    [
        (guards("DESCRIBE", "SETUP", "PLAY"), "refused", "refused"),
        (guards("SETUP", "PLAY"), "refused", "unclear"),
        (guards("DESCRIBE"), "refused", "unclear"),
        (guards(), "granted", "granted"),
    ],
)
def test_a_password_is_taken_where_it_opens_more_than_a_wrong_one(
    desk: Desk, free: Callable[[Request], bool], old: str, wrong: str
) -> None:
    with devices.device(Camera(free=free).talk) as port:
        bench = rtsp_bench(desk, port)
        assert state(bench, RTSP, OWNER) == "granted"
        assert state(bench, RTSP, OWNER.at(2)) == old
        assert state(bench, RTSP, OWNER.wrong) == wrong


def test_a_stage_that_is_open_to_the_old_password_only_is_seen(desk: Desk) -> None:
    def old_for_describe(camera: Camera, request: Request, _: socket.socket) -> Any:
        camera.password = second if request.method == "DESCRIBE" else OWNERS_PASSWORD
        return "go on"

    second = desk.secrets.login(OWNER.at(2), 2).password
    with devices.device(Camera(before=old_for_describe).talk) as port:
        told = account.log_in(rtsp_bench(desk, port), RTSP, OWNER.at(2))
    assert told.granted
    assert told.why == "gave description, which a wrong password does not get"


def test_the_owner_plays_declared_streams_in_turn(desk: Desk) -> None:
    with devices.device(Camera().talk) as port:
        bench = rtsp_bench(desk, port)
        told = [account.log_in(bench, RTSP, OWNER) for _ in range(3)]
        used = account.use(bench, [each.session for each in told])
        bench.lives.close_all()
    assert [each.asked.partition(" over ")[0].rpartition("/")[2] for each in told] == ["main", "sub", "main"]
    assert [each.session.kind for each in told] == ["stream"] * 3
    assert all(each.granted for each in used)
    assert all("⟦cam-1/owner-password#1⟧@127.0.0.1" in hint for hint in bench.hints)


def test_a_stream_lives_while_media_come_and_is_dead_when_they_stop(desk: Desk) -> None:
    camera = Camera()
    with devices.device(camera.talk) as port:
        bench = rtsp_bench(desk, port)
        session = account.log_in(bench, RTSP, OWNER).session
        assert account.use(bench, [session])[0].granted
        camera.playing = False
        bench.lives.get(session.id).quiet_s = 1.0  # type: ignore[attr-defined]
        account.use(bench, [session])
        assert account.use(bench, [session])[0].refused
        bench.lives.close_all()


def test_a_stream_that_we_ended_is_not_called_dead(desk: Desk) -> None:
    with devices.device(Camera().talk) as port:
        bench = rtsp_bench(desk, port)
        session = account.log_in(bench, RTSP, OWNER).session
        bench.lives.get(session.id).close()  # type: ignore[attr-defined]
        with pytest.raises(Undecided, match="no new packet"):
            _ = account.use(bench, [session])[0].refused
        bench.lives.close_all()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, {"WWW-Authenticate": "Basic realm=x"}, b""), "refused"),
        ((401, {"WWW-Authenticate": "Basic realm=x", "Retry-After": "60"}, b""), "unclear"),
        ((403, {}, b""), "refused"),
        ((404, {}, b""), "unclear"),
        ((500, {}, b""), "unclear"),
        ((200, {}, b""), "unclear"),
        ((200, {"Content-Type": "application/sdp"}, b"v=0\r\nm=video 0 RTP/AVP 96\r\n"), "granted"),
    ],
)
def test_a_short_look_over_rtsp(desk: Desk, answer: Any, expected: str) -> None:
    with devices.device(Camera(before=lambda *_: answer).talk) as port:
        assert login.let_in(rtsp_bench(desk, port), RTSP, OWNER).state == expected


def test_a_short_look_at_a_silent_device_is_silence(desk: Desk) -> None:
    with devices.device(devices.resetting) as port, pytest.raises(DeviceSilent):
        login.let_in(rtsp_bench(desk, port), RTSP, OWNER)


def test_rtsp_without_a_declared_stream_is_undecided(desk: Desk) -> None:
    with pytest.raises(Undecided, match="declares no RTSP stream"):
        login.let_in(desk.bench(declared((STILL,)), {}), RTSP, OWNER)


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} X", *headers, f"Content-Length: {len(body)}", "", ""]).encode() + body


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (http(200, JPEG), "granted"),
        (http(200, b"<h1>Log in</h1>"), "unclear"),
        (http(401, b"", "WWW-Authenticate: Basic realm=x"), "refused"),
        (http(403, b"", "Retry-After: 9"), "unclear"),
        (http(302, b"", "Location: /"), "unclear"),
    ],
)
def test_http_authentication_is_tried_on_a_still_picture(desk: Desk, answer: bytes, expected: str) -> None:
    with devices.device(devices.answering(answer)) as port:
        bench = desk.bench(declared(), {80: port})
        told = account.log_in(bench, PICTURE, OWNER)
        assert told.state == expected
        assert (told.opened.kind if told.opened else None) == ("token" if expected == "granted" else None)


def test_a_stored_credential_is_not_shown_again_once_it_was_refused(desk: Desk) -> None:
    answers, asked = [http(200, JPEG), http(403), http(200, JPEG)], []

    def talk(connection: socket.socket) -> None:
        asked.append(devices.read_request(connection))
        connection.sendall(answers[len(asked) - 1])

    with devices.device(talk) as port:
        bench = desk.bench(declared(), {80: port})
        session = account.log_in(bench, PICTURE, OWNER).session
        told = [account.use(bench, [session])[0] for _ in range(2)]
    assert [each.refused for each in told] == [True, True]
    assert len(asked) == 2


def test_a_picture_must_be_declared(desk: Desk) -> None:
    with pytest.raises(Undecided, match="declares no still picture"):
        login.let_in(desk.bench(declared(tuple(STREAMS)), {}), PICTURE, OWNER)


def soap(body: str, status: int = 200) -> bytes:
    envelope = f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{body}</s:Body></s:Envelope>'
    return http(status, envelope.encode(), "Content-Type: application/soap+xml")


def onvif_camera(**answers: bytes) -> devices.Talk:
    """Answers by the operation that is named in the request."""

    def talk(connection: socket.socket) -> None:
        request = devices.read_request(connection).decode()
        connection.sendall(next((answer for name, answer in answers.items() if f":{name}" in request), soap("", 500)))

    return talk


FAULT = '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:ter="x">ter:{}</s:Value></s:Subcode></s:Code></s:Fault>'
USERS = soap('<GetUsersResponse xmlns="http://www.onvif.org/ver10/device/wsdl"/>')
INTERFACES = soap('<GetNetworkInterfacesResponse xmlns="http://www.onvif.org/ver10/device/wsdl"/>')
REFUSAL = soap(FAULT.format("NotAuthorized"), 400)
NO_SUCH = soap(FAULT.format("ActionNotSupported"), 400)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"GetUsers": USERS}, "granted"),
        ({"GetUsers": REFUSAL}, "refused"),
        ({"GetUsers": NO_SUCH, "GetNetworkInterfaces": INTERFACES}, "granted"),
        ({"GetUsers": NO_SUCH, "GetNetworkInterfaces": REFUSAL}, "refused"),
        ({"GetUsers": NO_SUCH, "GetNetworkInterfaces": NO_SUCH, "GetDeviceInformation": NO_SUCH}, "unclear"),
        ({"GetUsers": soap("<html/>")}, "unclear"),
    ],
)
def test_onvif_is_asked_for_something_guarded(desk: Desk, answers: dict[str, bytes], expected: str) -> None:
    with devices.device(onvif_camera(**answers)) as port:
        bench = desk.bench(declared(), {80: port})
        assert login.let_in(bench, ONVIF, OWNER).state == expected


def test_onvif_asked_by_nobody_shows_nothing(desk: Desk) -> None:
    with devices.device(onvif_camera(GetUsers=REFUSAL)) as port:
        assert login.let_in(desk.bench(declared(), {80: port}), ONVIF, NOBODY).refused


def test_onvif_that_answers_everything_before_a_log_in_has_none(desk: Desk) -> None:
    free = ("tds:GetUsers", "tds:GetNetworkInterfaces", "tds:GetDeviceInformation")
    with pytest.raises(Undecided, match="nothing is left"):
        login.let_in(desk.bench(declared(before_login=free), {}), ONVIF, OWNER)


def test_identity_comes_by_onvif_where_there_is_no_recipe(desk: Desk) -> None:
    told = "<FirmwareVersion>7</FirmwareVersion><SerialNumber> S7 </SerialNumber>"
    answer = soap(f'<GetDeviceInformationResponse xmlns="http://www.onvif.org/ver10/device/wsdl">{told}</GetDeviceInformationResponse>')
    with devices.device(onvif_camera(GetDeviceInformation=answer)) as port:
        assert device.identity(desk.bench(declared(), {80: port})) == device.Identity(serial="S7", firmware="7")


def test_a_session_of_an_unknown_kind_cannot_be_used(desk: Desk) -> None:
    bench = desk.bench(declared(), {})
    session = account.Session(id=bench.keep("odd", object()), surface="web", kind="session")
    with pytest.raises(NotPossible, match="nothing is known"):
        account.use(bench, [session])
