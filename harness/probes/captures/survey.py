"""All conversations of one unit in a capture, in one pass and with bounded memory: whom it contacted, and what may not have been seen."""

import struct
from collections.abc import Iterable, Iterator

from harness.model.traffic import Destination
from harness.probes.captures import dhcp, quic
from harness.probes.captures.around import DHCP_PORTS, DNS_PORT, Around, spelled
from harness.probes.captures.conversation import ACK, FIN, RST, SYN, WORDS, Conversation, Naming
from harness.probes.captures.files import CaptureFile, Frame
from harness.probes.captures.flows import Flows
from harness.probes.captures.fragments import Fragments
from harness.probes.captures.layers import ARP, ICMP, ICMP6, IGMP, LINKS, NO_MAC, TCP, UDP, Datagram, between, datagram
from harness.probes.captures.protocols import Head
from harness.probes.captures.resolved import Messages, Resolved
from harness.probes.captures.search import Search
from harness.probes.captures.streams import Sink, Stream
from harness.probes.captures.table import Table

CONVERSATIONS_MAX = 20_000
FRAME_KEPT = 512
HELLO_KEPT = 1 << 14
CARDS_MAX = 4_096
ROUTERS_FROM = 4  # a card that sends from so many addresses sends for others
_tcp = struct.Struct(">HHIIBB").unpack_from
_ports = struct.Struct(">HH").unpack_from
_ERRORS, _ERRORS6 = (b"\x03", b"\x04", b"\x0b", b"\x0c"), (b"\x01", b"\x02", b"\x03", b"\x04")
_SIDES = ("unit", "peer")
_Key = tuple[int, bytes, bytes, bytes]


