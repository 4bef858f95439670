"""A small camera for each kind of log-in, strict about what clients get wrong, and the profile that describes it without Python."""

import base64
import hashlib
import json
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.gate.bench import Bench
from harness.model.profile import Profile
from tests.builders.devices import OWNERS_PASSWORD, Desk, device, read_request

PORT = 80
REALM = "Login to 3F0A"
RPC = {"method": "POST", "path": "/rpc", "json": {"method": "user.get", "session": "{{ session }}", "id": "{{ count | number }}"}}
KINDS: dict[str, dict[str, Any]] = {
    "basic": {"ready": "basic", "path": "/state"},
    "digest": {"ready": "digest", "path": "/state"},
    "bearer": {"ready": "bearer", "path": "/login", "user": "name", "password": "pass", "token": "data.token"},
    "form": {
        "ready": "form",
        "page": "/login.html",
        "path": "/login.cgi",
        "password": "pwd",
        "fields": {"lang": "en"},
        "csrf": {"regex": 'name="csrf" value="([^"]+)"', "field": "csrf", "sent_as": "X-CSRF-Token"},
        "cookie": "sid",
        "refused_when": {"status": 200, "regex": "Wrong name or password"},
    },
    "challenge": {
        "ready": "challenge",
        "path": "/rpc_login",
        "hash": "md5-upper",
        "ask": {"method": "login", "params": {"user": "{{ user }}", "password": ""}, "id": "{{ count | number }}"},
        "take": {"realm": "params.realm", "nonce": "params.random", "session": "session"},
        "answer": {
            "method": "login",
            "params": {"user": "{{ user }}", "password": "{{ proof }}"},
            "session": "{{ session }}",
            "id": "{{ count | number }}",
        },
        "cookie": "sid",
        "granted_when": {"status": 200, "json": "result"},
        "refused_when": {"status": 200, "json": "error.code == `268632085`"},
    },
}
USES: dict[str, dict[str, Any]] = {
    kind: {
        "steps": [{"request": RPC if kind == "challenge" else {"method": "GET", "path": "/state"}}],
        "granted_when": {"status": 200, "json": "user"},
        "refused_when": {"status": [401, 403]},
    }
    for kind in KINDS
}


def profile(kind: str, **changed: Any) -> Profile:
    """Of a camera with this log-in."""
    log_out = {**USES[kind], "steps": [{"request": {**USES[kind]["steps"][0]["request"], "headers": {"X-Do": "log out"}}}]}
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": {"producer": "tests", "model": kind, "hardware_revision": "1", "firmware_version": "1"},
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": {
                "log_intf": [{"id": "web", "protocol": "http", "port": PORT}],
                "auth_mech": [{"id": "web", "interface": "page", "service": "web"}],
            },
            "actions": {"log_in": {"web": {**KINDS[kind], **changed}}, "use_session": {"web": USES[kind]}, "log_out": {"web": log_out}},
        }
    )


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def cookies(self) -> dict[str, str]:
        """By name."""
        return dict(pair.strip().partition("=")[::2] for pair in self.headers.get("cookie", "").split(";") if "=" in pair)

    @property
    def document(self) -> dict[str, Any]:
        """The body, understood."""
        found: dict[str, Any] = json.loads(self.body or b"{}")
        return found


Reply = tuple[int, bytes, tuple[str, ...]]
NO: Reply = (401, b"{}", ())


def told(**document: Any) -> Reply:
    """A document."""
    return 200, json.dumps(document).encode(), ()


