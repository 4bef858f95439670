"""Which RTSP paths are asked: declared, found, written otherwise, known from other cameras; their tracks are learned as owner."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from harness.gate.bench import Bench, Endpoint
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.profile import LogIntf
from harness.model.secret import Credential
from harness.probes import onvif_streams
from harness.probes.rtsp_client import Answer, Conversation
from harness.probes.rtsp_description import DEFAULT_PORTS, aggregate_url, is_description, path_of, same_host, track_urls, url
from harness.probes.surfaces import surface_of
from harness.transports.auth import Authorizer

PROTOCOLS = ("rtsp", "rtsps")
Way = Literal["any", "clear", "tls", "allowed"]  # allowed: in the clear, on the port of user_dec where its owner may allow that
KNOWN_MAX = 100
SILENCES_MAX = 3
GUESS = "/trackID=0"


class Path(Frozen):
    """One path of an RTSP service; `port` is the declared one, 0 means the first RTSP service's.

    `tracks` and `aggregate` are addresses that the device told the owner, `guess` is put behind the path where it told none.
    `owner_status` is what the owner's DESCRIBE got: 0 no answer, None not asked. `unknown`: not a path but paths that we could not learn.
    """

    path: str
    port: int = 0
    tls: bool = False
    declared: bool = False
    origin: str = ""
    tracks: tuple[str, ...] = ()
    aggregate: str = ""
    guess: str = GUESS
    owner_status: int | None = None
    unknown: str = ""

    def __str__(self) -> str:
        return f"{self.path} ({self.origin})"

    def keys(self, nobody: Credential, wrong: Credential) -> tuple[Credential, ...]:
        """Who asks once more what was asked elsewhere: a wrong password only where its owner was served."""
        return (nobody, wrong) if self.exists else (nobody,)

    @property
    def ways(self) -> tuple[str, ...]:
        """Transports to ask for: beside TLS UDP only where a stream is, since whoever grants it there is to be found once."""
        return ("tcp",) if self.tls and not self.declared else ("tcp", "udp")

    @property
    def exists(self) -> bool:
        """Is something there, as far as we know?"""
        return self.declared or bool(self.tracks)


class Paths(Frozen):
    """All paths to ask, and addresses that the device named and that lead elsewhere: they are no targets."""

    paths: tuple[Path, ...]
    elsewhere: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Path]:  # type: ignore[override]  # a case walks over the paths, not over fields
        return iter(self.paths)


MISSING = Path(path="/camlabel-6b1f0c9e27d84a35", origin="a path that cannot exist")


def services(bench: Bench) -> tuple[LogIntf, ...]:
    """The declared RTSP services; Undecided when there is none."""
    found = tuple(entry for entry in bench.profile.ixit.log_intf if entry.protocol in PROTOCOLS)
    if not found:
        raise Undecided("the profile's log_intf table has no service of protocol rtsp or rtsps; what it should say is needed here")
    return found


def service_of(bench: Bench, path: Path) -> LogIntf:
    """The declared service that a path belongs to, else the first."""
    known = services(bench)
    return next((each for each in known if path.port == each.port), known[0])


def endpoint_of(bench: Bench, path: Path) -> Endpoint:
    """Where to connect: the device's own address, always."""
    service = service_of(bench, path)
    port, tls = (path.port, path.tls) if path.port else (service.port, service.uses_tls)
    return Endpoint(bench.sample.address, bench.sample.port(port), tls, path.path, "rtsps" if tls else "rtsp")


def url_of(bench: Bench, path: Path) -> str:
    """How the path is asked for."""
    where = endpoint_of(bench, path)
    return url(where.host, where.port, tls=where.tls, path=path.path)


def declared_paths(bench: Bench) -> tuple[Path, ...]:
    """The declared streams, in the profile's order."""
    by_id = {entry.id: entry for entry in services(bench)}
    streams = [each for each in bench.profile.ixit.stream if each.protocol in PROTOCOLS and each.service in by_id]
    return tuple(_path(by_id[each.service], each.path, f"declared stream {each.id}", declared=True) for each in streams)