class Survey:
    """Takes frame after frame; `destinations` and `lost` hold after `finish`.

    `began_with` is what the unit sent first: `start` as after power-on, or `midst`; empty when it sent nothing. `came_up`: was there
    such a start anywhere?
    """

    def __init__(self, around: Around, search: Search | None = None, flows: Flows | None = None) -> None:
        self.around = around
        self.packets = 0
        self.began_with = ""
        self.came_up = False
        self.began = self.ended = 0.0
        self.destinations: tuple[Destination, ...] = ()
        self.table = Table(around, self._note)
        self.strangers: dict[tuple[bytes, bytes], bytes] = {}  # card and address that are not the unit's: whom they contacted outside
        self._search, self._flows = search, flows
        self._file = ""
        self._fragments = Fragments()
        self._resolved = Resolved(around, self._note)
        self._talks: dict[_Key, Conversation] = {}
        self._notes: dict[str, int] = {}

    def read(self, file: CaptureFile) -> None:
        """All frames of one file."""
        self._file = file.path.name
        for frame in file:
            self.add(frame)

    def add(self, frame: Frame) -> None:
        """One frame. Those between the unit and us are most of a run: they are only counted."""
        if self._flows is None and (own := between(frame)) and self.packets:
            (to, by, source, target), around = own, self.around
            if by in around.macs and source in around.own and target in around.testers:
                self.packets += 1
                self.ended = frame.at
                return
            if to in around.macs and target in around.own and source in around.testers:
                return
        part = datagram(frame)
        if part is None:
            self._unread(frame)
        elif part.piece is None:
            self._take(frame, part)
        else:
            for whole in self._fragments.add(part):
                self._take(frame, whole)

    def finish(self) -> None:
        """There are no more frames."""
        for whole in self._fragments.finish():
            self._take(Frame(0, self.ended, 0, b"", 0), whole)
        for talk in self._talks.values():
            self._over(talk)
        self._talks.clear()
        if self._search is not None:
            self._search.finish()
        rows = (*self.table.rows, *self._resolved.only_asked(self.table.names))
        self.destinations = tuple(sorted(rows, key=lambda to: (to.first, to.packet)))

    def _over(self, talk: Conversation) -> None:
        self.table.add(talk)
        if self._flows is not None:
            self._flows.add(talk)

    @property
    def lost(self) -> Iterator[str]:
        """Why something that the unit sent may not have been understood."""
        for words, count in self._notes.items():
            yield words.format(count)
        if self._fragments.incomplete:
            yield f"{self._fragments.incomplete} packets in pieces are not whole in the capture"

    def _note(self, words: str) -> None:
        self._notes[words] = self._notes.get(words, 0) + 1

    def _unread(self, frame: Frame) -> None:
        if frame.link not in LINKS:
            self._note(f"{{}} frames of a kind of link that cannot be read (number {frame.link})")
        elif frame.data[6:12] in self.around.macs and frame.data[12:14] in (b"\x08\x00", b"\x86\xdd"):
            self._note("{} damaged packets of the unit")

    def _take(self, frame: Frame, part: Datagram) -> None:
        if self.around.is_unit(part.mac, part.source):
            self._sent(frame, part)
        elif part.to_mac in self.around.macs or part.target in self.around.own:
            self._on(frame, part, 1)
        else:
            self._heard(part)

    def _heard(self, part: Datagram) -> None:
        """Neither from the unit nor to it."""
        if self.around.is_group(part.target):
            if part.protocol == UDP:
                self.around.asks_all(part.source, int.from_bytes(part.payload[:2], "big"))
        elif part.protocol != ARP and len(self.strangers) < CARDS_MAX and not self.around.is_local(part.target):
            self.strangers.setdefault((part.mac, part.source), part.target)

    def _sent(self, frame: Frame, part: Datagram) -> None:
        self.packets += 1
        self.began = min(self.began or frame.at, frame.at)
        self.ended = max(self.ended, frame.at)
        if _is_start(part):
            self.came_up = True
        self.began_with = self.began_with or ("start" if self.came_up else "midst")
        self.around.learn(part.mac, part.source)
        if part.protocol != IGMP and not self.around.is_group(part.target):
            self._on(frame, part, 0)
        else:
            self._search_in(part.payload, frame)

    def _on(self, frame: Frame, part: Datagram, side: int) -> None:
        """One packet of a conversation; side 0 is the unit. What is between the unit and us is looked at only when flows are asked for."""
        with_us = self.around.is_tester(*((part.mac, part.source) if side else (part.to_mac, part.target)))
        if with_us and (self._flows is None or part.protocol != TCP):  # of datagrams with us only the beginning is recorded
            self._search_in(part.payload if self._flows else b"", frame)
            return
        if len(frame.data) < frame.size:
            self._note("{} frames of the unit were not recorded to their end")
        if part.protocol == TCP:
            self._tcp(frame, part, side, with_us=with_us)
        elif part.protocol == UDP:
            self._udp(frame, part, side)
        elif part.protocol != ARP and not (side == 0 and self._is_complaint(part)):
            self._talk(frame, part, side, b"", _SIDES[side])
            self._search_in(part.payload, frame)

    def _is_complaint(self, part: Datagram) -> bool:
        """An ICMP error about a packet of a conversation that is known: no contact of its own."""
        if part.protocol == ICMP and part.payload[:1] in _ERRORS:
            about = part.payload[8:]
            protocol, ports_at = about[9:10], (about[0] & 15) * 4 if about else 0
        elif part.protocol == ICMP6 and part.payload[:1] in _ERRORS6:
            about = part.payload[8:]
            protocol, ports_at = about[6:7], 40
        else:
            return False
        ports = about[ports_at : ports_at + 4]
        return (int.from_bytes(protocol, "big"), part.source, part.target, ports[2:] + ports[:2]) in self._talks

    def _tcp(self, frame: Frame, part: Datagram, side: int, *, with_us: bool) -> None:
        payload = part.payload
        if len(payload) < 20:
            self._note("{} TCP packets without their header")
            return
        _, _, number, acknowledged, offset, flags = _tcp(payload)
        first = SYN | ACK if with_us else SYN  # of our connections only consents are recorded
        isn = number if flags & (SYN | ACK) == first else None
        talk = self._talk(frame, part, side, payload[:4], _begun(flags, side), isn, with_us=with_us)
        data = payload[(offset >> 4) * 4 :]
        number += bool(flags & SYN)
        if not flags & RST and len(frame.data) >= frame.size:
            talk.saw(side, number, len(data) + (flags & FIN), acknowledged if flags & ACK else None)
        stream = talk.back if side else talk.out
        if stream is not None:
            if flags & SYN:
                stream.begins_at(number)
            if data:
                stream.add(number, data)
        if flags & (FIN | RST):
            talk.closed |= 3 if flags & RST else 1 << side
            if talk.closed == 3 and (talk.naming is None or talk.naming.settled or not flags & RST):
                talk.rest()

    def _udp(self, frame: Frame, part: Datagram, side: int) -> None:
        payload = part.payload
        if len(payload) < 8:
            self._note("{} UDP packets without their header")
            return
        talk = self._talk(frame, part, side, payload[:4], _SIDES[side])
        data = payload[8:]
        if talk.heads and not talk.heads[side].data:
            talk.heads[side].take(data)
        if talk.port == DNS_PORT:
            self._resolved.take(data, talk, side, frame.at, (self._file, frame.number))
        elif side == 1 and talk.port in DHCP_PORTS:
            dhcp.learn(self.around, data, part.to_mac)
        elif side == 0 and quic.is_quic(data, talk.port):
            talk.is_quic(data)
        self._search_in(data, frame)

    def _search_in(self, data: bytes, frame: Frame) -> None:
        if self._search is not None and data:
            self._search.look(data, f"{self._file} packet {frame.number}")

    def _talk(
        self,
        frame: Frame,
        part: Datagram,
        side: int,
        ports: bytes,
        begun: str,
        isn: int | None = None,
        *,
        with_us: bool = False,
    ) -> Conversation:
        """A packet's conversation, with it counted. A first number of its own, also after what came late, begins another one."""
        own, peer, both = (part.target, part.source, ports[2:] + ports[:2]) if side else (part.source, part.target, ports)
        key = (part.protocol, own, peer, both)
        talk = self._talks.get(key)
        if talk is not None and isn is not None and talk.isn != isn and (with_us or begun in (talk.begun, "unit")):
            self._over(self._talks.pop(key))
            talk = None
        if talk is None:
            talk = self._begin(key, frame, part.to_mac if side else part.mac, begun)
            talk.isn, talk.with_us = isn, with_us
        if side:
            talk.answered = True
            talk.seen = frame.at
        else:
            talk.count(frame)
        return talk

    def _begin(self, key: _Key, frame: Frame, mac: bytes, begun: str) -> Conversation:
        if len(self._talks) >= CONVERSATIONS_MAX:
            self._make_room()
        protocol, own, peer, ports = key
        own_port, port = _ports(ports) if ports else (0, 0)
        talk = Conversation(
            protocol=protocol,
            transport=WORDS.get(protocol, f"ip-{protocol}"),
            sender=mac.hex(":") if mac else spelled(own),
            own=own,
            own_port=own_port,
            peer=peer,
            port=port,
            begun=begun,
            first=frame.at,
            seen=frame.at,
            began=frame.at,
            heads=(Head(), Head()) if self._flows is not None else (),
            file=self._file,
            packet=frame.number,
            frame=frame.data[:FRAME_KEPT],
            resolved=self._resolved.names_of(peer),
        )
        self._talks[key] = talk
        if protocol == TCP:
            self._listen(talk)
        return talk

    def _listen(self, talk: Conversation) -> None:
        """Which directions must be put in order, and for whom."""
        out: list[Sink] = []
        back: list[Sink] = []
        if talk.begun == "peer":
            self.around.asks_one(talk.peer)
        else:
            talk.naming = Naming()
            out.append(talk.naming.take)
        if talk.port == DNS_PORT:
            out.append(Messages(self._resolved, talk, 0).take)
            back.append(Messages(self._resolved, talk, 1).take)
        if self._search is not None:
            where = f"{spelled(talk.peer)} port {talk.port} (own port {talk.own_port})"
            out.append(self._search.stream(f"to {where}"))
            back.append(self._search.stream(f"from {where}"))
        if talk.heads:
            out.append(talk.heads[0].take)
            back.append(talk.heads[1].take)
        talk.out = Stream(_all(out), keep=HELLO_KEPT if talk.naming else 0) if out else None
        talk.back = Stream(_all(back)) if back else None

    def _make_room(self) -> None:
        """The half that was silent longest is counted and let go. What comes of it later would look as if it had no beginning."""
        for key in sorted(self._talks, key=lambda each: self._talks[each].seen)[: CONVERSATIONS_MAX // 2]:
            self._over(self._talks.pop(key))
        self.table.made_room = True
        self._note("{} times there were more conversations at once than are kept")


def learned_macs(frames: Iterable[Frame], address: bytes) -> tuple[frozenset[bytes], bool]:
    """The cards that send from this address, and whether a router's card was among them and left out, since it sends for others."""
    seen: dict[bytes, set[bytes]] = {}
    for frame in frames:
        part = datagram(frame)
        if part is not None and part.mac != NO_MAC and part.protocol != ARP and len(part.source) == 4:
            sources = seen.setdefault(part.mac, set()) if len(seen) < CARDS_MAX else seen.get(part.mac, set())
            if len(sources) < ROUTERS_FROM or part.source == address:
                sources.add(part.source)
    cards = {mac: len(sources) < ROUTERS_FROM for mac, sources in seen.items() if address in sources}
    return frozenset(mac for mac, own in cards.items() if own), not all(cards.values())


def _begun(flags: int, side: int) -> str:
    """Who opened a TCP connection, as its first packet tells."""
    if flags & SYN:
        return _SIDES[1 - side] if flags & ACK else _SIDES[side]
    return "peer" if side or flags & RST else "unseen"


def _all(sinks: list[Sink]) -> Sink:
    if len(sinks) == 1:
        return sinks[0]

    def each(data: bytes | None) -> None:
        for sink in sinks:
            sink(data)

    return each


def _is_start(part: Datagram) -> bool:
    """Is this what a unit sends when its network comes up: is this address free, give me one?"""
    if part.protocol == ARP:
        return part.payload[-14:-10] == bytes(4)
    if part.protocol == UDP:
        return part.source == bytes(4) and part.payload[2:4] == b"\x00\x43"
    return part.protocol == ICMP6 and part.source == bytes(16)
