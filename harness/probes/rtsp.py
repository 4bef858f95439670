"""RTSP: which paths there are, and what each gives to whom."""

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.errors import Undecided
from harness.model.secret import NOBODY, Credential
from harness.probes.login_in_address import with_login
from harness.probes.rtsp_attempt import Attempt
from harness.probes.rtsp_paths import MISSING, Path, Paths, Way, all_paths, places_of, service_of
from harness.probes.rtsp_walk import CARRIED, IN_ADDRESS, SMALL, Walk
from harness.probes.surfaces import surface_of
from harness.transports.auth import Authorizer

__all__ = ["MISSING", "Attempt", "Path", "Paths", "Way", "attempt", "attempt_by_address", "attempt_in_small_letters", "missing", "paths"]

TRANSPORTS = ("declared", "tcp", "udp")


@acts("login")
def paths(bench: Bench, way: Way = "any") -> Paths:
    """Declared paths, paths that ONVIF tells the owner, both written otherwise, and known paths of other cameras."""
    return all_paths(bench, way)


@reads()
def missing(bench: Bench, way: Way) -> Path:
    """A path that cannot exist, on the first service of this way."""
    port, tls = places_of(bench, way)[0]
    return MISSING.model_copy(update={"port": port, "tls": tls})


@acts("login")
def attempt(bench: Bench, path: Path, credential: Credential, transport: str = "declared") -> Attempt:
    """Ask OPTIONS, DESCRIBE, SETUP and PLAY, each whatever came before; media are waited for when PLAY was granted.

    `transport` is `tcp`, `udp`, or `declared`: the first that the profile names for the service.
    """
    if path.unknown:
        raise Undecided(path.unknown)
    if transport not in TRANSPORTS:
        raise ValueError(f"{transport!r} is not one of {', '.join(TRANSPORTS)}")
    chosen = service_of(bench, path).transports[0] if transport == "declared" else transport
    with Walk(bench, path, credential, chosen) as walk:
        return walk.go()


@acts("login")
def attempt_in_small_letters(bench: Bench, path: Path) -> Attempt:
    """The same as nobody, with methods in small letters: who knows them in any letters may look at the log-in by their names."""
    with Walk(bench, path, NOBODY, "tcp", odd=SMALL) as walk:
        return walk.go()


@acts("login")
def attempt_by_address(bench: Bench, path: Path, credential: Credential) -> Attempt:
    """The same with name and password in the address only, by all names that cameras know them by."""
    surface = surface_of(bench, service_of(bench, path).id, "rtsp")
    Authorizer(bench.access, credential, surface).count_ahead(CARRIED, bench.clock.now)
    login = bench.access.login(credential, surface)
    if login is None:
        raise ValueError(f"{credential} has nothing to show")
    tracks = tuple(with_login(track, login) for track in path.tracks)
    aggregate = with_login(path.aggregate, login) if path.aggregate else ""
    told = path.model_copy(update={"path": with_login(path.path, login), "tracks": tracks, "aggregate": aggregate})
    with Walk(bench, told, NOBODY, "tcp", odd=IN_ADDRESS) as walk:
        return walk.go()
