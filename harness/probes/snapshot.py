"""Still pictures over HTTP: where there are some, and what each address gives to whom."""

import re
import secrets
import string
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin, urlsplit

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.secret import NOBODY, Credential, Secret
from harness.probes.actions import login
from harness.probes.actions.outcome import name_of
from harness.probes.login_in_address import with_login
from harness.probes.rtsp_description import path_of, same_host
from harness.probes.snapshot_paths import MISSING, Place, Places, all_places, declared_places, service_of, target_of
from harness.probes.snapshot_picture import REDIRECTS, Picture, doubt_about, given_by, kind_of
from harness.probes.surfaces import surface_of
from harness.transports.auth import Authorizer, Challenge
from harness.transports.http import Headers, HttpReply, HttpRequest, Target, exchange

__all__ = ["MISSING", "FalseSession", "Key", "Picture", "Place", "Places", "false_keys", "fetch", "fetch_by_address", "paths"]

REDIRECTS_MAX = 3
REFUSED = (401, 403)
UNREADABLE = (400, 414, 422, 501)  # an address that the device cannot read opens nothing
KEPT = "snapshot-false-session"
ANSWER_S = 6.0
_LABEL = re.compile("⟦[^⟧]*⟧")


class FalseSession(Frozen):
    """A session that was never opened: shaped like a real one, made of chance."""

    kind: Literal["made-up session"] = "made-up session"

    def __str__(self) -> str:
        return self.kind


Key = Credential | FalseSession


def false_keys(owner: Credential) -> tuple[Key, ...]:
    """What must not open a picture."""
    return (NOBODY, owner.wrong, FalseSession())


@acts("login")
def paths(bench: Bench) -> Places:
    """Declared addresses, addresses that ONVIF tells the owner, both written otherwise, and known addresses of other cameras."""
    return all_places(bench)


@acts("login")
def fetch(bench: Bench, place: Place, key: Key) -> Picture:
    """Ask for one picture with one key: a credential, nobody's, or a session that was made up."""
    if place.unknown:
        raise Undecided(place.unknown)
    return _Fetch(bench, place, key).picture()[0]


@acts("login")
def fetch_by_address(bench: Bench, place: Place, credential: Credential) -> Picture:
    """Ask for one picture with name and password in the address only, by all names that cameras know them by."""
    asking = _Fetch(bench, place, credential)
    login = bench.access.login(credential, asking.surface)
    if login is None:
        raise ValueError(f"{credential} has nothing to show")
    told = place.model_copy(update={"path": with_login(place.path, login)})
    picture = _Fetch(bench, told, NOBODY).picture()[0]
    return picture.model_copy(update={"doubt": ""}) if picture.status in UNREADABLE else picture


def fetched(bench: Bench, place: Place, key: Key) -> tuple[Picture, bytes]:
    """The same, and what was given. No probe by itself."""
    return _Fetch(bench, place, key).picture()


