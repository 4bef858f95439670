"""The camera makes itself known: each service by itself, and to other people's clients on a real network."""

import asyncio
import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from dnslib import QTYPE, DNSQuestion, DNSRecord
from lxml import etree

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.network.discovery import mdns
from harness.emulated.camera.network.discovery.mdns import Mdns
from harness.emulated.camera.network.discovery.multicast import Group, Peer
from harness.emulated.camera.network.discovery.ssdp import TYPE, Ssdp
from harness.emulated.camera.network.discovery.ws_discovery import WsDiscovery
from harness.emulated.camera.options import Options
from harness.emulated.camera.unit import Unit
from tests.emulated.units import HERE, Handle
from tests.lab.worlds import Person, people

ASKER, RESOLVER = ("192.0.2.7", 5353), ("192.0.2.7", 40000)
EQUAL = "http://schemas.xmlsoap.org/ws/2005/04/discovery/strcmp0"
PROBE = (
    '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><w:MessageID>uuid:1</w:MessageID></e:Header>'
    "<e:Body>{}</e:Body></e:Envelope>"
)


class Said:
    """Keeps what is said instead of sending it."""

    def __init__(self) -> None:
        self.messages: list[tuple[bytes, Peer | None]] = []

    def tell(self, message: bytes, peer: Peer | None = None) -> None:
        """See Speaker."""
        self.messages.append((message, peer))


def on_a_unit(folder: Path, story: Callable[[Unit, Said], None]) -> None:
    async def live() -> None:
        unit = Unit(Options(folder / "flash", "192.0.2.1", mac="02:00:00:ca:00:07"), Clock())
        unit.media = True
        with contextlib.closing(unit.flash):
            story(unit, Said())

    asyncio.run(live())


def probe(content: str) -> bytes:
    return PROBE.format(content).encode()


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("<d:Probe/>", True),
        ('<d:Probe><d:Types xmlns:x="http://www.onvif.org/ver10/network/wsdl">x:NetworkVideoTransmitter</d:Types></d:Probe>', True),
        ("<d:Probe><d:Types>tds:Device dn:Printer</d:Types></d:Probe>", False),
        ("<d:Probe><d:Scopes>onvif://WWW.onvif.org/type</d:Scopes></d:Probe>", True),
        ("<d:Probe><d:Scopes>onvif://www.onvif.org/type/video</d:Scopes></d:Probe>", False),
        (f"<d:Probe><d:Scopes MatchBy='{EQUAL}'>onvif://www.onvif.org/type</d:Scopes></d:Probe>", False),
        (f"<d:Probe><d:Scopes MatchBy='{EQUAL}'>onvif://www.onvif.org/type/video_encoder</d:Scopes></d:Probe>", True),
        ('<d:Probe><d:Scopes MatchBy="urn:other">onvif://www.onvif.org/type</d:Scopes></d:Probe>', False),
        ("<d:Resolve/>", False),
        ("<d:Hello/>", False),
    ],
)
def test_a_probe_is_answered_when_types_and_scopes_fit(asked: str, meant: bool, tmp_path: Path) -> None:
    def story(unit: Unit, said: Said) -> None:
        WsDiscovery(unit, said).heard(probe(asked), ASKER)
        assert [peer for _, peer in said.messages] == [ASKER] * meant
        for message, _ in said.messages:
            answer = etree.fromstring(message)
            assert answer.xpath("string(//*[local-name()='RelatesTo'])") == "uuid:1"
            assert answer.xpath("string(//*[local-name()='XAddrs'])") == "https://192.0.2.1/onvif/device_service"
            assert unit.identity.serial.encode() not in message

    on_a_unit(tmp_path, story)


def test_its_own_name_is_resolved_and_strangers_are_not(tmp_path: Path) -> None:
    def story(unit: Unit, said: Said) -> None:
        service = WsDiscovery(unit, said)
        for name in (service.endpoint, "urn:uuid:other"):
            address = f"<w:EndpointReference><w:Address>{name}</w:Address></w:EndpointReference>"
            service.heard(probe(f"<d:Resolve>{address}</d:Resolve>"), ASKER)
        assert len(said.messages) == 1
        assert b"ResolveMatch>" in said.messages[0][0]

    on_a_unit(tmp_path, story)


@pytest.mark.parametrize("noise", [b"", b"<", b"<!DOCTYPE x><x/>", b"\xff" * 2000, b"<a/>" + b" " * 70000, bytes(12), b"\0" * 11 + b"\xff"])
def test_noise_is_not_answered(noise: bytes, tmp_path: Path) -> None:
    def story(unit: Unit, said: Said) -> None:
        for service in (WsDiscovery(unit, said), Ssdp(unit, said), Mdns(unit, said)):
            service.heard(noise, ASKER)
        assert said.messages == []

    on_a_unit(tmp_path, story)


@pytest.mark.parametrize(("wanted", "answers"), [("ssdp:all", 3), ("upnp:rootdevice", 1), (TYPE, 1), ("urn:other:1", 0), ("", 0)])
def test_a_search_is_answered_by_what_it_wants(wanted: str, answers: int, tmp_path: Path) -> None:
    def story(unit: Unit, said: Said) -> None:
        search = f'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: {wanted}\r\n\r\n'
        Ssdp(unit, said).heard(search.encode(), ASKER)
        Ssdp(unit, said).heard(search.replace("discover", "other").encode(), ASKER)
        assert len(said.messages) == answers
        assert all(message.startswith(b"HTTP/1.1 200 OK\r\n") and message.endswith(b"\r\n\r\n") for message, _ in said.messages)

    on_a_unit(tmp_path, story)


