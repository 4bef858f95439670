"""The page for people: three files, shipped beside this code."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.flawed import spoilt_page, with_message

_DEBUG = b'<!-- <a href="/api/debug/config">configuration</a> -->\n</body>'
_TYPES = {"index.html": "text/html", "camera.js": "text/javascript", "camera.css": "text/css"}


def page_folder() -> Path:
    """Where the files of the page lie."""
    return Path(__file__).parent.parent / "page"


def routes(unit: Unit) -> list[Route]:
    """The page and what it loads; on a flawed unit its developers' note too."""
    return [_route(unit, "/", "index.html"), *(_route(unit, f"/{name}", name) for name in ("camera.js", "camera.css"))]


def _route(unit: Unit, path: str, name: str) -> Route:
    content = (page_folder() / name).read_bytes()
    if "api-not-declared" in unit.flaws:
        content = content.replace(b"</body>", _DEBUG)

    async def serve(request: Request) -> Response:
        return Response(with_message(spoilt_page(content, unit), unit, request), media_type=_TYPES[name])

    return Route(path, serve, methods=["GET"])
