"""The capture of the run: whom the unit contacted, what may have been missed, and what the stand-in internet knows better."""

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from itertools import chain
from pathlib import Path

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.lab.lan import OUR_MAC, OURS, OURS_TOO, ROUTER, ROUTER_MAC
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Secret
from harness.model.traffic import (
    Announced,
    ClientHello,
    ClientHellos,
    Destination,
    Done,
    Links,
    Mappings,
    Searched,
    Sighting,
    Sightings,
    Traffic,
    Unseen,
)
from harness.probes.captures.announced import announced as announced_in
from harness.probes.captures.around import Around, spelled
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.flows import Flows as FlowTable
from harness.probes.captures.meanwhile import Flow, flows
from harness.probes.captures.names import shown
from harness.probes.captures.search import Search
from harness.probes.captures.survey import Survey, learned_macs
from harness.probes.captures.table import Place
from harness.probes.tls_suites import is_grease, is_signal
from harness.transports.neighbour import eui64
from harness.transports.recorders import Received, Recording
from harness.transports.udp import own_addresses

__all__ = ["Destination", "Sightings", "Traffic", "Unseen", "sightings", "traffic"]

SINCE = "since power-on"
ASKED_FOR_PORTS = frozenset((5350, 5351))
ROUTER_WORDS = (b"InternetGatewayDevice", b"WANIPConnection", b"WANPPPConnection")
EVIDENCE_MAX = 200
UNSEEN_MAX = 200
LOST_MAX = 50
DOUBTS_SHOWN = 5
CLOCKS_APART_S = 1.0
STILL_S = 60.0
_LABS_CARDS = tuple(bytes.fromhex(mac.replace(":", "")) for mac in (OUR_MAC, ROUTER_MAC))
_PREFIX = {4: 24, 6: 64}


@reads()
def traffic(bench: Bench, since: str) -> Traffic:
    """Everything that the unit sent from power-on up to now, by destination."""
    if since != SINCE:
        raise ValueError(f"{since!r} is not {SINCE!r}")
    return _Look(bench, _recording(bench)).traffic()


@reads()
def sightings(bench: Bench, secrets: tuple[Secret, ...]) -> Sightings:
    """Look for secrets in all that the unit sent or was sent, in every common encoding; not in what went between it and us."""
    try:
        search = Search({each.label: bench.access.reveal(each) for each in secrets})
    except ValueError as error:
        raise NotPossible(f"search of the capture: {error}") from error
    return _Look(bench, _recording(bench), search).sightings()


def links_of(bench: Bench, values: Mapping[str, str], control: str, done: tuple[Done, ...]) -> Links:
    """Everything that the unit sent and was sent, with us too, searched for these values by label. No probe by itself."""
    return _Look(bench, _recording(bench), Search(values), done).links(control)


def flows_since(bench: Bench, since: float) -> tuple[tuple[Flow, ...], tuple[str, ...]]:
    """What the unit sent to others than us since then, and why there may be more. No probe by itself."""
    return _Look(bench, _recording(bench)).flows_since(since)


@reads(once=True)
def hellos(bench: Bench) -> ClientHellos:
    """What the unit offered in TLS to each server, since power-on."""
    return _Look(bench, _recording(bench)).hellos()


@reads()
def mappings(bench: Bench) -> Mappings:
    """What the unit did to get a port from outside, since power-on: NAT-PMP or PCP to the router, a search for one that speaks UPnP."""
    return _Look(bench, _recording(bench)).mappings()


@reads()
def announced(bench: Bench) -> Announced:
    """What the unit sent to all and to groups on its network, and its DHCP requests, since power-on."""
    return _Look(bench, _recording(bench)).announced()


def _recording(bench: Bench) -> Recording:
    if bench.capture is None:
        raise NotPossible(bench.lacks.get("capture") or "no capture on the bench: neither a router of the lab's nor capture files")
    with bench.access.device_time():
        return bench.capture.cut()


