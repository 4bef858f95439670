"""What a text tells: each kind is met in many spellings, and what every device says is none of them."""

import base64

import pytest

from harness.probes.disclosure_text import Form, Known, tells

KNOWN = Known(
    firmware=("5.4.1",),
    serials=("DS2CD0042",),
    mac="02:00:00:ca:0f:07",
    users=("admin", "hedwig"),
    gateways=("192.168.7.1",),
    paths=("/live/main",),
)

TELLS: list[tuple[str, Form, str]] = [
    ("Server: lighttpd/1.4.35", "head", "software version"),
    ("Server: Linux UPnP/1.1 camera/5.4.1", "bytes", "software version"),
    ("SSH-2.0-dropbear_2017.75", "head", "software version"),
    ("220 (vsFTPd 3.0.3)", "head", "software version"),
    ("Server: Rtsp Server 1.5", "head", "software version"),
    ('WWW-Authenticate: Digest realm="cam 5.4.1"', "head", "software version"),
    ('{"firmwareVersion": "V5.4.1 build 160530"}', "body", "software version"),
    ("<p>Firmware: 1.0.22</p>", "body", "software version"),
    ("<center>nginx/1.14.2</center>", "body", "software version"),
    ("fw_ver=2.12.1", "bytes", "software version"),
    ("var softwareVersion = 'V4.02'", "script", "software version"),
    ("build 20210311", "body", "software version"),
    ('realm="IP Camera(ds2cd0042)"', "head", "serial number"),
    ("<serialNumber>C0123456789</serialNumber>", "body", "serial number"),
    ("%44S2CD0042", "body", "serial number"),
    ("D\0S\x002\0C\0D\x000\x000\x004\x002\0", "bytes", "serial number"),
    ("camera-ca0f07.local", "bytes", "MAC address"),
    ("uuid:12345678-0000-1000-8000-020000CA0F07", "body", "MAC address"),
    ("02-00-00-ca-0f-07", "body", "MAC address"),
    ("Welcome, Hedwig!", "body", "account name"),
    ('{"user":"admin"}', "body", "account name"),
    ("<tt:Username>admin</tt:Username>", "body", "account name"),
    ("gateway: 192.168.7.1", "body", "network setting"),
    ('{"netmask": "255.255.255.0"}', "body", "network setting"),
    ('"SSID": "home-net"', "body", "network setting"),
    ("<dns1>8.8.8.8</dns1>", "body", "network setting"),
    ("rtsp://192.0.2.1:554/h264/ch1", "body", "stream address"),
    ("path=/live/main", "bytes", "stream address"),
    ("/hls/index.m3u8", "body", "stream address"),
]

SILENT: list[tuple[str, Form]] = [
    ("HTTP/1.1 401\nContent-Type: text/html; charset=utf-8\nCache-Control: max-age=1800", "head"),
    ('<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"/>', "body"),
    ("<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version>", "body"),
    ('urn:schemas-upnp-org:device:DigitalSecurityCamera:1 xmlns="http://www.onvif.org/ver10/device/wsdl"', "body"),
    ('<svg version="1.1"><meta name="viewport" content="initial-scale=1.0">', "body"),
    ("LOCATION: https://192.168.7.20/upnp/description.xml\nSERVER: Linux UPnP/1.1 camera/1", "bytes"),
    ("SSH-2.0-server", "head"),
    ("camera diag v2", "head"),
    ('el("device").textContent = `serial ${device.serial}, firmware ${device.firmware}`;', "script"),
    ('<label>User name <input name="user" autocomplete="username" value="admin"></label>', "body"),
    ("/*! jQuery v3.6.0 | version: 1.12.4 */", "script"),
    ("Choose a password. The serial number is on the label.", "body"),
    ('RTSP/1.0 401 Unauthorized\nServer: camera\nWWW-Authenticate: Digest realm="camera"', "head"),
    ("15.4.12 and 5.4.10", "body"),
    ("0a1caca0f0712345", "body"),
    ("txtvers=1", "bytes"),
    ("rtsp://192.0.2.1/", "body"),
]


@pytest.mark.parametrize(("text", "form", "kind"), TELLS)
def test_what_is_told_is_met(text: str, form: Form, kind: str) -> None:
    assert kind in {each.kind for each in tells(text.encode(), form, KNOWN)}


@pytest.mark.parametrize(("text", "form"), SILENT)
def test_what_every_device_says_tells_nothing(text: str, form: Form) -> None:
    assert tells(text.encode(), form, KNOWN) == ()


def test_of_each_kind_the_first_is_shown_in_few_words() -> None:
    (only,) = tells(b"Firmware: 9.9 \n" * 1000, "body", KNOWN)
    assert only.shown == "Firmware: 9.9"


@pytest.mark.parametrize("noise", [b"", b"\xff" * 3000, bytes(3000), b"(" * 300_000, b"dns " * 70_000, base64.b64encode(b"\x07" * 90_000)])
@pytest.mark.parametrize("form", ["head", "body", "script", "bytes"])
def test_noise_tells_nothing(noise: bytes, form: Form) -> None:
    assert tells(noise, form, KNOWN) == ()


def test_of_a_unit_of_which_nothing_is_known_shapes_are_met() -> None:
    assert [each.kind for each in tells(b"Server: Boa/0.94.13", "head", Known())] == ["software version"]
