"""Media that a port hands to nobody, where no case asks: services that are not declared, pictures declared absent, the other address."""

from collections.abc import Iterator, Sequence

from harness.gate.bench import Bench, Endpoint
from harness.model.errors import Undecided
from harness.model.profile import HTTP_PROTOCOLS
from harness.model.secret import NOBODY
from harness.probes import rtsp_paths, snapshot_paths
from harness.probes.rtsp_client import Conversation
from harness.probes.rtsp_description import is_description, url
from harness.probes.snapshot_picture import given_by
from harness.transports.auth import Authorizer
from harness.transports.http import HttpReply, HttpRequest, Target, exchange

ANSWER_S = 3.0
SILENCES_MAX = 2


def handed_out(bench: Bench, address: str, port: int, declared: Sequence[str], speaks: Sequence[str]) -> tuple[str, ...]:
    """The first description of a stream and the first picture that each protocol of this port gives without a log-in."""
    found: list[str] = []
    elsewhere = address != bench.sample.address
    streams = [each.path for each in bench.profile.ixit.stream if each.protocol in rtsp_paths.PROTOCOLS]
    pictures = [each.path for each in bench.profile.ixit.stream if each.protocol == "snapshot"]
    for protocol, tls in (("rtsp", False), ("rtsps", True)):
        known = [] if protocol in declared else ["/", *(path for path, _ in rtsp_paths.known_paths())]
        if protocol in speaks and (elsewhere or known):
            found += _described(bench, Endpoint(address, port, tls, "/", protocol), [*streams, *known])
    for protocol, tls in (("http", False), ("https", True)):
        asked = bench.profile.has("local_snapshot") and set(declared) & set(HTTP_PROTOCOLS)
        known = [] if asked else [path for path, _ in snapshot_paths.known_paths()]
        if protocol in speaks and (elsewhere or known):
            found += _pictured(bench, Target(address, port, tls), [*pictures, *known])
    return tuple(found)


def _described(bench: Bench, where: Endpoint, paths: Sequence[str]) -> Iterator[str]:
    silences = 0
    with Conversation(bench.access, where, Authorizer(bench.access, NOBODY, "")) as conversation:
        for path in dict.fromkeys(paths):
            asked = url(where.host.partition("%")[0], where.port, tls=where.tls, path=path)
            reply = conversation.ask("DESCRIBE", asked, (("Accept", "application/sdp"),), within=ANSWER_S).reply
            silences += reply is None
            if reply and reply.ok and is_description(reply.body):
                yield f"the description of {path} without a log-in"
                return
            if silences >= SILENCES_MAX:
                return


def _pictured(bench: Bench, target: Target, paths: Sequence[str]) -> Iterator[str]:
    """None where an address that cannot exist gives one too. An answer that ends after its head is a silence."""
    silences = 0
    for path in dict.fromkeys((snapshot_paths.MISSING.path, *paths)):
        reply = _fetched(bench, target, path)
        silences += reply is None
        if silences >= SILENCES_MAX:
            return
        if reply and "picture" in given_by(reply, target.host):
            if path != snapshot_paths.MISSING.path:
                yield f"a picture at {path} without a log-in"
            return


def _fetched(bench: Bench, target: Target, path: str) -> HttpReply | None:
    try:
        reply = exchange(bench.access, target, HttpRequest("GET", path), within=ANSWER_S)
    except Undecided:
        return None
    return None if reply.truncated and not reply.body else reply
