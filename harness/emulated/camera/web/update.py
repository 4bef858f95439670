"""Newer software: what the owner sends as a file, and what the producer's server has."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.emulated.camera.unit import Unit
from harness.emulated.camera.update.package import HEADER, PAYLOAD_MOST, TRAILER, PackageRefused
from harness.emulated.camera.web.body import read_body, source
from harness.emulated.camera.web.visitor import owner

_PACKAGE_MOST = HEADER + PAYLOAD_MOST + TRAILER


class Update:
    """For sessions of the owner only."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def routes(self) -> list[Route]:
        """Looking for newer software, having it installed, and sending it as a file."""
        return [
            Route("/api/update/check", self.check, methods=["POST"]),
            Route("/api/update/install", self.install, methods=["POST"]),
            Route("/api/update/upload", self.upload, methods=["POST"]),
        ]

    async def check(self, request: Request) -> JSONResponse:
        """Ask the producer for newer software."""
        if not ("before-set-up-update-check" in self._unit.flaws and self._unit.accounts.factory):
            owner(self._unit, request)
        self._unit.happened("update check")
        return JSONResponse({"ok": True})

    async def install(self, request: Request) -> JSONResponse:
        """Fetch what was found, and install it."""
        owner(self._unit, request)
        self._unit.happened("install update")
        return JSONResponse({"ok": True})

    async def upload(self, request: Request) -> JSONResponse:
        """Install the package in the body and restart."""
        user, events = owner(self._unit, request).user, self._unit.events
        package = await read_body(request, _PACKAGE_MOST)
        try:
            version = self._unit.updater.install(package, "page")
        except PackageRefused as refused:
            events.record("update", user, source(request), "refused", str(refused))
            raise HTTPException(422, str(refused)) from None
        events.record("update", user, source(request), "granted", version)
        self._unit.restart()
        return JSONResponse({"ok": True, "version": version})
