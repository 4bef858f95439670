"""Whom a flawed unit contacts besides the declared servers, and when; a sound one nobody."""

from collections.abc import Awaitable, Callable
from typing import Literal

from harness.emulated.camera.network.cloud import API
from harness.emulated.camera.network.contacts import Contacts
from harness.emulated.camera.unit import Happening, Unit

Moment = Happening | Literal["boot", "time set", "recovered"]
LATE_S, OFTEN_S = 90.0, 300.0
STRANGER = "203.0.113.77"
STUN = bytes.fromhex("000100002112a442") + bytes(12)
SNTP = bytes([0x23]) + bytes(47)
USAGE = b"camera.uptime:1|c"
_Contact = Callable[[Contacts], Awaitable[None]]

_AT: dict[str, tuple[Moment, _Contact]] = {
    "contact-after-outage": ("recovered", lambda to: to.by_name("backup.camlabel-relay.example")),
    "contact-by-address": ("boot", lambda to: to.by_address(STRANGER)),
    "contact-by-other-name": ("boot", lambda to: to.by_name(f"edge-{API}")),
    "contact-other-port": ("boot", lambda to: to.by_name(API, 8443)),
    "contact-at-set-up": ("set-up", lambda to: to.by_name("welcome.vendor-analytics.example")),
    "contact-at-event": ("event", lambda to: to.by_name("pictures.vision-partner.example")),
    "contact-at-live-view": ("live view", lambda to: to.datagram("stun.relay-provider.example", 3478, STUN)),
    "contact-at-update-check": ("update check", lambda to: to.by_name("mirror.firmware-cdn.example")),
    "time-undeclared": ("time set", lambda to: to.question("pool.time-service.example", 123, SNTP)),
}


class Flawed:
    """Acts at the moments of a unit's life."""

    def __init__(self, unit: Unit, contacts: Contacts) -> None:
        self._unit, self._contacts = unit, contacts

    async def at(self, moment: Moment) -> None:
        """What its flaws make it do now."""
        for flaw in sorted(self._unit.flaws & set(_AT)):
            when, contact = _AT[flaw]
            if when == moment:
                await contact(self._contacts)
        if moment == "boot":
            self._begin()

    def _begin(self) -> None:
        if "contact-late" in self._unit.flaws:
            self._unit.clock.call_later(LATE_S, lambda: self._do(self._contacts.by_name("stats.late-caller.example")))
        if "telemetry-udp" in self._unit.flaws:
            self._report()

    def _report(self) -> None:
        self._do(self._contacts.datagram(API, 8125, USAGE))
        self._unit.clock.call_later(OFTEN_S, self._report)

    def _do(self, contact: Awaitable[None]) -> None:
        self._unit.clock.work(_await(contact))


async def _await(contact: Awaitable[None]) -> None:
    await contact
