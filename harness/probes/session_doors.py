"""What a session opens: the request by which it is used, and the declared still pictures that it shows."""

from collections.abc import Iterator

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import Undecided
from harness.model.profile import Stream
from harness.probes.actions import session
from harness.probes.actions.outcome import State
from harness.probes.actions.recipe import WebSession, is_locked_out, target_of
from harness.probes.snapshot_picture import doubt_about, kind_of
from harness.transports.http import HttpRequest, exchange

USE = "use_session"


def doors_of(bench: Bench, surface: Surface, live: WebSession) -> tuple[str, ...]:
    """Those that this session opens now; Undecided when it does not even open what it is used by."""
    opened = tuple(door for door in _doors(bench, surface) if state_at(bench, surface, door, live) == "granted")
    if USE not in opened:
        raise Undecided(f"a fresh session of {surface.id} does not work, so its end would prove nothing")
    return opened


def state_at(bench: Bench, surface: Surface, door: str, live: WebSession) -> State:
    """Is it let through one of them? Silence is unclear."""
    try:
        if door == USE:
            return session.use_web(bench, surface.id, live).state
        return _picture(bench, next(each for each in _pictures(bench, surface) if each.path == door), live)
    except Undecided:
        return "unclear"


def _doors(bench: Bench, surface: Surface) -> Iterator[str]:
    yield USE
    yield from (picture.path for picture in _pictures(bench, surface))


def _pictures(bench: Bench, surface: Surface) -> tuple[Stream, ...]:
    return tuple(each for each in bench.profile.ixit.stream if each.protocol == "snapshot" and each.auth == surface.id)


def _picture(bench: Bench, picture: Stream, live: WebSession) -> State:
    """A log-in form in place of a picture refuses it too, since a fresh session got the picture."""
    reply = exchange(
        bench.access, target_of(bench, picture.service), HttpRequest("GET", picture.path, live.headers), authorizer=live.authorizer
    )
    if 200 <= reply.status < 300 and kind_of(reply.body):
        return "granted"
    redirected = 300 <= reply.status < 400 and not is_locked_out(reply)
    return "refused" if redirected or not doubt_about(reply) else "unclear"
