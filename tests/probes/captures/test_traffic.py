"""The probe of the capture: one unit's traffic from the files of a recorder, and every reason for not believing it whole."""

import base64
import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from harness.cases.dut import Declared
from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.model.traffic import Traffic
from harness.probes import capture
from harness.transports.recorders import Question, Received, Recording
from tests.builders import frames
from tests.builders.devices import Desk
from tests.builders.frames import UNIT, UNIT_MAC, connect, hello, resolve
from tests.builders.profiles import profile

API, SERVER = "api.maker.example", "203.0.113.5"
DAY = [*frames.boot(), *resolve(API, SERVER), *connect(SERVER, 443, hello(API))]


@dataclass
class Tape:
    """A recorder that has these files."""

    recording: Recording

    def mark(self) -> float:
        """Where it is."""
        return self.recording.ended

    def cut(self) -> Recording:
        """All of it."""
        return self.recording


@dataclass
class Internet:
    """A stand-in internet that was sent these."""

    got: Sequence[Received] = ()
    full: bool = False

    def received(self) -> tuple[Received, ...]:
        """As given."""
        return tuple(self.got)

    def questions(self) -> tuple[Question, ...]:
        """None."""
        return ()

    def overflowed(self) -> bool:
        """As given."""
        return self.full

    def outage(self, cut: bool) -> None:
        """Nobody asks for that."""
        raise AssertionError("a look changes nothing")

    def pretend(self, hosts: tuple[str, ...], certificate: str) -> None:
        """Nobody asks for that."""
        raise AssertionError("a look changes nothing")

    def be_genuine(self, hosts: tuple[str, ...] = ()) -> None:
        """The same."""
        raise AssertionError("a look changes nothing")


@dataclass
class Switch:
    """The power of a unit."""

    way: str = "emulated"


def looked_at(
    tmp_path: Path, *files: Sequence[Packet], mac: str | None = UNIT_MAC, told: dict[str, Any] | None = None, **means: Any
) -> Traffic:
    paths = tuple(frames.write(tmp_path / f"capture-{number}.pcap", packets) for number, packets in enumerate(files))
    recording = Recording(paths, **{"began": frames.START - 1, "ended": time.time(), **(told or {})})
    return capture.traffic(bench(tmp_path, mac=mac, capture=Tape(recording), **means), "since power-on")


def bench(tmp_path: Path, *, mac: str | None = UNIT_MAC, **means: Any) -> Bench:
    made = Desk(tmp_path, address=UNIT).bench(profile(), {})
    return dataclasses.replace(made, sample=made.sample.model_copy(update={"mac": mac}), **means)


def got(**how: Any) -> Received:
    return Received(
        **{
            "at": frames.START,
            "last": frames.START,
            "transport": "tcp",
            "source": UNIT,
            "address": SERVER,
            "port": 443,
            "name": API,
            "protocol": "tls",
            **how,
        }
    )


def test_the_traffic_of_a_unit(tmp_path: Path) -> None:
    seen = looked_at(tmp_path, DAY, stand_in=Internet([got()]), power=Switch())
    [to] = seen.destinations
    assert (to.shown, to.resolved, to.file, to.packet) == (API, (API,), "capture-0.pcap", 4)
    assert (seen.lost, seen.unseen, seen.packets) == ((), (), 4)
    assert len(seen.sha256[0]) == 64
    assert Declared(profile(cloud={"endpoints": [{"host": API, "port": 443, "protocol": "https"}]})).covers(to)


def test_the_evidence_is_the_first_frame_and_a_command(tmp_path: Path) -> None:
    desk = Desk(tmp_path, address=UNIT)
    path = frames.write(tmp_path / "capture-0.pcap", DAY)
    tape = Tape(Recording((path,), frames.START, time.time()))
    made = dataclasses.replace(desk.bench(profile(), {}), capture=tape)
    with desk.recorded() as recorded:
        capture.traffic(made, "since power-on")
    [(_, direction, peer, data)] = recorded.chunks
    assert (direction, peer, bytes(data)) == ("received", "capture-0.pcap packet 4", bytes(DAY[3]))
    assert made.hints == ["tshark -n -r private/recordings/capture-0.pcap -Y 'ip.src == 192.168.77.20'"]


