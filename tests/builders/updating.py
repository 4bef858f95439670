"""A camera that takes updates by its page and from a server, in a format of its own, and the ways in which it can misbehave."""

import hashlib
import hmac
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.model.package import PackageKind
from harness.model.profile import Profile
from harness.probes import device as device_probes
from harness.probes import update
from harness.transports.packages import Package
from harness.transports.recorders import Served, Serving
from tests.builders.devices import HERE, OWNERS_PASSWORD, Desk, device, read_request
from tests.builders.webcam import ACTIONS, WEB_PORT

KEY, OTHER_KEY = b"the maker's", b"somebody's"
OLD, NEW = "7.0", "7.1"


def pack(version: str, key: bytes = KEY, model: str = "cam", body: bytes = b"software " * 40) -> bytes:
    """Signature first, then model and version in fixed places, then MD5 and software."""
    head = model.encode().ljust(8, b" ") + version.encode().ljust(8, b" ") + hashlib.md5(body, usedforsecurity=False).digest()
    return hmac.digest(key, head, "sha256") + head + body


LAYOUT = {
    "signature": {"start": 0, "end": 32},
    "header": {"start": 32, "end": 64},
    "version": {"start": 40, "end": 48},
    "payload": {"start": 64},
    "digests": [{"kind": "md5", "at": {"start": 48, "end": 64}, "over": {"start": 64}}],
}
GOOD: dict[str, Any] = {"granted_when": {"status": 200, "json": "ok"}, "refused_when": {"status": 400}}


def order(path: str, **more: Any) -> dict[str, Any]:
    """A recipe of one request."""
    return {"inside": "web", "steps": [{"request": {"method": "POST", "path": path, **more}}], **GOOD}


def profile(**row: Any) -> Profile:
    """Of a camera with two paths, and a third that only people know."""
    server = [{"target": "/latest", "json": {"v": "{{ version }}", "size": "{{ size }}"}}, {"target": "/file/.*", "package": "yes"}]
    mechanism = {"paths": ["network", "page", "card"], "url": "https://up.maker.example/latest", "layout": LAYOUT, "server": server, **row}
    upload = order("/upload", upload={"field": "fw"}, form={"v": "{{ version }}"})
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": {"producer": "tests", "model": "cam", "hardware_revision": "1", "firmware_version": OLD},
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": {
                "log_intf": [{"id": "web", "protocol": "http", "port": WEB_PORT}],
                "auth_mech": [{"id": "web", "interface": "page", "service": "web"}],
                "upd_mech": [mechanism],
            },
            "actions": {
                "log_in": {"web": ACTIONS["log_in"]["web"]},
                "identity": ACTIONS["identity"],
                "check_update": {"web": order("/check")},
                "install_update": {"web": order("/install")},
                "offer_update": {"page": upload},
            },
        }
    )


@dataclass
class Shop:
    """Packages of a bench, and the internet that serves one of them."""

    packages: dict[PackageKind, Package]
    answers: tuple[Serving, ...] = ()
    notes: list[Served] = field(default_factory=list)

    def get(self, kind: PackageKind) -> Package | None:
        """As Packages."""
        return self.packages.get(kind)

    def serve(self, answers: tuple[Serving, ...]) -> None:
        """As StandIn."""
        self.answers = answers

    def served(self) -> tuple[Served, ...]:
        """As StandIn."""
        return tuple(self.notes)

    def fetch(self, target: str, *, whole: bool = True) -> bytes:
        """As the device does."""
        found = next((each for each in self.answers if re.fullmatch(each.target, target)), None)
        if found is None:
            return b""
        self.notes.append(Served(at=1.0, source=HERE, host=found.host, target=target, size=len(found.body), whole=whole))
        return found.body


