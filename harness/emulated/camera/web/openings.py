"""Requests that a flawed unit takes for its owner's, though no session is behind them; a sound one takes none."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.emulated.camera.unit import Unit

STATIC = (".css", ".js", ".gif")
ADMIN, UNSET = "uid=admin", "null"
FORGIVEN = "forgiven"


def opened(unit: Unit, request: Request, token: str) -> bool:
    """Only ever true on a flawed unit."""
    path = request.url.path
    openings = {
        "api-log-open": path == "/api/log",
        "api-any-token": path == "/api/settings" and request.method == "POST" and token != "",
        "api-ended-session": path == "/api/service" and unit.sessions.ended(token),
        "api-style-sheet-open": bool(request.scope.get(FORGIVEN)),
        "api-parameter-open": bool(request.scope.get(FORGIVEN)),
        "api-header-names-address": bool(request.scope.get(FORGIVEN)),
        "api-head-open": request.method == "HEAD",
        "api-trusts-forwarded": request.headers.get("x-forwarded-for", "").startswith("127."),
        "api-restart-open": path == "/api/restart",
        "api-takes-null": token == UNSET,
        "api-trusts-own-page": request.headers.get("referer", "").startswith(f"{request.url.scheme}://{request.url.netloc}/"),
        "api-admin-cookie": ADMIN in request.headers.get("cookie", ""),
    }
    return any(name in unit.flaws and is_open for name, is_open in openings.items())


class ForgivingPaths:
    """On units with these flaws the function is what looks like a style sheet below it or as its parameter, or what a header names."""

    def __init__(self, app: ASGIApp, unit: Unit) -> None:
        self._app = app
        self._by_header = "api-header-names-address" in unit.flaws
        self._marks = [mark for flaw, mark in (("api-style-sheet-open", "/"), ("api-parameter-open", ";")) if flaw in unit.flaws]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        for mark in self._marks:
            place, _, name = scope.get("path", "").rpartition(mark)
            if place and name.endswith(STATIC):
                scope = {**scope, "path": place, "raw_path": place.encode(), FORGIVEN: True}
        named = dict(scope.get("headers", ())).get(b"x-original-url", b"")
        if self._by_header and named and scope["type"] == "http":
            scope = {**scope, "path": named.decode("latin-1"), "raw_path": named, FORGIVEN: True}
        await self._app(scope, receive, send)
