"""mDNS and DNS-SD (RFC 6762, 6763): the unit's name, its page and its streams."""

import socket
import struct

from harness.emulated.camera.identity import MODEL
from harness.emulated.camera.network.discovery.multicast import Peer, Speaker
from harness.emulated.camera.network.dns_message import (
    ANY,
    IN,
    PTR,
    SRV,
    TXT,
    A,
    BadMessage,
    Message,
    Question,
    Record,
    decode,
    encode_name,
)
from harness.emulated.camera.unit import Unit

GROUP, PORT, HOPS = "224.0.0.251", 5353, 255
ALL_SERVICES = "_services._dns-sd._udp.local"
_ANSWER = 0x8400
_UNIQUE = UNICAST = 0x8000  # the top bit of the class: only we have this record; and in a question: answer me alone
_HOST_S, _OTHER_S, _LEGACY_S = 120, 4500, 10
_HEARD_MOST = 9000


class Mdns:
    """Announces itself twice, answers, says good-bye."""

    def __init__(self, unit: Unit, speaker: Speaker) -> None:
        self._unit, self._speaker = unit, speaker
        tail = unit.identity.mac.replace(":", "")[-6:]
        self.host, self._instance = unit.host, f"{MODEL} {tail}"

    def announce(self) -> None:
        """The unit is there; once more a second later, since a packet may be lost."""
        self._tell(self._records())
        self._unit.clock.call_later(1.0, lambda: self._tell(self._records()))

    def bye(self) -> None:
        """It goes: nothing of it is valid any more."""
        self._tell(tuple(Record(each.name, each.kind, each.of_class, 0, each.data) for each in self._records()))

    def heard(self, data: bytes, peer: Peer) -> None:
        """Answer questions: to all, or to who asks alone; a plain resolver gets a plain answer."""
        try:
            asked = decode(data[:_HEARD_MOST])
        except BadMessage:
            return
        if asked.is_answer:
            return
        answers = tuple(dict.fromkeys(record for question in asked.questions for record in self._for(question)))
        known = {(record.name, record.kind, record.data) for record in asked.records if record.ttl * 2 >= _OTHER_S}
        answers = tuple(record for record in answers if (record.name, record.kind, record.data) not in known)
        if not answers:
            return
        if peer[1] != PORT:
            plain = tuple(Record(each.name, each.kind, IN, _LEGACY_S, each.data) for each in answers)
            self._speaker.tell(Message(asked.id, _ANSWER, asked.questions, plain).encode(), peer)
        else:
            alone = all(question.of_class & UNICAST for question in asked.questions)
            self._tell(answers, peer if alone else None)

    def _tell(self, records: tuple[Record, ...], peer: Peer | None = None) -> None:
        self._speaker.tell(Message(0, _ANSWER, (), records).encode(), peer)

    def _for(self, question: Question) -> list[Record]:
        """What answers it, and what will be asked next."""
        every = self._records()
        found = [record for record in every if record.name.lower() == question.name.lower() and question.kind in (record.kind, ANY)]
        return [*found, *(record for record in every if record.kind != PTR)] if found else []

    def _records(self) -> tuple[Record, ...]:
        records = [Record(self.host, A, IN | _UNIQUE, _HOST_S, socket.inet_aton(self._unit.address))]
        for kind, port, text in self._services():
            instance = f"{self._instance}.{kind}"
            target = struct.pack("!3H", 0, 0, port) + encode_name(self.host)
            records.append(Record(ALL_SERVICES, PTR, IN, _OTHER_S, encode_name(kind)))
            records.append(Record(kind, PTR, IN, _OTHER_S, encode_name(instance)))
            records.append(Record(instance, SRV, IN | _UNIQUE, _HOST_S, target))
            records.append(Record(instance, TXT, IN | _UNIQUE, _OTHER_S, bytes([len(text)]) + text))
        return tuple(records)

    def _services(self) -> list[tuple[str, int, bytes]]:
        page = ("_https._tcp.local", self._unit.https_port, b"path=/")
        streams = (
            "_rtsps._tcp.local",
            self._unit.rtsps_port,
            b"path=/live/main" if "tells-stream-by-mdns" in self._unit.flaws else b"txtvers=1",
        )
        return [page, streams] if self._unit.media else [page]
