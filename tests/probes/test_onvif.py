"""ONVIF probes against devices that behave as cameras in the field do, over real sockets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as Folder

import pytest

from harness.gate.bench import Bench
from harness.model.errors import DeviceSilent, OutOfScope, Undecided
from harness.model.secret import NOBODY, Credential
from harness.probes import onvif, rtsp, snapshot
from tests.builders.devices import OWNER, Desk, device
from tests.builders.onvif_camera import TDS, TRT, Call, OnvifCamera, fault, http
from tests.builders.profiles import profile

FREE = ("tds:GetSystemDateAndTime", "tds:GetServices", "tds:GetServiceCapabilities", "tds:GetCapabilities", "trt:GetServiceCapabilities")
SERVICE = {"id": "onvif", "protocol": "onvif", "port": 80, "path": "/onvif/device_service", "before_login": FREE}
BAD: tuple[tuple[Credential, str], ...] = (
    (NOBODY, "none"),
    (OWNER.wrong, "fresh"),
    (OWNER, "stale"),
    (OWNER, "repeated"),
    (OWNER.wrong, "basic"),
    (OWNER.wrong, "digest"),
)
SUPPORTED = {"tds:GetDeviceInformation", "tds:GetUsers", "tds:GetScopes", "trt:GetProfiles", "trt:GetStreamUri", "trt:GetSnapshotUri"}


@contextmanager
def bench_of(folder: Folder, camera: OnvifCamera, *more: dict[str, object]) -> Iterator[Bench]:
    with device(camera.talk) as port:
        services = [SERVICE, {"id": "web", "protocol": "http", "port": 8080}, {"id": "rtsp", "protocol": "rtsp", "port": 554}, *more]
        streams = [{"id": "main", "protocol": "rtsp", "service": "rtsp", "path": "/live/x"}]
        yield Desk(folder).bench(profile(log_intf=services, stream=streams), {80: port, 81: port})


def doubtful(bench: Bench, operation: str, credential: Credential = OWNER, freshness: str = "fresh") -> bool:
    try:
        _ = onvif.call(bench, operation, credential, freshness).granted
    except Undecided:
        return True
    return False


SOUND: dict[str, Callable[[], OnvifCamera]] = {
    "plain": OnvifCamera,
    "clock years behind": lambda: OnvifCamera(clock_off_s=-3e8),
    "clock that it does not tell": lambda: OnvifCamera(tells_utc=False),
    "old way to list services": lambda: OnvifCamera(lists_services=False),
    "HTTP digest": lambda: OnvifCamera(http_digest=True),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_device_answers_its_owner_and_nobody_else(tmp_path: Folder, name: str) -> None:
    with bench_of(tmp_path, SOUND[name]()) as bench:
        operations = onvif.operations(bench)
        guarded = [operation for operation in operations if operation not in FREE]
        assert set(guarded) == SUPPORTED
        for operation in guarded:
            assert onvif.call(bench, operation, OWNER, "fresh").granted
            for credential, freshness in BAD:
                assert onvif.call(bench, operation, credential, freshness).refused
        assert {"tds:GetDNS", "tptz:GetNodes"} <= {each.name for each in operations.left_out}


def takes(*checks: Callable[[OnvifCamera, Call], bool]) -> Callable[[OnvifCamera, Call], bool]:
    return lambda camera, call: all(check(camera, call) for check in checks)


FLAWS: dict[str, tuple[Callable[[], OnvifCamera], int]] = {
    "open to everybody": (lambda: OnvifCamera(free=lambda _: True), 0),
    "open to an empty header": (lambda: OnvifCamera(free=lambda call: "<wsse:Security" in call.text and not call.value("Nonce")), 0),
    "goes by the action in the head": (lambda: OnvifCamera(free=lambda call: "wsdl/GetSystemDateAndTime" in call.head), 0),
    "looks at the name only": (lambda: OnvifCamera(takes=takes(lambda _, call: call.value("Username") == "admin")), 1),
    "does not look at the age": (lambda: OnvifCamera(takes=takes(OnvifCamera.proven, OnvifCamera.unused)), 2),
    "takes any basic": (lambda: OnvifCamera(free=lambda call: "authorization: basic" in call.head.lower()), 4),
    "takes any digest": (lambda: OnvifCamera(free=lambda call: "authorization: digest" in call.head.lower()), 5),
    "forgets nonces": (lambda: OnvifCamera(takes=takes(OnvifCamera.proven, OnvifCamera.young)), 3),
}


@pytest.mark.parametrize("name", FLAWS)
def test_each_flaw_is_found(tmp_path: Folder, name: str) -> None:
    make, bad = FLAWS[name]
    with bench_of(tmp_path, make()) as bench:
        assert onvif.call(bench, "tds:GetUsers", OWNER, "fresh").granted
        assert onvif.call(bench, "tds:GetUsers", *BAD[bad]).granted


def test_what_nobody_gets_can_be_seen_again_with_a_command(tmp_path: Folder) -> None:
    with bench_of(tmp_path, OnvifCamera(free=lambda call: call.operation == "GetUsers")) as bench:
        assert onvif.call(bench, "tds:GetUsers", NOBODY, "none").granted
        assert onvif.call(bench, "tds:GetScopes", NOBODY, "none").refused
        assert len(bench.hints) == 1
        assert bench.hints[0].startswith("curl -sk -H 'Content-Type: application/soap+xml")
        assert "GetUsers" in bench.hints[0]


@pytest.mark.parametrize("silence", [b"", b"no HTTP\r\n\r\n"])
def test_silence_to_one_way_of_showing_nothing_does_not_hide_the_other(tmp_path: Folder, silence: bytes) -> None:
    camera = OnvifCamera(free=lambda call: "wsse:Security" in call.text)
    camera.before = lambda call: silence if call.operation == "GetUsers" and "wsse:Security" not in call.text else None
    with bench_of(tmp_path, camera) as bench:
        assert onvif.call(bench, "tds:GetUsers", NOBODY, "none").granted
        camera.free = lambda _: False
        assert doubtful(bench, "tds:GetUsers", NOBODY, "none")


def test_a_clock_that_was_set_meanwhile_does_not_look_like_a_wrong_password(tmp_path: Folder) -> None:
    camera = OnvifCamera()
    with bench_of(tmp_path, camera) as bench:
        assert onvif.call(bench, "tds:GetUsers", OWNER, "fresh").granted
        bench.clock.wait(5)
        camera.clock_off_s += 7200
        assert onvif.call(bench, "tds:GetUsers", OWNER, "fresh").granted
        assert onvif.call(bench, "tds:GetUsers", OWNER.wrong, "fresh").refused


def test_time_that_is_advanced_passes_for_the_device_too(tmp_path: Folder) -> None:
    camera = OnvifCamera()
    with bench_of(tmp_path, camera) as bench:
        for _ in range(3):
            bench.clock.wait(1000)
            camera.clock_off_s += 1000
            assert onvif.call(bench, "tds:GetUsers", OWNER, "fresh").granted


def test_services_at_another_host_are_not_followed(tmp_path: Folder) -> None:
    with bench_of(tmp_path, OnvifCamera(host="192.0.2.99:80")) as bench:
        assert "trt:GetProfiles" in tuple(onvif.operations(bench))
        with pytest.raises(OutOfScope, match=r"192\.0\.2\.99"):
            onvif.call(bench, "trt:GetProfiles", NOBODY, "none")
        with pytest.raises(OutOfScope):
            onvif.call(bench, "trt:GetProfiles", OWNER, "fresh")
        assert onvif.call(bench, "tds:GetUsers", OWNER, "fresh").granted


@pytest.mark.parametrize("host", ["camera.local", "", "[broken", "127.0.0.1:99999"])
def test_an_address_that_is_none_leaves_its_service_undecided(tmp_path: Folder, host: str) -> None:
    camera = OnvifCamera()
    listed = f"<x:Service><x:Namespace>{TRT}</x:Namespace><x:XAddr>{host and f'http://{host}/x'}</x:XAddr></x:Service>"
    said = f'<x:GetServicesResponse xmlns:x="{TDS}">{listed}</x:GetServicesResponse>'
    camera.before = lambda call: (200, said) if call.operation == "GetServices" else None
    with bench_of(tmp_path, camera) as bench:
        assert "trt:GetProfiles" in tuple(onvif.operations(bench))
        assert doubtful(bench, "trt:GetProfiles", NOBODY, "none")
        assert tuple(rtsp.paths(bench))[-1].unknown


@pytest.mark.parametrize("date", ["<Year>x</Year>", "<Year>2026</Year><Month>99</Month>", ""])
def test_a_clock_that_is_none_is_not_believed(tmp_path: Folder, date: str) -> None:
    camera = OnvifCamera()
    said = (
        f'<x:GetSystemDateAndTimeResponse xmlns:x="{TDS}"><UTCDateTime><Date>{date}</Date></UTCDateTime></x:GetSystemDateAndTimeResponse>'
    )
    camera.before = lambda call: (200, said) if call.operation == "GetSystemDateAndTime" else None
    with bench_of(tmp_path, camera) as bench:
        assert onvif.call(bench, "tds:GetUsers", OWNER, "fresh").granted


MUTE = (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<html>", http(500, ""), b"garbage\r\n\r\n")


@pytest.mark.parametrize("answer", MUTE)
def test_an_operation_that_is_not_clearly_answered_stays_in_the_list(tmp_path: Folder, answer: bytes) -> None:
    camera = OnvifCamera(before=lambda call: answer if call.operation == "GetScopes" else None)
    with bench_of(tmp_path, camera) as bench:
        assert "tds:GetScopes" in tuple(onvif.operations(bench))
        assert doubtful(bench, "tds:GetScopes")
        assert doubtful(bench, "tds:GetScopes", NOBODY, "none")


def test_an_owner_who_is_refused_stays_in_the_list_too(tmp_path: Folder) -> None:
    camera = OnvifCamera(before=lambda call: fault("ter:NotAuthorized", "no") if call.operation == "GetUsers" else None)
    with bench_of(tmp_path, camera) as bench:
        assert "tds:GetUsers" in tuple(onvif.operations(bench))
        assert not onvif.call(bench, "tds:GetUsers", OWNER, "fresh").granted
        assert doubtful(bench, "tds:GetUsers", OWNER, "repeated")


@pytest.mark.parametrize("camera", [OnvifCamera(before=lambda _: http(200, "")), OnvifCamera(before=lambda _: http(401, ""))])
def test_a_device_that_says_one_thing_to_everything_does_not_list_its_services(tmp_path: Folder, camera: OnvifCamera) -> None:
    with bench_of(tmp_path, camera) as bench, pytest.raises(Undecided, match="does not list"):
        onvif.operations(bench)


def test_200_to_everything_grants_nothing(tmp_path: Folder) -> None:
    with bench_of(tmp_path, OnvifCamera(before=lambda _: http(200, ""))) as bench:
        assert doubtful(bench, "tds:GetUsers", NOBODY, "none")
        assert doubtful(bench, "tds:GetUsers")


def test_a_device_that_is_off_is_silent(tmp_path: Folder) -> None:
    with device(lambda _: None) as port:
        bench = Desk(tmp_path).bench(profile(log_intf=[SERVICE]), {80: port})
        with pytest.raises(DeviceSilent):
            onvif.call(bench, "tds:GetUsers", NOBODY, "none")


def test_a_second_service_is_asked_under_its_own_name(tmp_path: Folder) -> None:
    second = {**SERVICE, "id": "onvif-two", "port": 81, "before_login": ("tds:GetServices",)}
    with bench_of(tmp_path, OnvifCamera(media=False), second) as bench:
        operations = tuple(onvif.operations(bench))
        assert {"tds:GetUsers", "onvif-two/tds:GetUsers", "onvif-two/tds:GetSystemDateAndTime"} <= set(operations)
        assert "onvif-two/tds:GetServices" not in operations
        assert onvif.call(bench, "onvif-two/tds:GetUsers", OWNER, "fresh").granted


def test_wrong_words_are_mistakes(tmp_path: Folder) -> None:
    with bench_of(tmp_path, OnvifCamera()) as bench:
        for operation, freshness in (("tds:GetUsers", "old"), ("tds:Unknown", "none"), ("else/tds:GetUsers", "none")):
            with pytest.raises(ValueError, match="is n"):
                onvif.call(bench, operation, NOBODY, freshness)


def test_a_profile_without_the_service_says_what_is_missing(tmp_path: Folder) -> None:
    with pytest.raises(Undecided, match="protocol onvif"):
        onvif.operations(Desk(tmp_path).bench(profile(), {}))


def test_addresses_of_streams_are_found_at_run_time(tmp_path: Folder) -> None:
    with bench_of(tmp_path, OnvifCamera()) as bench:
        found = [path for path in rtsp.paths(bench) if path.origin == "told by ONVIF"]
        assert [(path.path, path.port) for path in found] == [("/live/a&b", 554), ("/live/two", 554)]
        assert {"/live/two/", "/LIVE/TWO"} <= {path.path for path in rtsp.paths(bench)}
        pictures = [(place.path, place.port) for place in snapshot.paths(bench) if place.origin == "told by ONVIF"]
        assert pictures == [("/snap/a&b", 80), ("/snap/two", 80)]


def test_addresses_elsewhere_are_facts_and_no_targets(tmp_path: Folder) -> None:
    camera = OnvifCamera()
    camera.before = _elsewhere
    with bench_of(tmp_path, camera) as bench:
        paths, places = rtsp.paths(bench), snapshot.paths(bench)
        assert paths.elsewhere == ("rtsp://192.0.2.99/live",)
        assert places.elsewhere == ("http://evil.example/snap",)
        assert not any(path.origin == "told by ONVIF" for path in (*paths, *places))


def _elsewhere(call: Call) -> tuple[int, str] | None:
    uris = {"GetStreamUri": "rtsp://192.0.2.99/live", "GetSnapshotUri": "http://evil.example/snap"}
    space = "http://www.onvif.org/ver10/media/wsdl"
    if call.operation not in uris:
        return None
    return (
        200,
        f'<{call.operation}Response xmlns="{space}"><MediaUri><Uri>{uris[call.operation]}</Uri></MediaUri></{call.operation}Response>',
    )


def test_stream_addresses_that_the_owner_is_not_told_stay_in_doubt(tmp_path: Folder) -> None:
    camera = OnvifCamera(before=lambda call: http(500, "") if call.operation in ("GetStreamUri", "GetSnapshotUri") else None)
    with bench_of(tmp_path, camera) as bench:
        for last, ask in ((tuple(rtsp.paths(bench))[-1], rtsp.attempt), (tuple(snapshot.paths(bench))[-1], snapshot.fetch)):
            assert last.unknown
            with pytest.raises(Undecided, match="profile"):
                ask(bench, last, NOBODY)  # type: ignore[operator]


def test_a_device_without_still_pictures_says_so_and_that_is_clear(tmp_path: Folder) -> None:
    lacking = fault("ter:ActionNotSupported", "no", status=500)
    camera = OnvifCamera(before=lambda call: lacking if call.operation == "GetSnapshotUri" else None)
    with bench_of(tmp_path, camera) as bench:
        assert not any(place.unknown or place.origin == "told by ONVIF" for place in snapshot.paths(bench))


def test_a_password_is_set_and_the_device_says_who_it_is(tmp_path: Folder) -> None:
    camera = OnvifCamera()
    with bench_of(tmp_path, camera) as bench:
        new = bench.new_password(OWNER)
        assert onvif.set_user(bench, NOBODY, OWNER, new).refused
        assert onvif.set_user(bench, OWNER.wrong, OWNER, new).refused
        assert camera.set_to == ()
        assert onvif.set_user(bench, OWNER, OWNER, new).granted
        assert camera.set_to == ("admin", bench.access.login(new, "").password, "Administrator")  # type: ignore[union-attr]
        assert bench.hints == []
        told = onvif.get_device_information(bench)
        assert (told.manufacturer, told.model, told.serial, told.firmware) == ("M", "N", "7", "")
        camera.password = "another"
        with pytest.raises(Undecided, match="NotAuthorized"):
            onvif.get_device_information(bench)
