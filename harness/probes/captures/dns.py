"""Questions and answers of name servers; garbage is no message. Own code, since a name is taken label by label and never as text."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness.probes.captures.names import LONGEST, label

A, CNAME, PTR, AAAA, HTTPS, SVCB = 1, 5, 12, 28, 65, 64
RECORDS_MAX = 200
CHAIN_MAX = 20
JUMPS_MAX = 30
SPELLED_MAX = 4 * LONGEST  # escaped
_HEADER = struct.Struct(">HHHHHH")
_TAIL = struct.Struct(">HHIH")


class Message(NamedTuple):
    """One message with its first question."""

    number: int
    is_answer: bool
    name: str
    kind: int
    records: Iterable[tuple[str, int, str | bytes]] = ()  # owner, type, what it says: a name for CNAME, an address in bytes

    @property
    def addresses(self) -> Iterator[bytes]:
        """Addresses of the name that was asked for, along its chain of other names; what else the answer says is not asked for."""
        records = tuple(self.records)
        names, others = {self.name}, [(owner, said) for owner, kind, said in records if kind == CNAME]
        for _ in range(CHAIN_MAX):
            more = {str(said) for owner, said in others if owner in names} - names
            if not more:
                break
            names |= more
        for owner, kind, said in records:
            if kind in (A, AAAA) and owner in names and isinstance(said, bytes):
                yield said


def message(data: bytes) -> Message | None:
    """None for what is no message with one question; its answers are read when they are asked for, as far as they go."""
    known: dict[int, str] = {}
    try:
        number, flags, questions, answers, _, _ = _HEADER.unpack_from(data)
        name, at = _name(data, 12, known)
        kind, _ = struct.unpack_from(">HH", data, at)
    except (struct.error, ValueError):
        return None
    if questions != 1 or flags & 0x7800:
        return None
    return Message(number, bool(flags & 0x8000), name, kind, _records(data, at + 4, min(answers, RECORDS_MAX), known))


def over_tcp(buffer: bytearray) -> Iterator[bytes]:
    """Takes the whole messages out of what came."""
    while len(buffer) >= 2 and len(buffer) >= 2 + (length := int.from_bytes(buffer[:2], "big")):
        yield bytes(buffer[2 : 2 + length])
        del buffer[: 2 + length]


def _records(data: bytes, at: int, count: int, known: dict[int, str]) -> Iterator[tuple[str, int, str | bytes]]:
    try:
        for _ in range(count):
            owner, at = _name(data, at, known)
            kind, _, _, length = _TAIL.unpack_from(data, at)
            at += _TAIL.size
            value = data[at : at + length]
            if kind == CNAME:
                yield owner, kind, _name(data, at, known)[0]
            elif ((kind == A and length == 4) or (kind == AAAA and length == 16)) and len(value) == length:
                yield owner, kind, value
            at += length
    except (struct.error, ValueError):
        return


def _name(data: bytes, at: int, known: dict[int, str]) -> tuple[str, int]:
    """A name and where the next thing stands; `known` are names that were pointed at before. Raises ValueError."""
    labels: list[str] = []
    jumps: list[tuple[int, int]] = []  # where to, and how many labels stand before it
    end, length = 0, 0
    for _ in range(JUMPS_MAX + LONGEST):
        if at >= len(data):
            break
        size = data[at]
        if size >= 0xC0:
            if at + 1 >= len(data):
                break
            end, at = end or at + 2, (size & 0x3F) << 8 | data[at + 1]
            if at in known:
                return _joined([*labels, *filter(None, [known[at]])], jumps, known), end
            jumps.append((at, len(labels)))
        elif size == 0:
            return _joined(labels, jumps, known), end or at + 1
        elif size > 63 or (length := length + size + 1) > LONGEST:
            break
        else:
            labels.append(label(data[at + 1 : at + 1 + size]))
            at += 1 + size
    raise ValueError("no name")


def _joined(labels: list[str], jumps: list[tuple[int, int]], known: dict[int, str]) -> str:
    for at, before in jumps:
        known[at] = ".".join(labels[before:])
    name = ".".join(labels)
    if len(name) > SPELLED_MAX:
        raise ValueError("no name")
    return name
