"""What the lab's router records beside the tests: every frame on the cable, and what the stand-in internet was sent.

The lab implements these; a probe finds them on its bench, or None where the bench has no router.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from harness.model.base import Frozen
from harness.model.traffic import Pretence


@dataclass(frozen=True)
class Recording:
    """Frames up to now, in files that nobody writes to any more, oldest first. Times are wall clock, in seconds since 1970.

    `lost` counts frames that the kernel dropped; None: nobody counted. `gaps` says, for people, when nobody was listening or what
    this way of recording cannot see. With either, that something was not sent cannot be said.
    """

    files: tuple[Path, ...]
    began: float
    ended: float
    lost: int | None = 0
    gaps: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Is everything in it that was on the cable?"""
        return self.lost == 0 and not self.gaps


class Capture(Protocol):
    """The recorder of the cable, from before power-on to the end of the run."""

    def mark(self) -> float:
        """The wall clock: every frame that was on the cable before it is recorded."""
        ...

    def cut(self) -> Recording:
        """Close the file that is written and go on in another."""
        ...


class Received(Frozen):
    """One connection, or the datagrams of one pair of ports, that the stand-in internet was sent.

    `name` is the server's as everybody on the cable reads it, by SNI or by the Host line of plain HTTP; empty when the device named
    none. `inside` is the Host line inside TLS. `sent` and `answered` count bytes of payload, `refused` says why a handshake failed.
    `shown` is the false certificate that it was shown, `secured` says that the device went through with the handshake.
    """

    at: float
    last: float
    transport: Literal["tcp", "udp"]
    source: str
    address: str
    port: int
    name: str = ""
    protocol: Literal["tls", "http", "dns", "ntp", ""] = ""
    sent: int = 0
    answered: int = 0
    refused: str = ""
    inside: str = ""
    shown: Pretence | Literal[""] = ""
    secured: bool = False


class Question(Frozen):
    """A name that a device asked the router for, and the address it was given (empty: none)."""

    at: float
    source: str
    name: str
    kind: str
    answer: str = ""


class Serving(Frozen):
    """What the stand-in internet answers where a request's path and query match `target`, a regular expression, on servers of this name."""

    host: str
    target: str
    content_type: str
    body: bytes


class Served(Frozen):
    """One such answer that was asked for; `whole` when all of it was sent."""

    at: float
    source: str
    host: str
    target: str
    size: int
    whole: bool = False


class Upload(Frozen):
    """The body of a request to the stand-in internet, large enough for a picture; of a long one the beginning."""

    at: float
    source: str
    host: str
    target: str
    size: int
    body: bytes


class StandIn(Protocol):
    """The internet and the cloud as the device meets them on this bench."""

    def received(self) -> tuple[Received, ...]:
        """All that came in up to now, oldest first; a connection that is open counts."""
        ...

    def questions(self) -> tuple[Question, ...]:
        """All names that were asked for, oldest first."""
        ...

    def overflowed(self) -> bool:
        """Was there more than is kept?"""
        ...

    def serve(self, answers: tuple[Serving, ...]) -> None:
        """From now on answer these, and nothing of what was served before."""
        ...

    def served(self) -> tuple[Served, ...]:
        """All of such answers that were asked for, oldest first."""
        ...

    def uploads(self, since: float) -> tuple[Upload, ...]:
        """The latest bodies that devices sent since then, oldest first."""
        ...

    def outage(self, cut: bool) -> None:
        """Take the internet away, or bring it back: names are not answered and nothing passes the router meanwhile."""
        ...

    def pretend(self, hosts: tuple[str, ...], certificate: Pretence) -> None:
        """Show a false certificate under these names (or addresses) from now on; their connections end, so that the device comes again."""
        ...

    def be_genuine(self, hosts: tuple[str, ...] = ()) -> None:
        """Show nothing false any more; connections that were shown something false end, and those of these hosts too."""
        ...
