"""The other address of a unit on the same wire: its IPv6 link-local one, made from the hardware address that answers for it."""

from ipaddress import IPv6Address
from pathlib import Path

ARP = Path("/proc/net/arp")


def link_local(host: str) -> str:
    """As literal with the interface, such as `fe80::21b:44ff:fe11:3ab7%eth0`; empty where no neighbour answers for `host`."""
    for line in ARP.read_text(encoding="ascii", errors="replace").splitlines()[1:]:
        fields = line.split()
        if len(fields) == 6 and fields[0] == host and int(fields[2], 16) & 2:
            return f"{eui64(fields[3])}%{fields[5]}"
    return ""


def eui64(mac: str) -> IPv6Address:
    """The link-local address that a network card gives itself."""
    parts = bytes.fromhex(mac.replace(":", ""))
    tail = bytes([parts[0] ^ 2]) + parts[1:3] + b"\xff\xfe" + parts[3:]
    return IPv6Address(b"\xfe\x80" + bytes(6) + tail)
