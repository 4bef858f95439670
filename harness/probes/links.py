"""What goes over the links of the device: is anything secret in it, and is anything managed without protection?"""

import secrets
from collections.abc import Sequence

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Session
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Secret
from harness.model.traffic import Done, Flow, Links
from harness.probes import device
from harness.probes.account import LogIn
from harness.probes.capture import links_of
from harness.probes.captures.protocols import MEDIA, OF_THE_NETWORK, PROTECTED, UNKNOWN
from harness.probes.console_leaks import SHORTEST, secrets_of
from harness.probes.life_phases import has_rtsp
from harness.probes.rtsp_attempt import Attempt
from harness.probes.rtsp_paths import allowed_paths, declared_paths
from harness.probes.rtsp_stream import open_stream
from harness.transports.udp import pair

__all__ = ["Planted", "Use", "in_the_clear", "manages", "plant", "seen", "use_of", "view"]

_DISCARD = 9
DOUBT_S = 0.5  # between the clock of the journal and that of the capture


class Planted(Frozen):
    """A value that went over the cable in the clear on purpose: who finds it can find others."""

    secret: Secret


class Use(Frozen):
    """What was done with the device, by service, and the sessions that it opened."""

    done: tuple[Done, ...]
    sessions: tuple[Session, ...] = ()


@acts("ask")
def plant(bench: Bench) -> Planted:
    """One datagram to the port for what is thrown away; NotPossible where nothing is recorded."""
    if bench.capture is None:
        raise NotPossible(bench.lacks.get("capture") or "no capture on the bench: neither a router of the lab's nor capture files")
    value = secrets.token_hex(16)
    secret = bench.access.keep_secret(f"{bench.sample.name}/planted", value)
    with pair(bench.access, bench.sample.address) as ports:
        ports.send(_DISCARD, value.encode())
    return Planted(secret=secret)


@acts("login")
def view(bench: Bench, allowed: bool = False) -> tuple[Attempt, ...]:
    """Play each declared stream for a moment as its owner; `allowed`: without TLS, as its owner allowed it."""
    attempts = []
    paths = allowed_paths if allowed else declared_paths
    for path in paths(bench) if has_rtsp(bench) else ():
        opened = open_stream(bench, path, bench.credential(device.OWNER))
        attempts.append(opened.attempt)
        if opened.stream is not None:
            opened.stream.close()
    return tuple(attempts)


@reads()
def use_of(bench: Bench, before: Sequence[LogIn], after: Sequence[LogIn]) -> Use:
    """Log-ins, the change of the password between them, and the set-up, as the run made them: over which ports, and when."""
    ports = {entry.id: bench.address(entry.service).port for entry in bench.profile.ixit.auth_mech if entry.service}
    entries = [*before, *after]
    done = [_done(f"log-in on {each.surface.id}", (ports[each.surface.id],), each.sent_at, each.answered_at) for each in entries]
    anywhere = tuple(sorted(set(ports.values())))
    change = max(each.answered_at for each in before), min(each.sent_at for each in after)
    span = bench.happened.last(device.SET_UP)
    if span is None:
        raise Undecided("the device was set up before this process recorded anything")
    done += [_done("set-up", anywhere, *span), _done("change of the password", anywhere, *change)]
    return Use(done=tuple(done), sessions=tuple(each.opened for each in entries if each.opened))


@reads()
def seen(bench: Bench, use: Use, planted: Planted) -> Links:
    """All of the run up to now, searched for the owner's passwords, for what sessions carry, and for what was planted."""
    values = secrets_of(bench, use.sessions)
    if short := [label for label, value in values.items() if len(value) < SHORTEST]:
        raise NotPossible(f"search of the capture: {', '.join(short)} is too short to be searched for")
    control = planted.secret.label
    return links_of(bench, values | {control: bench.access.reveal(planted.secret)}, control, use.done)


def manages(flow: Flow) -> bool:
    """May something be managed by it: neither names, addresses and time, nor the pictures themselves?"""
    return flow.protocol not in OF_THE_NETWORK | MEDIA


def in_the_clear(flow: Flow) -> bool:
    """Pure. What is no protocol that is known may be protected or not."""
    if flow.protocol == UNKNOWN:
        raise Undecided(f"{flow.asked}: no protocol that is known, so that nobody can say whether it is protected")
    return flow.protocol not in PROTECTED


def _done(what: str, ports: tuple[int, ...], begin: float, end: float) -> Done:
    return Done(what=what, ports=ports, begin=begin - DOUBT_S, end=end + DOUBT_S)
