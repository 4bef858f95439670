"""Talks to a device's ONVIF services: by its own clock, at the addresses that it lists, never at another host."""

import calendar
import ipaddress
import secrets
import shlex
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, OutOfScope, Undecided
from harness.model.profile import LogIntf
from harness.model.secret import Credential
from harness.probes.onvif_operations import NAMESPACES, OLD_CATEGORIES, OPERATIONS, Operation
from harness.probes.onvif_reply import Shown, read
from harness.probes.soap import EMPTY_SECURITY, Node, envelope, name_alone, password_text, username_token
from harness.probes.surfaces import surface_of
from harness.transports.auth import Authorizer, Challenge, challenges, username_token_digest
from harness.transports.http import Headers, HttpReply, HttpRequest, Target, exchange

DAY_S = 86400.0
CLOCK_AGE_S = 30.0
CLOCK_DOUBT_S = 2.0
KEPT = "onvif-services"
TOKENS = {
    "profile": ("trt:GetProfiles", "Profiles"),
    "profile2": ("tr2:GetProfiles", "Profiles"),
    "source": ("trt:GetVideoSources", "VideoSources"),
}


@dataclass
class Known:
    """What the device told of one ONVIF service: its clock, its services, tokens that arguments need."""

    ahead_s: float = 0.0
    read_at: float | None = None
    addresses: dict[str, str] | None = None
    tokens: dict[str, str] = field(default_factory=dict)


@dataclass
class Memory:
    """All of it, by service; lives in the gate."""

    services: dict[str, Known] = field(default_factory=dict)


def onvif_services(bench: Bench) -> tuple[LogIntf, ...]:
    """The declared ONVIF services; Undecided when there is none."""
    found = tuple(entry for entry in bench.profile.ixit.log_intf if entry.protocol == "onvif")
    if not found:
        raise Undecided("the profile's log_intf table has no service of protocol onvif; what it should say is needed here")
    return found


@dataclass(frozen=True)
class Said:
    """One request that went out, and what came back."""

    request: HttpRequest
    reply: HttpReply
    shown: Shown
    node: Node | None
    target: Target


