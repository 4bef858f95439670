"""Privacy mode: everybody with a session sees whether it is on, its owner begins and ends it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import read_json, source
from harness.emulated.camera.web.visitor import owner, visitor


class PrivacyApi:
    """Reads and changes it."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def routes(self) -> list[Route]:
        """One path."""
        return [Route("/api/privacy", self.read, methods=["GET"]), Route("/api/privacy", self.switch, methods=["POST"])]

    async def read(self, request: Request) -> JSONResponse:
        """Is it on?"""
        visitor(self._unit, request)
        return JSONResponse({"on": self._unit.privacy.on})

    async def switch(self, request: Request) -> JSONResponse:
        """Begin or end it."""
        may = visitor if "privacy-ended-by-viewers" in self._unit.flaws else owner
        who, on = may(self._unit, request), (await read_json(request)).get("on")
        if not isinstance(on, bool):
            raise HTTPException(422, "say on: true or false")
        if self._unit.privacy.switch(on=on):
            self._unit.events.record("setting", who.user, source(request), "granted", f"privacy mode {'on' if on else 'off'}")
        return JSONResponse({"ok": True, "on": self._unit.privacy.on})
