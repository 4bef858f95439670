"""What transports ask of the gate; the gate implements it (harness.gate.access)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from harness.model.secret import Credential, Login, Secret

T = TypeVar("T")


class Access(Protocol):
    """The only way out: scope, pace, recording and secrets."""

    def admit(self, host: str, port: int, transport: str) -> AbstractContextManager[Callable[[], None]]:
        """Hold while a connection is open; waits its turn. `transport` is `tcp` or `udp`. Gives what is to be called when the device has
        taken it. Raises OutOfScope."""
        ...

    def insisting(self, what: str, attempt: Callable[[], T], fell: Callable[[T], bool]) -> T:
        """What the attempt comes to. Where that is nothing (`fell`, or DeviceSilent) it is made again, more gently, as long as that may
        help; so it must be one that may be made twice. `what` names all attempts of a kind. Inside of another it is made once."""
        ...

    def outlast(self, what: str) -> bool:
        """Wait a moment for a device that refuses what it took before; False where it is not to be waited for (any longer)."""
        ...

    @property
    def alone(self) -> bool:
        """Is a refused connection the port's own answer? Not where others are open, or the device is known to be fragile."""
        ...

    @property
    def listen_first_s(self) -> float:
        """How long a new connection is listened to before anything is said on it: a fragile device ends some at once."""
        ...

    def suspect(self, what: str) -> None:
        """Tell that a connection ended without a word of the device; `what` names its port, and in which protocol it was asked."""
        ...

    def spoke(self, what: str) -> None:
        """Tell that one brought a word."""
        ...

    def in_scope(self, host: str) -> bool:
        """Is this literally an address that the bench names?"""
        ...

    def lease(self, host: str) -> AbstractContextManager[float]:
        """Hold for a burst of many short connections; gives how many a second the bench allows. Raises OutOfScope."""
        ...

    def link_local(self, host: str) -> str:
        """The IPv6 link-local address of the same unit, from now on in scope; empty where none is known."""
        ...

    def device_time(self) -> AbstractContextManager[None]:
        """Hold inside a transport: time inside is the device's and the transport's, not the harness's own."""
        ...

    def sent(self, to: str, data: bytes) -> None:
        """Record raw bytes sent; `to` reads like `tcp://192.168.77.20:554`."""
        ...

    def received(self, source: str, data: bytes) -> None:
        """Record raw bytes received."""
        ...

    def login(self, credential: Credential, surface: str) -> Login | None:
        """Reveal a credential for one request that carries it, on one surface; None for NOBODY.

        Call it for each such request: any but the current password counts against the failed log-in budget of that
        surface and account, and may wait for it. An empty surface: named or set, not tried; counts nothing."""
        ...

    def siege(self, surface: str, who: Credential) -> AbstractContextManager[None]:
        """Hold while log-ins to one account are failed on purpose beyond the budget: they are counted, and not waited for.

        Raises NotPossible in an act that is not marked `besieges`."""
        ...

    def from_address(self, source: str) -> "Access":
        """The same, with connections made from this address of ours."""
        ...

    @property
    def source(self) -> str:
        """The address of ours that connections are made from; empty: whichever leads there."""
        ...

    def may_fail_log_in(self, surface: str, account: str) -> None:
        """Call it before a log-in with a password that is not the unit's own: it counts, and waits, as in `login`."""
        ...

    def challenged(self, realm: str) -> None:
        """Tell that a digest log-in was asked for under this name."""
        ...

    @property
    def realms(self) -> tuple[str, ...]:
        """The names under which digest log-ins were asked for in this process."""
        ...

    def keep_secret(self, name: str, value: str) -> Secret:
        """Register a secret that the device gave (a session token); it is masked in all evidence from now on."""
        ...

    def reveal(self, secret: Secret) -> str:
        """The value behind a handle."""
        ...
