"""Open ports: what is found, which declared service it is, and what was left out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.errors import DeviceSilent, NotPossible
from harness.probes import ports
from harness.probes.udp_questions import QUESTIONS, common, question, snmp_get
from harness.transports.scan import Scanned
from harness.transports.udp_scan import UdpScanned
from tests.builders.devices import Desk
from tests.builders.profiles import emulated_profile

PROFILE = emulated_profile()
UNIT, OTHER = "192.0.2.9", "fe80::9%lab0"


class Net:
    """Stands for both scans: what is open at which address."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tcp: dict[str, tuple[int, ...]], udp: dict[str, dict[str, Any]]) -> None:
        self.asked: dict[str, int] = {}
        self._tcp, self._udp = tcp, udp
        monkeypatch.setattr(ports, "scan", self.scan)
        monkeypatch.setattr(ports, "scan_udp", self.scan_udp)
        monkeypatch.setattr("harness.gate.access.link_local", lambda _: OTHER if OTHER in tcp else "")

    def scan(self, _: object, host: str, wanted: tuple[int, ...]) -> Scanned:
        """TCP."""
        self.asked[host] = len(wanted)
        found = tuple(port for port in self._tcp[host] if port in set(wanted))
        return Scanned(address=host, asked=len(wanted), open=found, per_s=1, took_s=1)

    def scan_udp(self, _: object, host: str, questions: dict[int, bytes]) -> UdpScanned:
        """UDP."""
        return UdpScanned(address=host, asked=len(questions), closed=0, took_s=1, **{"open": (), **self._udp.get(host, {})})


def bench(tmp_path: Path, effort: str) -> Bench:
    return replace(Desk(tmp_path, address=UNIT).bench(PROFILE, {}), effort=effort)  # type: ignore[arg-type]


def test_what_is_open_is_told_with_its_declared_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(monkeypatch, {UNIT: (443, 322), OTHER: (443, 61713)}, {UNIT: {"open": (1900, 3702, 5353)}, OTHER: {}})
    seen = ports.open_ports(bench(tmp_path, "full"), 65535, 1000)
    found = {(each.asked, each.services) for each in seen.found}
    assert ("port 443/tcp of 192.0.2.9", ("web", "onvif")) in found
    assert ("port 61713/tcp of fe80::9%lab0", ()) in found
    assert ("port 1900/udp of 192.0.2.9", ("upnp",)) in found
    assert (seen.left_out, net.asked[UNIT]) == ("", 65535)
    assert {each.service: each.met for each in seen.declared} == dict.fromkeys(
        ("web", "onvif", "rtsp", "ws-discovery", "upnp", "mdns"), True
    )


def test_a_declared_service_that_is_not_met_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port was not met; a silent UDP port neither met nor missing."""
    Net(monkeypatch, {UNIT: (443,)}, {UNIT: {"open": (5353,), "silent": (1900,)}})
    met = {each.service: each.met for each in ports.open_ports(bench(tmp_path, "full"), 65535, 1000).declared}
    assert met == {"web": True, "onvif": True, "rtsp": False, "ws-discovery": False, "upnp": None, "mdns": True}


def test_quick_says_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(monkeypatch, {UNIT: (443,)}, {})
    seen = ports.open_ports(hasty := bench(tmp_path, "quick"), 65535, 1000)
    assert seen.left_out == f"effort quick: {hasty.spared.take()[0]}"
    assert net.asked[UNIT] < 200
    assert seen.left_out.startswith("effort quick: ")
    assert "of 65535 TCP ports, 14 UDP ports" in seen.left_out


def test_ports_that_did_not_say_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A silent port that is declared to wait for questions is told of by its service."""
    Net(monkeypatch, {UNIT: (443,)}, {UNIT: {"silent": (1900, *range(100, 110)), "unasked": 3}})
    seen = ports.open_ports(bench(tmp_path, "full"), 65535, 1000)
    assert "10 UDP ports of 192.0.2.9 neither answered nor were told closed (100, 101," in seen.left_out
    assert "3 UDP ports of 192.0.2.9 were not settled in time" in seen.left_out


def test_a_device_of_which_nothing_is_seen_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Net(monkeypatch, {UNIT: ()}, {})
    with pytest.raises(DeviceSilent, match="off, away or filtered"):
        ports.open_ports(bench(tmp_path, "full"), 65535, 1000)


def test_on_the_loopback_nothing_is_scanned(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="shares its address"):
        ports.open_ports(Desk(tmp_path).bench(PROFILE, {}), 65535, 1000)


def test_common_ports_are_as_many_as_asked_for() -> None:
    assert len(common(1000)) == 1000
    assert set(QUESTIONS) <= set(common(1000))
    assert len(common(20)) <= 20 + 1


def test_questions_are_what_their_services_answer() -> None:
    assert question(4711) == b"\r\n\r\n"
    assert question(1900).startswith(b"M-SEARCH")
    assert snmp_get(b"public", 1)[:2] == bytes([0x30, len(snmp_get(b"public", 1)) - 2])
