"""The device as a client of servers that are not what they say: does it send them anything?"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.model.host import is_address, matches
from harness.model.profile import OVER_TLS
from harness.model.traffic import FALSE_CERTIFICATES, OLD_VERSIONS, FalseCertificate, Pretence
from harness.probes import device
from harness.probes.actions.perform import perform
from harness.probes.life_phases import Left, restart
from harness.transports.recorders import Received, StandIn

__all__ = ["FALSE_CERTIFICATES", "at_boot", "in_old_versions", "in_turn", "servers", "undisturbed"]

QUICK_S, OLD_S = 20.0, 120.0
AT_BOOT_QUICK: FalseCertificate = "unknown issuer"  # the only one with which effort quick restarts the device
ENDED = "ended by the lab"
NAMES_AND_TIME = ("dns", "ntp")
WITHOUT_TLS = "in the clear to {place} port {port}"
SHOWN_MOST = 10
FALSE = "false servers"
Place = tuple[str, int, str, str]


class TlsServer(Frozen):
    """Somebody whom the device talks TLS to; `declared` is the entry of the table cloud that says so, if one does."""

    host: str
    port: int
    declared: str = ""

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.host} port {self.port}"


class Reached(Frozen):
    """One server left alone: how many handshakes the device went through with, and how many bytes it sent in them."""

    server: TlsServer
    connections: int
    sent: int

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.server.asked}, undisturbed"


class Shown(Frozen):
    """What came of a false certificate: handshakes in which it was seen, bytes of data that were sent all the same, and what else the
    device sent unprotected meanwhile (`unclear`: bytes of no protocol that is known)."""

    server: TlsServer
    certificate: Pretence
    when: str
    waited_s: float
    attempts: int
    sent: int
    refused: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.server.asked}, {self.certificate}, {self.when}"


class Genuine(Frozen):
    """Nothing false is shown any more."""

    how: str


@reads()
def servers(bench: Bench) -> tuple[TlsServer, ...]:
    """All that the device has talked TLS to in this run, and those that are declared by name and were not met."""
    endpoints = [each for each in bench.profile.ixit.cloud.endpoints if each.protocol in OVER_TLS]
    stand_in, found = _stand_in(bench), dict[tuple[str, int], TlsServer]()
    names = _names(stand_in)
    for each in _of_unit(bench, stand_in):
        if each.protocol == "tls" and not each.shown:
            host = _host(each, names)
            entry = next((entry for entry in endpoints if entry.port == each.port and matches(entry.host, host)), None)
            found.setdefault((host, each.port), TlsServer(host=host, port=each.port, declared=entry.asked if entry else ""))
    met = {each.declared for each in found.values()}
    missing = [each for each in endpoints if each.asked not in met]
    return (*found.values(), *(TlsServer(host=each.host, port=each.port, declared=each.asked) for each in missing))


@acts("reboot")
def undisturbed(bench: Bench, asked: tuple[TlsServer, ...], wait_s: float) -> tuple[Reached, ...]:
    """Have the device connect anew to each, and count what it sends; it is restarted when some are sent nothing in use."""
    since = time.time()
    _stand_in(bench).be_genuine(_hosts(asked))
    _call_home(bench, wait_s)
    if not all(each.sent for each in _reached_since(bench, asked, since)):
        _start_anew(bench, wait_s)
    return _reached_since(bench, asked, since)


def _reached_since(bench: Bench, asked: tuple[TlsServer, ...], since: float) -> tuple[Reached, ...]:
    stand_in = _stand_in(bench)
    stand_in.be_genuine(_hosts(asked))
    names = _names(stand_in)
    fresh = [each for each in _of_unit(bench, stand_in, since) if each.protocol == "tls" and not each.shown and each.secured]
    return tuple(_reached(server, [each for each in fresh if _is_of(each, server, names)]) for server in asked)


@acts("login")
def be_genuine(bench: Bench, asked: tuple[TlsServer, ...], *_: object) -> Genuine:
    """Show nothing false any more; NotRestored when the device is gone."""
    _stand_in(bench).be_genuine(_hosts(asked))
    if not device.answers_again(bench):
        raise NotRestored(f"the device does not answer within {device.BACK_S:g} s after false servers were shown to it")
    return Genuine(how="the device answers")


@acts("reboot", undo=be_genuine)
def in_turn(bench: Bench, asked: tuple[TlsServer, ...], certificate: FalseCertificate, wait_s: float) -> tuple[Shown, ...]:
    """One server after the other shows a false certificate, while the others are what they are; for one that nobody comes to in use the
    device is restarted."""
    in_use = tuple(_one(bench, server, certificate, "in use", wait_s) for server in asked)
    shown = tuple(each if each.attempts else _at_boot(bench, (each.server,), certificate, wait_s)[0] for each in in_use)
    bench.note_retry_hint(_again(bench, asked))
    return shown


@acts("login", undo=be_genuine)
def in_old_versions(bench: Bench, asked: tuple[TlsServer, ...], wait_s: float = OLD_S) -> tuple[Shown, ...]:
    """One server after the other speaks TLS 1.0 and 1.1 only, with its right certificate: does the device go on?"""
    shown = tuple(_one(bench, server, OLD_VERSIONS, "in use", wait_s) for server in asked)
    bench.note_retry_hint(_again(bench, asked))
    return shown


@acts("reboot", undo=be_genuine)
def at_boot(bench: Bench, asked: tuple[TlsServer, ...], certificate: FalseCertificate, wait_s: float) -> tuple[Shown, ...]:
    """All show one while the device restarts; who was not asked then, since another has to be asked first, does so afterwards. At effort
    quick that is left out for all certificates but one."""
    if bench.effort == "quick" and certificate != AT_BOOT_QUICK:
        bench.spare(f"a restart with 1 of {len(FALSE_CERTIFICATES)} false certificates")
        return ()
    told = _at_boot(bench, asked, certificate, wait_s)
    shown = tuple(each if each.attempts else _one(bench, each.server, certificate, "after a restart", wait_s) for each in told)
    bench.note_retry_hint(_again(bench, asked))
    return shown


def _one(bench: Bench, server: TlsServer, certificate: Pretence, when: str, wait_s: float) -> Shown:
    return _pretend(bench, (server,), certificate, when, lambda: _call_home(bench, wait_s))[0]


def _at_boot(bench: Bench, asked: tuple[TlsServer, ...], certificate: Pretence, wait_s: float) -> tuple[Shown, ...]:
    return _pretend(bench, asked, certificate, "after a restart", lambda: _start_anew(bench, wait_s))


def _pretend(bench: Bench, asked: tuple[TlsServer, ...], certificate: Pretence, when: str, come: Callable[[], object]) -> tuple[Shown, ...]:
    stand_in, since = _stand_in(bench), time.time()
    before, names = _of_unit(bench, stand_in), _names(stand_in)
    usual = {_place(each) for each in before if each.sent and not _shown_false(bench, each.at)}
    stand_in.pretend(_hosts(asked), certificate)
    from_s = bench.clock.now()
    try:
        come()
    finally:
        stand_in.be_genuine(_hosts(asked))
        bench.happened.add(FALSE, since, time.time())
    waited, seen = bench.clock.now() - from_s, _of_unit(bench, stand_in, since)
    names |= _names(stand_in)
    bench.access.received("stand-in internet", b"".join(each.model_dump_json().encode() + b"\n" for each in seen))
    instead, unclear = _unprotected(seen, usual, names)
    shown = [each for each in seen if each.shown == certificate]
    return tuple(
        Shown(
            server=server,
            certificate=certificate,
            when=when,
            waited_s=round(waited, 3),
            attempts=sum(1 for each in mine if each.secured or each.refused not in ("", ENDED)),
            sent=sum(each.sent for each in mine if each.secured),
            refused=tuple(dict.fromkeys(each.refused for each in mine if each.refused))[:SHOWN_MOST],
            instead=instead,
            unclear=unclear,
        )
        for server in asked
        for mine in [[each for each in shown if _is_of(each, server, names)]]
    )


def _start_anew(bench: Bench, wait_s: float) -> None:
    try:
        restart(bench)
    except Left as why:
        raise Undecided(f"the device was not restarted: {why}") from why
    _call_home(bench, wait_s)


def _call_home(bench: Bench, wait_s: float) -> None:
    """What makes a device talk to its servers, and time to try again."""
    for action in device.CALLS_HOME:
        with suppress(NotPossible):
            perform(bench, action)
    enough_s = min(wait_s, QUICK_S) if bench.effort == "quick" and bench.clock.way == "waited" else wait_s
    if enough_s < wait_s:
        bench.spare(f"{enough_s:g} of {wait_s:g} s for the device to come again")
    bench.wait(enough_s)


def _unprotected(seen: list[Received], usual: set[Place], names: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was sent without TLS to where that was not done before: in HTTP, and in no protocol that is known."""
    sent = [each for each in seen if each.sent and each.protocol not in ("tls", *NAMES_AND_TIME) and _place(each) not in usual]
    told = [(each, WITHOUT_TLS.format(place=_host(each, names), port=each.port)) for each in sent]
    return _some(words for each, words in told if each.protocol == "http"), _some(
        f"{words}/{each.transport}" for each, words in told if each.protocol != "http"
    )


