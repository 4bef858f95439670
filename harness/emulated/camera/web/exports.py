"""Settings as a file and back, and a package for support: for the owner only."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.emulated.camera.exports import MOST, ExportRefused, Exports
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import read_body, read_json, source, text
from harness.emulated.camera.web.visitor import owner

KEY = "Export-Key"


class ExportsApi:
    """The key of a file that is made comes in the body, of one that is taken in a header."""

    def __init__(self, unit: Unit) -> None:
        self._unit, self._exports = unit, Exports(unit)

    def routes(self) -> list[Route]:
        """Two that give a file, one that takes one."""
        return [
            Route("/api/export", self.export, methods=["POST"]),
            Route("/api/import", self.take, methods=["POST"]),
            Route("/api/diagnostics", self.diagnostics, methods=["GET"]),
        ]

    async def export(self, request: Request) -> Response:
        """Settings and accounts, encrypted."""
        who = owner(self._unit, request)
        key = text(await read_json(request), "key")
        try:
            made = self._exports.make(key)
        except ExportRefused as refused:
            raise HTTPException(422, str(refused)) from None
        self._unit.events.record("export", who.user, source(request), "granted", "settings")
        return _file(made, "camera-settings.bin")

    async def take(self, request: Request) -> JSONResponse:
        """The file in the body."""
        who = owner(self._unit, request)
        data = await read_body(request, MOST)
        try:
            self._exports.take(data, request.headers.get(KEY, ""))
        except ExportRefused as refused:
            self._unit.events.record("setting", who.user, source(request), "refused", "from a file")
            raise HTTPException(422, str(refused)) from None
        self._unit.events.record("setting", who.user, source(request), "granted", "from a file")
        return JSONResponse({"ok": True})

    async def diagnostics(self, request: Request) -> Response:
        """What the producer's support asks for."""
        who = owner(self._unit, request)
        self._unit.events.record("export", who.user, source(request), "granted", "diagnostics")
        return _file(self._exports.support_package(who.token), "camera-support.tar.gz")


def _file(data: bytes, name: str) -> Response:
    return Response(data, media_type="application/octet-stream", headers={"Content-Disposition": f'attachment; filename="{name}"'})
