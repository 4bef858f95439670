"""An ONVIF device of many manners, over real sockets: sound unless told otherwise."""

import base64
import hashlib
import re
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.builders.devices import OWNERS_PASSWORD, read_request

TDS = "http://www.onvif.org/ver10/device/wsdl"
TRT = "http://www.onvif.org/ver10/media/wsdl"
ENV = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:ter="http://www.onvif.org/ver10/error"'
BEFORE_LOGIN = {"GetSystemDateAndTime", "GetServices", "GetServiceCapabilities", "GetCapabilities"}
FRESH_S = 60


@dataclass
class Call:
    """One request as the device read it."""

    operation: str
    text: str
    head: str

    def value(self, name: str) -> str:
        """The text of an element of this local name."""
        found = re.search(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>([^<]*)<", self.text)
        return found[1] if found else ""


Answer = tuple[int, str] | bytes


@dataclass
class OnvifCamera:
    """WS-UsernameToken with digest; nonces are taken once, and for a minute."""

    clock_off_s: float = 0.0
    tells_utc: bool = True
    lists_services: bool = True
    host: str = ""
    media: bool = True
    http_digest: bool = False
    password: str = OWNERS_PASSWORD
    free: Callable[[Call], bool] = lambda _: False
    takes: Callable[["OnvifCamera", Call], bool] | None = None
    before: Callable[[Call], Answer | None] = lambda _: None
    calls: list[Call] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    port: int = 0
    set_to: tuple[str, ...] = ()

    def talk(self, connection: socket.socket) -> None:
        """One exchange."""
        head, _, body = read_request(connection).decode().partition("\r\n\r\n")
        found = re.search(r"Body>\s*<(?:\w+:)?(\w+)", body)
        call = Call(found[1] if found else "", body, head)
        self.calls.append(call)
        self.port = connection.getsockname()[1]
        told = self.before(call)
        answer = self.answer(call) if told is None else told
        connection.sendall(answer if isinstance(answer, bytes) else http(*answer))

    def answer(self, call: Call) -> Answer:
        """As a sound device does."""
        if call.operation not in BEFORE_LOGIN and not self.free(call) and not self.authorized(call):
            if self.http_digest:
                challenge = f'Digest realm="onvif", nonce="{secrets.token_hex(8)}", qop="auth"'
                return http(401, "", f"WWW-Authenticate: {challenge}\r\n")
            return fault("ter:NotAuthorized", "Sender not authorized")
        content = self.content(call)
        if content is None:
            return fault("ter:ActionNotSupported", "Optional Action Not Implemented", status=500)
        space = TRT if f'xmlns:trt="{TRT}"' in call.text else TDS
        return 200, f'<x:{call.operation}Response xmlns:x="{space}">{content}</x:{call.operation}Response>'

    def content(self, call: Call) -> str | None:
        """What stands inside the answer; None for an operation that it lacks."""
        where = self.host or f"127.0.0.1:{self.port}"
        services = {TDS: "device_service", **({TRT: "media"} if self.media else {})}
        answers = {
            "GetSystemDateAndTime": self.date(),
            "GetServiceCapabilities": "<x:Capabilities/>",
            "GetDeviceInformation": "<x:Manufacturer>M</x:Manufacturer><x:Model>N</x:Model><x:SerialNumber>7</x:SerialNumber>",
            "GetUsers": "<x:User><Username>admin</Username></x:User>",
            "GetScopes": "",
            "GetCapabilities": f"<x:Capabilities><Media><XAddr>http://{where}/onvif/media</XAddr></Media></x:Capabilities>",
            "SetUser": "",
        }
        if self.lists_services:
            item = "<x:Service><x:Namespace>{}</x:Namespace><x:XAddr>http://{}/onvif/{}</x:XAddr></x:Service>"
            answers["GetServices"] = "".join(item.format(space, where, path) for space, path in services.items())
        if self.media:
            uri = (
                f"<x:MediaUri><Uri>{{}}://{self.host.partition(':')[0] or '127.0.0.1'}/{{}}{call.value('ProfileToken')}</Uri></x:MediaUri>"
            )
            answers["GetProfiles"] = '<x:Profiles token="a&amp;b"/><x:Profiles token="two"/>'
            answers["GetStreamUri"] = uri.format("rtsp", "live/")
            answers["GetSnapshotUri"] = uri.format("http", "snap/")
        if call.operation == "SetUser":
            user = Call("", call.text.partition("Body>")[2], "")
            self.set_to = (user.value("Username"), user.value("Password"), user.value("UserLevel"))
        return answers.get(call.operation)

    def date(self) -> str:
        """The device's own clock."""
        now = datetime.fromtimestamp(self.now(), UTC)
        moment = f"<Time><Hour>{now.hour}</Hour><Minute>{now.minute}</Minute><Second>{now.second}</Second></Time>"
        moment += f"<Date><Year>{now.year}</Year><Month>{now.month}</Month><Day>{now.day}</Day></Date>"
        return f"<x:SystemDateAndTime>{f'<UTCDateTime>{moment}</UTCDateTime>' if self.tells_utc else ''}</x:SystemDateAndTime>"

    def now(self) -> float:
        """Its clock."""
        return time.time() + self.clock_off_s

    def authorized(self, call: Call) -> bool:
        """Is the log-in right?"""
        if self.takes:
            return self.takes(self, call)
        return self.by_digest(call) if self.http_digest else self.proven(call) and self.fresh(call)

    def proven(self, call: Call) -> bool:
        """Was the digest made with the password?"""
        if not call.value("Nonce"):
            return False
        made = hashlib.sha1(base64.b64decode(call.value("Nonce")) + call.value("Created").encode() + self.password.encode())
        return call.value("Username") == "admin" and call.value("Password") == base64.b64encode(made.digest()).decode()

    def fresh(self, call: Call) -> bool:
        """Made a short time ago, and not used before."""
        return self.young(call) and self.unused(call)

    def young(self, call: Call) -> bool:
        """By its own clock."""
        return abs(datetime.fromisoformat(call.value("Created")).timestamp() - self.now()) < FRESH_S

    def unused(self, call: Call) -> bool:
        """Remembers the nonce."""
        nonce, new = call.value("Nonce"), call.value("Nonce") not in self.nonces
        self.nonces.add(nonce)
        return new

    def by_digest(self, call: Call) -> bool:
        """HTTP digest; each response is taken once."""
        found = re.search(r"^Authorization: Digest (.*)$", call.head, re.MULTILINE)
        given = dict(re.findall(r'(\w+)="?([^",\r]*)"?', found[1])) if found else {}
        if not given or given["response"] in self.nonces:
            return False
        self.nonces.add(given["response"])
        made = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
        middle = f"{given['nonce']}:{given['nc']}:{given['cnonce']}:auth"
        return given["response"] == made(f"{made(f'admin:onvif:{self.password}')}:{middle}:{made('POST:' + given['uri'])}")


def http(status: int, body: str, headers: str = "") -> bytes:
    """A whole answer."""
    text = envelope(body) if body else ""
    return f"HTTP/1.1 {status} Word\r\n{headers}Content-Length: {len(text.encode())}\r\n\r\n{text}".encode()


def envelope(body: str) -> str:
    return f'<?xml version="1.0"?><s:Envelope {ENV}><s:Body>{body}</s:Body></s:Envelope>'


def fault(subcode: str, reason: str, *, status: int = 400) -> bytes:
    """A refusal."""
    code = f"<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
    return http(status, f"<s:Fault>{code}<s:Reason><s:Text>{reason}</s:Text></s:Reason></s:Fault>")