@dataclass
class Camera:
    """Takes one kind of log-in. `algorithm` and `qop` are those of its digest."""

    kind: str
    algorithm: str = "SHA-256"
    qop: str | None = "auth"
    password: str = OWNERS_PASSWORD
    nonces: dict[str, int] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[Asked] = field(default_factory=list)

    def talk(self, connection: socket.socket) -> None:
        """One request."""
        head, _, body = read_request(connection).partition(b"\r\n\r\n")
        if not head:
            return
        first, *lines = head.decode().split("\r\n")
        asked = Asked(*first.split()[:2], {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}, body)
        self.seen.append(asked)
        status, text, more = getattr(self, f"_{self.kind}")(asked)
        lines = [f"HTTP/1.1 {status} X", *more, f"Content-Length: {len(text)}", "", ""]
        connection.sendall("\r\n".join(lines).encode() + text)

    def _basic(self, asked: Asked) -> Reply:
        right = base64.b64encode(f"admin:{self.password}".encode()).decode()
        shown = asked.headers.get("authorization")
        return told(user="admin") if shown == f"Basic {right}" else (401, b"", ('WWW-Authenticate: Basic realm="x"',))

    def _digest(self, asked: Asked) -> Reply:
        """The count of a nonce must grow by one each time: a client that begins anew is a repeated one."""
        given = dict(re.findall(r'(\w+)="?([^",]*)', asked.headers.get("authorization", "")))
        nonce = given.get("nonce", "")
        if nonce not in self.nonces or (self.qop and int(given.get("nc", "0"), 16) != self.nonces[nonce] + 1):
            return self._challenged(stale=bool(nonce))
        if given.get("response") != self._response(asked, given):
            return self._challenged(stale=False)
        self.nonces[nonce] += 1
        return told(user="admin")

    def _response(self, asked: Asked, given: dict[str, str]) -> str:
        made = lambda text: (hashlib.sha256 if self.algorithm == "SHA-256" else hashlib.md5)(text.encode()).hexdigest()  # noqa: E731
        middle = f":{given['nc']}:{given['cnonce']}:auth" if self.qop else ""
        return made(f"{made(f'admin:{REALM}:{self.password}')}:{given['nonce']}{middle}:{made(f'{asked.method}:{asked.path}')}")

    def _challenged(self, *, stale: bool) -> Reply:
        nonce = secrets.token_hex(8)
        self.nonces[nonce] = 0
        more = f'realm="{REALM}", nonce="{nonce}", algorithm={self.algorithm}' + (f', qop="{self.qop}"' if self.qop else "")
        return 401, b"", (f"WWW-Authenticate: Digest {more}{', stale=true' if stale else ''}",)

    def _bearer(self, asked: Asked) -> Reply:
        if asked.path == "/login":
            right = asked.document == {"name": "admin", "pass": self.password}
            return told(data={"token": self._open()}) if right else NO
        return self._served(asked, asked.headers.get("authorization", "").removeprefix("Bearer "))

    def _form(self, asked: Asked) -> Reply:
        """The form's token belongs to the cookie that came with the page."""
        if asked.path == "/login.html":
            pre, csrf = secrets.token_hex(8), secrets.token_hex(8)
            self.sessions[pre] = {"csrf": csrf, "open": False}
            page = f'<form><input type="hidden" name="csrf" value="{csrf}"></form>'.encode()
            return 200, page, (f"Set-Cookie: pre={pre}; HttpOnly", "Set-Cookie: theme=dark")
        if asked.path == "/login.cgi":
            csrf = self.sessions.get(asked.cookies.get("pre", ""), {}).get("csrf")
            fields = dict(pair.partition("=")[::2] for pair in asked.body.decode().split("&"))
            if csrf is None or fields.get("csrf") != csrf or fields.get("lang") != "en" or asked.headers.get("x-csrf-token") != csrf:
                return 403, b"forged", ("Retry-After: 1",)
            if (fields.get("username"), fields.get("pwd")) != ("admin", self.password):
                return 200, b"<p>Wrong name or password", ()
            return 302, b"", ("Location: /main.html", f"Set-Cookie: sid={self._open(csrf=csrf)}; HttpOnly", "Set-Cookie: pre=; Max-Age=0")
        known = self.sessions.get(asked.cookies.get("sid", ""), {})
        return self._served(asked, asked.cookies.get("sid", "")) if asked.headers.get("x-csrf-token") == known.get("csrf") else NO

    def _challenge(self, asked: Asked) -> Reply:
        """Session in body and cookie, and numbers of requests that grow."""
        body = asked.document
        if asked.path == "/rpc_login" and "session" not in body:
            session = self._open(random=str(secrets.randbelow(10**9)), last=body["id"], open=False)
            params = {"realm": REALM, "random": self.sessions[session]["random"]}
            return told(result=False, error={"code": 268632079}, params=params, session=session)
        known = self.sessions.get(body.get("session", ""))
        if known is None or not isinstance(body.get("id"), int) or body["id"] <= known["last"]:
            return NO
        known["last"] = body["id"]
        if asked.path == "/rpc_login":
            made = lambda text: hashlib.md5(text.encode()).hexdigest().upper()  # noqa: E731
            right = made(f"admin:{known['random']}:{made(f'admin:{REALM}:{self.password}')}")
            known["open"] = body["params"] == {"user": "admin", "password": right}
            return told(result=True) if known["open"] else told(result=False, error={"code": 268632085})
        return self._served(asked, body["session"]) if asked.cookies.get("sid") == body["session"] else NO

    def _open(self, **more: Any) -> str:
        session = secrets.token_hex(16)
        self.sessions[session] = {"open": True, **more}
        return session

    def _served(self, asked: Asked, session: str) -> Reply:
        if not self.sessions.get(session, {}).get("open"):
            return NO
        if asked.headers.get("x-do") == "log out":
            del self.sessions[session]
        return told(user="admin")


@contextmanager
def log_in_camera(desk: Desk, kind: str, *, changed: dict[str, Any] | None = None, **more: Any) -> Iterator[tuple[Bench, Camera]]:
    """A bench with such a camera."""
    camera = Camera(kind, **more)
    with device(camera.talk) as port:
        yield desk.bench(profile(kind, **(changed or {})), {PORT: port}), camera
