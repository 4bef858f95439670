"""What captures look like to the survey, from files that scapy wrote."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from scapy.packet import Packet

from harness.model.traffic import Destination
from harness.probes.captures.around import Around
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.search import Search
from harness.probes.captures.survey import Survey
from tests.builders import frames

MAC = bytes.fromhex(frames.UNIT_MAC.replace(":", ""))


def around(
    *, macs: Iterable[bytes] = (MAC,), testers: Iterable[str] = (frames.TESTER,), gateways: Iterable[str] = (frames.ROUTER,)
) -> Around:
    """The unit of the builders on its network."""
    found = Around(
        frozenset(macs),
        {ip_address(frames.UNIT).packed},
        frozenset(ip_address(each).packed for each in testers),
        {ip_address(each).packed for each in gateways},
    )
    found.add_network(ip_network("192.168.77.0/24"))
    return found


def surveyed(path: Path, packets: Iterable[Packet], *, secrets: Mapping[str, str] | None = None, **how: Any) -> Survey:
    """A survey of these frames, by way of a file."""
    surroundings = how.pop("around", None) or around()
    survey = Survey(surroundings, Search(secrets) if secrets else None)
    survey.read(CaptureFile(frames.write(path / "frames.pcap", packets, **how)))
    survey.finish()
    return survey


def destinations(path: Path, packets: Iterable[Packet], **how: Any) -> tuple[Destination, ...]:
    """Only whom the unit contacted."""
    return surveyed(path, packets, **how).destinations
