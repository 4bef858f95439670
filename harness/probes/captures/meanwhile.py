"""How much a unit sent to whom from one moment on, and film that it sent in the clear by UDP."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.probes.captures.around import Around, spelled
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.layers import TCP, UDP, datagram

PLACES_MAX, KEPT_MAX = 500, 4 << 20
_UDP_HEAD = 8


@dataclass
class Flow:
    """To one address and port: payload in bytes, when it began and ended, and of UDP the datagrams themselves, as far as they are kept."""

    to: str
    size: int = 0
    first: float = 0.0
    last: float = 0.0
    datagrams: list[bytes] = field(default_factory=list)


def flows(files: list[CaptureFile], around: Around, since: float) -> tuple[Flow, ...]:
    """All that went to others than us, the largest first."""
    found: dict[tuple[bytes, int, int], Flow] = {}
    kept = 0
    for at, target, protocol, payload in _sent(files, around, since):
        port = int.from_bytes(payload[2:4], "big")
        key = (target, port, protocol)
        if key not in found and len(found) >= PLACES_MAX:
            continue
        flow = found.setdefault(key, Flow(f"{spelled(target)} port {port}/{'tcp' if protocol == TCP else 'udp'}", first=at))
        data = payload[_UDP_HEAD:] if protocol == UDP else payload[(payload[12] >> 4) * 4 :] if len(payload) > 12 else b""
        flow.size, flow.last = flow.size + len(data), at
        if protocol == UDP and kept < KEPT_MAX:
            flow.datagrams.append(data)
            kept += len(data)
    return tuple(sorted(found.values(), key=lambda flow: -flow.size))


def _sent(files: list[CaptureFile], around: Around, since: float) -> Iterator[tuple[float, bytes, int, bytes]]:
    """Time, target, protocol and payload of what the unit sent to others."""
    for file in files:
        for frame in file:
            if frame.at < since:
                continue
            part = datagram(frame)
            if part is None or part.protocol not in (TCP, UDP) or part.piece is not None or not around.is_unit(part.mac, part.source):
                continue
            if not around.is_tester(part.to_mac, part.target):
                yield frame.at, part.target, part.protocol, part.payload
