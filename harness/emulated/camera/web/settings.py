"""Settings, and the log of security events: for the owner only."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.emulated.camera.settings import SETTINGS, SettingRefused
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import read_json, source
from harness.emulated.camera.web.visitor import owner, visitor


class SettingsApi:
    """Reads and changes the switches, reads the log."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def routes(self) -> list[Route]:
        """Two to read, one to change."""
        return [
            Route("/api/settings", self.read, methods=["GET"]),
            Route("/api/settings", self.change, methods=["POST"]),
            Route("/api/log", self.log, methods=["GET"]),
            *(
                [Route("/api/debug/config", self.read, methods=["GET"])]
                if {"api-not-declared", "api-hidden-in-firmware"} & self._unit.flaws
                else []
            ),
        ]

    async def read(self, request: Request) -> JSONResponse:
        """All settings, and what the page says beside each."""
        if not (self._unit.accounts.factory and "before-set-up-settings" in self._unit.flaws):
            owner(self._unit, request)
        return JSONResponse({"settings": self._unit.settings.everything(), "words": {each.name: each.words for each in SETTINGS}})

    async def change(self, request: Request) -> JSONResponse:
        """Change some; what is not named stays."""
        try:
            who = owner(self._unit, request)
        except HTTPException:
            if self._unit.accounts.factory and "before-set-up-settings" in self._unit.flaws:
                self._unit.settings.change(await read_json(request))
                return JSONResponse({"ok": True, "settings": self._unit.settings.everything()})
            if "api-acts-then-refuses" in self._unit.flaws:
                self._unit.settings.change({name: value for name, value in (await read_json(request)).items() if name != "confirmed"})
            raise
        wanted = await read_json(request)
        confirmed = wanted.pop("confirmed", False) is True or "clear-streams-unwarned" in self._unit.flaws
        if not confirmed and (warnings := self._unit.settings.warnings(wanted)):
            return JSONResponse({"error": "to be confirmed", "warning": " ".join(warnings)}, 409)
        named = ", ".join(sorted(wanted))
        try:
            changed = self._unit.settings.change(wanted)
        except SettingRefused as refused:
            self._unit.events.record("setting", who.user, source(request), "refused", named)
            raise HTTPException(422, str(refused)) from None
        if changed:
            told = ", ".join(f"{name} {'on' if self._unit.settings[name] else 'off'}" for name in changed)
            self._unit.events.record("setting", who.user, source(request), "granted", told)
        return JSONResponse({"ok": True, "settings": self._unit.settings.everything()})

    async def log(self, request: Request) -> JSONResponse:
        """The latest events, oldest first."""
        if "log-for-viewers" in self._unit.flaws:
            visitor(self._unit, request)
        else:
            owner(self._unit, request)
        return JSONResponse({"events": self._unit.events.latest()})