def offered_paths(bench: Bench) -> tuple[Path, ...]:
    """Declared, and those that ONVIF tells the owner."""
    found, _ = _found(bench, onvif_streams.stream_addresses(bench).addresses)
    return tuple(_once((*declared_paths(bench), *found)))


def allowed_paths(bench: Bench) -> tuple[Path, ...]:
    """The declared streams where they are without TLS while the owner allows that."""
    return tuple(_once(_there(declared_paths(bench), places_of(bench, "allowed"), "allowed")))


def all_paths(bench: Bench, way: Way = "any") -> Paths:
    """Declared, found at run time, variants of both, known ones; each once, tracks learned. What one way has is asked the other way too."""
    told = onvif_streams.stream_addresses(bench)
    found, elsewhere = _found(bench, told.addresses)
    known_to_exist = tuple(_there((*declared_paths(bench), *found), places_of(bench, way), way))
    candidates = _once((*known_to_exist, *_all_variants(known_to_exist), *_known_on(places_of(bench, way))))
    unknown = (Path(path="", origin="stream addresses of ONVIF", unknown=told.unclear),) if told.unclear else ()
    return Paths(paths=(*Learner(bench).learn(candidates), *unknown), elsewhere=elsewhere)


def places_of(bench: Bench, way: Way) -> tuple[tuple[int, bool], ...]:
    """Declared ports, each with whether TLS is spoken there; Undecided when there is none of this way."""
    if way == "allowed":
        found = tuple((row.port, False) for row in bench.profile.ixit.user_dec if row.clear_streams and row.port is not None)
    else:
        kinds = {"any": (True, False), "clear": (False,), "tls": (True,)}[way]
        found = tuple((entry.port, entry.uses_tls) for entry in services(bench) if entry.uses_tls in kinds)
    if not found:
        row = (
            "row with clear_streams and a port" if way == "allowed" else f"service of RTSP {'without' if way == 'clear' else 'inside'} TLS"
        )
        where = f"{'user_dec' if way == 'allowed' else 'log_intf'} table has no {row}"
        raise Undecided(f"the profile's {where}; what it should say is needed here")
    return tuple(dict.fromkeys(found))


@cache
def known_paths() -> tuple[tuple[str, str], ...]:
    """Paths of other cameras with the family that they come from, from package data; at most KNOWN_MAX."""
    data = YAML(typ="safe").load(files("harness.probes").joinpath("known_rtsp_paths.yaml").read_text(encoding="utf-8"))
    pairs = tuple((str(path), str(family["family"])) for family in data["families"] for path in family["paths"])
    return pairs[:KNOWN_MAX]


def variants(path: str) -> Iterator[tuple[str, str]]:
    """Other ways to write a path, each with its name: servers that forgive them sometimes forget the login."""
    place, mark, query = path.partition("?")
    tail = mark + query
    yield place.rstrip("/") + tail if place.endswith("/") and place != "/" else f"{place}/{tail}", "trailing slash"
    yield place.upper() + tail, "upper case"
    yield re.sub(r"/([a-z])", lambda found: found[0].upper(), place) + tail, "capitals"
    yield f"/{place}{tail}", "doubled slash at the front"
    yield re.sub(r"(.)/", r"\1//", place) + tail, "doubled slash inside"
    yield f"/.{place}{tail}", "dot segment"
    yield re.sub(r"[A-Za-z](?=[^A-Za-z]*$)", lambda found: f"%{ord(found[0]):02x}", place) + tail, "percent-encoded letter"
    yield f"{path}{'&' if query else '?'}a=1", "appended query"
    yield f"{path}/", "slash at the end"
    yield place, "without its query"


