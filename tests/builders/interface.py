"""A small device with an interface of functions, and the ways in which it answers those without a session."""

import base64
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.model.profile import Profile
from tests.builders.devices import OWNERS_PASSWORD, Desk, device, read_request
from tests.builders.webcam import LOG_IN

WEB_PORT = 80
FORM = b'<!doctype html><html><body><form action="/login"><input name="user"><input type="password" name="password"></form></body></html>'
PAGE = b'<html><script src="/app.js"></script><a href="/logo.png">x</a></html>'
SCRIPT = b'fetch("/config", {method: "GET"}); xhr.open("POST", "/config"); go("/users"); const old = "/reboot.cgi";'
ENDPOINTS: list[dict[str, Any]] = [
    {"path": "/state", "role": "anyone"},
    {"method": "POST", "path": "/login", "role": "anyone", "json": {"user": "", "password": ""}},
    {"path": "/session", "role": "viewer"},
    {"path": "/config", "state": "yes"},
    {"path": "/users", "state": "yes"},
    {"method": "POST", "path": "/config", "json": {"light": "on"}, "undo": {"path": "/config", "json": {"light": "off"}}},
    {"method": "POST", "path": "/reboot.cgi", "effect": "restart", "json": {}},
]
ANYBODY = "anybody"
Reply = tuple[int, str, bytes]


def profile(
    endpoints: list[dict[str, Any]] | None = None,
    *,
    idle_s: float | None = 60,
    interface: str = "page",
    tables: dict[str, Any] | None = None,
    **actions: Any,
) -> Profile:
    """Of such a device."""
    use = {
        "steps": [{"request": {"method": "GET", "path": "/session"}}],
        "granted_when": {"status": 200, "json": "user"},
        "refused_when": {"status": [401, 403]},
    }
    known: dict[str, Any] = {"log_in": {"web": LOG_IN}, "use_session": {"web": use}, **actions}
    api = {"endpoints": ENDPOINTS if endpoints is None else endpoints}
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": {"producer": "tests", "model": "interface", "hardware_revision": "1", "firmware_version": "1"},
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": {
                "log_intf": [{"id": "web", "protocol": "http", "port": WEB_PORT}],
                "auth_mech": [{"id": "web", "interface": interface, "service": "web"}],
                "session": {"idle_s": idle_s} if idle_s else {},
                "api": api,
                **(tables or {}),
            },
            "actions": known if interface == "page" else {},
        }
    )


