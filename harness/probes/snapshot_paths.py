"""Which addresses of still pictures are asked: declared, told by ONVIF, written otherwise, known from other cameras."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from urllib.parse import urlsplit

from ruamel.yaml import YAML

from harness.gate.bench import Bench
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.profile import HTTP_PROTOCOLS, LogIntf
from harness.probes import onvif_streams
from harness.probes.rtsp_description import path_of, same_host
from harness.transports.http import Target

KNOWN_MAX = 100
FILMS = (".flv", ".mp4", ".m3u8", ".mjpg")


class Place(Frozen):
    """One address of a still picture; `port` is the declared one, 0 means the first HTTP service's.

    `auth` is what opens the declared picture: a log-in surface, digest or basic. `unknown`: addresses that we could not learn.
    """

    path: str
    port: int = 0
    tls: bool = False
    declared: bool = False
    origin: str = ""
    auth: str = ""
    unknown: str = ""

    def __str__(self) -> str:
        return f"{self.path} ({self.origin})"


class Places(Frozen):
    """All addresses to ask, and addresses that the device named and that lead elsewhere: they are no targets."""

    places: tuple[Place, ...]
    elsewhere: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Place]:  # type: ignore[override]  # a case walks over the places, not over fields
        return iter(self.places)


MISSING = Place(path="/camlabel-6b1f0c9e27d84a35.jpg", origin="an address that cannot exist")


def http_services(bench: Bench) -> tuple[LogIntf, ...]:
    """The declared HTTP services; Undecided when there is none."""
    found = tuple(entry for entry in bench.profile.ixit.log_intf if entry.protocol in HTTP_PROTOCOLS)
    if not found:
        raise Undecided("the profile's log_intf table has no service of protocol http or https; what it should say is needed here")
    return found


def target_of(bench: Bench, place: Place) -> Target:
    """Where it is asked: the device's own address, always."""
    service = service_of(bench, place)
    port, tls = (place.port, place.tls) if place.port else (service.port, service.uses_tls)
    return Target(bench.sample.address, bench.sample.port(port), tls)


def service_of(bench: Bench, place: Place) -> LogIntf:
    """The declared service that an address belongs to, else the first."""
    known = http_services(bench)
    return next((each for each in known if each.port == place.port), known[0])


def offered_places(bench: Bench) -> tuple[Place, ...]:
    """Declared, and those that ONVIF tells the owner, on the device itself; none where there is no HTTP."""
    if not any(entry.protocol in HTTP_PROTOCOLS for entry in bench.profile.ixit.log_intf):
        return ()
    declared = declared_places(bench)
    told = (_on_device(bench, address, declared) for address in onvif_streams.snapshot_addresses(bench).addresses)
    return tuple(_once((*declared, *(place for place in told if place is not None))))


def all_places(bench: Bench) -> Places:
    """Declared, found, variants of both, streams as films over HTTP, known ones on every HTTP service; each once."""
    declared = declared_places(bench)
    told = onvif_streams.snapshot_addresses(bench)
    on_device = [(address, _on_device(bench, address, declared)) for address in told.addresses]
    found = tuple(place for _, place in on_device if place is not None)
    auth = declared[0].auth if declared else ""
    written = (*declared, *found)
    services = http_services(bench)
    candidates = _once((*written, *_variants(written), *_films(bench, services, auth), *_known_on(services, auth)))
    unknown = (Place(path="", origin="snapshot addresses of ONVIF", unknown=told.unclear),) if told.unclear else ()
    elsewhere = tuple(address[:300] for address, place in on_device if place is None)
    return Places(places=(*candidates, *unknown), elsewhere=elsewhere)


def declared_places(bench: Bench) -> tuple[Place, ...]:
    """The declared still pictures, in the profile's order."""
    by_id = {entry.id: entry for entry in http_services(bench)}
    streams = [each for each in bench.profile.ixit.stream if each.protocol == "snapshot" and each.service in by_id]
    return tuple(
        _place(by_id[each.service], each.path, f"declared stream {each.id}", each.auth).model_copy(update={"declared": True})
        for each in streams
    )


@cache
def known_paths() -> tuple[tuple[str, str], ...]:
    """Paths of other cameras with the family that they come from, from package data; at most KNOWN_MAX."""
    data = YAML(typ="safe").load(files("harness.probes").joinpath("known_snapshot_paths.yaml").read_text(encoding="utf-8"))
    pairs = tuple((str(path), str(family["family"])) for family in data["families"] for path in family["paths"])
    return pairs[:KNOWN_MAX]


def variants(path: str) -> Iterator[tuple[str, str]]:
    """Other ways to write an address, each with its name."""
    place, mark, query = path.partition("?")
    yield f"{place}/{mark}{query}", "trailing slash"
    yield f"{path}{'&' if query else '?'}auth=YWRtaW46MTEK", "appended query with a made-up auth"
    yield f"{path}{'&' if query else '?'}1", "appended query"
    yield place, "without its query"
    yield place.upper() + mark + query, "upper case"
    yield f"/{path}", "doubled slash"
    yield f"/.{path}", "dot segment"
    yield f"{place};a=1{mark}{query}", "path parameter"
    yield f"{place}%20{mark}{query}", "blank at the end"


def _place(service: LogIntf, path: str, origin: str, auth: str) -> Place:
    return Place(path=path, port=service.port, tls=service.uses_tls, origin=origin, auth=auth)


def _variants(places: Iterable[Place]) -> Iterator[Place]:
    for place in places:
        for text, name in variants(place.path):
            yield place.model_copy(update={"path": text, "origin": f"{place.path} with {name}", "declared": False})


def _films(bench: Bench, services: Iterable[LogIntf], auth: str) -> Iterator[Place]:
    """Servers that hand on a stream over HTTP too name it by the stream."""
    streams = [each for each in bench.profile.ixit.stream if each.protocol in ("rtsp", "rtsps")]
    for service in services:
        for stream in streams:
            yield from (_place(service, f"{stream.path}{end}", f"stream {stream.id} as a film over HTTP", auth) for end in FILMS)


def _known_on(services: Iterable[LogIntf], auth: str) -> Iterator[Place]:
    for service in services:
        yield from (_place(service, path, f"known: {family}", auth) for path, family in known_paths())


def _on_device(bench: Bench, address: str, declared: tuple[Place, ...]) -> Place | None:
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme.lower()]
    except (ValueError, KeyError):
        return None
    if not same_host(address, bench.sample.address):
        return None
    port = next((known for known, actual in bench.sample.ports.items() if actual == port), port)
    auth = declared[0].auth if declared else ""
    return Place(path=path_of(address), port=port, tls=parts.scheme.lower() == "https", origin="told by ONVIF", auth=auth)


def _once(places: Iterable[Place]) -> Iterator[Place]:
    seen: set[tuple[int, bool, str]] = set()
    for place in places:
        key = (place.port, place.tls, place.path)
        if key not in seen:
            seen.add(key)
            yield place