@dataclass
class _Fetch:
    """One fetch, with what the key makes the request carry."""

    bench: Bench
    place: Place
    key: Key

    def picture(self) -> tuple[Picture, bytes]:
        """Ask, follow redirects that stay on the device, read what came."""
        target, path = target_of(self.bench, self.place), self.place.path
        trail: list[str] = []
        carried = self._carried()
        reply = self._ask(target, path, carried)
        sent_at, asked = reply.sent_at, f"GET {target.url(path)} as {self._name()}"
        while reply.status in REDIRECTS and len(trail) < REDIRECTS_MAX and not given_by(reply, target.host):
            onward = _onward(self.bench, target, path, reply)
            if onward is None:
                break
            target, path = onward
            trail.append(target.url(path)[:300])
            reply = self._ask(target, path, carried)
        return self._read(reply, asked, sent_at, tuple(trail)), reply.body

    def _read(self, reply: HttpReply, asked: str, sent_at: float, trail: tuple[str, ...]) -> Picture:
        given = given_by(reply, self.bench.sample.address)
        if given and self._name() == "nobody":
            where = target_of(self.bench, self.place)
            self.bench.note_retry_hint(f"curl -sk --path-as-is -o picture '{where.url(self.place.path)}'".replace("\n", ""))
        return Picture(
            asked=asked,
            place=self.place,
            shown=self._name(),
            status=reply.status,
            content_type=(reply.header("Content-Type") or "")[:100],
            size=len(reply.body),
            truncated=reply.truncated,
            kind=kind_of(reply.body),
            given=given,
            doubt="" if given else doubt_about(reply),
            redirected=trail,
            sent_at=sent_at,
            answered_at=reply.answered_at,
        )

    def _ask(self, target: Target, path: str, carried: Headers) -> HttpReply:
        """Once without a log-in; a refusal is answered with the credential, also one that asks for nothing."""
        request = HttpRequest("GET", path, carried)
        authorizer = self._authorizer()
        reply = exchange(self.bench.access, target, request, authorizer=authorizer, within=ANSWER_S)
        if authorizer is None or carried or reply.status not in REFUSED:
            return reply
        if authorizer.challenge is not None:
            return self._ask_by_others(target, request, authorizer, reply)
        authorizer.challenge = Challenge(scheme="basic")
        return exchange(self.bench.access, target, request, authorizer=authorizer, within=ANSWER_S)

    def _ask_by_others(self, target: Target, request: HttpRequest, authorizer: Authorizer, refusal: HttpReply) -> HttpReply:
        """What the strongest log-in was refused may be given to another one that is offered."""
        for other in authorizer.others():
            reply = exchange(self.bench.access, target, request, authorizer=other, within=ANSWER_S)
            if reply.status not in REFUSED:
                return reply
        return refusal

    def _authorizer(self) -> Authorizer | None:
        if not isinstance(self.key, Credential) or self.key.which == "nobody":
            return None
        return Authorizer(self.bench.access, self.key, self.surface)

    @property
    def surface(self) -> str:
        """Where a log-in that fails is counted."""
        declared = self.bench.profile.surface(self._auth())
        return declared.id if declared else surface_of(self.bench, service_of(self.bench, self.place).id, "http")

    def _auth(self) -> str:
        """What opens it; as for the first declared picture where nothing is said."""
        declared = declared_places(self.bench)
        return self.place.auth or (declared[0].auth if declared else "")

    def _carried(self) -> Headers:
        """A real session for a credential that is let in, a false one for the false session."""
        if isinstance(self.key, FalseSession):
            return self._false_session()
        by_session = self.bench.profile.recipe("log_in", self._auth()) is not None
        if not by_session or self.key.which in ("nobody", "wrong"):
            return ()
        return login.session_of(self.bench, self._auth(), self.key).headers

    def _false_session(self) -> Headers:
        """One for the whole run, shaped like what a real session carries."""
        return self.bench.remembered(KEPT, self._made_up)

    def _made_up(self) -> Headers:
        """What a real session carries, with chance in place of its secrets; common forms where no session is known."""
        owner = self.bench.credential("owner")
        real = login.session_of(self.bench, self._auth(), owner).shown if self._auth() else ()
        if not real:
            chance = secrets.token_hex(16)
            return (("Authorization", f"Bearer {chance}"), ("Cookie", f"session={chance}; sessionid={chance}; token={chance}"))
        return tuple((name, _LABEL.sub(lambda found: self._alike(found[0]), value)) for name, value in real)

    def _alike(self, label: str) -> str:
        """Chance of the shape that the value behind a label has."""
        return "".join(map(_alike_character, self.bench.access.reveal(Secret(label=label))))

    def _name(self) -> str:
        return name_of(self.bench, self.key) if isinstance(self.key, Credential) else str(self.key)


def _alike_character(character: str) -> str:
    for kind in ("0123456789", "abcdef", string.ascii_lowercase, string.ascii_uppercase):
        if character in kind:
            return secrets.choice(kind)
    return character


def _onward(bench: Bench, target: Target, path: str, reply: HttpReply) -> tuple[Target, str] | None:
    """Where a redirect leads, when that is on the device itself."""
    try:
        url = urljoin(target.url(path), reply.header("Location") or "")
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not same_host(url, bench.sample.address):
        return None
    return Target(bench.sample.address, bench.sample.port(port), parts.scheme == "https"), path_of(url)