@dataclass
class Interface:
    """Sound unless told otherwise by `flaws`; `shows` is what a refusal is replaced by."""

    flaws: frozenset[str] = frozenset()
    light: str = "off"
    now: float = 0.0
    sessions: dict[str, float] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    shown: list[bytes] = field(default_factory=list)
    takes: tuple[str, ...] = ("GET", "POST", "OPTIONS")
    drops: bool = False  # what it does not take, without a word

    def advance(self, seconds: float) -> None:
        """Sessions end after a minute."""
        self.now += seconds

    def talk(self, connection: socket.socket) -> None:
        """One request."""
        head, _, body = read_request(connection).partition(b"\r\n\r\n")
        if not head:
            return
        method, path = head.split(b" ")[0].decode(), head.split(b" ")[1].decode()
        token = head.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()
        self.asked.append(f"{method} {path}")
        if self.drops and method not in self.takes:
            return
        self.shown = re.findall(rb"Authorization: Basic (\S+)", head)
        named = re.findall(rb"X-Original-URL: (\S+)", head)
        if named and "open-by-header" in self.flaws:
            token, path = ANYBODY, named[0].decode()
        status, kind, content = self.answer(method, path, token, body)
        connection.sendall(
            b"HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (status, kind.encode(), len(content), content)
        )

    def answer(self, method: str, path: str, token: str, body: bytes) -> Reply:
        """What it says."""
        if method == "HEAD" and "head-is-200" in self.flaws:
            return 200, "application/json", b""
        if method in ("HEAD", "get", "CAMLABEL"):
            method, token = "GET", ANYBODY if f"open-by-{method}" in self.flaws else token
        if "form-for-everything" in self.flaws and path != "/login":
            return 200, "text/html", FORM
        opens: dict[str, Callable[[], Reply]] = {
            "GET /": lambda: (200, "text/html", PAGE),
            "GET /app.js": lambda: (200, "text/javascript", SCRIPT),
            "GET /logo.png": lambda: (200, "image/png", b"\x89PNG\r\n\x1a\nlogo"),
            "GET /state": lambda: _json(200, {"state": "normal", **({"name": "nursery"} if "state-tells" in self.flaws else {})}),
            "POST /login": lambda: self.log_in(body),
        }
        if f"{method} {path}" in opens:
            return opens[f"{method} {path}"]()
        if not self.may(token, method, path):
            return self.refusal(method, path, body)
        return self.function(method, path, body)

    def may(self, token: str, method: str, path: str) -> bool:
        """Is there a session behind it?"""
        alive = token in self.sessions and self.now - self.sessions[token] <= 60
        if alive:
            self.sessions[token] = self.now
        openings = {
            "open-users": path == "/users",
            "open-to-ended": token in self.opened and path == "/users",
            "open-to-beginnings": bool(token) and any(each.startswith(token) for each in self.sessions),
            "open-to-null": token.startswith("null"),
            "open-to-name": base64.b64encode(b"admin:") in self.shown,
            f"open-by-{self.asked[-1].split()[0]}": token == ANYBODY,
            "open-by-header": token == ANYBODY,
            "open-config": f"{method} {path}" == "POST /config",
        }
        return alive or any(name in self.flaws and is_open for name, is_open in openings.items())

    def refusal(self, method: str, path: str, body: bytes) -> Reply:
        """401, or what the flaw makes of it."""
        if "acts-and-refuses" in self.flaws and f"{method} {path}" == "POST /config":
            self.function(method, path, body)
        if "form-instead-of-401" in self.flaws:
            return 200, "text/html", FORM
        if "code-and-200" in self.flaws:
            return _json(200, {"code": -1})
        if "gives-with-401" in self.flaws:
            return 401, *self.function(method, path, body)[1:]
        if "server-error" in self.flaws:
            return 500, "text/plain", b""
        return _json(401, {"error": "log in first"})

    def function(self, method: str, path: str, body: bytes) -> Reply:
        """For those who may."""
        if f"{method} {path}" == "POST /config":
            self.light = json.loads(body)["light"]
        known: dict[str, dict[str, Any]] = {
            "GET /session": {"user": "admin"},
            "GET /config": {"light": self.light, "name": "nursery", "count": len(self.asked)},
            "GET /users": {"users": [{"name": "admin"}, {"name": "grandmother"}]},
            "POST /config": {"ok": True},
            "POST /reboot.cgi": {"ok": True},
            **({"GET /debug": {"gain": 7, "shutter": 3}} if "debug" in self.flaws else {}),
        }
        name = f"{method} {path}"
        if name in known:
            return _json(200, known[name])
        return _json(405 if any(each.endswith(f" {path}") for each in known) else 404, {"error": "no"})

    def log_in(self, body: bytes) -> Reply:
        """A token for the right password."""
        given = json.loads(body)
        if given.get("password") != OWNERS_PASSWORD:
            return _json(401, {})
        token = f"token-{len(self.opened):06}-abcdef0123456789"
        self.opened.add(token)
        self.sessions[token] = self.now
        return _json(200, {"token": token})


def _json(status: int, content: dict[str, Any]) -> Reply:
    return status, "application/json", json.dumps(content).encode()


@contextmanager
def interface(desk: Desk, *flaws: str, declared: Profile | None = None) -> Iterator[tuple[Bench, Interface]]:
    """A bench with such a device."""
    camera = Interface(frozenset(flaws))
    desk.clock = AdvancedClock(camera.advance)
    with device(camera.talk) as port:
        yield desk.bench(declared or profile(), {WEB_PORT: port}), camera
