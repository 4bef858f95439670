"""Who is behind a request: the bearer token in it."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from harness.emulated.camera.accounts import Role
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.flawed import other_token
from harness.emulated.camera.web.openings import opened

COOKIE = "session"


@dataclass(frozen=True)
class Visitor:
    """Somebody with a session."""

    user: str
    role: Role
    token: str


def bearer(request: Request) -> str:
    """The token as sent, empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def token_of(unit: Unit, request: Request) -> str:
    """The bearer token; on a flawed unit a cookie will do."""
    by_cookie = any(flaw.startswith("session-cookie-") or flaw == "log-out-keeps-cookie" for flaw in unit.flaws)
    return bearer(request) or (request.cookies.get(COOKIE, "") if by_cookie else "")


def visitor(unit: Unit, request: Request) -> Visitor:
    """Whose session it is; 401 when it is none."""
    token = token_of(unit, request) or other_token(unit, request)
    user = unit.sessions.use(token)
    account = unit.accounts.find(user) if user is not None else None
    if account is None and opened(unit, request, token):
        account = next(iter(unit.accounts.everybody()), None)
    if account is None and user is not None and "viewer-session-survives" in unit.flaws:
        return Visitor(user, "viewer", token)
    if account is None:
        raise HTTPException(401, "log in first", {"WWW-Authenticate": "Bearer"})
    return Visitor(account.user, account.role, token)


def owner(unit: Unit, request: Request) -> Visitor:
    """The owner's session; 403 for a viewer's."""
    who = visitor(unit, request)
    if who.role != "owner":
        raise HTTPException(403, "only the owner may do this")
    return who