def test_mdns_answers_everybody_in_his_way(tmp_path: Path) -> None:
    def story(unit: Unit, said: Said) -> None:
        service = Mdns(unit, said)
        asked = DNSRecord(q=DNSQuestion("_RTSPS._tcp.local", QTYPE.PTR))
        service.heard(asked.pack(), ASKER)
        service.heard(asked.pack(), RESOLVER)
        service.heard(DNSRecord(q=DNSQuestion("_rtsps._tcp.local", QTYPE.PTR, 0x8001)).pack(), ASKER)
        service.heard(DNSRecord(q=DNSQuestion("_printer._tcp.local", QTYPE.PTR)).pack(), ASKER)
        service.heard(asked.reply().pack(), ASKER)
        assert [peer for _, peer in said.messages] == [None, RESOLVER, ASKER]
        to_all, plain, _ = (DNSRecord.parse(message) for message, _ in said.messages)
        assert (to_all.header.id, len(to_all.questions)) == (0, 0)
        assert (plain.header.id, len(plain.questions)) == (asked.header.id, 1)
        assert all(record.rclass == 1 and record.ttl == 10 for record in plain.rr)
        assert {(str(record.rname), str(record.rdata)) for record in to_all.rr if record.rtype == QTYPE.A} == {
            ("camera-ca0007.local.", "192.0.2.1")
        }
        known = DNSRecord(q=DNSQuestion("_rtsps._tcp.local", QTYPE.PTR))
        known.add_answer(*to_all.rr)
        service.heard(known.pack(), ASKER)
        assert all(record.rtype != QTYPE.PTR for message, _ in said.messages[3:] for record in DNSRecord.parse(message).rr)

    on_a_unit(tmp_path, story)


def test_hello_alive_and_announcement_are_taken_back(tmp_path: Path) -> None:
    def story(unit: Unit, said: Said) -> None:
        ws, ssdp, dns = WsDiscovery(unit, said), Ssdp(unit, said), Mdns(unit, said)
        for say in (ws.hello, ssdp.alive, dns.announce, ws.bye, ssdp.bye, dns.bye):
            say()
        text = b"".join(message for message, _ in said.messages)
        assert [text.count(word) for word in (b"<d:Hello>", b"<d:Bye>", b"ssdp:alive", b"ssdp:byebye")] == [1, 1, 3, 3]
        assert {record.ttl for record in DNSRecord.parse(said.messages[-1][0]).rr} == {0}
        assert all(peer is None for _, peer in said.messages)

    on_a_unit(tmp_path, story)


@pytest.mark.parametrize(
    ("flaw", "told"), [("tells-firmware-by-ssdp", b"camlabel-camera/1.0.0"), ("tells-stream-by-mdns", b"path=/live/main")]
)
def test_only_flawed_units_announce_too_much(flaw: str, told: bytes, tmp_path: Path) -> None:
    def announced(name: str, *flaws: str) -> bytes:
        said = Said()

        async def live() -> None:
            unit = Unit(Options(tmp_path / name, "192.0.2.1", flaws=frozenset(flaws)), Clock())
            unit.media = True
            with contextlib.closing(unit.flash):
                Ssdp(unit, said).alive()
                Mdns(unit, said).announce()

        asyncio.run(live())
        return b"".join(message for message, _ in said.messages)

    assert told not in announced("sound")
    assert told in announced("flawed", flaw)


def test_a_group_that_cannot_be_joined_is_said(caplog: pytest.LogCaptureFixture) -> None:
    group = Group(mdns.GROUP, mdns.PORT, mdns.HOPS, lambda _data, _peer: None)
    asyncio.run(group.join("192.0.2.99"))
    group.tell(b"lost")
    group.leave()
    assert "224.0.0.251 port 5353: " in caplog.text


def test_on_loopback_it_stays_quiet_and_describes_itself(camera: Handle) -> None:
    assert HERE == "127.0.0.1"
    description = etree.fromstring(camera.ask("/upnp/description.xml").body)
    assert description.xpath("string(//*[local-name()='deviceType'])") == TYPE
    assert camera.said["serial"].encode() not in etree.tostring(description)


FINDS = """
import tempfile
from pathlib import Path
from wsdiscovery import QName
from wsdiscovery.discovery import ThreadedWSDiscovery
from zeroconf import ServiceBrowser, Zeroconf
import socket
from harness.lab import emulated
device = emulated.start("fast", Path(tempfile.mkdtemp()))
ws = ThreadedWSDiscovery()
ws.start()
found = ws.searchServices(types=[QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")], timeout=1)
say(ws=[service.getXAddrs() for service in found])
ws.stop()
zeroconf = Zeroconf(interfaces=["192.168.77.50"])
info = zeroconf.get_service_info("_rtsps._tcp.local.", "emulated camera ca0001._rtsps._tcp.local.", timeout=5000)
say(rtsp=[*info.parsed_addresses(), info.port])
zeroconf.close()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as seeker:
    seeker.bind(("192.168.77.50", 0))
    seeker.settimeout(5)
    seeker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.168.77.50"))
    search = ["M-SEARCH * HTTP/1.1", 'MAN: "ssdp:discover"', "MX: 1", "ST: upnp:rootdevice", "", ""]
    seeker.sendto("\\r\\n".join(search).encode(), ("239.255.255.250", 1900))
    say(ssdp=seeker.recv(2000).decode())
device.stop()
"""


@pytest.mark.once
@pytest.mark.parametrize("person", people()[:1], ids=lambda person: person.name)
def test_other_peoples_clients_find_it(person: Person) -> None:
    done: subprocess.CompletedProcess[str] = person.run(FINDS)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert '"ws": [["https://192.168.77.20/onvif/device_service"]]' in said
    assert '"rtsp": ["192.168.77.20", 322]' in said
    assert "LOCATION: https://192.168.77.20/upnp/description.xml" in said
