"""The place of the camera, for its owner."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.emulated.camera.place import PlaceRefused
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import read_json, source
from harness.emulated.camera.web.visitor import owner


class PlaceApi:
    """Reads and changes it."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def routes(self) -> list[Route]:
        """One path."""
        return [Route("/api/place", self.read, methods=["GET"]), Route("/api/place", self.change, methods=["POST"])]

    async def read(self, request: Request) -> JSONResponse:
        """Its name, empty before one was given."""
        owner(self._unit, request)
        return JSONResponse({"name": self._unit.place.name})

    async def change(self, request: Request) -> JSONResponse:
        """Another name."""
        who, body = owner(self._unit, request), await read_json(request)
        try:
            self._unit.place.change(body.get("name"))
        except PlaceRefused as refused:
            raise HTTPException(422, str(refused)) from None
        self._unit.events.record("setting", who.user, source(request), "granted", "place")
        return JSONResponse({"ok": True})
