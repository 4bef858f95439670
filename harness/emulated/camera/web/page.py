"""The page for people: three files, shipped beside this code."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_TYPES = {"index.html": "text/html", "camera.js": "text/javascript", "camera.css": "text/css"}


def page_folder() -> Path:
    """Where the files of the page lie."""
    return Path(__file__).parent.parent / "page"


def routes() -> list[Route]:
    """The page and what it loads."""
    return [_route("/", "index.html"), *(_route(f"/{name}", name) for name in ("camera.js", "camera.css"))]


def _route(path: str, name: str) -> Route:
    content = (page_folder() / name).read_bytes()

    async def serve(_: Request) -> Response:
        return Response(content, media_type=_TYPES[name])

    return Route(path, serve, methods=["GET"])
