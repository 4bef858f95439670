"""The JSON interface that the page uses."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.emulated.camera.accounts import AccountRefused, Role
from harness.emulated.camera.door import FORWARDED, Answer, Locked
from harness.emulated.camera.events import Event, Result
from harness.emulated.camera.identity import HARDWARE, MANUFACTURER, MODEL
from harness.emulated.camera.passwords import SHORTEST, PasswordRefused
from harness.emulated.camera.rtsp.login import secret_of
from harness.emulated.camera.uart.dump import dump
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import client, optional_text, read_json, source, text
from harness.emulated.camera.web.visitor import COOKIE, Visitor, owner, visitor

_OK = {"ok": True}


class Api:
    """Set-up, log-in, sessions, accounts."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._door = unit.door("web")

    def routes(self) -> list[Route]:
        """Everything under /api."""
        return [
            Route("/api/state", self.state, methods=["GET"]),
            Route("/api/setup", self.set_up, methods=["POST"]),
            Route("/api/login", self.log_in, methods=["POST"]),
            Route("/api/logout", self.log_out, methods=["POST"]),
            Route("/api/session", self.session, methods=["GET"]),
            Route("/api/device", self.device, methods=["GET"]),
            Route("/api/account/password", self.change_password, methods=["POST"]),
            Route("/api/v1/user/edit", self.edit_user, methods=["POST"]),
            Route("/api/accounts", self.accounts, methods=["GET"]),
            Route("/api/accounts", self.add_viewer, methods=["POST"]),
            Route("/api/accounts/remove", self.remove_viewer, methods=["POST"]),
        ]

    async def state(self, _: Request) -> JSONResponse:
        """Has somebody set this camera up? Nothing more is said before log-in."""
        state = {"state": "factory" if self._unit.accounts.factory else "normal"}
        if "tells-owner-before-login" in self._unit.flaws:
            state |= dict([("user", account.user) for account in self._unit.accounts.everybody()][:1])
        return JSONResponse(state)

    async def set_up(self, request: Request) -> JSONResponse:
        """Make the owner's account; only once."""
        body = await read_json(request)
        if not self._unit.accounts.factory and "set-up-again" in self._unit.flaws and self._unit.accounts.find(str(body.get("user"))):
            self._unit.accounts.change(text(body, "user"), text(body, "password"))
            return JSONResponse(_OK)
        if not self._unit.accounts.factory:
            raise HTTPException(409, "this camera is set up already")
        none = self._needs_none(body)
        self._add(request, body if not none else {**body, "password": body.get("password") or ""}, "owner", any_password=none)
        if "uart-set-up-password" in self._unit.flaws:
            self._unit.log(f"setup: user={body.get('user')} password={body.get('password')} ok")
        self._unit.events.record("set-up", str(body.get("user")), source(request))
        if "set-up-maps-port" in self._unit.flaws:
            self._unit.settings.change({"port_mapping": True})
        self._unit.happened("set-up")
        return JSONResponse(_OK)

    async def log_in(self, request: Request) -> JSONResponse:
        """Open a session."""
        body = await read_json(request)
        user, password = text(body, "user"), text(body, "password")
        if not self._right_password(user, password, request):
            if "uart-wrong-password" in self._unit.flaws:
                self._unit.log(f"httpd: log-in of {user} with {password} refused")
            self._unit.last_failed = user
            raise HTTPException(401, "wrong user name or password")
        token = self._unit.sessions.open(user)
        if "rtsp-tells-web-token" in self._unit.flaws:
            self._unit.newest_token = token
        if "uart-session-token" in self._unit.flaws:
            self._unit.log(f"[DBG] session.c:214 {user} -> {token}")
        other = self._unit.sessions.open(user) if "log-out-keeps-cookie" in self._unit.flaws else token
        return _with_cookie(JSONResponse({"token": token}), other, self._unit.flaws)

    async def log_out(self, request: Request) -> JSONResponse:
        """End this session."""
        who = visitor(self._unit, request)
        self._unit.sessions.log_out(who.token)
        self._unit.events.record("log-out", who.user, source(request))
        return JSONResponse(_OK)

    async def session(self, request: Request) -> JSONResponse:
        """Whose session this is."""
        who = visitor(self._unit, request)
        return JSONResponse({"user": who.user, "role": who.role})

    async def device(self, request: Request) -> JSONResponse:
        """What this camera is."""
        visitor(self._unit, request)
        is_what = {"manufacturer": MANUFACTURER, "model": MODEL, "hardware": HARDWARE}
        return JSONResponse({**is_what, "serial": self._unit.identity.serial, "firmware": self._unit.software.version})

    async def change_password(self, request: Request) -> JSONResponse:
        """Change one's own password: needs the current one, ends everything that it opened."""
        who, body = visitor(self._unit, request), await read_json(request)
        if not self._right_current(who, optional_text(body, "current"), request):
            self._told("password", who, request, "refused")
            raise HTTPException(403, "the current password is wrong")
        return self._change(who, body, "page", request)

    async def edit_user(self, request: Request) -> JSONResponse:
        """The older interface for the same."""
        who, body = visitor(self._unit, request), await read_json(request)
        if text(body, "user") != who.user:
            raise HTTPException(403, "only your own account")
        current = optional_text(body, "current")
        if "change-legacy-api" not in self._unit.flaws and not (current and self._right_password(who.user, current, request, logs=False)):
            self._told("password", who, request, "refused")
            raise HTTPException(403, "the current password is wrong")
        return self._change(who, body, "older-api", request)

    async def accounts(self, request: Request) -> JSONResponse:
        """Who has an account."""
        owner(self._unit, request)
        hidden = "viewer-not-listed" in self._unit.flaws
        told = [each for each in self._unit.accounts.everybody() if each.role == "owner" or not hidden]
        if "viewer-list-of-one" in self._unit.flaws:
            told = [each for each in told if each.role == "owner"] + [each for each in told if each.role != "owner"][:1]
        return JSONResponse({"accounts": [{"user": each.user, "role": each.role} for each in told]})

    async def add_viewer(self, request: Request) -> JSONResponse:
        """Make an account that may only look."""
        who = self._owner(request)
        self._add(request, await read_json(request), "viewer", who)
        return JSONResponse(_OK)

    async def remove_viewer(self, request: Request) -> JSONResponse:
        """Take such an account away: its sessions and streams end."""
        who = self._owner(request)
        name = text(await read_json(request), "user")
        try:
            self._unit.remove_account(name)
        except AccountRefused as refused:
            self._told("account removed", who, request, "refused", name)
            raise HTTPException(422, str(refused)) from None
        self._told("account removed", who, request, "granted", name)
        return JSONResponse(_OK)

    def _owner(self, request: Request) -> Visitor:
        """On a flawed unit anybody, while it has none."""
        if "before-set-up-accounts" in self._unit.flaws and not self._unit.accounts.owned:
            return Visitor("", "owner", "")
        return owner(self._unit, request)

    def _needs_none(self, body: dict[str, object]) -> bool:
        """Only ever true on a flawed unit."""
        flaw = "set-up-without-password" if "password" not in body else "set-up-empty-password"
        if "password" in body and body["password"] is None:
            return "set-up-null-password" in self._unit.flaws
        blanks = len(str(body.get("password"))) >= SHORTEST and not str(body.get("password")).strip()
        return (flaw in self._unit.flaws and not body.get("password")) or ("set-up-blanks" in self._unit.flaws and blanks)

    def _told(self, event: Event, who: Visitor, request: Request, result: Result, detail: str = "") -> None:
        self._unit.events.record(event, who.user, source(request), result, detail)

    def _add(
        self, request: Request, body: dict[str, object], role: Role, who: Visitor | None = None, *, any_password: bool = False
    ) -> None:
        any_password = any_password or (role == "viewer" and "weak-for-viewers" in self._unit.flaws)
        try:
            self._unit.accounts.add(text(body, "user"), role, text(body, "password"), any_password=any_password)
            if "uart-settings-dump" in self._unit.flaws:
                self._unit.log(dump(f"acct.{role}={text(body, 'user')}:{text(body, 'password')}".encode()))
            if "uart-digest-secret" in self._unit.flaws:
                self._unit.log(f"rtspd: user {text(body, 'user')} {secret_of(text(body, 'user'), text(body, 'password'))}")
        except (AccountRefused, PasswordRefused) as refused:
            if who is not None:
                self._told("account added", who, request, "refused")
            raise HTTPException(422, str(refused)) from None
        if who is not None:
            self._told("account added", who, request, "granted", f"{role} {body.get('user')}")

    def _change(self, who: Visitor, body: dict[str, object], way: str, request: Request) -> JSONResponse:
        try:
            self._unit.change_password(who.user, text(body, "new"), who.token, way)
        except PasswordRefused as refused:
            self._told("password", who, request, "refused")
            raise HTTPException(422, str(refused)) from None
        self._told("password", who, request, "granted", way)
        return JSONResponse(_OK)

    def _right_current(self, who: Visitor, current: str | None, request: Request) -> bool:
        if current is None:
            return "change-without-current" in self._unit.flaws
        if "change-wrong-current" in self._unit.flaws:
            return current != ""
        if "change-empty-current" in self._unit.flaws and current == "":
            return True
        return self._right_password(who.user, current, request, logs=False)

    def _client(self, request: Request) -> str:
        """On a flawed unit whoever the request says it was forwarded for."""
        said = request.headers.get("x-forwarded-for", "")
        return f"{FORWARDED}{said}:0" if said and "lock-per-forwarded" in self._unit.flaws else client(request)

    def _right_password(self, user: str, password: str, request: Request, *, logs: bool = True) -> bool:
        try:
            answer = self._door.knock(user, self._client(request), lambda stored: stored.matches(password), logs=logs)
        except Locked as locked:
            raise HTTPException(429, str(locked), {"Retry-After": str(locked.seconds)}) from None
        return answer is Answer.GRANTED


def _with_cookie(response: JSONResponse, token: str, flaws: frozenset[str]) -> JSONResponse:
    """A sound unit sets none: scripts of the page hold the token."""
    guards = {"session-cookie-bare": "", "session-cookie-in-the-clear": "; HttpOnly", "log-out-keeps-cookie": "; HttpOnly; Secure"}
    for flaw in flaws & set(guards):
        response.headers["Set-Cookie"] = f"{COOKIE}={token}; Path=/; SameSite=Strict{guards[flaw]}"
    if flaws & {"web-forged-change", "web-forged-from-nowhere"}:
        response.headers["Set-Cookie"] = f"{COOKIE}={token}; Path=/; Secure; HttpOnly"
    return response