@dataclass
class _Look:
    """One look at all that was recorded."""

    bench: Bench
    recording: Recording
    search: Search | None = None
    done: tuple[Done, ...] | None = None
    files: list[CaptureFile] = field(default_factory=list)
    flows: FlowTable | None = None
    lost: list[str] = field(default_factory=list)

    def traffic(self) -> Traffic:
        """By destination."""
        survey = self._survey()
        unseen = tuple(self._unseen(survey))
        self._keep_evidence(survey)
        self._tell_doubts(unseen)
        return Traffic(
            asked=f"all traffic of {self.bench.sample.name} {SINCE}",
            destinations=survey.destinations,
            lost=tuple(self.lost),
            unseen=unseen,
            packets=survey.packets,
            began=self.recording.began,
            ended=self.recording.ended,
            sha256=tuple(_digest(path) for path in self.recording.files),
        )

    def hellos(self) -> ClientHellos:
        """By server and offer."""
        survey = self._survey()
        found = tuple(
            ClientHello(
                address=address,
                port=port,
                name=name,
                highest=offer.highest,
                listed=tuple(version for version in offer.listed if not is_grease(version)),
                suites=tuple(suite for suite in offer.suites if not is_signal(suite)),
                times=times,
            )
            for ((address, port, _), name, offer), times in survey.table.offers.items()
        )
        self._keep_evidence(survey)
        self._tell_doubts(())
        return ClientHellos(hellos=found, lost=tuple(self.lost), packets=survey.packets)

    def mappings(self) -> Mappings:
        """By where they went, and by what was searched for."""
        survey = self._survey()
        found = [f"asked {address} port {port}/{transport}" for address, port, transport in survey.table.places if port in ASKED_FOR_PORTS]
        self.files = [CaptureFile(path) for path in self.recording.files]
        told = announced_in(self.files, self._around())
        found += [f"searched for {word.decode()}" for _, content in told for word in ROUTER_WORDS if word in content]
        self._keep_evidence(survey)
        self._tell_doubts(())
        return Mappings(asked="requests for a port of the router", found=tuple(sorted(set(found))), lost=tuple(self.lost))

    def announced(self) -> Announced:
        """By port, each once."""
        self.lost += _not_recorded(self.recording)
        self.files = [CaptureFile(path) for path in self.recording.files]
        told = tuple(announced_in(self.files, self._around()))
        self.lost += chain.from_iterable(file.lost for file in self.files)
        for port, content in told[:EVIDENCE_MAX]:
            self.bench.access.received(f"datagram to port {port}", content)
        for path in self.recording.files[:3]:
            self.bench.note_retry_hint(f"tshark -n -r private/recordings/{path.name} -Y 'eth.dst.ig == 1 and udp' -x")
        return Announced(datagrams=told, lost=tuple(self.lost[:LOST_MAX]))

    def flows_since(self, since: float) -> tuple[tuple[Flow, ...], tuple[str, ...]]:
        """The largest first; files that ended before are not read."""
        self.lost += _not_recorded(self.recording)
        self.files = [CaptureFile(path) for path in self.recording.files if path.stat().st_mtime >= since]
        found = flows(self.files, self._around(), since)
        self.lost += chain.from_iterable(file.lost for file in self.files)
        for path in self.recording.files[-3:]:
            self.bench.note_retry_hint(f"tshark -n -r private/recordings/{path.name} -q -z conv,ip")
        return found, tuple(self.lost[:LOST_MAX])

    def sightings(self) -> Sightings:
        """By secret and place."""
        survey = self._survey()
        self._keep_evidence(survey)
        self._tell_doubts(())
        found = self.search.found.items() if self.search else ()
        return Sightings(
            asked=f"secrets in the traffic of {self.bench.sample.name} {SINCE}",
            found=tuple(Sighting(label=each.label, encoding=each.encoding, place=each.place, times=times) for each, times in found),
            lost=tuple(self.lost),
            packets=survey.packets,
        )

    def links(self, control: str) -> Links:
        """How the unit talked with everybody, and which secrets were seen on the way; `control` labels what must be."""
        survey = self._survey()
        self._keep_evidence(survey)
        self._tell_doubts(())
        table, found = self.flows, self.search.found if self.search else {}
        if table is not None and table.made_room:
            self.lost.append("there were more kinds of conversations than are kept")
        places = [Sighting(label=each.label, encoding=each.encoding, place=each.place, times=times) for each, times in found.items()]
        labels = sorted(self.search.labels - {control}) if self.search else ()
        return Links(
            asked=f"all that {self.bench.sample.name} sent and was sent {SINCE}",
            flows=table.rows if table else (),
            missing=tuple(each for each in self.done or () if table is None or each not in table.met),
            secrets=tuple(Searched(label=name, found=tuple(each for each in places if each.label == name)) for name in labels),
            control_seen=any(each.label == control for each in places),
            lost=tuple(self.lost),
            packets=survey.packets,
            sha256=tuple(_digest(path) for path in self.recording.files),
        )

    def _survey(self) -> Survey:
        """One pass over all files; Undecided when the unit is not in them."""
        self.lost += _not_recorded(self.recording)
        self.files = [CaptureFile(path) for path in self.recording.files]
        around = self._around()
        self.flows = FlowTable(around, self.done) if self.done is not None else None
        survey = Survey(around, self.search, self.flows)
        for file in self.files:
            survey.read(file)
        survey.finish()
        if not survey.packets:
            raise Undecided(f"no packet of {self.bench.sample.address} is in the capture; is it this unit's, and of this network?")
        self.lost += [*chain.from_iterable(file.lost for file in self.files), *survey.lost, *self._not_from_the_start(survey)]
        self.lost += [*self._not_to_the_end(), *self._strangers(survey)]
        return survey

    def _around(self) -> Around:
        """Where the router is the lab's, its addresses are known; elsewhere the network's own DHCP tells."""
        sample = self.bench.sample
        unit = ip_address(sample.address)
        ours, gateways = own_addresses(sample.address), set()
        if self.bench.stand_in:
            ours, gateways = (OURS, *OURS_TOO, str(eui64(OUR_MAC))), {ip_address(ROUTER).packed}
        around = Around(
            macs=self._macs(unit.packed),
            own={unit.packed},
            testers=frozenset(ip_address(address).packed for address in ours),
            tester_macs=frozenset(_LABS_CARDS[:1]) if self.bench.stand_in else frozenset(),
            gateways=gateways,
        )
        around.add_network(ip_network((unit.packed, _PREFIX[unit.version]), strict=False))
        return around

    def _macs(self, address: bytes) -> frozenset[bytes]:
        """The bench's word, else the card that sends from the unit's address."""
        if self.bench.sample.mac:
            return frozenset([bytes.fromhex(self.bench.sample.mac.replace(":", ""))])
        found, by_router = learned_macs(chain.from_iterable(CaptureFile(file.path) for file in self.files), address)
        if by_router:
            self.lost.append("the unit is seen through a router, so that its other addresses are not known; give its mac in the bench file")
        return found

    def _not_from_the_start(self, survey: Survey) -> Iterator[str]:
        """Only the emulated lab is sure to have switched it on after the recorder; elsewhere the unit's own packets show it."""
        power = self.bench.power
        if power is not None and power.way == "emulated":
            return
        if not (survey.came_up if power else survey.began_with == "start"):
            yield "the capture does not show the unit coming up on the network: it begins after power-on"

    def _not_to_the_end(self) -> Iterator[str]:
        """A file of yesterday says nothing of what was done with the unit today."""
        since = time.time() - self.recording.ended
        if since > STILL_S:
            yield f"the capture ended {since:.0f} s ago; what the unit has sent since is not in it"

    def _strangers(self, survey: Survey) -> Iterator[str]:
        """On a network of the lab's own every card is known; another one may be the unit's second."""
        for (mac, source), target in survey.strangers.items() if self.bench.stand_in else ():
            known = mac in _LABS_CARDS or self.bench.access.in_scope(spelled(source))
            if not known and len(self.lost) < LOST_MAX:
                yield f"a card that nobody named ({mac.hex(':')}, {spelled(source)}) contacted {spelled(target)}"

    def _keep_evidence(self, survey: Survey) -> None:
        """The first frame of each destination, and how to see all of them."""
        frames = survey.table.frames
        for to in survey.destinations[:EVIDENCE_MAX]:
            if frame := frames.get((to.file, to.packet)):
                self.bench.access.received(f"{to.file} packet {to.packet}", frame)
        unit = ip_address(self.bench.sample.address)
        field_name = "ip.src" if unit.version == 4 else "ipv6.src"
        for name in [file.path.name for file in self.files][:3]:
            self.bench.note_retry_hint(f"tshark -n -r private/recordings/{name} -Y '{field_name} == {unit}'")

    def _tell_doubts(self, unseen: tuple[Unseen, ...]) -> None:
        """Where the record tells how to see it again it also tells why it may not be the whole."""
        missed = [f"only the stand-in internet saw {each.name or 'no name'} at {each.address} port {each.port}" for each in unseen]
        if doubts := [*self.lost, *missed]:
            more = f"; and {len(doubts) - DOUBTS_SHOWN} more" if len(doubts) > DOUBTS_SHOWN else ""
            self.bench.note_retry_hint(f"in doubt: {'; '.join(doubts[:DOUBTS_SHOWN])}{more}")

    def _unseen(self, survey: Survey) -> Iterator[Unseen]:
        """By place, and by name where it named one."""
        if self.bench.stand_in is None:
            return
        if self.bench.stand_in.overflowed():
            self.lost.append("the stand-in internet received more than it keeps")
        named = {(to.address, to.port, to.transport, to.shown) for to in survey.destinations}
        own = {spelled(address) for address in survey.around.own}
        count = 0
        for each in self.bench.stand_in.received():
            if each.source in own and each.at <= self.recording.ended - CLOCKS_APART_S and not _is_seen(each, survey.table.places, named):
                count += 1
                if count <= UNSEEN_MAX:
                    yield Unseen(at=each.at, address=each.address, port=each.port, transport=each.transport, name=shown(each.name.encode()))


def _is_seen(each: Received, places: set[Place], named: set[tuple[str, int, str, str]]) -> bool:
    place = (each.address, each.port, each.transport)
    return place in places and (not each.name or (*place, shown(each.name.encode())) in named)


def _not_recorded(recording: Recording) -> Iterator[str]:
    if recording.lost is None:
        yield "nobody counted the frames that were dropped while it was recorded"
    elif recording.lost:
        yield f"{recording.lost} frames were dropped while it was recorded"
    yield from recording.gaps


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
