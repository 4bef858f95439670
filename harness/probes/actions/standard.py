"""Actions that a protocol itself defines, whatever the camera: RTSP, ONVIF, HTTP authentication."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import NotPossible
from harness.model.secret import Credential
from harness.probes.actions import by_http, by_onvif, by_rtsp
from harness.probes.actions.outcome import Entry, Outcome

Show = Callable[[Bench, Surface, Credential], Outcome]


@dataclass(eq=False)
class KeptCredential:
    """A client that stored one exact version of a password; `refusal` is the answer that ended it."""

    surface: Surface
    credential: Credential
    refusal: Outcome | None = None


def log_in(bench: Bench, surface: Surface, credential: Credential) -> Entry:
    """Play a stream, or show the credential and go on storing it."""
    if surface.interface == "rtsp":
        return by_rtsp.log_in(bench, surface, credential)
    return stored(bench, surface, credential, let_in)


def stored(bench: Bench, surface: Surface, credential: Credential, show: Show) -> Entry:
    """Where a log-in opens no session: a client that goes on storing what was taken once."""
    exact = credential.at(bench.current_version(credential)) if credential.which == "current" else credential
    outcome = show(bench, surface, exact)
    return Entry(outcome, "token", KeptCredential(surface, exact) if outcome.state == "granted" else None)


def let_in(bench: Bench, surface: Surface, credential: Credential) -> Outcome:
    """Show the credential once, open nothing."""
    return _LET_IN[surface.interface](bench, surface, credential)


def set_user(bench: Bench, who: Credential, shown: Credential, new: Credential) -> Outcome:
    """Change a password by the one protocol that can."""
    return by_onvif.set_user(bench, who, shown, new)


def device_information(bench: Bench) -> dict[str, str]:
    """Serial number and firmware; NotPossible when the device speaks no protocol that tells them."""
    if all(entry.protocol != "onvif" for entry in bench.profile.ixit.log_intf):
        raise NotPossible("identity: the profile has neither a recipe nor an ONVIF service")
    return by_onvif.device_information(bench)


_LET_IN: dict[str, Show] = {
    "rtsp": by_rtsp.let_in,
    "onvif": by_onvif.let_in,
    "http": by_http.let_in,
}
