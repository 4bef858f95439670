"""Who sends an RTSP request."""

import base64
import hashlib
from dataclasses import dataclass, field

from harness.emulated.camera.door import Answer, Locked
from harness.emulated.camera.rtsp.asked import understand
from harness.emulated.camera.rtsp.digest import Credentials, Nonces, read_authorization
from harness.emulated.camera.rtsp.message import Request, Response
from harness.emulated.camera.unit import Unit

REALM = "camera"


@dataclass(frozen=True)
class Login:
    """How a request's log-in ended; without a user, `refusal` is the answer to it."""

    user: str | None
    refusal: Response = field(default_factory=lambda: Response(401))


def secret_of(user: str, password: str) -> str:
    """What opens digest log-ins in place of the password; a sound unit tells it nobody."""
    return hashlib.md5(f"{user}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


class LoginCheck:
    """Checks every request of one connection."""

    def __init__(self, unit: Unit, client: str) -> None:
        self._unit, self._client = unit, client
        self._door = unit.door("rtsp")
        self._nonces = Nonces(unit.clock, REALM)

    def check(self, request: Request) -> Login:
        """Read the Authorization header and compare."""
        if self._takes_basic(request):
            return self._by_basic(request.headers.get("authorization", ""))
        claim = read_authorization(request.headers.get("authorization", ""), REALM)
        if claim is None:
            named = self._named_in(request.query) if "rtsp-address-login" in self._unit.flaws else ""
            return Login(named) if named else self._challenge()
        if "rtsp-any-response" in self._unit.flaws and self._unit.accounts.find(claim.user):
            return Login(claim.user)
        if "rtsp-stranger-open" in self._unit.flaws and not self._unit.accounts.factory and not self._unit.accounts.find(claim.user):
            return Login(claim.user)
        try:
            return self._compare(claim, request)
        except Locked as locked:
            return Login(None, Response(403, [("Retry-After", str(locked.seconds))]))

    def _takes_basic(self, request: Request) -> bool:
        """Only ever true on a flawed unit."""
        asked = understand("", request.path, udp=False, hidden=False)
        return "rtsp-sub-basic" in self._unit.flaws and asked.stream == "sub"

    def _named_in(self, query: dict[str, str]) -> str:
        """Only asked on a flawed unit."""
        user, word = query.get("user", ""), query.get("password", "")
        account = self._unit.accounts.find(user)
        return user if account and (not word or account.password.reveal(self._unit.accounts.vault) == word) else ""

    def _by_basic(self, header: str) -> Login:
        user, _, password = _decoded(header.removeprefix("Basic ")).partition(":")
        vault = self._unit.accounts.vault
        try:
            answer = self._door.knock(user, self._client, proves=lambda stored: stored.reveal(vault) == password) if user else None
        except Locked as locked:
            return Login(None, Response(403, [("Retry-After", str(locked.seconds))]))
        granted = answer is Answer.GRANTED
        return Login(user) if granted else Login(None, Response(401, [("WWW-Authenticate", f'Basic realm="{REALM}"')]))

    def _compare(self, claim: Credentials, request: Request) -> Login:
        vault = self._unit.accounts.vault
        answer = self._door.knock(
            claim.user,
            self._client,
            proves=lambda stored: _same_stream(claim, request) and claim.proves(stored.reveal(vault), REALM, request.method),
            fresh=lambda: self._nonces.fresh(claim.nonce),
        )
        return Login(claim.user) if answer is Answer.GRANTED else self._challenge(stale=answer is Answer.STALE)

    def _challenge(self, *, stale: bool = False) -> Login:
        return Login(None, Response(401, self._nonces.challenge(stale=stale)))


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def _same_stream(claim: Credentials, request: Request) -> bool:
    """Clients sign the URI that they ask, or the stream's base address; never another stream's."""
    asked, signed = (understand("", Request("", uri, {}).path, udp=False, hidden=True) for uri in (request.uri, claim.uri))
    return request.uri == claim.uri or (asked.stream is not None and asked.stream == signed.stream)
