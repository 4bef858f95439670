"""What the network told the unit when it gave it an address: gateway, name servers, time servers, its own name."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from harness.probes.captures.around import Around
from harness.probes.captures.names import shown

MASK, ROUTER, RESOLVER, DOMAIN, CLOCK, END, PAD = 1, 3, 6, 15, 42, 255, 0
_COOKIE = b"\x63\x82\x53\x63"


def learn(around: Around, data: bytes, to_mac: bytes) -> None:
    """Take what a server's answer to this unit says; another's answer and garbage say nothing."""
    if len(data) < 240 or data[0] != 2 or data[236:240] != _COOKIE:
        return
    if around.macs and data[28:34] not in around.macs and to_mac not in around.macs:
        return
    kept = {RESOLVER: around.resolvers, ROUTER: around.gateways, CLOCK: around.clocks}
    for code, value in _options(data[240:]):
        if code in kept:
            kept[code].update(_addresses(value))
        elif code == DOMAIN:
            around.domains.add(shown(value.rstrip(b"\0")))
        elif code == MASK and len(value) == 4:
            _network(around, data[16:20], value)


def _network(around: Around, address: bytes, mask: bytes) -> None:
    length = f"{int.from_bytes(mask, 'big'):032b}".rstrip("0")
    if "0" not in length and len(length) >= 8:
        around.add_network(IPv4Network((address, len(length)), strict=False))


def _addresses(value: bytes) -> Iterator[bytes]:
    for at in range(0, len(value) - 3, 4):
        yield value[at : at + 4]


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 1 < len(data) and data[at] != END:
        if data[at] == PAD:
            at += 1
            continue
        yield data[at], data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
