"""Makes the unit known on its local network, in the three ways that cameras use."""

import ipaddress
import logging

from harness.emulated.camera.network.discovery import mdns, ssdp, ws_discovery
from harness.emulated.camera.network.discovery.multicast import Group, Peer
from harness.emulated.camera.unit import Unit

_log = logging.getLogger(__name__)


class Announcer:
    """WS-Discovery, SSDP and mDNS from one boot to the next."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._groups = (
            Group(ws_discovery.GROUP, ws_discovery.PORT, ws_discovery.HOPS, self._heard_ws),
            Group(ssdp.GROUP, ssdp.PORT, ssdp.HOPS, self._heard_ssdp),
            Group(mdns.GROUP, mdns.PORT, mdns.HOPS, self._heard_mdns),
        )
        self._ws = ws_discovery.WsDiscovery(unit, self._groups[0])
        self._ssdp = ssdp.Ssdp(unit, self._groups[1])
        self._mdns = mdns.Mdns(unit, self._groups[2])

    async def start(self) -> None:
        """Say that it is there; on loopback there is nobody to say it to."""
        address = ipaddress.ip_address(self._unit.address)
        if address.is_loopback or address.version != 4:
            _log.warning("no local network at %s: no WS-Discovery, SSDP and mDNS", address)
            return
        for group in self._groups:
            await group.join(self._unit.address)
        self._ws.hello()
        self._ssdp.alive()
        self._mdns.announce()

    def stop(self) -> None:
        """Say good-bye."""
        for goodbye in (self._ws.bye, self._ssdp.bye, self._mdns.bye):
            goodbye()
        for group in self._groups:
            group.leave()

    def _heard_ws(self, data: bytes, peer: Peer) -> None:
        self._ws.heard(data, peer)

    def _heard_ssdp(self, data: bytes, peer: Peer) -> None:
        self._ssdp.heard(data, peer)

    def _heard_mdns(self, data: bytes, peer: Peer) -> None:
        self._mdns.heard(data, peer)
