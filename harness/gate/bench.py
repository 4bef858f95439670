"""One device as probes see it: what is declared, where it is, and the one way to it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar, cast

from harness.gate.clock import Clock
from harness.gate.ledger import Ledger
from harness.gate.recorder import Attached, Hints
from harness.model.bench import Sample
from harness.model.errors import CamlabelError, NotPossible, Undecided
from harness.model.impact import Impact
from harness.model.profile import Profile
from harness.model.secret import Credential
from harness.model.vocabulary import Effort
from harness.transports.access import Access
from harness.transports.console import Console, Power
from harness.transports.driver import Driver
from harness.transports.operator import Operator
from harness.transports.packages import Packages
from harness.transports.recorders import Capture, StandIn
from harness.transports.reset import ResetButton
from harness.transports.storage import Storage

T = TypeVar("T")


@dataclass(frozen=True)
class Endpoint:
    """Where a declared service is reached: address and actual port of this bench."""

    host: str
    port: int
    tls: bool
    path: str
    protocol: str


@dataclass
class LiveObjects:
    """Sessions and streams; observations hold their ids, the objects stay here and die with the process."""

    _kept: dict[str, object] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def keep(self, kind: str, live: object) -> str:
        """Store an object under a new id such as `web#1`."""
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        name = f"{kind}#{self._numbers[kind]}"
        self._kept[name] = live
        return name

    def get(self, name: str) -> object:
        """The object, or Undecided when it died with an earlier process."""
        if name not in self._kept:
            raise Undecided(f"{name} is gone: it was opened before this process started")
        return self._kept[name]

    def remembered(self, what: str, make: Callable[[], T]) -> T:
        """What is known of this in this process; made by who asks first."""
        if what not in self._kept:
            self._kept[what] = make()
        return cast("T", self._kept[what])

    def leave(self) -> None:
        """Close everything that has a `close`; a device that no longer listens does not keep the others open."""
        for live in self._kept.values():
            close: Callable[[], None] | None = getattr(live, "close", None)
            if close is not None:
                with suppress(OSError, CamlabelError):
                    close()

    def close_all(self) -> None:
        """Close and forget."""
        self.leave()
        self._kept.clear()


@dataclass
class Happenings:
    """What the harness itself made the device go through in this process, while recorders ran: `set-up`, from when to when."""

    spans: list[tuple[str, float, float]] = field(default_factory=list)

    def add(self, what: str, begin: float, end: float) -> None:
        """Seconds since 1970."""
        self.spans.append((what, begin, end))

    def last(self, what: str) -> tuple[float, float] | None:
        """The latest of its kind."""
        return next(((begin, end) for name, begin, end in reversed(self.spans) if name == what), None)


@dataclass
class Doing:
    """What a long act is at, for people."""

    text: str = ""


@dataclass(frozen=True)
class Bench:
    """The first argument of every probe. `lacks` says of a means that is not here why; `impact` is the highest act that the bench
    permits, `sources` are further addresses of ours, from which the device can be asked. `between`: what goes from one unit to another."""

    profile: Profile
    sample: Sample
    access: Access
    clock: Clock
    ledger: Ledger
    effort: Effort = "quick"
    lives: LiveObjects = field(default_factory=LiveObjects)
    between: LiveObjects = field(default_factory=LiveObjects)
    noted: Hints = field(default_factory=Hints)
    spared: Hints = field(default_factory=Hints)
    capture: Capture | None = None
    stand_in: StandIn | None = None
    attached: Attached = field(default_factory=Attached)
    operator: Operator | None = None
    reset: ResetButton | None = None
    driver: Driver | None = None
    console: Console | None = None
    power: Power | None = None
    storage: Storage | None = None
    packages: Packages | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    happened: Happenings = field(default_factory=Happenings)
    doing: Doing = field(default_factory=Doing)
    impact: Impact = "change"
    sources: tuple[str, ...] = ()

    def address(self, service: str) -> Endpoint:
        """Where a service of the profile's log_intf table is reached; NotPossible when it is not declared."""
        for entry in self.profile.ixit.log_intf:
            if entry.id == service:
                port = self.sample.ports.get(entry.port, entry.port)
                return Endpoint(self.sample.address, port, entry.uses_tls, entry.path, entry.protocol)
        raise NotPossible(f"the profile's log_intf table has no service {service!r}")

    def credential(self, role: str) -> Credential:
        """The current credential of one of this sample's accounts."""
        return Credential(unit=self.sample.name, role=role)

    def wait(self, seconds: float) -> None:
        """Let device time pass: the device's time, not the harness's own."""
        with self.access.device_time():
            self.clock.wait(seconds)

    def keep(self, kind: str, live: object) -> str:
        """Store a live object and return its id, for instance `web#1`."""
        return self.lives.keep(kind, live)

    def live(self, name: str) -> object:
        """The live object behind an id; Undecided when it is gone."""
        return self.lives.get(name)

    def remembered(self, what: str, make: Callable[[], T]) -> T:
        """The one object of this name in this process; made by who asks first, and closed like live ones."""
        return self.lives.remembered(what, make)

    def attach(self, data: bytes) -> str:
        """Store a file as evidence of this observation; returns its digest."""
        return self.attached.add(data)

    def versions(self, who: Credential) -> tuple[int, ...]:
        """All versions of this password that ever existed, oldest first."""
        return self.ledger.versions(who)

    def latest(self, who: Credential, most: int) -> tuple[Credential, ...]:
        """The current password, the first, and the newest others, as exact versions."""
        return self.ledger.latest(who, most)

    def current_version(self, who: Credential) -> int:
        """The version that the ledger holds for valid."""
        return self.ledger.current(who)

    def formers(self, who: Credential) -> tuple[Credential, ...]:
        """Every version that was valid in this attempt before the current one, oldest first, as exact versions."""
        return self.ledger.formers(who)

    def new_password(self, who: Credential, *, unproven: bool = False) -> Credential:
        """A fresh version of this password, journalled before it is used; `unproven`: to be offered without the current one."""
        return self.ledger.new_version(who, unproven=unproven)

    def is_unseen(self, who: Credential) -> bool:
        """Was this exact version offered without the current password, and not known to be valid until now?"""
        return self.ledger.is_unseen(who)

    def password_is(self, who: Credential) -> None:
        """Tell the ledger which exact version (`Credential.at`) is valid now."""
        self.ledger.set_current(who)

    @property
    def hints(self) -> list[str]:
        """What was noted for the observation that runs in this thread."""
        return self.noted.texts

    def note_retry_hint(self, text: str) -> None:
        """Add a command with which a person sees this observation again."""
        self.noted.texts.append(text)

    def spare(self, did: str) -> str:
        """Say how much effort quick does here instead of all; a case that is not settled then says so, and that full does the rest."""
        self.spared.texts.append(did)
        return f"effort quick: {did}"
