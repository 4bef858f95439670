"""How flawed units treat browsers; a sound one is left as it is."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from harness.emulated.camera.unit import Unit

_FRAMED = ("X-Frame-Options", "Content-Security-Policy")
_PICTURE = b'await (await ask("GET", "/snapshot.jpg")).blob()'
_PICTURE_BY_TOKEN = b'await (await fetch("/snapshot.jpg?token=" + token)).blob()'


def spoilt_page(content: bytes, unit: Unit) -> bytes:
    """The page, or its code, with what its flaws put into it."""
    if "web-stored-name" in unit.flaws and b"</main>" in content:
        content = content.replace(b"</main>", f"<p>Last log-in that failed: {unit.last_failed}</p></main>".encode())
    if "web-stored-place" in unit.flaws and unit.place.name:
        content = content.replace(b"</main>", f"<h2>{unit.place.name}</h2></main>".encode())
    if "web-token-in-address" in unit.flaws:
        content = content.replace(_PICTURE, _PICTURE_BY_TOKEN)
    return content


def with_message(content: bytes, unit: Unit, request: Request) -> bytes:
    """The page with what its address says, only ever on a flawed unit."""
    said = request.query_params.get("msg", "") if "web-reflected-message" in unit.flaws else ""
    return content.replace(b"</main>", f"<p>{said}</p></main>".encode()) if said else content


def spoilt_error(unit: Unit, request: Request) -> Response | None:
    """The error page of an older web server; None where the unit has its own."""
    if "web-reflected-path" not in unit.flaws:
        return None
    return HTMLResponse(f"<h1>Not found</h1><p>{request.url.path} is not on this camera</p><p>{escape(request.method)}</p>", 404)


def may_be_framed(unit: Unit, path: str) -> tuple[str, ...]:
    """The headers that are left out for this path."""
    return _FRAMED if "web-framed" in unit.flaws and path == "/" else ()


def other_token(unit: Unit, request: Request) -> str:
    """A session's value from where a sound unit takes none."""
    if (
        "web-forged-from-nowhere" in unit.flaws
        and request.headers.get("origin", "null") == "null"
        and (cookie := request.cookies.get("session"))
    ):
        return cookie
    if "web-forged-change" in unit.flaws and (cookie := request.cookies.get("session")):
        return cookie
    if "web-token-in-address" in unit.flaws and request.url.path == "/snapshot.jpg":
        return request.query_params.get("token", "")
    return ""
