"""Raw SOAP for tests: tokens of any kind."""

import base64
import hashlib
import os
from datetime import UTC, datetime

from tests.emulated.units import NEW_PASSWORD, OWNER, PASSWORD, Handle

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_SECURITY = f'<wsse:Security xmlns:wsse="{_OASIS}-wssecurity-secext-1.0.xsd" xmlns:wsu="{_OASIS}-wssecurity-utility-1.0.xsd">'
NOTHING, EMPTY_SECURITY = "", f"{_SECURITY}</wsse:Security>"
NAME_ALONE = f"{_SECURITY}<wsse:UsernameToken><wsse:Username>{OWNER}</wsse:Username></wsse:UsernameToken></wsse:Security>"
_TYPES = "xmlns:tds='http://www.onvif.org/ver10/device/wsdl' xmlns:trt='http://www.onvif.org/ver10/media/wsdl'"
PATHS = {"tds": "/onvif/device_service", "trt": "/onvif/media_service"}
MAIN = "<trt:ProfileToken>main</trt:ProfileToken>"


def security(password: str = PASSWORD, *, user: str = OWNER, at: float | None = None) -> str:
    """A Security header with a fresh token, or one made at another time."""
    moment = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
    nonce, created = os.urandom(16), moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(nonce + created.encode() + password.encode()).digest()
    kind = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
    return (
        f"{_SECURITY}<wsse:UsernameToken><wsse:Username>{user}</wsse:Username>"
        f'<wsse:Password Type="{kind}">{base64.b64encode(digest).decode()}</wsse:Password>'
        f"<wsse:Nonce>{base64.b64encode(nonce).decode()}</wsse:Nonce><wsu:Created>{created}</wsu:Created>"
        "</wsse:UsernameToken></wsse:Security>"
    )


def envelope(operation: str, arguments: str = "", header: str = "") -> str:
    head = f"<e:Header>{header}</e:Header>" if header else ""
    body = f"<e:Body><{operation} {_TYPES}>{arguments}</{operation}></e:Body>"
    return f"<?xml version='1.0'?><e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'>{head}{body}</e:Envelope>"


def post(camera: Handle, path: str, document: str) -> tuple[int, str]:
    """Status and body."""
    reply = camera.exchange("POST", path, document.encode(), {"Content-Type": "application/soap+xml"})
    return reply.status, reply.body.decode()


def call(camera: Handle, operation: str, arguments: str = "", header: str = "") -> tuple[int, str]:
    """Call `tds:…` or `trt:…`."""
    return post(camera, PATHS[operation.partition(":")[0]], envelope(operation, arguments, header))


def set_user(
    camera: Handle, header: str, password: str = NEW_PASSWORD, *, user: str = OWNER, level: str = "Administrator"
) -> tuple[int, str]:
    schema = "xmlns:tt='http://www.onvif.org/ver10/schema'"
    fields = f"<tt:Username>{user}</tt:Username><tt:Password>{password}</tt:Password><tt:UserLevel>{level}</tt:UserLevel>"
    return call(camera, "tds:SetUser", f"<tds:User {schema}>{fields}</tds:User>", header)