def test_why_it_may_not_be_the_whole_is_told_with_the_command(tmp_path: Path) -> None:
    paths = (frames.write(tmp_path / "capture-0.pcap", DAY),)
    recording = Recording(paths, frames.START, time.time(), 3, tuple(f"gap {number}" for number in range(6)))
    made = bench(tmp_path, capture=Tape(recording), stand_in=Internet([got(address="203.0.113.9")]), power=Switch())
    capture.traffic(made, "since power-on")
    assert made.hints[-1] == "in doubt: 3 frames were dropped while it was recorded; gap 0; gap 1; gap 2; gap 3; and 3 more"


def test_several_files_are_one_capture(tmp_path: Path) -> None:
    seen = looked_at(tmp_path, DAY[:4], DAY[4:], power=Switch())
    assert [(to.shown, to.file) for to in seen.destinations] == [(API, "capture-0.pcap")]
    assert not seen.lost


@pytest.mark.parametrize("mac", [UNIT_MAC, None])
def test_its_card_is_told_or_learned(tmp_path: Path, mac: str | None) -> None:
    six = connect("2001:db8::1", 443, source="2001:db8:77::20", own=50009)
    assert [to.address for to in looked_at(tmp_path, [*DAY, *six], mac=mac, power=Switch()).destinations] == [SERVER, "2001:db8::1"]


def test_a_unit_behind_a_router_is_known_by_its_address_only(tmp_path: Path) -> None:
    others = [Ether(src=UNIT_MAC) / IP(src=f"192.168.77.{number}", dst=SERVER) / UDP() for number in range(30, 36)]
    seen = looked_at(tmp_path, [*others, *DAY], mac=None, power=Switch())
    assert [to.port for to in seen.destinations] == [443]
    assert any("seen through a router" in words for words in seen.lost)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"lost": 3}, "3 frames were dropped while it was recorded"),
        ({"lost": None}, "nobody counted the frames that were dropped while it was recorded"),
        ({"gaps": ("the recorder was off from 10:00 to 10:05",)}, "the recorder was off from 10:00 to 10:05"),
    ],
)
def test_what_the_recorder_missed_is_told(tmp_path: Path, told: dict[str, Any], words: str) -> None:
    assert looked_at(tmp_path, DAY, told=told, power=Switch()).lost == (words,)


def test_a_capture_from_after_power_on_is_told(tmp_path: Path) -> None:
    """Nobody is sure to have switched it on, and its first packet is in the midst of things."""
    [words] = looked_at(tmp_path, DAY[1:]).lost
    assert words == "the capture does not show the unit coming up on the network: it begins after power-on"
    assert not looked_at(tmp_path, DAY).lost
    assert not looked_at(tmp_path, DAY[1:], power=Switch()).lost
    assert looked_at(tmp_path, DAY[1:], power=Switch("commands")).lost == (words,)
    assert not looked_at(tmp_path, [*DAY[1:], *DAY[:1]], power=Switch("commands")).lost  # it was switched off and on meanwhile


def test_a_capture_of_yesterday_is_told(tmp_path: Path) -> None:
    [words] = looked_at(tmp_path, DAY, told={"ended": time.time() - 86_400}).lost
    assert words == "the capture ended 86400 s ago; what the unit has sent since is not in it"


def test_a_file_that_is_cut_is_told(tmp_path: Path) -> None:
    path = frames.write(tmp_path / "capture-0.pcap", DAY)
    path.write_bytes(path.read_bytes()[:-20])
    made = bench(tmp_path, capture=Tape(Recording((path,), frames.START, time.time())))
    assert "cut in the middle of a frame" in capture.traffic(made, "since power-on").lost[0]


