"""RTSP: which paths there are, and what each gives to whom."""

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.errors import Undecided
from harness.model.secret import Credential
from harness.probes.rtsp_attempt import Attempt
from harness.probes.rtsp_paths import MISSING, Path, Paths, Way, all_paths, places_of, service_of
from harness.probes.rtsp_walk import Walk

__all__ = ["MISSING", "Attempt", "Path", "Paths", "Way", "attempt", "missing", "paths"]

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
