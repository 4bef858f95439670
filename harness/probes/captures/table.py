"""The table of destinations: conversations that are over, by whom the unit contacted and under which name."""

from harness.model.traffic import Destination
from harness.probes.captures.around import Around, spelled
from harness.probes.captures.conversation import Conversation, Naming
from harness.probes.captures.hello import Offer
from harness.probes.captures.resolved import Note

DESTINATIONS_MAX = 5_000
OFFERS_MAX = 500
Place = tuple[str, int, str]  # address, port, transport
_Key = tuple[str, str, int, str, bool, tuple[str, ...], str]


class Table:
    """Rows grow with what is contacted, not with the capture. `places` are those that are no destinations too."""

    def __init__(self, around: Around, note: Note) -> None:
        self._around, self._note = around, note
        self._rows: dict[_Key, Destination] = {}
        self._frames: dict[_Key, bytes] = {}
        self.names: set[str] = set()
        self.places: set[Place] = set()
        self.offers: dict[tuple[Place, str, Offer], int] = {}  # what the unit offered in TLS, to whom and under which name, and how often
        self.made_room = False

    @property
    def rows(self) -> tuple[Destination, ...]:
        """All destinations, in the order of their first contact."""
        return tuple(sorted(self._rows.values(), key=lambda to: (to.first, to.packet)))

    @property
    def frames(self) -> dict[tuple[str, int], bytes]:
        """The beginning of the first frame of each row, by file and number."""
        return {(row.file, row.packet): self._frames[key] for key, row in self._rows.items()}

    def add(self, talk: Conversation) -> None:
        """Count a conversation that is over; what the lab owns, and answers to others, are no destinations."""
        talk.finish()
        self._note_holes(talk)
        if talk.packets and len(self.places) < DESTINATIONS_MAX:
            self.places.add((spelled(talk.peer), talk.port, talk.transport))
        if not talk.packets or self._is_reply(talk):
            return
        if talk.begun == "unseen" and self.made_room:
            return
        if talk.begun == "unseen" and self._around.is_local(talk.peer):
            self._note("{} connections on the local network were open before the capture begins")
            return
        naming = talk.naming or Naming()
        if naming.torn:
            self._note("{} TLS hellos could not be read to their end")
        if isinstance(naming, Naming) and naming.offer is not None:
            self._offer(talk, naming.names[0] if naming.names else "", naming.offer)
        for name in naming.names or [""]:
            self._row(talk, name, hidden=naming.hidden)

    def _offer(self, talk: Conversation, name: str, offer: Offer) -> None:
        key = ((spelled(talk.peer), talk.port, talk.transport), name, offer)
        if key not in self.offers and len(self.offers) >= OFFERS_MAX:
            self._note("{} TLS hellos with more offers than are kept")
            return
        self.offers[key] = self.offers.get(key, 0) + 1

    def _is_reply(self, talk: Conversation) -> bool:
        around = self._around
        if around.is_labs(talk.protocol, talk.peer, talk.port, talk.own_port):
            return True
        if talk.transport == "udp":  # a datagram says of itself neither that it asks nor that it answers
            return around.is_local(talk.peer) and (talk.begun == "peer" or around.was_asked_by(talk.peer, talk.port))
        return talk.begun == "peer"

    def _note_holes(self, talk: Conversation) -> None:
        if talk.missed:
            self._note("{} connections of the unit are not whole in the capture")
        if talk.repeated_otherwise:
            self._note("{} connections sent other bytes when they sent again, so that it is not known what arrived")

    def _row(self, talk: Conversation, name: str, *, hidden: bool) -> None:
        resolved = (name,) if name in talk.resolved and not hidden else talk.resolved
        key = (spelled(talk.peer), talk.transport, talk.port, name, hidden, resolved, talk.sender)
        self.names.update((name, *resolved))
        before = self._rows.get(key)
        if before is None and len(self._rows) >= DESTINATIONS_MAX:
            self._note("{} conversations with more destinations than are kept")
            return
        now = Destination(
            address=key[0],
            port=talk.port,
            transport=talk.transport,
            shown=name,
            hidden=hidden,
            resolved=resolved,
            answered=talk.answered,
            quic=talk.quic,
            sender=talk.sender,
            first=talk.first,
            last=talk.last,
            packets=talk.packets,
            bytes=talk.size,
            file=talk.file,
            packet=talk.packet,
        )
        if before is None or (now.first, now.packet) < (before.first, before.packet):
            self._frames[key] = talk.frame
        self._rows[key] = _both(before, now) if before else now


def _both(one: Destination, other: Destination) -> Destination:
    first, later = (one, other) if (one.first, one.packet) <= (other.first, other.packet) else (other, one)
    return first.model_copy(
        update={
            "answered": one.answered or other.answered,
            "quic": one.quic or other.quic,
            "last": max(first.last, later.last),
            "packets": one.packets + other.packets,
            "bytes": one.bytes + other.bytes,
        }
    )
