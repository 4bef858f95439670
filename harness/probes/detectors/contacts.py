"""What the capture of the run shows of services beyond the device; that nobody was contacted earns absence after an ordinary day only."""

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.base import Frozen
from harness.model.errors import NotPossible
from harness.model.look import Looked
from harness.model.traffic import Destination
from harness.probes.capture import SINCE, traffic
from harness.probes.life import ORDINARY_DAY

NAMES_AND_TIME = (53, 123)
SHOWN_MOST = 20
SERVICE = ("cloud_service",)
BY_SERVICE = ("cloud_account", "p2p_relay", "ota_update", "telemetry")  # hidden in what a service is told, absent where there is none


class Contacts(Frozen):
    """Whom the device contacted beside name and time services. `left_out` says why there may be more."""

    servers: tuple[str, ...]
    left_out: str = ""


@reads(once=True)
def contacts(bench: Bench) -> Contacts:
    """All of the run up to now."""
    seen = traffic(bench, SINCE)
    doubts = [*seen.lost[:1], *(["more reached the stand-in internet than was captured"] if seen.unseen else [])]
    if bench.happened.last(ORDINARY_DAY) is None:
        doubts.append("an ordinary day of the device is not in the capture")
    servers = dict.fromkeys(each.asked for each in seen.destinations if _is_a_server(each))
    return Contacts(servers=tuple(servers)[:SHOWN_MOST], left_out="; ".join(doubts))


def looked_for(thing: str, seen: Contacts) -> Looked:
    """Pure: what the capture says of one thing. NotPossible for what it cannot show."""
    if thing not in (*SERVICE, *BY_SERVICE):
        raise NotPossible(f"a capture does not show {thing}")
    inside = "what its servers are told inside TLS was not read" if seen.servers and thing in BY_SERVICE else ""
    left_out = "; ".join(filter(None, (seen.left_out, inside)))
    return Looked(kind="capture", complete=not left_out, seen=seen.servers if thing in SERVICE else (), left_out=left_out)


def _is_a_server(to: Destination) -> bool:
    return to.transport != "dns" and to.port not in NAMES_AND_TIME
