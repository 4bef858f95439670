"""The latest still picture, for those with a session."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.emulated.camera.shown import Shown
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.visitor import bearer, visitor

PATH = "/snapshot.jpg"
_WAIT_S = 3


class Snapshot:
    """Serves PATH, with or without a slash behind it."""

    def __init__(self, unit: Unit, still: Shown) -> None:
        self._unit, self._still = unit, still

    def routes(self) -> list[Route]:
        """Both ways to write it."""
        return [Route(path, self.picture, methods=["GET"]) for path in (PATH, f"{PATH}/")]

    async def picture(self, request: Request) -> Response:
        """A JPEG."""
        if not (self._unit.settings["anonymous_viewing"] or self._open(request)):
            visitor(self._unit, request)
        try:
            async with asyncio.timeout(_WAIT_S):
                return Response(await self._still.to_people(), media_type="image/jpeg")
        except TimeoutError:
            raise HTTPException(503, "no picture yet") from None

    def _open(self, request: Request) -> bool:
        """Only ever true on a flawed unit."""
        openings = {
            "snapshot-open": True,
            "snapshot-any-session": bearer(request) != "",
            "log-out-keeps-picture": self._unit.sessions.saw_log_in(bearer(request)),
            "snapshot-trailing": request.url.path.endswith("/"),
            "snapshot-query-open": request.url.query != "",
            "before-set-up-picture": self._unit.accounts.factory,
            "reset-picture-open": "reset-picture-open" in self._unit.openings,
        }
        return any(name in self._unit.flaws and is_open for name, is_open in openings.items())
