"""A web camera with a life of its own: signs of life every minute, events, updates, restarts; and the house that it lives in."""

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.probes import device
from harness.transports.recorders import Question, Received
from tests.builders.devices import HERE, Desk
from tests.builders.webcam import Webcam, profile, webcam

CLOUD = "api.producer.example"
ACTIONS = ("live_view", "trigger_event", "check_update", "restart")


def recipe(action: str) -> dict[str, Any]:
    """By the page, as owner."""
    step = {"request": {"method": "POST", "path": f"/{action}"}}
    return {"web": {"steps": [step], "granted_when": {"status": 200, "json": "user"}, "refused_when": {"status": [401, 403]}}}


@dataclass
class House:
    """Router and power of one camera; what it sends is by what it was asked and by the time that passes."""

    camera: Webcam | None = None
    sent: list[Received] = field(default_factory=list)
    habits: bool = True
    internet: bool = True
    deaf_to: set[str] = field(default_factory=set)
    leaks: bool = False
    quick: bool = False
    dead: bool = False
    powered: bool = True
    booting: int = 0
    way: Any = "commands"
    off_s: float = 0.0
    false: dict[str, str] = field(default_factory=dict)
    takes: Callable[[str, str], bool] = lambda _host, _certificate: False
    plain: bool = False
    on_time: Callable[[], None] = lambda: None
    _seen: int = 0
    _rest: float = 0.0

    def pass_time(self, seconds: float) -> None:
        """A sign of life a minute."""
        self.on_time()
        self.react()
        self._rest += seconds
        while self.habits and self._rest >= 60.0:
            self._rest -= 60.0
            self.tell(CLOUD, 200)

    def react(self) -> None:
        """To what was asked of it."""
        asked = [path.strip("/") for path, _ in (self.camera.asked if self.camera else [])]
        for action in asked[self._seen :]:
            if action in self.deaf_to:
                continue
            if action == "trigger_event":
                self.tell("media.producer.example", 9000)
            if action == "check_update":
                self.tell(CLOUD, 4000)
            if action == "restart" and self.quick and self.camera:
                self.camera.sessions.clear()
            elif action == "restart":
                self.booting = 2
        self._seen = len(asked)

    def tell(self, name: str, size: int) -> None:
        """Send something to the outside, if there is an outside."""
        if (self.internet or self.leaks) and self.powered and not self.dead:
            now, shown = time.time(), self.false.get(name, "")
            taken = not shown or self.takes(name, shown)
            told = {"at": now, "last": now, "transport": "tcp", "source": HERE, "address": "203.0.113.9", "name": name}
            secured = {"protocol": "tls", "secured": taken, "refused": "" if taken else "UNKNOWN_CA", "sent": size if taken else 0}
            self.sent.append(Received.model_validate({**told, **secured, "port": 443, "shown": shown}))
            if self.plain and not taken:
                self.sent.append(Received.model_validate({**told, "protocol": "http", "port": 80, "sent": size}))

    def alive(self, _: Bench, _within: float = 0.0) -> bool:
        """Do its services answer?"""
        self.on_time()
        self.react()
        if self.booting:
            self.booting -= 1
            return False
        return self.powered and not self.dead

    def received(self) -> tuple[Received, ...]:
        """As the stand-in internet."""
        return tuple(self.sent)

    def questions(self) -> tuple[Question, ...]:
        """None."""
        return ()

    def overflowed(self) -> bool:
        """Never."""
        return False

    def outage(self, cut: bool) -> None:
        """As the router."""
        self.internet = not cut

    def pretend(self, hosts: tuple[str, ...], certificate: str) -> None:
        """The camera is shown this by these from now on."""
        self.false = dict.fromkeys(hosts, certificate)

    def be_genuine(self, hosts: tuple[str, ...] = ()) -> None:
        """Nothing false any more."""
        self.false = {}

    def off(self) -> None:
        """As the socket."""
        self.powered = "power" in self.deaf_to

    def on(self) -> None:
        """As the socket."""
        self.powered = True


@contextmanager
def house(desk: Desk, monkeypatch: pytest.MonkeyPatch, *without: str) -> Iterator[tuple[Bench, House]]:
    """A bench on such a camera; `without`: actions that the profile does not have."""
    declared = profile(**{action: recipe(action) for action in ACTIONS if action not in without})
    home = House()
    with webcam(desk, declared=declared) as (bench, camera):
        home.camera = camera
        monkeypatch.setattr(device, "alive", home.alive)
        clock = AdvancedClock(home.pass_time, shortest=0.0)
        yield dataclasses.replace(bench, clock=clock, stand_in=home, power=home), home
