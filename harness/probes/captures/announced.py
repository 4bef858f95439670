"""What a unit says to everybody on its network: datagrams to groups and to all, and what it asks DHCP with."""

from collections.abc import Iterator

from harness.probes.captures.around import DHCP_PORTS, Around
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.layers import UDP, datagram

KEPT_MOST, LONGEST = 400, 4096
_HEADER = 8
_TO_MANY = 1  # the bit of a card's address that says so


def announced(files: list[CaptureFile], around: Around) -> Iterator[tuple[int, bytes]]:
    """Port and content of each such datagram, the same thing once."""
    seen: set[tuple[int, bytes]] = set()
    for file in files:
        for frame in file:
            if not frame.data[:1] or not frame.data[0] & _TO_MANY:
                continue
            part = datagram(frame)
            if part is None or part.protocol != UDP or part.piece is not None or not around.is_unit(part.mac, part.source):
                continue
            port = int.from_bytes(part.payload[2:4], "big")
            told = port, part.payload[_HEADER : _HEADER + LONGEST]
            if (port in DHCP_PORTS or around.is_group(part.target)) and told not in seen and len(seen) < KEPT_MOST:
                seen.add(told)
                yield told
