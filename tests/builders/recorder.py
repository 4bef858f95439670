"""A small recorder whose films are listed and opened in many ways, sound and not."""

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.model.profile import Profile
from tests.builders.devices import Desk, device, read_request
from tests.builders.webcam import ACTIONS, WEB_PORT, Webcam

FILM = b"\0\0\0\x18ftypmp42" + bytes(range(200))
LIFE_S = 100.0
PAGE = b"<!doctype html><title>Recorder</title><p>Log in, please: this page is for people who know each other well."
LIST = {
    "inside": "web",
    "steps": [{"request": {"method": "GET", "path": "/list"}}],
    "granted_when": {"status": 200, "json": "type(films) == 'array'"},
    "refused_when": {"status": 401},
}
EVENT = {
    "inside": "web",
    "steps": [{"request": {"method": "POST", "path": "/event", "json": {}}}],
    "granted_when": {"status": 200},
    "refused_when": {"status": 401},
}
LOG_OUT = {
    "steps": [{"request": {"method": "POST", "path": "/logout"}}],
    "granted_when": {"status": 200, "json": "ok"},
    "refused_when": {"status": 401},
}


@dataclass
class Recorder(Webcam):
    """Films have numbers. `form` of a link: plain (a number), token (new each time), forever (one token a film), says (its end too)."""

    form: str = "plain"
    films: int = 0
    tokens: dict[str, tuple[int, float, str]] = field(default_factory=dict)

    def talk(self, connection: socket.socket) -> None:
        """One request."""
        head, _, body = read_request(connection).partition(b"\r\n\r\n")
        if not head:
            return
        path = head.split(b" ")[1].decode()
        session = head.partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()
        if head.startswith(b"POST /film/") and "post-open" in self.flaws:
            session = next(iter(self.sessions), "")
        status, kind, answer = self.reply(path, session, json.loads(body) if body.startswith(b"{") else {})
        location = b"Location: /\r\n" if status == 302 else b""
        length = len(answer)
        line = b"HTTP/1.1 %d X\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n" % (status, kind.encode(), location, length)
        connection.sendall(line + answer)

    def reply(self, path: str, session: str, given: dict[str, Any]) -> tuple[int, str, bytes]:
        """Status, kind and body."""
        if path.startswith("/film/"):
            film = self.film(path, session)
            return (200, "video/mp4", FILM + b"%d" % film) if film else self.refusal()
        known = session in self.sessions
        if path == "/list":
            return (200, "application/json", json.dumps({"films": self.links(session)}).encode()) if known else (401, "text/plain", b"")
        if path == "/event" and known:
            self.films += 1
            return 200, "application/json", b'{"ok": true}'
        if path == "/logout" and known:
            self.sessions.discard(session)
            return 200, "application/json", b'{"ok": true}'
        if path in ("/login", "/session"):
            status, answer = self.answer(path, session, given)
            return status, "application/json", json.dumps(answer).encode()
        return self.refusal()

    def refusal(self) -> tuple[int, str, bytes]:
        """To whatever is not there, or not for this one."""
        if "page-for-all" in self.flaws:
            return 200, "text/html", PAGE
        if "error-with-200" in self.flaws:
            return 200, "application/json", b'{"code": -1, "id": "%s"}' % secrets.token_hex(8).encode()
        if "redirects" in self.flaws:
            return 302, "text/html", b""
        return (500, "text/plain", b"") if "breaks" in self.flaws else (404, "text/plain", b"not found")

    def links(self, session: str) -> list[str]:
        """Newest first."""
        return [self.link(film, session) for film in range(self.films, 0, -1)]

    def link(self, film: int, session: str) -> str:
        """Of one film."""
        if self.form == "plain":
            return f"/film/{film:04}.mp4"
        kept = next((token for token, (of, _, _) in self.tokens.items() if of == film), None) if self.form == "forever" else None
        token = kept or secrets.token_hex(16)
        self.tokens.setdefault(token, (film, self.now + LIFE_S, session))
        end = f"&until={self.now + LIFE_S + 1_700_000_000:.0f}" if self.form == "says" else ""
        return f"http://127.0.0.1/film/{film:04}.mp4?t={token}{end}"

    def film(self, path: str, session: str) -> int:
        """Which film it gives; 0 where none."""
        name, _, query = path.removeprefix("/film/").partition("?")
        number = int(name[:4]) if name[:4].isdigit() else 0
        if self.form == "plain":
            return number if session in self.sessions and 0 < number <= self.films else 0
        values = dict(pair.partition("=")[::2] for pair in query.split("&"))
        if "token-optional" in self.flaws and not values.get("t"):
            return number if 0 < number <= self.films else 0
        of, until, owner = self.tokens.get(values.get("t", ""), (0, 0.0, ""))
        end = values.get("until", "")
        said = float(end if end.isdigit() else 0) - 1_700_000_000 if self.form == "says" else until
        alive = self.form == "forever" or self.now < said
        if alive and "use-prolongs" in self.flaws and of:
            self.tokens[values["t"]] = (of, self.now + LIFE_S, owner)
        mine = of == number or ("any-film" in self.flaws and of)
        return number if mine and alive and 0 < number <= self.films and (owner in self.sessions or self.form == "forever") else 0


def declared(**row: Any) -> Profile:
    """One kind of links."""
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": {"producer": "tests", "model": "recorder", "hardware_revision": "1", "firmware_version": "1"},
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": {
                "log_intf": [{"id": "web", "protocol": "http", "port": WEB_PORT}],
                "auth_mech": [{"id": "web", "interface": "page", "service": "web"}],
                "api": {"recordings": [{"id": "film", "listed_by": "web", "links": "films", **row}]},
            },
            "actions": {
                "log_in": {"web": ACTIONS["log_in"]["web"]},
                "use_session": {"web": ACTIONS["use_session"]["web"]},
                "log_out": {"web": LOG_OUT},
                "trigger_event": {"web": EVENT},
                "list_recordings": {"web": LIST},
            },
        }
    )


@contextmanager
def recorder(desk: Desk, form: str, *flaws: str, profile: Profile | None = None) -> Iterator[tuple[Bench, Recorder]]:
    """A bench with one."""
    camera = Recorder(flaws=frozenset(flaws), form=form)
    desk.clock = AdvancedClock(camera.advance)
    with device(camera.talk) as port:
        yield desk.bench(profile or declared(**({} if form == "plain" else {"life_s": LIFE_S})), {WEB_PORT: port}), camera