@dataclass
class Learner:
    """Asks each path once as owner, so that a track that is not found is not read as a refusal."""

    bench: Bench
    silences: int = 0

    def learn(self, paths: Iterable[Path]) -> tuple[Path, ...]:
        """The paths with what the device told the owner of them."""
        paths = tuple(paths)
        conversations: dict[tuple[int, bool], Conversation] = {}
        try:
            learned = tuple(self._learned(conversations, path) for path in paths)
        finally:
            for each in conversations.values():
                each.close()
        guess = _pattern(learned)
        return tuple(path.model_copy(update={"guess": guess}) for path in learned)

    def _learned(self, conversations: dict[tuple[int, bool], Conversation], path: Path) -> Path:
        key = (path.port, path.tls)
        if key not in conversations:
            conversations[key] = self._conversation(path)
        if self.silences >= SILENCES_MAX:
            return path.model_copy(update={"owner_status": 0})
        asked = url_of(self.bench, path)
        answer = conversations[key].ask("DESCRIBE", asked, (("Accept", "application/sdp"),))
        self.silences += answer.reply is None
        return path.model_copy(update={"owner_status": answer.status, **_told(answer, asked)})

    def _conversation(self, path: Path) -> Conversation:
        surface = surface_of(self.bench, service_of(self.bench, path).id, "rtsp")
        authorizer = Authorizer(self.bench.access, self.bench.credential("owner"), surface)
        return Conversation(self.bench.access, endpoint_of(self.bench, path), authorizer)


def _told(answer: Answer, asked: str) -> dict[str, object]:
    if answer.reply is None or not answer.reply.ok or not is_description(answer.reply.body):
        return {}
    return {"tracks": track_urls(answer.reply, asked), "aggregate": aggregate_url(answer.reply, asked)}


def _pattern(paths: Iterable[Path]) -> str:
    """What stands behind the path of a declared stream in the address of its first track."""
    for path in paths:
        own, place = path_of(path.tracks[0]) if path.tracks else "", path.path.rstrip("/")
        if path.declared and own.startswith(place) and own != place:
            return f"/{own.removeprefix(place).lstrip('/')}"
    return GUESS


def _path(service: LogIntf, path: str, origin: str, *, declared: bool = False) -> Path:
    return Path(path=path, port=service.port, tls=service.uses_tls, origin=origin, declared=declared)


def _known_on(places: Iterable[tuple[int, bool]]) -> Iterator[Path]:
    for port, tls in places:
        yield from (Path(path=path, port=port, tls=tls, origin=f"known: {family}") for path, family in known_paths())


def _there(paths: Iterable[Path], places: tuple[tuple[int, bool], ...], way: Way) -> Iterator[Path]:
    """Paths of these places as they are, those of others moved there; a stream that its owner allows in the clear is declared there."""
    known = tuple(paths)
    yield from (path for path in known if (path.port, path.tls) in places or way == "any")
    for path in known if way != "any" else ():
        for port, tls in places:
            declared = path.declared and way == "allowed"
            yield path.model_copy(update={"port": port, "tls": tls, "declared": declared, "origin": f"{path.origin}, on port {port}"})


def _all_variants(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        for text, name in variants(path.path):
            yield path.model_copy(update={"path": text, "origin": f"{path.path} with {name}", "declared": False})


def _found(bench: Bench, addresses: Iterable[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Addresses that the device told: those on its own address, and those that lead elsewhere."""
    found, elsewhere = [], []
    for address in addresses:
        place = _on_device(bench, address)
        if place is None:
            elsewhere.append(address[:300])
        else:
            found.append(place)
    return tuple(found), tuple(elsewhere)


def _on_device(bench: Bench, address: str) -> Path | None:
    try:
        parts = urlsplit(address)
        port = parts.port or DEFAULT_PORTS[parts.scheme.lower()]
    except (ValueError, KeyError):
        return None
    if not same_host(address, bench.sample.address):
        return None
    return Path(path=path_of(address), port=_declared_port(bench, port), tls=parts.scheme.lower() == "rtsps", origin="told by ONVIF")


def _declared_port(bench: Bench, port: int) -> int:
    """The device may name the port that leads to it on this bench."""
    return next((declared for declared, actual in bench.sample.ports.items() if actual == port), port)


def _once(paths: Iterable[Path]) -> Iterator[Path]:
    seen: set[tuple[int, bool, str]] = set()
    for path in paths:
        key = (path.port, path.tls, path.path)
        if key not in seen:
            seen.add(key)
            yield path
