"""Whose traffic is looked at, and what around it is the lab's own: the tester, the gateway with its services, the local network."""

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from harness.model.host import usual
from harness.probes.captures.layers import ICMP, ICMP6, IGMP

DHCP_PORTS = frozenset((67, 68, 546, 547))
MAPPING_PORTS = frozenset((1900, 5350, 5351))
DNS_PORT, NTP_PORT = 53, 123
_LOCAL_GROUPS = (b"\xe0\x00\x00", b"\xef")  # 224.0.0.0/24 and 239.0.0.0/8 stay on the network
_WIDEST_LOCAL_GROUP = 8  # IPv6: organisation
OWN_MAX = 64
ASKERS_MAX = 4_096
_NOBODY = (bytes(4), bytes(16))
_LINK_LOCAL_4, _LINK_LOCAL_6 = b"\xa9\xfe", b"\xfe\x80"


@dataclass
class Around:
    """`own`: addresses of the unit; `testers` and `tester_macs`: our own; the rest the capture itself may tell (DHCP)."""

    macs: frozenset[bytes]
    own: set[bytes]
    testers: frozenset[bytes] = frozenset()
    tester_macs: frozenset[bytes] = frozenset()
    gateways: set[bytes] = field(default_factory=set)
    resolvers: set[bytes] = field(default_factory=set)
    clocks: set[bytes] = field(default_factory=set)
    networks: list[IPv4Network | IPv6Network] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    _askers: set[tuple[bytes, int]] = field(default_factory=set)
    _groups: dict[bytes, bool] = field(default_factory=dict)

    def is_unit(self, mac: bytes, source: bytes) -> bool:
        """Did the unit send this?"""
        return mac in self.macs or source in self.own

    def is_tester(self, mac: bytes, address: bytes) -> bool:
        """Is this other end we, by an address of ours or by our card and an address of the network?"""
        return address in self.testers or (mac in self.tester_macs and self.is_local(address))

    def learn(self, mac: bytes, source: bytes) -> None:
        """Every address that the unit's card sends from is the unit's, unless it is the lab's and borrowed."""
        if mac not in self.macs or source in self.own or source in _NOBODY or len(self.own) >= OWN_MAX:
            return
        if source in self.testers or source in self.gateways:
            return
        self.own.add(source)
        if len(source) == 16 and source[0] & 0xE0 == 0x20:
            self.add_network(ip_network((source[:8] + bytes(8), 64)))

    def add_network(self, network: IPv4Network | IPv6Network) -> None:
        """The unit lives on this network."""
        if network not in self.networks and len(self.networks) < OWN_MAX:
            self.networks.append(network)
            self._groups.clear()

    def asks_all(self, source: bytes, port: int) -> None:
        """Someone asks everyone on the network, and is answered at this port."""
        if len(self._askers) < ASKERS_MAX:
            self._askers.add((source, port))

    def asks_one(self, source: bytes) -> None:
        """Someone opened a connection to the unit; what it sends there without one, such as a stream, was asked for."""
        self.asks_all(source, 0)

    def was_asked_by(self, peer: bytes, port: int) -> bool:
        """Did this end ask first?"""
        return (peer, port) in self._askers or (peer, 0) in self._askers

    def is_group(self, address: bytes) -> bool:
        """Everyone on the network, or a group that ends at the router."""
        known = self._groups.get(address)
        if known is None:
            known = self._is_group(address)
            if len(self._groups) < ASKERS_MAX:
                self._groups[address] = known
        return known

    def _is_group(self, address: bytes) -> bool:
        if len(address) == 16:
            return address[0] == 0xFF and address[1] & 15 <= _WIDEST_LOCAL_GROUP
        if address == b"\xff\xff\xff\xff" or address.startswith(_LOCAL_GROUPS):
            return True
        return any(net.version == 4 and ip_address(address) == net.broadcast_address and net.prefixlen < 31 for net in self.networks)

    def is_local(self, address: bytes) -> bool:
        """On the unit's own network."""
        if (address.startswith(_LINK_LOCAL_4) and len(address) == 4) or (len(address) == 16 and address.startswith(_LINK_LOCAL_6)):
            return True
        read = ip_address(address)
        return read.is_loopback or any(read.version == net.version and read in net for net in self.networks)

    def is_labs(self, protocol: int, peer: bytes, port: int, own_port: int) -> bool:
        """A service of the network itself, which the lab gives: addresses, names from the resolver that it names, its own clock."""
        if peer in self.testers:
            return True
        local = self.is_local(peer)
        if protocol in (ICMP, ICMP6, IGMP):
            return local
        if port in DHCP_PORTS and own_port in DHCP_PORTS:
            return local
        if port == DNS_PORT:
            return local or peer in self.resolvers
        if port == NTP_PORT and peer in self.clocks:
            return True
        return peer in self.gateways and port in MAPPING_PORTS


@lru_cache(4096)
def spelled(address: bytes) -> str:
    """An address as reports spell it."""
    return usual(str(ip_address(address)))
