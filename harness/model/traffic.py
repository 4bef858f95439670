"""What a unit sent on the network, as a capture shows it."""

from typing import Literal, get_args

from harness.model.base import Frozen

SHOWN_MAX = 3
FalseCertificate = Literal["self-signed", "unknown issuer", "wrong name", "expired", "not yet valid", "leaf as issuer"]
FALSE_CERTIFICATES: tuple[FalseCertificate, ...] = get_args(FalseCertificate)
OldVersions = Literal["old versions only"]
OLD_VERSIONS: OldVersions = "old versions only"  # with the right certificate
Pretence = FalseCertificate | OldVersions


class Destination(Frozen):
    """Whom the unit contacted: one address, port and transport under one shown name.

    `shown` is the name that the unit itself showed (TLS server name, HTTP Host); `hidden` says that it may be a cover (encrypted
    hello). `resolved` are the names for which the unit was told this address. `transport` dns is a question that nobody was contacted
    for. `first` and `last` are seconds since 1970, `packet` the number of its first packet in `file`.
    """

    address: str
    port: int
    transport: str
    shown: str = ""
    hidden: bool = False
    resolved: tuple[str, ...] = ()
    answered: bool = False
    quic: bool = False
    sender: str = ""
    first: float = 0.0
    last: float = 0.0
    packets: int = 0
    bytes: int = 0
    file: str = ""
    packet: int = 0

    @property
    def asked(self) -> str:
        """How reports name it."""
        name = self.shown or ", ".join(self.resolved[:SHOWN_MAX]) or "no name"
        where = f" ({self.file} packet {self.packet})" if self.packet else ""
        if self.transport == "dns":
            return f"{name}, asked of {self.address} and not contacted{where}"
        kind = f"{self.transport}, QUIC" if self.quic else self.transport
        reply = "" if self.answered else ", no answer"
        return f"{name} at {self.address} port {self.port}/{kind}{reply}{where}"


class Unseen(Frozen):
    """What the stand-in cloud received and the capture does not show."""

    at: float
    address: str
    port: int
    transport: str
    name: str = ""


class Traffic(Frozen):
    """All that the unit sent in a time. `lost` says why there may be more; nothing is known where it is not empty."""

    asked: str
    destinations: tuple[Destination, ...] = ()
    lost: tuple[str, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    packets: int = 0
    began: float = 0.0
    ended: float = 0.0
    sha256: tuple[str, ...] = ()


class Done(Frozen):
    """Something that was done with the unit: over one of which TCP ports of its, and from when to when (seconds since 1970)."""

    what: str
    ports: tuple[int, ...]
    begin: float
    end: float

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.what} over port {' or '.join(map(str, self.ports))}"


class Flow(Frozen):
    """Conversations of one kind: with us or with others, begun by the unit or its peer, to one port of the server, in one protocol."""

    link: Literal["with us", "with others"]
    peer: str
    port: int
    transport: str
    begun: Literal["unit", "peer"]
    protocol: str
    name: str = ""
    first: float = 0.0
    last: float = 0.0
    times: int = 1
    file: str = ""
    packet: int = 0

    @property
    def asked(self) -> str:
        """How reports name it."""
        place = f"{self.name or self.peer} port {self.port}" if self.begun == "unit" else f"its port {self.port} from {self.peer}"
        where = f" ({self.file} packet {self.packet})" if self.packet else ""
        return f"{self.protocol} over {self.transport}: to {place}, {self.times}×{where}"


class Sighting(Frozen):
    """A secret in what was sent: by its label, in which encoding (empty: as it is), where, and how often."""

    label: str
    encoding: str
    place: str
    times: int


class Searched(Frozen):
    """A secret that was searched for, and where it was seen."""

    label: str
    found: tuple[Sighting, ...] = ()

    @property
    def asked(self) -> str:
        """How reports name it."""
        if not self.found:
            return self.label
        first, more = self.found[0], len(self.found) - 1
        return f"{self.label}{f' in {first.encoding}' if first.encoding else ''}, {first.place}{f', and {more} more' if more else ''}"


class Links(Frozen):
    """How the unit talked with everybody, and the secrets that were searched for on the way. `missing` are acts of which there is no
    conversation, `control_seen`: what was sent in the clear on purpose was found; `lost` says why there may be more."""

    asked: str
    flows: tuple[Flow, ...] = ()
    missing: tuple[Done, ...] = ()
    secrets: tuple[Searched, ...] = ()
    control_seen: bool = False
    lost: tuple[str, ...] = ()
    packets: int = 0
    sha256: tuple[str, ...] = ()


class Sightings(Frozen):
    """All places where a search of the capture met one of its secrets; `lost` says why there may be more."""

    asked: str
    found: tuple[Sighting, ...] = ()
    lost: tuple[str, ...] = ()
    packets: int = 0


class ClientHello(Frozen):
    """What the unit offered to one server in TLS. `highest` is the version in the head of its hello, `listed` those that it lists; without
    a list it may take lower ones. `suites` are in its order, as numbers; numbers that are no suites are left out."""

    address: str
    port: int
    name: str = ""
    highest: int
    listed: tuple[int, ...] = ()
    suites: tuple[int, ...]
    times: int = 1

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"hello to {self.name or self.address} port {self.port}"


class ClientHellos(Frozen):
    """All that the unit offered; `lost` says why there may be more."""

    hellos: tuple[ClientHello, ...] = ()
    lost: tuple[str, ...] = ()
    packets: int = 0


class Announced(Frozen):
    """What the unit said to everybody on its network, by the port that it went to; `lost` says why there may be more."""

    datagrams: tuple[tuple[int, bytes], ...] = ()
    lost: tuple[str, ...] = ()


class Mappings(Frozen):
    """What the unit did to be reached from outside; `lost`: why something may have been missed."""

    asked: str
    found: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
