"""Domain names and messages on the wire (RFC 1035), shared by the resolver and mDNS; what strangers send is read with limits."""

import struct
from dataclasses import dataclass

A, PTR, TXT, AAAA, SRV, ANY = 1, 12, 16, 28, 33, 255
IN = 1
_HEADER = struct.Struct("!6H")
_JUMPS_MOST, _RECORDS_MOST, _NAME_MOST = 16, 128, 255


class BadMessage(Exception):
    """It is cut, loops, or is no message."""


@dataclass(frozen=True)
class Question:
    """What is asked; the class still has mDNS's top bit."""

    name: str
    kind: int
    of_class: int = IN


@dataclass(frozen=True)
class Record:
    """One answer."""

    name: str
    kind: int
    of_class: int
    ttl: int
    data: bytes


@dataclass(frozen=True)
class Message:
    """Questions and answers; authority and additional records are not kept apart from answers."""

    id: int
    flags: int
    questions: tuple[Question, ...] = ()
    records: tuple[Record, ...] = ()

    @property
    def is_answer(self) -> bool:
        """The QR bit."""
        return bool(self.flags & 0x8000)

    @property
    def rcode(self) -> int:
        """0 when all is well."""
        return self.flags & 0xF

    def encode(self) -> bytes:
        """As bytes, without compression."""
        head = _HEADER.pack(self.id, self.flags, len(self.questions), len(self.records), 0, 0)
        asked = b"".join(encode_name(each.name) + struct.pack("!HH", each.kind, each.of_class) for each in self.questions)
        return head + asked + b"".join(_encode_record(each) for each in self.records)


def encode_name(name: str) -> bytes:
    """Labels with their lengths."""
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    if any(len(label) > 63 for label in labels):
        raise ValueError(f"a label of {name} is too long")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def decode(data: bytes) -> Message:
    """Read a message; raises BadMessage."""
    try:
        number, flags, *counts = _HEADER.unpack_from(data)
        if sum(counts) > _RECORDS_MOST:
            raise BadMessage("too many records")
        at, questions, records = _HEADER.size, [], []
        for _ in range(counts[0]):
            name, at = _name(data, at)
            questions.append(Question(name, *struct.unpack_from("!HH", data, at)))
            at += 4
        for _ in range(sum(counts[1:])):
            record, at = _record(data, at)
            records.append(record)
    except (struct.error, IndexError, UnicodeDecodeError) as mistake:
        raise BadMessage(str(mistake)) from None
    return Message(number, flags, tuple(questions), tuple(records))


def _encode_record(record: Record) -> bytes:
    return encode_name(record.name) + struct.pack("!HHIH", record.kind, record.of_class, record.ttl, len(record.data)) + record.data


def _record(data: bytes, at: int) -> tuple[Record, int]:
    name, at = _name(data, at)
    kind, of_class, ttl, length = struct.unpack_from("!HHIH", data, at)
    at += 10
    if at + length > len(data):
        raise BadMessage("a record is cut")
    content = encode_name(_name(data, at)[0]) if kind == PTR else bytes(data[at : at + length])
    return Record(name, kind, of_class, ttl, content), at + length


def _name(data: bytes, at: int) -> tuple[str, int]:
    """A name, which may point back into the message, and where it ends."""
    labels: list[str] = []
    end, size = 0, 0
    for _ in range(_JUMPS_MOST + _NAME_MOST):
        length = data[at]
        if length >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from("!H", data, at)[0] & 0x3FFF
            continue
        at += 1
        if not length:
            return ".".join(labels), end or at
        size += length + 1
        if size > _NAME_MOST or length > 63 or at + length > len(data):
            raise BadMessage("a name is too long or cut")
        labels.append(data[at : at + length].decode())
        at += length
    raise BadMessage("a name loops")
