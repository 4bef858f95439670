"""The producer's service, as the camera uses it: sets up, shows signs of life, tells of events, asks for newer software."""

import hmac
import json
import re
import secrets
from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlencode

from harness.emulated.camera.identity import MODEL
from harness.emulated.camera.network.https import Request, Server
from harness.emulated.camera.network.resolver import Resolver
from harness.emulated.camera.network.trust import Trust
from harness.emulated.camera.network.unreachable import Unreachable
from harness.emulated.camera.shown import Shown
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.update.package import PackageRefused

TIME, API, UPDATE, MEDIA = (f"{name}.camlabel.example" for name in ("time", "api", "update", "media"))
HTTP = 80
_FILE = "cloud.json"
_EVENTS_MOST = 8
_VERSION_MOST = 32
_PACKAGE_MOST = 20 << 20
_PATH = re.compile(r"/[A-Za-z0-9._/-]{1,200}")


@dataclass(frozen=True)
class Event:
    """Something moved: when, and the picture of it, if there is an encoder."""

    id: str
    time: float
    picture: bytes


@dataclass
class Told:
    """What is known of the service, for the owner's page."""

    last_heartbeat: float | None = None
    last_check: float | None = None
    newest: str = ""
    update: str = ""
    events: int = 0
    waiting: deque[Event] = field(default_factory=lambda: deque(maxlen=_EVENTS_MOST))


class Cloud:
    """Three servers, each by its own connection."""

    def __init__(self, unit: Unit, resolver: Resolver, trust: Trust, https_port: int) -> None:
        self._unit = unit
        self._api, self._update, self._media = (
            Server(unit.clock, resolver, trust, unit.address, host, https_port) for host in (API, UPDATE, MEDIA)
        )
        self._update_in_the_clear = Server(unit.clock, resolver, None, unit.address, UPDATE, HTTP)
        self._ping = Server(unit.clock, resolver, None, unit.address, API, https_port)
        self._token = hmac.digest(unit.identity.key, b"cloud", "sha256").hex()
        self.registered = unit.flash.read(_FILE) is not None
        self.told = Told()
        self._where = ""

    async def stay_in_touch(self) -> None:
        """Register if that was not done, then show a sign of life; before set-up nothing at all."""
        if self._unit.accounts.factory:
            return
        if not self.registered:
            await self._register()
        if "uart-cloud-token" in self._unit.flaws:
            self._unit.log(f"> POST /v1/heartbeat HTTP/1.1\n> Host: {API}\n> Authorization: Bearer {self._token}")
        uptime, sessions = round(self._unit.clock.uptime() - self._unit.booted), self._unit.sessions.count
        beat = {"uptime_s": uptime, "sessions": sessions, "firmware": self._unit.software.version}
        await self._api.ask(self._post("/v1/heartbeat", beat))
        if "cloud-ping-in-the-clear" in self._unit.flaws:
            await self._ping.ask(Request("GET", f"/v1/ping?{urlencode({'serial': self._unit.identity.serial})}"))
        self.told.last_heartbeat = self._unit.clock.now()

    async def note_event(self, still: Shown | None) -> None:
        """Remember an event with its picture, in privacy mode without; the oldest is forgotten when too many wait."""
        picture = await still.of_event() if still is not None else b""
        self.told.waiting.append(Event(secrets.token_hex(8), self._unit.clock.now(), picture))

    async def tell_events(self) -> None:
        """Tell of all that wait; nobody is told before set-up."""
        while self.told.waiting and not self._unit.accounts.factory:
            event = self.told.waiting[0]
            await self._api.ask(self._post("/v1/event", {"id": event.id, "time": event.time, "kind": "motion"}))
            if event.picture:
                await self._media.ask(Request("PUT", f"/v1/pictures/{event.id}", event.picture, "image/jpeg", self._token))
            if self.told.waiting and self.told.waiting[0] is event:
                self.told.waiting.popleft()
            self.told.events += 1

    async def check_update(self) -> None:
        """Ask for newer software; it is only told to the owner, who may have it installed."""
        query = urlencode({"model": MODEL, "version": self._unit.software.version})
        said = _said(await self._ask_update(Request("GET", f"/v1/firmware?{query}")))
        self.told.newest, self._where = said.get("version", "")[:_VERSION_MOST], said.get("path", "")
        self.told.last_check = self._unit.clock.now()

    async def _ask_update(self, question: Request) -> bytes:
        try:
            return await self._update.ask(question)
        except Unreachable:
            if "update-falls-back-to-http" not in self._unit.flaws:
                raise
            return await self._update_in_the_clear.ask(question)

    async def install_update(self) -> None:
        """Fetch what was found and install it; the owner is told when it was refused."""
        if not _PATH.fullmatch(self._where):
            self.told.update = "nothing newer is known"
            return
        data = await self._update.ask(Request("GET", self._where, most=_PACKAGE_MOST))
        try:
            version = self._unit.updater.install(data, "network")
        except PackageRefused as refused:
            self.told.update = f"refused: {refused}"
            self._unit.events.record("update", UPDATE, "network", "refused", str(refused))
        else:
            self.told.update = f"{version} is installed"
            self._unit.events.record("update", UPDATE, "network", "granted", version)
            self._unit.restart()

    def close(self) -> None:
        """Hang up on all three."""
        for server in (self._api, self._update, self._media, self._update_in_the_clear, self._ping):
            server.close()

    async def _register(self) -> None:
        serial = self._unit.identity.serial
        await self._api.ask(self._post("/v1/register", {"serial": serial, "model": MODEL, "firmware": self._unit.software.version}))
        self._unit.flash.write(_FILE, b'{"registered": true}')
        self.registered = True

    def _post(self, path: str, body: dict[str, object]) -> Request:
        return Request("POST", path, json.dumps(body).encode(), token=self._token)


def _said(answer: bytes) -> dict[str, str]:
    """The version that the service names and where it lies; what it does not name is not there."""
    try:
        said = json.loads(answer or b"{}")
    except (ValueError, RecursionError):
        raise Unreachable(f"{UPDATE}: its answer is no JSON") from None
    return {name: value for name, value in said.items() if isinstance(value, str)} if isinstance(said, dict) else {}
