"""A small web camera with a JSON interface, and the ways in which it can misbehave."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.model.profile import Profile
from tests.builders.devices import OWNERS_PASSWORD, Desk, device, read_request

WEB_PORT = 80
Answer = tuple[int, dict[str, Any]]

LOG_IN = {
    "steps": [
        {
            "request": {"method": "POST", "path": "/login", "json": {"user": "{{ user }}", "password": "{{ password }}"}},
            "take": {"token": {"json": "token"}},
        }
    ],
    "granted_when": {"status": 200, "json": "token"},
    "refused_when": {"status": [401, 403]},
    "session": {"headers": {"Authorization": "Bearer {{ token }}"}},
}
CHANGE = {
    "steps": [{"request": {"method": "POST", "path": "/password", "json": {"current": "{{ current }}", "new": "{{ new }}"}}}],
    "granted_when": {"status": 200, "json": "ok"},
    "refused_when": {"status": [400, 403]},
}
APP_LOG_IN = {
    **LOG_IN,
    "steps": [
        {
            "service": "app",
            "request": {"method": "POST", "path": "/login", "json": {"user": "{{ user }}", "password": "{{ password }}", "from": "app"}},
            "take": {"token": {"json": "token"}},
        }
    ],
}
ACTIONS = {
    "set_up": {
        "web": {
            "steps": [{"request": {"method": "POST", "path": "/setup", "json": {"user": "{{ user }}", "password": "{{ password }}"}}}],
            "granted_when": {"status": 200, "json": "ok"},
            "refused_when": {"status": [409]},
        }
    },
    "log_in": {"web": LOG_IN, "app": APP_LOG_IN},
    "use_session": {
        "web": {
            "steps": [{"request": {"method": "GET", "path": "/session"}}],
            "granted_when": {"status": 200, "json": "user"},
            "refused_when": {"status": [401]},
        }
    },
    "change_password": {
        "web": CHANGE,
        "old": {
            **CHANGE,
            "inside": "web",
            "steps": [{"request": {"method": "POST", "path": "/old", "json": CHANGE["steps"][0]["request"]["json"]}}],
        },
    },  # type: ignore[index]
    "identity": {
        "web": {
            "steps": [
                {"request": {"method": "GET", "path": "/device"}, "take": {"serial": {"json": "serial"}, "firmware": {"json": "fw"}}}
            ],
            "granted_when": {"status": 200, "json": "serial"},
            "refused_when": {"status": [401]},
        }
    },
}


def profile(ways: tuple[str, ...] = ("web", "old"), surfaces: tuple[str, ...] = ("web",), **actions: Any) -> Profile:
    """Of a camera with this page; an action given as None is not declared."""
    known = {name: recipes for name, recipes in {**ACTIONS, **actions}.items() if recipes is not None}
    mechanisms = [{"id": each, "interface": "page", "service": "web", "change": ways if each == "web" else ()} for each in surfaces]
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": {"producer": "tests", "model": "webcam", "hardware_revision": "1", "firmware_version": "1"},
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": {
                "log_intf": [{"id": "web", "protocol": "http", "port": WEB_PORT}, {"id": "app", "protocol": "http", "port": WEB_PORT + 1}],
                "auth_mech": mechanisms,
            },
            "actions": known,
        }
    )


@dataclass
class Webcam:
    """Sound unless told otherwise by `flaws`."""

    password: str | None = OWNERS_PASSWORD
    flaws: frozenset[str] = frozenset()
    former: list[str] = field(default_factory=list)
    app_password: str | None = None
    also: str = ""
    sessions: set[str] = field(default_factory=set)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    count: int = 0
    now: float = 0.0
    late_s: float = 2.0
    late: list[tuple[float, str]] = field(default_factory=list)
    keeps: int | None = None

    def __post_init__(self) -> None:
        self.app_password = self.password

    def advance(self, seconds: float) -> None:
        """Time passes, and what was put off is done."""
        self.now += seconds
        due = [each for each in self.late if each[0] <= self.now]
        self.late = [each for each in self.late if each not in due]
        for _, new in due:
            if "late-on-app" in self.flaws:
                self.app_password = new
            else:
                self.take_over(new, old=False)

    def talk(self, connection: socket.socket) -> None:
        """One request."""
        head, _, body = read_request(connection).partition(b"\r\n\r\n")
        if not head:
            return
        path = head.split(b" ")[1].decode()
        token = head.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()
        given = json.loads(body) if body.startswith(b"{") else {}
        self.asked.append((path, given))
        if path == "/password" and "hangs-up-on-change" in self.flaws and given.get("current") != self.password:
            return
        status, answer = self.answer(path, token, given)
        text = json.dumps(answer).encode()
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text))

    def answer(self, path: str, token: str, given: dict[str, Any]) -> Answer:
        """What it says."""
        open_to_all: dict[str, Callable[[dict[str, Any]], Answer]] = {"/login": self.log_in, "/setup": self.set_up}
        if path in open_to_all:
            return open_to_all[path](given)
        if token not in self.sessions:
            return 401, {}
        if path in {"/password", "/old"}:
            return self.change(given, old=path == "/old")
        return 200, {"user": "admin", "serial": "S-1", "fw": "1.0"}

    def log_in(self, given: dict[str, Any]) -> Answer:
        """A token for the right password."""
        if "odd-login" in self.flaws:
            return 500, {}
        own = self.app_password if given.get("from") == "app" else self.password
        known = [own, self.also or own, *(self.former[-1:] if "takes-former" in self.flaws else [])]
        if "takes-anything" not in self.flaws and (given.get("password") not in known or self.password is None):
            return 401, {}
        self.count += 1
        if "holds-one-session" in self.flaws:
            self.sessions.clear()
        self.sessions.add(f"token-{self.count:06}")
        return 200, {"token": f"token-{self.count:06}"}

    def set_up(self, given: dict[str, Any]) -> Answer:
        """Once."""
        if self.password is not None and "set-up-again" not in self.flaws:
            return 409, {}
        self.password = given["password"]
        return 200, {"ok": True}

    def change(self, given: dict[str, Any], *, old: bool) -> Answer:
        """As sound or flawed as we are."""
        current = given.get("current")
        free = ("old-api-open" in self.flaws and old) or ("needs-no-current" in self.flaws and current is None)
        if "app-store-open" in self.flaws and current is None:
            self.app_password = given["new"]
            return 403, {}
        if "yes-and-does-nothing" in self.flaws:
            return 200, {"ok": True}
        if "code-and-200" in self.flaws and current != self.password:
            return 200, {"code": -1}
        if current != self.password and "changes-late" in self.flaws:
            self.late = [(self.now + self.late_s, given["new"])]
        if current != self.password and not free and "takes-any-current" not in self.flaws:
            return 403, {}
        self.take_over(given["new"], old=old)
        return (403, {}) if "changes-and-says-no" in self.flaws and free else (200, {"ok": True})

    def take_over(self, new: str, *, old: bool) -> None:
        """Change, and end what is to end."""
        self.former.append(str(self.password))
        self.password = new[: self.keeps]
        if "app-stays" not in self.flaws:
            self.app_password = self.password
        if "sessions-survive" not in self.flaws and not (old and "old-way-keeps-sessions" in self.flaws):
            self.sessions.clear()
        self.also = self.former[-1] if old and "old-way-keeps-password" in self.flaws else ""


@contextmanager
def webcam(
    desk: Desk, *flaws: str, password: str | None = OWNERS_PASSWORD, declared: Profile | None = None
) -> Iterator[tuple[Bench, Webcam]]:
    """A bench with such a camera."""
    camera = Webcam(password, frozenset(flaws))
    desk.clock = AdvancedClock(camera.advance)
    with device(camera.talk) as port:
        yield desk.bench(declared or profile(), {WEB_PORT: port, WEB_PORT + 1: port}), camera
