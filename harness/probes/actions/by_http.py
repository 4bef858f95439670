"""Logging in by HTTP's own basic or digest: a declared still picture that such a log-in opens."""

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import Undecided
from harness.model.profile import Stream
from harness.model.secret import Credential
from harness.probes.actions.outcome import Outcome, State, name_of
from harness.probes.actions.recipe import is_locked_out, target_of
from harness.probes.snapshot_picture import kind_of
from harness.transports.auth import Authorizer
from harness.transports.http import HttpReply, HttpRequest, exchange

SCHEMES = ("digest", "basic")


def let_in(bench: Bench, surface: Surface, credential: Credential, authorizer: Authorizer | None = None) -> Outcome:
    """Ask for the picture once; by what is declared, or by this authorizer."""
    picture = _picture(bench, surface)
    target = target_of(bench, picture.service)
    shown = authorizer or Authorizer(bench.access, credential, surface.id, (picture.auth,))
    reply = exchange(bench.access, target, HttpRequest("GET", picture.path), authorizer=shown)
    return Outcome(
        state=_state(reply),
        why=f"status {reply.status}",
        asked=f"GET {target.url(picture.path)} as {name_of(bench, credential)}",
        sent_at=reply.sent_at,
        answered_at=reply.answered_at,
    )


def _picture(bench: Bench, surface: Surface) -> Stream:
    mechanism = bench.profile.surface(surface.id)
    service = mechanism.service if mechanism else ""
    for stream in bench.profile.ixit.stream:
        if stream.protocol == "snapshot" and stream.auth in SCHEMES and stream.service == service:
            return stream
    raise Undecided(f"the profile declares no still picture with auth digest or basic for the surface {surface.id}; one is needed here")


def _state(reply: HttpReply) -> State:
    if 200 <= reply.status < 300 and kind_of(reply.body):
        return "granted"
    return "refused" if reply.status in {401, 403} and not is_locked_out(reply) else "unclear"
