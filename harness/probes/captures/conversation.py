"""One conversation of the unit with one other end: who began it, what went out, and which server it names."""

from dataclasses import dataclass, field

from harness.probes.captures import hello
from harness.probes.captures.files import Frame
from harness.probes.captures.layers import ICMP, ICMP6, TCP, UDP
from harness.probes.captures.protocols import Head
from harness.probes.captures.quic import Initials, can_be_read
from harness.probes.captures.streams import Stream

NAMES_MAX = 64
_WRAP, _HALF = 1 << 32, 1 << 31
SYN, RST, ACK, FIN = 2, 4, 16, 1
WORDS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmp"}


class Naming:
    """The first bytes of a client, until they say whom it means; of HTTP every request."""

    __slots__ = ("_head", "_looked", "_records", "hidden", "kind", "names", "offer", "torn")

    def __init__(self) -> None:
        self._head = bytearray()
        self._looked = 0
        self._records: hello.Records | None = None
        self.kind = ""
        self.names: list[str] = []
        self.hidden = False
        self.torn = False
        self.offer: hello.Offer | None = None

    @property
    def settled(self) -> bool:
        """Will no more bytes say more?"""
        return self.kind in ("tls", "other")

    def take(self, data: bytes | None) -> None:
        """The next bytes; None where some are missing."""
        if self.settled:
            return
        if data is None:
            self.finish()
            return
        if self._records is not None:
            self._hello(self._records.take(data))
            return
        self._head += data
        if self.kind == "http":
            self._requests()
        elif self._head[:1] == b"\x16":
            self._records = hello.Records()
            self._hello(self._records.take(bytes(self._head)))
        elif len(self._head) >= 3 and not self._head[:3].isalpha():
            self.kind = "other"
        elif b"\n" in self._head or len(self._head) > hello.REQUEST_MAX:
            self.kind = "http" if hello.METHOD.match(self._head) else "other"
            self._requests()

    def finish(self) -> None:
        """Nothing more comes: was the hello whole?"""
        if self.kind == "http":
            self._requests(last=True)
        self.torn |= not self.settled and self._records is not None
        self.kind = "other" if self.kind != "tls" else self.kind
        self._let_go()

    def _let_go(self) -> None:
        self._records = None
        self._head.clear()

    def _hello(self, said: bytes | None) -> None:
        if said is None:
            return
        found = hello.client_hello(said) if said else None
        self.kind, self.torn = "tls", found is None
        if found is not None:
            self.hidden, self.offer = found.hidden, found.offer
            self._name(*found.names)
        self._let_go()

    def _requests(self, *, last: bool = False) -> None:
        """Whole requests; of bodies no more is kept than the first line of a request may be long."""
        while (at := self._head.find(hello.VERSION, max(0, self._looked - len(hello.VERSION)))) >= 0:
            end = self._head.find(b"\r\n\r\n", at)
            if end < 0 and not last and len(self._head) - at < hello.REQUEST_MAX:
                return
            end = len(self._head) if end < 0 else end + 4
            self._name(*hello.requests(bytes(self._head[:end])))
            del self._head[:end]
            self._looked = 0
        del self._head[: -hello.LINE_MAX]
        self._looked = len(self._head)

    def _name(self, *names: str) -> None:
        self.names.extend(name for name in dict.fromkeys(names) if name not in self.names and len(self.names) < NAMES_MAX)


@dataclass(slots=True)
class Conversation:
    """`begun`: by the unit, by the other end (peer), or unseen: it was open before its first packet here. Counts are the unit's."""

    protocol: int
    transport: str
    sender: str
    own: bytes
    own_port: int
    peer: bytes
    port: int
    begun: str
    first: float
    seen: float
    file: str
    packet: int
    frame: bytes
    resolved: tuple[str, ...]
    last: float = 0.0
    packets: int = 0
    size: int = 0
    answered: bool = False
    quic: bool = False
    isn: int | None = None
    naming: Naming | Initials | None = None
    out: Stream | None = None
    back: Stream | None = None
    missed: int = 0
    repeated_otherwise: bool = False
    closed: int = 0
    began: float = 0.0
    with_us: bool = False
    heads: tuple[Head, ...] = ()
    tops: list[int | None] = field(default_factory=lambda: [None, None])

    def count(self, frame: Frame) -> None:
        """One packet of the unit."""
        if not self.packets:
            self.first, self.packet = frame.at, frame.number
        self.packets += 1
        self.size += frame.size
        self.last = self.seen = frame.at

    def is_quic(self, data: bytes) -> None:
        """A datagram with a long header of QUIC, which may name the server."""
        self.quic = True
        if self.naming is None and can_be_read(data):
            self.naming = Initials()
        if self.naming is not None:
            self.naming.take(data)

    def saw(self, side: int, number: int, length: int, acknowledged: int | None) -> None:
        """Bytes that the other end has, and that were never seen, are missing here. `side` 0 is the unit's."""
        top = self.tops[side]
        end = (number + length) % _WRAP
        if top is None or (end - top) % _WRAP < _HALF:
            self.tops[side] = end
        other = self.tops[1 - side]
        ahead = (acknowledged - other) % _WRAP if acknowledged is not None and other is not None else 0
        if 0 < ahead < _HALF:
            self.missed += not (self.with_us and ahead == 1)  # the end of a connection with us, which carries no data, is not recorded
            self.tops[1 - side] = acknowledged

    def rest(self) -> None:
        """Both ends have closed: what comes late is known, and nothing of it is kept."""
        self.finish()
        self.out = self.back = None

    def finish(self) -> None:
        """Nothing more comes."""
        for stream in (self.out, self.back):
            if stream is not None:
                stream.finish()
        if self.naming is not None:
            self.naming.finish()
        if self.out is not None:
            self.missed += self.out.holes
            self.repeated_otherwise |= self.out.repeated_otherwise
