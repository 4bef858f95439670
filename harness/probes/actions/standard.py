"""Actions that a protocol itself defines: log in by RTSP, ONVIF or HTTP authentication, change a password by ONVIF."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import NotPossible
from harness.model.secret import Credential
from harness.probes.actions.outcome import Entry, Outcome


@runtime_checkable
class Playing(Protocol):
    """A stream that plays; somebody reads it all the time, so that it never stops because of us."""

    @property
    def packets(self) -> int:
        """Media packets so far."""
        ...

    @property
    def ended(self) -> str:
        """Why it is over; empty while it is not."""
        ...

    def keep_alive(self) -> None:
        """Let the device hear of us."""
        ...

    def close(self) -> None:
        """Leave it."""
        ...


@dataclass(eq=False)
class KeptCredential:
    """A client that stored one exact version of a password; `refusal` is the answer that ended it."""

    surface: Surface
    credential: Credential
    refusal: Outcome | None = None


def log_in(bench: Bench, surface: Surface, credential: Credential) -> Entry:
    """By the surface's own protocol."""
    raise NotPossible(f"log_in on {surface.id}: not built yet")


def set_user(bench: Bench, who: Credential, shown: Credential, new: Credential) -> Outcome:
    """Change by ONVIF SetUser, showing one credential and setting another."""
    raise NotPossible("change_password by onvif: not built yet")


def device_information(bench: Bench, who: Credential) -> dict[str, str]:
    """Serial number and firmware by ONVIF GetDeviceInformation."""
    raise NotPossible("identity by onvif: not built yet")
