"""Which names the unit asked name servers for, and which addresses it was told."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from harness.model.traffic import Destination
from harness.probes.captures import dns
from harness.probes.captures.around import DNS_PORT, Around, spelled
from harness.probes.captures.conversation import Conversation

NAMES_MAX = 20_000
NAMES_OF_ONE_MAX = 200
PENDING_MAX = 4_096
ANSWERED_WITHIN_S = 60.0
BUFFER_MAX = 1 << 17
OF_THE_NETWORK = (".local", ".in-addr.arpa", ".ip6.arpa")
Note = Callable[[str], None]


class Question(NamedTuple):
    """A name that was asked for, and where that stands."""

    name: str
    resolver: str
    sender: str
    at: float
    packet: int
    file: str
    bytes: int


class Resolved:
    """An answer counts when it answers a question of the unit: same ends, number and name."""

    def __init__(self, around: Around, note: Note) -> None:
        self._around, self._note = around, note
        self._pending: dict[tuple[bytes, bytes, int, int, str], float] = {}
        self._names: dict[bytes, dict[str, None]] = {}
        self._asked: dict[str, Question] = {}

    def names_of(self, address: bytes) -> tuple[str, ...]:
        """The names for which the unit was told this address up to now."""
        return tuple(self._names.get(address, ()))

    def take(self, data: bytes, talk: Conversation, side: int, at: float, where: tuple[str, int]) -> None:
        """One message to (side 0) or from a name server."""
        message = dns.message(data)
        if message is None or talk.port != DNS_PORT or message.is_answer != bool(side):
            return
        key = (talk.own, talk.peer, talk.own_port, message.number, message.name)
        if side == 0:
            if len(self._pending) >= PENDING_MAX:
                del self._pending[next(iter(self._pending))]
            self._pending[key] = at
            self._ask(message, Question(message.name, spelled(talk.peer), talk.sender, at, where[1], where[0], len(data)))
        elif at - self._pending.get(key, float("-inf")) <= ANSWERED_WITHIN_S:
            for address in message.addresses:
                self._tell(address, message.name)

    def only_asked(self, contacted: set[str]) -> Iterator[Destination]:
        """Names that were asked for, and under which nothing was contacted."""
        for asked in self._asked.values():
            if asked.name not in contacted and not self._is_try(asked.name):
                yield Destination(
                    address=asked.resolver,
                    port=DNS_PORT,
                    transport="dns",
                    resolved=(asked.name,),
                    sender=asked.sender,
                    first=asked.at,
                    last=asked.at,
                    packets=1,
                    bytes=asked.bytes,
                    file=asked.file,
                    packet=asked.packet,
                )

    def _ask(self, message: dns.Message, asked: Question) -> None:
        networks_own = tuple(f".{domain}" for domain in self._around.domains) if message.kind == dns.PTR else ()
        if "." not in asked.name or asked.name.endswith((*OF_THE_NETWORK, *networks_own)):
            return
        if len(self._asked) < NAMES_MAX:
            self._asked.setdefault(asked.name, asked)
        elif asked.name not in self._asked:
            self._note("{} times more names were asked for than are kept")

    def _tell(self, address: bytes, name: str) -> None:
        if address not in self._names and len(self._names) >= NAMES_MAX:
            self._note("{} times name servers told more than is kept")
            return
        names = self._names.setdefault(address, {})
        if name not in names and len(names) >= NAMES_OF_ONE_MAX:
            self._note("{} times name servers told more than is kept")
        else:
            names[name] = None

    def _is_try(self, name: str) -> bool:
        """With the network's own ending a name is what was meant, tried in another way."""
        meant = [name.removesuffix(f".{domain}") for domain in self._around.domains if name.endswith(f".{domain}")]
        return any("." not in each or each in self._asked for each in meant)


class Messages:
    """DNS over TCP, in one direction."""

    def __init__(self, resolved: Resolved, talk: Conversation, side: int) -> None:
        self._resolved, self._talk, self._side = resolved, talk, side
        self._buffer = bytearray()
        self._torn = False

    def take(self, data: bytes | None) -> None:
        """The next bytes; behind a hole it is not known where a message begins."""
        self._torn |= data is None or len(self._buffer) > BUFFER_MAX
        if data is None or self._torn:
            self._buffer.clear()
            return
        self._buffer += data
        for message in dns.over_tcp(self._buffer):
            self._resolved.take(message, self._talk, self._side, self._talk.seen, (self._talk.file, self._talk.packet))