def shop(**others: Package | None) -> Shop:
    """With everything, unless told otherwise."""
    made: dict[str, Package | None] = {
        "official": Package(pack(NEW), NEW, vouched=False),
        "current": Package(pack(OLD), OLD, vouched=False),
        "foreign_key": Package(pack(NEW, OTHER_KEY), NEW, vouched=False),
        "other_model": Package(pack(NEW, model="bell"), NEW, vouched=False),
        **others,
    }
    return Shop({kind: package for kind, package in made.items() if package})  # type: ignore[misc]


@dataclass
class Updating:
    """The camera."""

    shop: Shop
    flaws: frozenset[str] = frozenset()
    version: str = OLD
    told: str = ""
    waiting: list[tuple[float, str]] = field(default_factory=list)
    staged: str = ""
    now: float = 0.0
    uploads: list[bytes] = field(default_factory=list)
    dead: bool = False

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds
        for _, version in [each for each in self.waiting if each[0] <= self.now]:
            self.version = version
        self.waiting = [each for each in self.waiting if each[0] > self.now]

    def restart(self, _: Bench) -> None:
        """Boot."""
        self.version, self.staged = self.staged or self.version, ""

    def alive(self, _: Bench, _within: float = 0.0) -> bool:
        """As `device.alive`."""
        return not self.dead

    def talk(self, connection: socket.socket) -> None:
        """One request."""
        head, _, body = read_request(connection).partition(b"\r\n\r\n")
        if head:
            status, answer = self.answer(head.split(b" ")[1].decode(), body)
            text = json.dumps(answer).encode()
            connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text))

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """What it says."""
        if path == "/login":
            return (200, {"token": "t"}) if OWNERS_PASSWORD.encode() in body else (401, {})
        if path == "/device":
            return 200, {"serial": "S", "fw": "" if "says-no-version" in self.flaws else self.version}
        if path == "/upload":
            package = body.split(b"\r\n\r\n", 2)[2].rpartition(b"\r\n--")[0]
            self.uploads.append(package)
            if "answers-500" in self.flaws:
                return 500, {}
            return self.take(package, "page")
        if path == "/install" and "fetches-nothing" not in self.flaws:
            self.shop.fetch("/latest")
            self.take(self.shop.fetch("/file/1", whole="fetches-half" not in self.flaws), "network")
        return 200, {"ok": True}

    def take(self, package: bytes, way: str) -> tuple[int, dict[str, Any]]:
        """Install it, or say why not."""
        signature, head, software = package[:32], package[32:64], package[64:]
        version = head[8:16].decode("latin-1").strip()
        whole = hashlib.md5(software, usedforsecurity=False).digest() == head[16:32]
        signed = signature == hmac.digest(KEY, head, "sha256")
        good = whole and signed and head[:8].strip() == b"cam" and not ("no-way-back" in self.flaws and version < self.version)
        if "dies-of-bad-ones" in self.flaws and not good:
            self.dead = True
        if good or ("digest-only" in self.flaws and whole) or f"{way}-takes-all" in self.flaws:
            if "only-says-so" not in self.flaws:
                self.waiting.append((self.now + 20, version))
            return 200, {"ok": True}
        if "stages" in self.flaws:
            self.staged = version
        if "stages-what-nobody-signed" in self.flaws:
            self.staged = version if not signed else ""
        return 400, {"error": "bad package"}


@contextmanager
def updating(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *flaws: str, goods: Shop | None = None, **row: Any
) -> Iterator[tuple[Bench, Updating]]:
    """A bench with such a camera, at full effort."""
    goods = goods or shop()
    camera = Updating(goods, frozenset(flaws))
    monkeypatch.setattr(device_probes, "alive", camera.alive)
    monkeypatch.setattr(device_probes, "BACK_S", 0.0)
    monkeypatch.setattr(update, "restart", camera.restart)
    desk.clock = AdvancedClock(camera.advance, shortest=0.0)
    with device(camera.talk) as port:
        bench = desk.bench(profile(**row), {WEB_PORT: port})
        stand_in: Any = goods
        yield replace(bench, packages=goods, stand_in=stand_in, effort="full"), camera
