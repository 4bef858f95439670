"""All that is served over HTTPS, as one ASGI application."""

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from harness.emulated.camera.network.cloud import Cloud
from harness.emulated.camera.onvif.service import Onvif
from harness.emulated.camera.shown import Shown
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web import description, page
from harness.emulated.camera.web.api import Api
from harness.emulated.camera.web.exports import ExportsApi
from harness.emulated.camera.web.flawed import may_be_framed, spoilt_error
from harness.emulated.camera.web.limits import HeadLimit
from harness.emulated.camera.web.openings import ForgivingPaths
from harness.emulated.camera.web.place import PlaceApi
from harness.emulated.camera.web.privacy import PrivacyApi
from harness.emulated.camera.web.recordings import RecordingsApi
from harness.emulated.camera.web.service import Service
from harness.emulated.camera.web.settings import SettingsApi
from harness.emulated.camera.web.snapshot import Snapshot
from harness.emulated.camera.web.update import Update

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def application(unit: Unit, still: Shown | None, cloud: Cloud | None) -> Starlette:
    """Page, JSON interface, ONVIF, and the snapshot when there is an encoder."""
    routes: list[Route] = [
        *page.routes(unit),
        *Api(unit).routes(),
        *Service(unit, cloud).routes(),
        *SettingsApi(unit).routes(),
        *PlaceApi(unit).routes(),
        *PrivacyApi(unit).routes(),
        *Update(unit).routes(),
        *ExportsApi(unit).routes(),
        *RecordingsApi(unit).routes(),
        *description.routes(unit),
        *Onvif(unit).routes(),
    ]
    if still is not None:
        routes += Snapshot(unit, still).routes()
    named = {"Server": f"camlabel-httpd/{unit.software.version}"} if "tells-version-in-errors" in unit.flaws else {}

    async def refuse(request: Request, problem: Exception) -> Response:
        if not isinstance(problem, HTTPException):
            raise problem
        if problem.status_code == 404 and (spoilt := spoilt_error(unit, request)):
            return spoilt
        return JSONResponse({"error": problem.detail}, problem.status_code, {**(problem.headers or {}), **named})

    middleware = [Middleware(SecurityHeaders, unit=unit), Middleware(HeadLimit), Middleware(ForgivingPaths, unit=unit)]
    app = Starlette(routes=routes, middleware=middleware, exception_handlers={HTTPException: refuse})
    app.router.redirect_slashes = False
    return app


class SecurityHeaders:
    """Puts them on every answer."""

    def __init__(self, app: ASGIApp, unit: Unit) -> None:
        self._app, self._unit = app, unit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                left_out = may_be_framed(self._unit, scope["path"])
                MutableHeaders(scope=message).update({name: value for name, value in _HEADERS.items() if name not in left_out})
            await send(message)

        await self._app(scope, receive, send_with_headers)
