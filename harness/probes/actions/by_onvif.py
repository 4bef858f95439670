"""Logging in, changing a password and telling who it is by ONVIF."""

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import Undecided
from harness.model.secret import Credential
from harness.probes import onvif
from harness.probes.actions.outcome import Outcome, State
from harness.probes.onvif_reply import OnvifReply

GUARDED = ("tds:GetUsers", "tds:GetNetworkInterfaces", "tds:GetDeviceInformation")  # the best guarded first


def let_in(bench: Bench, surface: Surface, credential: Credential, freshness: str = "fresh") -> Outcome:
    """Call an operation that needs a log-in; where a device does not have it, the next."""
    freshness = "none" if credential.which == "nobody" else freshness
    guarded = GUARDED if credential.role in {"owner", ""} else GUARDED[::-1]  # what only an owner may see tells nothing of a viewer
    names = (name for name in guarded if name not in _before_login(bench, surface))
    reply = None
    for name in names:
        reply = onvif.call(bench, name, credential, freshness)
        if not all(each.unsupported for each in reply.requests):
            break
    if reply is None:
        raise Undecided("the profile says that ONVIF answers everything before a log-in: nothing is left to log in for")
    return outcome_of(reply)


def set_user(bench: Bench, who: Credential, shown: Credential, new: Credential) -> Outcome:
    """Give the account of `who` a new password, showing one credential or none."""
    return outcome_of(onvif.set_user(bench, shown, who, new))


def device_information(bench: Bench) -> dict[str, str]:
    """Serial number and firmware; what is not told is left out."""
    told = onvif.get_device_information(bench)
    return {name: value for name, value in (("serial", told.serial), ("firmware", told.firmware)) if value}


def restart(bench: Bench) -> Outcome:
    """SystemReboot."""
    return outcome_of(onvif.order(bench, "tds:SystemReboot"))


def reset(bench: Bench) -> Outcome:
    """SetSystemFactoryDefault, Hard: everything is as delivered."""
    return outcome_of(onvif.order(bench, "tds:SetSystemFactoryDefault", "<tds:FactoryDefault>Hard</tds:FactoryDefault>"))


def outcome_of(reply: OnvifReply) -> Outcome:
    """Granted, refused or unclear, with every answer that it rests on."""
    why = "; ".join(each.told for each in reply.requests)
    return Outcome(state=_state(reply), why=why, asked=reply.asked, sent_at=reply.sent_at, answered_at=reply.answered_at)


def _state(reply: OnvifReply) -> State:
    try:
        return "granted" if reply.granted else "refused"
    except Undecided:
        return "unclear"


def _before_login(bench: Bench, surface: Surface) -> tuple[str, ...]:
    mechanism = bench.profile.surface(surface.id)
    service = bench.profile.service(mechanism.service) if mechanism else None
    return service.before_login if service else ()
