"""SSDP (UPnP device architecture 1.1): NOTIFY at start, every quarter of an hour and at the end; answers to M-SEARCH."""

import uuid

from harness.emulated.camera.network.discovery.multicast import Peer, Speaker
from harness.emulated.camera.unit import Unit

GROUP, PORT, HOPS = "239.255.255.250", 1900, 2
EVERY_S, _VALID_S = 900.0, 1800
DESCRIPTION = "/upnp/description.xml"
TYPE = "urn:schemas-upnp-org:device:DigitalSecurityCamera:1"
_HEARD_MOST = 2048
_ROOT = "upnp:rootdevice"


class Ssdp:
    """One root device without services."""

    def __init__(self, unit: Unit, speaker: Speaker) -> None:
        self._unit, self._speaker = unit, speaker
        self.udn = device_name(unit)
        self._names = {_ROOT: f"{self.udn}::{_ROOT}", self.udn: self.udn, TYPE: f"{self.udn}::{TYPE}"}

    def alive(self) -> None:
        """The unit is there; again before what was said grows old."""
        for kind, name in self._names.items():
            self._speaker.tell(
                _head("NOTIFY * HTTP/1.1", ("HOST", f"{GROUP}:{PORT}"), ("NTS", "ssdp:alive"), *self._said("NT", kind, name))
            )
        self._unit.clock.call_later(EVERY_S, self.alive)

    def bye(self) -> None:
        """It goes."""
        for kind, name in self._names.items():
            self._speaker.tell(_head("NOTIFY * HTTP/1.1", ("HOST", f"{GROUP}:{PORT}"), ("NTS", "ssdp:byebye"), ("NT", kind), ("USN", name)))

    def heard(self, data: bytes, peer: Peer) -> None:
        """Answer a search that concerns this unit."""
        first, *lines = data[:_HEARD_MOST].decode(errors="replace").split("\r\n")
        headers = {name.strip().upper(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if first != "M-SEARCH * HTTP/1.1" or headers.get("MAN") != '"ssdp:discover"':
            return
        wanted = headers.get("ST", "")
        for kind, name in self._names.items():
            if wanted in ("ssdp:all", kind):
                self._speaker.tell(_head("HTTP/1.1 200 OK", ("EXT", ""), *self._said("ST", kind, name)), peer)

    def _said(self, what: str, kind: str, name: str) -> tuple[tuple[str, str], ...]:
        port = "" if self._unit.https_port == 443 else f":{self._unit.https_port}"
        release = self._unit.software.version if "tells-firmware-by-ssdp" in self._unit.flaws else "1"
        return (
            ("CACHE-CONTROL", f"max-age={_VALID_S}"),
            ("LOCATION", f"https://{self._unit.address}{port}{DESCRIPTION}"),
            ("SERVER", f"Linux UPnP/1.1 camlabel-camera/{release}"),
            (what, kind),
            ("USN", name),
        )


def device_name(unit: Unit) -> str:
    """The unique device name, from the MAC address, which everybody on the network sees anyway."""
    return f"uuid:{uuid.uuid5(uuid.NAMESPACE_OID, unit.identity.mac)}"


def _head(first: str, *headers: tuple[str, str]) -> bytes:
    return "".join(f"{line}\r\n" for line in (first, *(f"{name}: {value}" for name, value in headers), "")).encode()