class Client:
    """One declared ONVIF service of a bench."""

    def __init__(self, bench: Bench, service: LogIntf) -> None:
        self.bench = bench
        self.service = service
        self.surface = surface_of(bench, service.id, "onvif")
        self.known = _memory(bench).services.setdefault(service.id, Known())

    def say(self, operation: Operation, credential: Credential, *, created_ago: float = 0.0, may_digest: bool = True) -> tuple[Said, ...]:
        """One operation with a username token; a device that asks for HTTP digest instead gets that. Every request is told."""
        if credential.which == "nobody":
            return self._showing_nothing(operation)
        said = self._shown(operation, credential, created_ago, may_digest=may_digest)
        if credential.which == "current" and said[-1].shown.state == "refused" and self._clock_is_old():
            self.known.read_at = None
            said += self._shown(operation, credential, created_ago, may_digest=may_digest)
        return said

    def _showing_nothing(self, operation: Operation) -> tuple[Said, ...]:
        """In each way that cameras were fooled by; silence to one does not keep the others from being asked."""
        target, path = self.address(operation.prefix)
        said: list[Said] = []
        silences: list[Undecided] = []
        for header, shown, action in _NOTHING:
            try:
                said.append(self._post(operation, target, path, header, shown, action))
            except Undecided as silence:
                silences.append(silence)
        if not said:
            raise silences[0]
        silent = Shown(shown="nothing in another way", status=0, expected=operation.answer, trouble="no answer")
        return (*said, *(replace(said[0], shown=silent, node=None) for _ in silences))

    def _shown(self, operation: Operation, credential: Credential, created_ago: float, *, may_digest: bool) -> tuple[Said, ...]:
        target, path = self.address(operation.prefix)
        login = self.bench.access.login(credential, self.surface)
        if login is None:
            raise NotPossible(f"{credential} has nothing to show")
        created, nonce = self._created(created_ago), secrets.token_bytes(16)
        token = username_token(login.user, username_token_digest(login, nonce, created), nonce, created)
        first = self._post(operation, target, path, token, f"a username token of {created}")
        if not may_digest or first.reply.status != 401 or first.shown.state == "granted":
            return (first,)
        second = self._by_http_digest(operation, first, credential, path)
        return (first, second) if second else (first,)

    def name_alone(self, operation: Operation, credential: Credential) -> tuple[Said, ...]:
        """With the account's name and no password at all."""
        target, path = self.address(operation.prefix)
        login = self.bench.access.login(credential, self.surface)
        if login is None:
            raise NotPossible(f"{credential} has no name to show")
        return (self._post(operation, target, path, name_alone(login.user), "a name without a password"),)

    def by_http(self, operation: Operation, credential: Credential, scheme: str) -> tuple[Said, ...]:
        """By a log-in of HTTP's own that nobody asked for; the nonce of a digest is made up."""
        target, path = self.address(operation.prefix)
        authorizer = Authorizer(self.bench.access, credential, self.surface, (scheme,))
        made_up = (("realm", "camlabel"), ("nonce", secrets.token_hex(16)), ("qop", "auth"))
        authorizer.challenge = Challenge(scheme=scheme, parameters=made_up if scheme == "digest" else ())
        authorization = authorizer.header("POST", path)
        if authorization is None:
            raise NotPossible(f"{credential} has nothing to show")
        return (self._post(operation, target, path, "", f"HTTP {scheme} unasked", more=(("Authorization", authorization),)),)

    def in_plain_text(self, operation: Operation, credential: Credential) -> tuple[Said, ...]:
        """With the password itself in the token, which nobody asked for."""
        target, path = self.address(operation.prefix)
        login = self.bench.access.login(credential, self.surface)
        if login is None:
            raise NotPossible(f"{credential} has nothing to show")
        return (self._post(operation, target, path, password_text(login.user, login.password), "a username token in plain text"),)

    def again(self, said: Said) -> Said:
        """The identical bytes over a new connection."""
        return self._exchange(said.request, said.target, said.shown.expected, "the same bytes again")

    def ask_owner(self, operation: str) -> Said:
        """One operation as owner; the last request counts."""
        return self.say(OPERATIONS[operation], self.bench.credential("owner"))[-1]

    def address(self, prefix: str) -> tuple[Target, str]:
        """Where a service is; OutOfScope when the device says that it is elsewhere."""
        where = self.bench.address(self.service.id)
        if prefix == "tds":
            return Target(where.host, where.port, where.tls), where.path or "/onvif/device_service"
        told = self.addresses().get(NAMESPACES[prefix], "")
        if not told:
            raise Undecided(f"the device lists no address of its {prefix} service")
        return self._followed(told)

    def addresses(self) -> dict[str, str]:
        """Namespace to address, as the device itself lists them; Undecided when it does not."""
        if self.known.addresses is None:
            self.known.addresses = self._listed()
        return self.known.addresses

    def body(self, operation: Operation) -> str:
        """The request element, with tokens of this device; Undecided when it has none to give."""
        missing = [token for token in operation.needs if not self.token(token)]
        if missing:
            raise Undecided(f"{operation.name} needs a {missing[0]} token, and the device told the owner none")
        return operation.body({token: self.token(token) for token in operation.needs})

    def token(self, kind: str) -> str:
        """A token as the owner is told it, empty when there is none."""
        if kind not in self.known.tokens:
            found = self.tokens_of(*TOKENS[kind])
            self.known.tokens |= {kind: found[0]} if found else {}
        return self.known.tokens.get(kind, "")

    def tokens_of(self, operation: str, element: str) -> tuple[str, ...]:
        """The tokens of all elements of this name in an answer to the owner."""
        if NAMESPACES[operation.partition(":")[0]] not in self.addresses():
            return ()
        node = self.ask_owner(operation).node
        found = (each.attributes.get("token", "") for each in node.all(element)) if node else ()
        return tuple(token for token in found if token)

    def _followed(self, told: str) -> tuple[Target, str]:
        try:
            parts = urlsplit(told)
            host, port = ipaddress.ip_address(parts.hostname or ""), parts.port or (443 if parts.scheme == "https" else 80)
            on_device = host == ipaddress.ip_address(self.bench.sample.address)
        except ValueError:
            on_device, port = False, 0
        if not on_device:
            raise OutOfScope(f"the device says that a service is at {told[:200]}, which is not its address; not followed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(self.bench.sample.address, self.bench.sample.port(port), parts.scheme == "https"), path

    def _listed(self) -> dict[str, str]:
        listed = self.ask_owner("tds:GetServices").node
        if listed is not None:
            pairs = ((each.value("Namespace"), each.value("XAddr")) for each in listed.all("Service"))
            if found := {namespace: address for namespace, address in pairs if namespace}:
                return found
        old = self.ask_owner("tds:GetCapabilities")
        if old.node is None:
            raise Undecided(f"the device does not list its services: {old.shown.told}")
        named = ((NAMESPACES[prefix], each) for name, prefix in OLD_CATEGORIES.items() for each in old.node.all(name))
        return {namespace: each.value("XAddr") for namespace, each in named if each.value("XAddr")}

    def _created(self, ago: float) -> str:
        """A moment of the device's own clock: a clock that is off must not look like a wrong password."""
        moment = datetime.fromtimestamp(self._device_time() - ago, UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

    def _device_time(self) -> float:
        now = self.bench.clock.now()
        if self.known.read_at is None or now - self.known.read_at > CLOCK_AGE_S:
            told = self._read_clock()
            self.known.read_at = self.bench.clock.now()
            self.known.ahead_s = (time.time() if told is None else told) - self.known.read_at
        return self.bench.clock.now() + self.known.ahead_s

    def _clock_is_old(self) -> bool:
        """Long enough ago that the device may have set its clock since."""
        return self.known.read_at is not None and self.bench.clock.now() - self.known.read_at > CLOCK_DOUBT_S

    def _read_clock(self) -> float | None:
        target, path = self.address("tds")
        node = self._post(OPERATIONS["tds:GetSystemDateAndTime"], target, path, "", "nothing").node
        told = next(node.all("UTCDateTime"), None) if node else None
        if told is None:
            return None
        fields = [told.value(*name) for name in _MOMENT]
        try:
            return float(calendar.timegm(tuple(int(each) for each in fields)))
        except (ValueError, OverflowError):
            return None

    def _post(self, operation: Operation, target: Target, path: str, header: str, shown: str, action: str = "", more: Headers = ()) -> Said:
        kind = f'application/soap+xml; charset=utf-8; action="{action or operation.action}"'
        request = HttpRequest("POST", path, (("Content-Type", kind), *more), envelope(self.body(operation), header))
        return self._exchange(request, target, operation.answer, shown)

    def _by_http_digest(self, operation: Operation, refused: Said, credential: Credential, path: str) -> Said | None:
        authorizer = Authorizer(self.bench.access, credential, self.surface, ("digest",))
        if not authorizer.challenged(refused.reply.all_headers("WWW-Authenticate")):
            return None
        authorization = authorizer.header("POST", path) or ""
        headers = (*refused.request.headers, ("Authorization", authorization))
        request = HttpRequest("POST", path, headers, envelope(self.body(operation)))
        return self._exchange(request, refused.target, operation.answer, "HTTP digest")

    def _exchange(self, request: HttpRequest, target: Target, expected: str, shown: str) -> Said:
        reply = exchange(self.bench.access, target, request)
        asked = ", ".join(each.scheme for each in challenges(reply.all_headers("WWW-Authenticate")))
        facts, node = read(reply, expected, shown, asked)
        return Said(request, reply, facts, node, target)

    def hint(self, said: Said) -> str:
        """A command that sends the same."""
        kind = next(value for name, value in said.request.headers if name == "Content-Type")
        data = shlex.quote(said.request.body.decode())
        return f"curl -sk -H {shlex.quote(f'Content-Type: {kind}')} --data {data} {shlex.quote(said.target.url(said.request.path))}"


_NOTHING = (  # header, in words, action if it is not the operation's own
    ("", "nothing", ""),
    (EMPTY_SECURITY, "an empty Security header", ""),
    ("", "nothing, under the action of GetSystemDateAndTime", OPERATIONS["tds:GetSystemDateAndTime"].action),
)
_MOMENT = (("Date", "Year"), ("Date", "Month"), ("Date", "Day"), ("Time", "Hour"), ("Time", "Minute"), ("Time", "Second"))


def _memory(bench: Bench) -> Memory:
    return bench.remembered(KEPT, Memory)
