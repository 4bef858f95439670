"""ONVIF: which operations a device answers, and whom."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import LogIntf
from harness.model.secret import NOBODY, Credential
from harness.probes.actions.outcome import name_of
from harness.probes.onvif_client import DAY_S, Client, Said, onvif_services
from harness.probes.onvif_operations import NAMESPACES, NEEDED_BEFORE_LOGIN, OPERATIONS, TT, Operation
from harness.probes.onvif_reply import OnvifReply

__all__ = [
    "DOORS",
    "NEEDED_BEFORE_LOGIN",
    "DeviceInformation",
    "LeftOut",
    "OnvifReply",
    "Operations",
    "call",
    "get_device_information",
    "operations",
    "set_user",
]

FRESHNESS = ("none", "fresh", "stale", "repeated", "unproven", "plain", "basic", "digest")
DOORS = 3  # operations that are asked as strangers: who somebody is is looked at in one place
NOT_TRIED = ""  # the surface of a password that is set, not tried
LEVELS = {"owner": "Administrator", "operator": "Operator"}


class LeftOut(Frozen):
    """An operation or service that is not asked, and why."""

    name: str
    why: str


class Operations(Frozen):
    """Operations that the device answers its owner, and what was left out."""

    names: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # a case walks over the names, not over fields
        return iter(self.names)


class DeviceInformation(Frozen):
    """What the device says that it is."""

    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    hardware: str = ""


@acts("login")
def operations(bench: Bench) -> Operations:
    """Those of our table that the device's own services answer, asked as owner; a doubtful one stays in, to be asked by the case.

    Names are `tds:GetUsers`; of a second declared ONVIF service `its-id/tds:GetUsers`, without what that one may answer before a log-in.
    """
    names: list[str] = []
    left_out: list[LeftOut] = []
    for number, service in enumerate(onvif_services(bench)):
        client = Client(bench, service)
        left_out += _services_unknown(client)
        for operation in OPERATIONS.values():
            why = _why_not(client, operation)
            free = number > 0 and operation.name in NEEDED_BEFORE_LOGIN.intersection(service.before_login)
            if why:
                left_out.append(LeftOut(name=operation.name, why=why))
            elif not free:
                names.append(f"{service.id}/{operation.name}" if number else operation.name)
    return Operations(names=tuple(names), left_out=tuple(left_out))


@acts("login")
def call(bench: Bench, operation: str, credential: Credential, freshness: str) -> OnvifReply:
    """One operation with one credential.

    `none`: nothing is shown: no header, an empty one, and none under the action of a free operation. `fresh`: a token of now.
    `stale`: right, but a day old. `repeated`: fresh, then the identical bytes again; the second answer counts. `unproven`: the name alone.
    `plain`: a token with the password itself. `basic`, `digest`: by a log-in of HTTP's own, whether it was asked for or not.
    """
    if freshness not in FRESHNESS:
        raise ValueError(f"{freshness!r} is not one of {', '.join(FRESHNESS)}")
    service, asked = _find(bench, operation)
    return _called(Client(bench, service), asked, credential, freshness)


def set_user(bench: Bench, shown: Credential, who: Credential, new: Credential) -> OnvifReply:
    """Ask, showing one credential (or NOBODY), that the account `who` gets the password `new`; no probe by itself."""
    client = Client(bench, onvif_services(bench)[0])
    login = bench.access.login(new, NOT_TRIED)
    if login is None:
        raise NotPossible("nobody has no password to set")
    name, word = escape(login.user), escape(login.password)
    user = f'<Username xmlns="{TT}">{name}</Username><Password xmlns="{TT}">{word}</Password>'
    level = f'<UserLevel xmlns="{TT}">{LEVELS.get(who.role, "User")}</UserLevel>'
    operation = Operation("tds:SetUser", f"<tds:User>{user}{level}</tds:User>")
    return _called(client, operation, shown, "none" if shown.which == "nobody" else "fresh", hinted=False)


def order(bench: Bench, name: str, arguments: str = "") -> OnvifReply:
    """Have the device do something, as owner; no probe by itself."""
    client = Client(bench, onvif_services(bench)[0])
    return _called(client, Operation(name, arguments), bench.credential("owner"), "fresh")


def order_by_nobody(bench: Bench, name: str, arguments: str) -> OnvifReply:
    """The same with nothing shown."""
    client = Client(bench, onvif_services(bench)[0])
    return _called(client, Operation(name, arguments), NOBODY, "none")


def get_device_information(bench: Bench) -> DeviceInformation:
    """Who the device is, asked as owner; Undecided when it does not say. No probe by itself."""
    said = Client(bench, onvif_services(bench)[0]).ask_owner("tds:GetDeviceInformation")
    if said.node is None:
        raise Undecided(f"GetDeviceInformation: {said.shown.told}")
    told = (said.node.value(name)[:200] for name in ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId"))
    return DeviceInformation(**dict(zip(DeviceInformation.model_fields, told, strict=True)))


def _called(client: Client, operation: Operation, credential: Credential, freshness: str, *, hinted: bool = True) -> OnvifReply:
    if freshness == "unproven":
        said = client.name_alone(operation, credential)
    elif freshness == "plain":
        said = client.in_plain_text(operation, credential)
    elif freshness in ("basic", "digest"):
        said = client.by_http(operation, credential, freshness)
    else:
        age_s, may_digest = DAY_S if freshness == "stale" else 0.0, freshness in ("fresh", "repeated")
        said = client.say(operation, credential, created_ago=age_s, may_digest=may_digest)
    if freshness == "repeated" and said[-1].shown.state == "granted":
        said += (client.again(said[-1]),)
    if hinted and credential.which == "nobody":
        _hint(client, said)
    return OnvifReply(
        asked=f"{operation.name} as {name_of(client.bench, credential)}, {freshness}",
        operation=operation.name,
        freshness=freshness,
        requests=tuple(each.shown for each in said),
        sent_at=said[0].reply.sent_at,
        answered_at=said[-1].reply.answered_at,
    )


def _hint(client: Client, said: tuple[Said, ...]) -> None:
    granted = [each for each in said if each.shown.state == "granted"]
    for each in granted[:1]:
        client.bench.note_retry_hint(client.hint(each))


def _find(bench: Bench, name: str) -> tuple[LogIntf, Operation]:
    service, _, operation = name.rpartition("/")
    found = next((each for each in onvif_services(bench) if service in ("", each.id)), None)
    if found is None or operation not in OPERATIONS:
        raise ValueError(f"{name!r} is no operation of our table")
    return found, OPERATIONS[operation]


def _why_not(client: Client, operation: Operation) -> str:
    """Why an operation is not asked, empty when it is."""
    if operation.prefix != "tds" and operation.namespace not in client.addresses():
        return "the device does not list this service"
    try:
        if any(not client.token(token) for token in operation.needs):
            return "the device tells the owner no token for its arguments"
        shown = client.say(operation, client.bench.credential("owner"))[-1].shown
    except Undecided:  # asked again by the case, which keeps the doubt
        return ""
    return f"not supported: {shown.told}" if shown.unsupported else ""


def _services_unknown(client: Client) -> list[LeftOut]:
    unknown = sorted(set(client.addresses()) - set(NAMESPACES.values()))
    return [LeftOut(name=each[:200], why="we know no operations of this service") for each in unknown]