def _place(each: Received) -> Place:
    return each.address, each.port, each.transport, each.protocol


def _shown_false(bench: Bench, at: float) -> bool:
    """What was done then may be a way out of that, and is not usual."""
    return any(name == FALSE and begin <= at <= end for name, begin, end in bench.happened.spans)


def _some(words: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))[:SHOWN_MOST]


def _reached(server: TlsServer, mine: list[Received]) -> Reached:
    return Reached(server=server, connections=len(mine), sent=sum(each.sent for each in mine))


def _again(bench: Bench, asked: tuple[TlsServer, ...]) -> str:
    """All connections to these; the data of those that went on are counted by the router only."""
    named = [f'tls.handshake.extensions_server_name == "{each.host}"' for each in asked if not is_address(each.host)]
    places = " || ".join(dict.fromkeys([*named, *(_at(each.host, "dst") for each in asked if is_address(each.host))]))
    merged = "mergecap -w - private/recordings/capture-*.pcap"
    return f"{merged} | tshark -n -r - -Y '{_at(bench.sample.address)} && ({places})'"


def _at(address: str, end: str = "src") -> str:
    return f"ip{'v6' if ':' in address else ''}.{end} == {address}"


def _stand_in(bench: Bench) -> StandIn:
    if bench.stand_in is None:
        raise NotPossible(bench.lacks.get("stand_in") or "no router of the lab's own, so that nobody can stand in for the device's servers")
    return bench.stand_in


def _of_unit(bench: Bench, stand_in: StandIn, since: float = 0.0) -> list[Received]:
    """By the unit's address; over IPv6, where it has others that are not known here, of any unit of this bench."""
    return [each for each in stand_in.received() if each.at >= since and (each.source == bench.sample.address or ":" in each.source)]


def _names(stand_in: StandIn) -> dict[str, str]:
    """By address, what was asked for to get it."""
    return {each.answer: each.name for each in stand_in.questions() if each.answer}


def _host(each: Received, names: dict[str, str]) -> str:
    return each.name or names.get(each.address, each.address)


def _is_of(each: Received, server: TlsServer, names: dict[str, str]) -> bool:
    return each.port == server.port and matches(server.host, _host(each, names))


def _hosts(asked: tuple[TlsServer, ...]) -> tuple[str, ...]:
    return tuple(each.host for each in asked)