def test_what_the_stand_in_internet_received_and_nobody_saw(tmp_path: Path) -> None:
    """By place and by name; not what came after the capture, nor another device's."""
    stand_in = Internet(
        [
            got(),
            got(address="203.0.113.9"),
            got(name="other.example\x1b"),
            got(at=time.time() + 2000),
            got(source="192.168.77.21", address="203.0.113.7"),
            got(address="203.0.113.8", port=123, transport="udp", name=""),
        ]
    )
    seen = looked_at(tmp_path, DAY, stand_in=stand_in, power=Switch())
    assert [(each.address, each.port, each.name) for each in seen.unseen] == [
        ("203.0.113.9", 443, API),
        (SERVER, 443, "other.example\\x1b"),
        ("203.0.113.8", 123, ""),
    ]
    assert looked_at(tmp_path, DAY, stand_in=Internet(full=True), power=Switch()).lost == (
        "the stand-in internet received more than it keeps",
    )


def test_what_we_ask_by_another_address_of_ours_is_not_looked_at(tmp_path: Path) -> None:
    """A scan over IPv6 is 65,535 conversations; our card tells that they are ours, and hides nothing that goes further."""
    ours = "fe80::ff:fe1a:b001"
    scanned = [
        Ether(src=frames.TESTER_MAC, dst=UNIT_MAC) / IPv6(src=ours, dst="fe80::20") / TCP(sport=9, dport=23, flags="S"),
        Ether(src=UNIT_MAC, dst=frames.TESTER_MAC) / IPv6(src="fe80::20", dst=ours) / TCP(sport=23, dport=9, flags="RA"),
        Ether(src=UNIT_MAC, dst=frames.TESTER_MAC) / IPv6(src="fe80::20", dst=ours) / UDP(sport=5, dport=5),
    ]
    assert [to.port for to in looked_at(tmp_path, [*DAY, *scanned], stand_in=Internet(), power=Switch()).destinations] == [443]
    through_us = Ether(src=UNIT_MAC, dst=frames.TESTER_MAC) / IP(src=UNIT, dst="203.0.113.9") / UDP(sport=5, dport=5)
    assert len(looked_at(tmp_path, [*DAY, through_us], stand_in=Internet(), power=Switch()).destinations) == 2


def test_what_the_network_itself_serves_was_seen(tmp_path: Path) -> None:
    stand_in = Internet([got(address=frames.ROUTER, port=53, transport="udp", name="", protocol="dns")])
    assert looked_at(tmp_path, DAY, stand_in=stand_in, power=Switch()).unseen == ()


def test_a_card_that_nobody_named_is_told_on_a_network_of_the_labs(tmp_path: Path) -> None:
    """It may be the unit's second one."""
    stranger = Ether(src="02:00:00:ca:00:77", dst=frames.ROUTER_MAC) / IP(src="192.168.77.77", dst=SERVER) / UDP() / Raw(b"x")
    routed = Ether(src=frames.ROUTER_MAC, dst=UNIT_MAC) / IP(src="203.0.113.77", dst="192.168.77.99") / UDP()
    seen = looked_at(tmp_path, [*DAY, stranger, stranger, routed], stand_in=Internet(), power=Switch())
    assert seen.lost == ("a card that nobody named (02:00:00:ca:00:77, 192.168.77.77) contacted 203.0.113.5",)
    assert not looked_at(tmp_path, [*DAY, stranger], power=Switch()).lost


@pytest.mark.parametrize("packets", [[], connect(SERVER, 443, source="192.168.77.99")], ids=["empty", "of another"])
def test_nothing_is_concluded_from_a_capture_without_the_unit(tmp_path: Path, packets: list[Packet]) -> None:
    for packet in packets:
        packet[Ether].src = "02:00:00:ca:00:99"
    packets = packets[:1] + packets[2:]
    with pytest.raises(Undecided, match=r"no packet of 192\.168\.77\.20 is in the capture; is it this unit's"):
        looked_at(tmp_path, packets)


