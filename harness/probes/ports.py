"""Which TCP and UDP ports are open now, over IPv4 and over IPv6 of the same wire, and which declared service each one is."""

from collections.abc import Iterable, Iterator

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible
from harness.probes.detectors.survey import ALL, is_ours, usual_ports
from harness.probes.udp_questions import FEW, common, question
from harness.transports.scan import Scanned, scan
from harness.transports.udp_scan import UdpScanned, scan_udp

__all__ = ["OpenPort", "Ports", "Waiting", "open_ports", "waiting"]

OWN_UDP = ("ws-discovery", "mdns", "upnp")  # their UDP port is one that waits for questions; that of RTSP is agreed stream by stream
TCP, UDP = 65535, 1000  # what NET-01 asks too
SHOWN_MOST = 8


class OpenPort(Frozen):
    """One port that took a connection, or answered a datagram. `services` are the log_intf entries that are declared for it."""

    address: str
    port: int
    transport: str
    services: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"port {self.port}/{self.transport} of {self.address}"


class Waiting(Frozen):
    """A declared service that waits for somebody, and whether it was met; `met` None: its UDP port is not closed, and was not heard."""

    service: str
    met: bool | None


class Ports(Frozen):
    """`left_out` says what was not asked or did not say whether it is open; empty where every port did."""

    found: tuple[OpenPort, ...]
    declared: tuple[Waiting, ...]
    tcp: tuple[Scanned, ...]
    udp: tuple[UdpScanned, ...]
    left_out: str = ""


@reads()
def open_ports(bench: Bench, tcp: float, udp: float) -> Ports:
    """The first `tcp` TCP ports and the `udp` common UDP ports with the declared ones at effort full, at quick the usual ones of both."""
    address = bench.sample.address
    if is_ours(address):
        raise NotPossible("the device shares its address with this computer: its ports cannot be told from others")
    places = tuple(_places(bench, address))
    entries = bench.profile.ixit.log_intf
    own = {bench.sample.port(entry.port) for entry in entries if "udp" in entry.transports and entry.protocol in OWN_UDP}
    wanted = tuple(range(1, int(tcp) + 1)) if bench.effort == "full" else usual_ports(bench)
    questions = {port: question(port) for port in sorted({*own, *(common(int(udp)) if bench.effort == "full" else FEW)})}
    over_tcp = tuple(scan(bench.access, place, wanted) for place in places)
    if not over_tcp[0].open:
        raise DeviceSilent(f"{address}: no open port was seen: it is off, away or filtered, which says nothing of what it offers")
    over_udp = tuple(scan_udp(bench.access, place, questions) for place in places)
    for place, tcp_of, udp_of in zip(places, over_tcp, over_udp, strict=True):
        told = f"of {tcp_of.asked} TCP ports open: {_listed(tcp_of.open)}; of {udp_of.asked} UDP ports answered: {_listed(udp_of.open)}"
        bench.access.received(f"scan of {place}", told.encode())
        bench.note_retry_hint(f"nmap -Pn -p- {'-6 ' if ':' in place else ''}{place}")
    return Ports(
        found=tuple(_found(bench, over_tcp, over_udp)),
        declared=tuple(_declared(bench, over_tcp[0], over_udp[0])),
        tcp=over_tcp,
        udp=over_udp,
        left_out="; ".join(_left_out(bench, over_tcp, over_udp, own)),
    )


@reads()
def waiting(bench: Bench) -> tuple[Waiting, ...]:
    """The declared services that listen on TCP, each asked for a connection."""
    entries = [entry for entry in bench.profile.ixit.log_intf if "tcp" in entry.transports]
    seen = scan(bench.access, bench.sample.address, {bench.sample.port(entry.port) for entry in entries})
    return tuple(Waiting(service=entry.id, met=bench.sample.port(entry.port) in seen.open) for entry in entries)


def _places(bench: Bench, address: str) -> Iterator[str]:
    yield address
    other = bench.access.link_local(address)
    if other and not scan(bench.access, other, (1, 80, 443)).unreachable:
        yield other


def _found(bench: Bench, tcp: Iterable[Scanned], udp: Iterable[UdpScanned]) -> Iterator[OpenPort]:
    for transport, scans in (("tcp", tcp), ("udp", udp)):
        for each in scans:
            for port in each.open:
                yield OpenPort(address=each.address, port=port, transport=transport, services=services_of(bench, port, transport))


def services_of(bench: Bench, port: int, transport: str) -> tuple[str, ...]:
    """The log_intf entries of a port of this bench; no probe by itself."""
    return tuple(
        entry.id for entry in bench.profile.ixit.log_intf if bench.sample.port(entry.port) == port and transport in entry.transports
    )


def _declared(bench: Bench, tcp: Scanned, udp: UdpScanned) -> Iterator[Waiting]:
    for entry in bench.profile.ixit.log_intf:
        port = bench.sample.port(entry.port)
        if "tcp" in entry.transports:
            yield Waiting(service=entry.id, met=port in tcp.open)
        elif entry.protocol in OWN_UDP:
            yield Waiting(service=entry.id, met=True if port in udp.open else None if port in udp.silent else False)


def _listed(ports: Iterable[int]) -> str:
    return ", ".join(map(str, ports)) or "none"


def _left_out(bench: Bench, tcp: Iterable[Scanned], udp: Iterable[UdpScanned], own: set[int]) -> Iterator[str]:
    fewest = min(each.asked for each in tcp)
    if bench.effort == "quick":
        yield bench.spare(f"{fewest} of {len(ALL)} TCP ports, {min(each.asked for each in udp)} UDP ports")
    elif fewest < len(ALL):
        yield f"{fewest} of {len(ALL)} TCP ports"
    yield from (f"{each.address} could not be reached any more" for each in tcp if each.unreachable)
    for one in udp:
        silent = [port for port in one.silent if port not in own]
        if silent:
            shown = _listed(silent[:SHOWN_MOST]) + ", …" * (len(silent) > SHOWN_MOST)
            yield f"{len(silent)} UDP ports of {one.address} neither answered nor were told closed ({shown})"
        if one.unasked:
            yield f"{one.unasked} UDP ports of {one.address} were not settled in time"
