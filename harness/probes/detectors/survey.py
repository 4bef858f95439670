"""The survey of a device's TCP ports, and what it says of each thing that it can show."""

from collections.abc import Callable, Iterable

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible
from harness.model.look import Looked
from harness.model.profile import HTTP_PROTOCOLS
from harness.model.vocabulary import State
from harness.probes.detectors.service import UNCLEAR_RTSP, UNCLEAR_SOAP, Service, ask, greetings
from harness.transports.scan import Scanned, scan

ALL = range(1, 65536)
COMMON = (
    *(21, 22, 23, 25, 53, 80, 81, 82, 88, 322, 443, 554, 555, 655, 888, 1024, 1080, 1234, 1554, 1883, 1935, 2000, 2020, 2323, 3000, 3702),
    *(4321, 4433, 4443, 5000, 5001, 5050, 5353, 5540, 5541, 5554, 6000, 6667, 6668, 7000, 7070, 7080, 7443, 7547, 8000, 8001, 8008),
    *(8010, 8080, 8081, 8086, 8088, 8089, 8090, 8181, 8200, 8443, 8554, 8555, 8800, 8883, 8888, 8899, 9000, 9001, 9080, 9443, 9527),
    *(9530, 9999, 10000, 10080, 10554, 15002, 20000, 23000, 30000, 32100, 34567, 34568, 37777, 37778, 49152, 49153, 51007, 60001),
)
SERVICES_MOST = 64


class Survey(Frozen):
    """Every scan and every open port; `left_out` says what was not asked, empty where nothing was."""

    scans: tuple[Scanned, ...]
    services: tuple[Service, ...]
    left_out: str = ""


@reads(once=True)
def survey(bench: Bench, state: State) -> Survey:
    """All TCP ports at full effort, the usual ones at quick; over IPv4 and the IPv6 address of the same wire. Each open one is asked."""
    address = bench.sample.address
    if is_ours(address):
        raise NotPossible("the device shares its address with this computer: its ports cannot be told from others")
    ports = tuple(ALL) if bench.effort == "full" else usual_ports(bench)
    first = scan(bench.access, address, ports)
    if not first.open:
        raise DeviceSilent(f"{address}: no open port was seen: it is off, away or filtered, which says nothing of what it offers")
    other = bench.access.link_local(address)
    second = scan(bench.access, other, ports) if other and _reachable(bench, other) else None
    scans = (first, second) if second else (first,)
    places = [(each.address, port) for each in scans for port in each.open]
    asked = places[:SERVICES_MOST]
    said = greetings(bench, asked)
    paths = tuple(stream.path for stream in bench.profile.ixit.stream if stream.protocol in ("rtsp", "rtsps"))
    services = tuple(ask(bench, at, port, paths, state, said.get((at, port))) for at, port in asked)
    return Survey(scans=scans, services=services, left_out=_left_out(bench, scans, len(places)))


def is_ours(address: str) -> bool:
    """Is it this computer's own? No probe by itself."""
    return address.startswith("127.") or address == "::1"


def usual_ports(bench: Bench) -> tuple[int, ...]:
    """Where cameras serve, and what is declared; no probe by itself."""
    return tuple(sorted({*COMMON, *(bench.sample.port(entry.port) for entry in bench.profile.ixit.log_intf)}))


def looked_for(thing: str, seen: Survey) -> Looked:
    """Pure: what the survey says of one thing. NotPossible for what it cannot show."""
    if thing not in SHOWS:
        raise NotPossible(f"a survey of ports does not show {thing}")
    found = tuple(dict.fromkeys(str(each) for each in seen.services if SHOWS[thing](each)))
    hidden = "" if found else _hidden(thing, seen.services)
    left_out = "; ".join(filter(None, (seen.left_out, hidden)))
    return Looked(kind="survey", complete=not left_out, seen=found, left_out=left_out)


def _reachable(bench: Bench, address: str) -> bool:
    """A short look, so that an address at which nobody is costs no time."""
    return not scan(bench.access, address, (1, 80, 443)).unreachable


def _left_out(bench: Bench, scans: Iterable[Scanned], open_ports: int) -> str:
    asked = min(each.asked for each in scans)
    parts = [
        _few(bench, asked) if asked < len(ALL) else "",
        f"{open_ports - SERVICES_MOST} of {open_ports} open ports" if open_ports > SERVICES_MOST else "",
    ]
    return "; ".join(filter(None, parts))


def _few(bench: Bench, asked: int) -> str:
    if bench.effort == "full":
        return f"effort full: {asked} of {len(ALL)} TCP ports"
    return bench.spare(f"{asked} of {len(ALL)} TCP ports")


def _hidden(thing: str, services: Iterable[Service]) -> str:
    """What a look without a log-in and without a browser cannot exclude."""
    hides = sorted({f"{what} on port {each.port}" for each in services for what in each.hides if what in HIDDEN_BY.get(thing, ())})
    unknown = sorted({f"port {each.port} speaks something else" for each in services if not each.speaks and thing in ANY_SERVICE})
    udp = ["UDP is not scanned"] if thing in BY_UDP else []
    return "; ".join([*hides, *unknown, *udp])


def _undeclared(service: Service) -> bool:
    """An open port that is not declared, or a protocol that is not on this one."""
    declared = set(service.declared)
    if not declared or declared & {"other", "p2p"}:
        return not declared
    return not all(declared & _SAYS[each] for each in service.speaks if each in _SAYS)


_WEB = {*HTTP_PROTOCOLS, "onvif", "upnp"}
_SAYS: dict[str, set[str]] = {
    "rtsp": {"rtsp", "rtsps"},
    "rtsps": {"rtsp", "rtsps"},
    "onvif": {"onvif"},
    "page": _WEB,
    "ssh": {"ssh"},
    "telnet": {"telnet"},
    "ftp": {"ftp"},
}
SHOWS: dict[str, Callable[[Service], bool]] = {
    "rtsp": lambda each: "rtsp" in each.speaks,
    "rtsps": lambda each: "rtsps" in each.speaks,
    "onvif": lambda each: "onvif" in each.speaks,
    "local_web_ui": lambda each: "page" in each.speaks,
    "local_api": lambda each: bool({"api", "onvif"} & set(each.speaks)),
    "password_auth": lambda each: bool(each.asks),
    "port_or_service": _undeclared,
    "open_media": lambda each: bool(each.gives),
}
HIDDEN_BY: dict[str, tuple[str, ...]] = {
    "rtsp": (UNCLEAR_RTSP,),
    "rtsps": ("stream descriptions", UNCLEAR_RTSP),
    "onvif": (UNCLEAR_SOAP,),
    "local_web_ui": ("what is behind the log-in of HTTP",),
    "local_api": ("what is behind the log-in of HTTP", "what a script shows in a browser"),
    "password_auth": ("what a script shows in a browser",),
}
ANY_SERVICE = ("password_auth", "local_api")
BY_UDP = ("local_api",)