def test_without_a_capture_it_is_not_possible(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="no capture on the bench: neither a router of the lab's nor capture files"):
        capture.traffic(bench(tmp_path), "since power-on")
    with pytest.raises(NotPossible, match="no rights for packet sockets"):
        capture.traffic(bench(tmp_path, lacks={"capture": "no rights for packet sockets"}), "since power-on")
    with pytest.raises(ValueError, match="is not 'since power-on'"):
        capture.traffic(bench(tmp_path), "since yesterday")


def test_secrets_are_met_in_what_the_unit_sends(tmp_path: Path) -> None:
    desk = Desk(tmp_path, address=UNIT)
    canary, pin = desk.access.keep_secret("cam-1/canary", "kitchen-camera-55731"), desk.access.keep_secret("cam-1/pin", "1234")
    body = b"POST / HTTP/1.1\r\nHost: a.example\r\n\r\n" + base64.b64encode(b"ssid=kitchen-camera-55731")
    path = frames.write(tmp_path / "capture-0.pcap", [*DAY, *connect("203.0.113.9", 80, body[:60], body[60:], own=50007)])
    tape = Tape(Recording((path,), frames.START, time.time()))
    made = dataclasses.replace(desk.bench(profile(), {}), capture=tape)
    seen = capture.sightings(made, (canary,))
    [found] = seen.found
    assert (found.label, found.place, found.times) == (canary.label, "to 203.0.113.9 port 80 (own port 50007)", 1)
    assert found.encoding.startswith("base64")
    assert not seen.lost
    with pytest.raises(NotPossible, match="search of the capture: a value of fewer than 7 characters"):
        capture.sightings(made, (pin,))


def test_what_the_unit_offers_in_tls_is_read(tmp_path: Path) -> None:
    """Twice to one server is one offer; a server without TLS gets none."""
    plain = connect("203.0.113.6", 80, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", own=50001)
    again = connect(SERVER, 443, hello(API), own=50002)
    path = frames.write(tmp_path / "capture-0.pcap", [*DAY, *plain, *again])
    said = capture.hellos(bench(tmp_path, capture=Tape(Recording((path,), frames.START, time.time())), power=Switch()))
    assert {(each.name, each.port, each.highest, each.listed) for each in said.hellos} == {(API, 443, 0x0303, (0x0304, 0x0303))}
    assert sum(each.times for each in said.hellos) == 2
    assert 0x00FF not in said.hellos[0].suites
    assert not said.lost


def test_what_the_unit_does_for_a_port_from_outside_is_seen(tmp_path: Path) -> None:
    """NAT-PMP to the router and a search for one that speaks UPnP; anything else is none."""
    head = Ether(src=UNIT_MAC, dst="02:00:00:00:00:01")
    asked = head / IP(src=UNIT, dst="192.168.77.1") / UDP(sport=40000, dport=5351) / Raw(b"\0\2\0\0" + bytes(8))
    group = Ether(src=UNIT_MAC, dst="01:00:5e:7f:ff:fa") / IP(src=UNIT, dst="239.255.255.250") / UDP(sport=40001, dport=1900)
    searched = group / Raw(b"M-SEARCH * HTTP/1.1\r\nST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n")
    harmless = group / Raw(b"NOTIFY * HTTP/1.1\r\nNT: urn:schemas-upnp-org:device:Basic:1\r\n\r\n")
    for packets, found in (
        ([harmless], ()),
        ([asked], ("asked 192.168.77.1 port 5351/udp",)),
        ([searched], ("searched for InternetGatewayDevice",)),
    ):
        path = frames.write(tmp_path / "capture-0.pcap", [*DAY, *packets])
        tape = Tape(Recording((path,), frames.START, time.time()))
        seen = capture.mappings(bench(tmp_path, capture=tape, power=Switch()))
        assert seen.found == found
        assert not seen.lost
