"""ONVIF, seen with onvif-zeep, and with tokens of all kinds."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from onvif import ONVIFCamera
from zeep.transports import Transport

from tests.emulated.rtsp_client import as_owner
from tests.emulated.soap_client import EMPTY_SECURITY, MAIN, NOTHING, PATHS, call, envelope, post, security, set_user
from tests.emulated.units import HERE, NEW_PASSWORD, OWNER, PASSWORD, Handle, unit


def foreign(camera: Handle, password: str = PASSWORD) -> Any:
    """onvif-zeep, which has its own idea of everything."""
    transport = Transport()
    transport.session.verify = transport.session.trust_env = False
    return ONVIFCamera(f"https://{HERE}", camera.https_port, OWNER, password, no_cache=True, transport=transport)


@pytest.mark.filterwarnings("ignore")
def test_onvif_zeep_finds_its_way_from_the_device_to_the_picture(camera: Handle) -> None:
    client = foreign(camera)
    device, media = client.devicemgmt, client.create_media_service()
    information = device.GetDeviceInformation()
    assert (information.Manufacturer, information.SerialNumber, information.FirmwareVersion) == ("camlabel", camera.said["serial"], "1.0.0")
    assert [service.Namespace.split("/")[4] for service in device.GetServices({"IncludeCapability": True})] == ["device", "media"]
    everything = device.GetCapabilities({"Category": "All"})
    assert (everything.PTZ, everything.Events, everything.Imaging, everything.Analytics) == (None, None, None, None)
    assert device.GetServiceCapabilities().Security.UsernameToken is True
    assert [(user.Username, user.UserLevel, user.Password) for user in device.GetUsers()] == [(OWNER, "Administrator", None)]
    assert device.GetNetworkInterfaces()[0].Info.HwAddress == camera.said["mac"]
    assert {entry.Name: entry.Port for entry in device.GetNetworkProtocols()} == {"HTTPS": [camera.https_port], "RTSP": [camera.rtsp_port]}
    assert device.GetHostname().Name == f"camera-{camera.said['serial']}".lower()
    assert len(device.GetScopes()) == 3
    assert abs(device.GetSystemDateAndTime().UTCDateTime.Date.Year - 2026) < 50
    assert [profile.token for profile in media.GetProfiles()] == ["main", "sub"]
    setup = {"StreamSetup": {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}, "ProfileToken": "sub"}
    assert media.GetStreamUri(setup).Uri == f"rtsps://{HERE}:{camera.rtsps_port}/live/sub"
    assert [entry.Enabled for entry in device.GetNetworkProtocols()] == [True, False]
    assert media.GetSnapshotUri({"ProfileToken": "main"}).Uri == f"https://{HERE}:{camera.https_port}/snapshot.jpg"
    assert media.GetVideoSources()[0].Resolution.Width == 640
    assert media.GetVideoSourceConfigurations()[0].SourceToken == "sensor"
    assert [entry.Encoding for entry in media.GetVideoEncoderConfigurations()] == ["H264", "H264"]


@pytest.mark.filterwarnings("ignore")
def test_onvif_zeep_is_refused_with_a_wrong_password(camera: Handle) -> None:
    client = foreign(camera, "wrong-Pass-9")
    with pytest.raises(Exception, match="Sender not authorized"):
        client.devicemgmt.GetDeviceInformation()


FREE = ("tds:GetSystemDateAndTime", "tds:GetServices", "tds:GetCapabilities", "tds:GetServiceCapabilities", "trt:GetServiceCapabilities")
GUARDED = (
    ("tds:GetDeviceInformation", ""),
    ("tds:GetScopes", ""),
    ("tds:GetHostname", ""),
    ("tds:GetUsers", ""),
    ("tds:SetUser", ""),
    ("tds:GetNetworkInterfaces", ""),
    ("tds:GetNetworkProtocols", ""),
    ("tds:SystemReboot", ""),
    ("trt:GetProfiles", ""),
    ("trt:GetStreamUri", MAIN),
    ("trt:GetSnapshotUri", MAIN),
    ("trt:GetVideoSources", ""),
    ("trt:GetVideoSourceConfigurations", ""),
    ("trt:GetVideoEncoderConfigurations", ""),
    ("trt:CreateProfile", ""),
)


@pytest.mark.parametrize(("operation", "arguments"), GUARDED)
def test_all_but_five_operations_need_a_valid_token(own: Handle, operation: str, arguments: str) -> None:
    moment = own.now()
    headers = [
        NOTHING,
        EMPTY_SECURITY,
        security("wrong-Pass-9"),
        security(at=moment - 310),
        security(at=moment + 310),
        security(user="nobody"),
    ]
    headers += [security().replace("PasswordDigest", "PasswordText"), re.sub("<wsse:Nonce>.*?</wsse:Nonce>", "", security())]
    headers += [re.sub("<wsu:Created>.*?</wsu:Created>", created, security()) for created in ("", "<wsu:Created>yesterday</wsu:Created>")]
    used = security()
    call(own, operation, arguments, used)
    for header in [*headers, used]:
        status, body = call(own, operation, arguments, header)
        assert status == 400
        assert "ter:NotAuthorized" in body
        assert "Response>" not in body
    own.advance(300)  # or the wrong ones lock the account, which other tests are about


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    with unit(tmp_path_factory.mktemp("own")) as handle:
        yield handle


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Handle]:
    with unit(tmp_path) as handle:
        yield handle


@pytest.mark.parametrize("operation", FREE)
def test_five_operations_answer_before_login(camera: Handle, operation: str) -> None:
    for header in (NOTHING, EMPTY_SECURITY, security("wrong-Pass-9")):
        status, body = call(camera, operation, "", header)
        assert (status, f"{operation}Response>" in body) == (200, True)


def test_time_is_the_device_s_own(fresh: Handle) -> None:
    fresh.advance(timedelta(days=3).total_seconds())
    assert call(fresh, "tds:GetHostname", header=security())[0] == 400
    assert call(fresh, "tds:GetHostname", header=security(at=fresh.now()))[0] == 200


@pytest.mark.parametrize(
    ("document", "fault", "status"),
    [
        ("", "ter:WellFormed", 400),
        ("<a/>", "ter:WellFormed", 400),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + envelope("tds:GetScopes"), "ter:WellFormed", 400),
        (envelope("tds:GetScopes", "<a>" * 40 + "</a>" * 40), "ter:WellFormed", 400),
        (envelope("tds:GetScopes", "<a/>" * 1200), "ter:WellFormed", 400),
        (envelope("tds:SystemReboot", header="a token"), "ter:ActionNotSupported", 500),
        (envelope("trt:GetProfiles", header="a token"), "ter:ActionNotSupported", 500),
        (envelope("tds:GetCapabilities", "<tds:Category>PTZ</tds:Category>"), "ter:NoSuchService", 500),
        (envelope("tds:GetCapabilities", "<tds:Category>Media</tds:Category>"), "media_service", 200),
        (" " * 70_000, "too big", 413),
    ],
)
def test_faults(camera: Handle, document: str, fault: str, status: int) -> None:
    got, body = post(camera, PATHS["tds"], document.replace("a token", security()))
    assert (got, fault in body) == (status, True)


def test_wrong_arguments(camera: Handle) -> None:
    assert "ter:NoProfile" in call(camera, "trt:GetStreamUri", MAIN.replace("main", "third"), security())[1]
    multicast = "<trt:StreamSetup><tt:Stream xmlns:tt='http://www.onvif.org/ver10/schema'>RTP-Multicast</tt:Stream></trt:StreamSetup>"
    assert "ter:InvalidStreamSetup" in call(camera, "trt:GetStreamUri", multicast + MAIN, security())[1]


def test_the_owner_changes_the_password_and_everything_old_is_dead(fresh: Handle) -> None:
    token = fresh.log_in()
    with as_owner(fresh.rtsps_port) as stream:
        stream.play()
        for header in (NOTHING, security("wrong-Pass-9")):
            assert "ter:NotAuthorized" in set_user(fresh, header)[1]
        assert "ter:PasswordTooWeak" in set_user(fresh, security(), "short")[1]
        assert "ter:UsernameMissing" in set_user(fresh, security(), user="nobody")[1]
        assert "ter:FixedUser" in set_user(fresh, security(), level="User")[1]
        assert stream.media()
        assert fresh.alive(token)
        assert set_user(fresh, security())[0] == 200
        assert stream.gone()
    assert not fresh.alive(token)
    assert call(fresh, "tds:GetHostname", header=security())[0] == 400
    assert call(fresh, "tds:GetHostname", header=security(NEW_PASSWORD))[0] == 200
    assert (fresh.log_in(), fresh.log_in(NEW_PASSWORD) != "") == ("", True)


def test_a_viewer_reads_and_does_not_see_or_change_users(fresh: Handle) -> None:
    fresh.curl("/api/accounts", {"user": "guest", "password": "guest-Pass-1"}, token=fresh.log_in())
    assert call(fresh, "trt:GetStreamUri", MAIN, security("guest-Pass-1", user="guest"))[0] == 200
    assert "only the owner" in call(fresh, "tds:GetUsers", header=security("guest-Pass-1", user="guest"))[1]
    assert "only the owner" in set_user(fresh, security("guest-Pass-1", user="guest"))[1]


def test_guessing_locks_and_stale_tokens_do_not_count(fresh: Handle) -> None:
    used = security()
    assert [call(fresh, "tds:GetHostname", header=used)[0] for _ in range(15)] == [200] + [400] * 14
    for number in range(10):
        call(fresh, "tds:GetHostname", header=security(f"wrong-Pass-{number}"))
    refusal = fresh.exchange("POST", PATHS["tds"], envelope("tds:GetHostname", header=security()).encode(), {})
    assert (b"locked" in refusal.body, "retry-after: " in refusal.headers) == (True, True)
    fresh.advance(601)
    assert call(fresh, "tds:GetHostname", header=security(at=fresh.now()))[0] == 200
