"""The ONVIF device service."""

from datetime import UTC, datetime
from html import escape
from xml.etree.ElementTree import Element

from harness.emulated.camera.accounts import AccountRefused
from harness.emulated.camera.identity import HARDWARE, MANUFACTURER, MODEL
from harness.emulated.camera.onvif.media import capabilities as media_capabilities
from harness.emulated.camera.onvif.operation import Access, Call, Operation
from harness.emulated.camera.onvif.soap import TDS, TRT, TT, Fault, invalid
from harness.emulated.camera.onvif.xml import text_of
from harness.emulated.camera.passwords import PasswordRefused, check_rules

PATH = "/onvif/device_service"
MEDIA_PATH = "/onvif/media_service"
_TDS, _TT = f"{{{TDS}}}", f"{{{TT}}}"
_VERSION = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version>"
_LEVELS = {"owner": "Administrator", "viewer": "User"}
_CAPABILITIES = (
    '<tds:Capabilities><tds:Network IPFilter="false" ZeroConfiguration="false" IPVersion6="false" DynDNS="false"/>'
    '<tds:Security TLS1.2="true" UsernameToken="true" HttpDigest="false" OnboardKeyGeneration="false" AccessPolicyConfig="false"/>'
    '<tds:System DiscoveryResolve="false" DiscoveryBye="false" RemoteDiscovery="false" SystemBackup="false"'
    ' SystemLogging="false" FirmwareUpgrade="false"/></tds:Capabilities>'
)
_SYSTEM = (
    "<tt:System><tt:DiscoveryResolve>false</tt:DiscoveryResolve><tt:DiscoveryBye>false</tt:DiscoveryBye>"
    "<tt:RemoteDiscovery>false</tt:RemoteDiscovery><tt:SystemBackup>false</tt:SystemBackup><tt:SystemLogging>false</tt:SystemLogging>"
    "<tt:FirmwareUpgrade>false</tt:FirmwareUpgrade>"
    "<tt:SupportedVersions><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tt:SupportedVersions></tt:System>"
)
_STREAMING = (
    "<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP>"
    "<tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities>"
)


def date_and_time(call: Call) -> str:
    """The unit's clock, in UTC."""
    now = datetime.fromtimestamp(call.unit.clock.now(), UTC)
    time = f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
    date = f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
    return (
        "<tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        f"<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>{time}{date}</tt:UTCDateTime></tds:SystemDateAndTime>"
    )


def services(call: Call) -> str:
    """The two services that there are: no PTZ, no events."""
    detailed = text_of(call.element, f"{_TDS}IncludeCapability") in ("true", "1")
    return _service(call, TDS, PATH, _CAPABILITIES if detailed else "") + _service(
        call, TRT, MEDIA_PATH, media_capabilities(call) if detailed else ""
    )


def _service(call: Call, namespace: str, path: str, detail: str) -> str:
    wrapped = f"<tds:Capabilities>{detail}</tds:Capabilities>" if detail else ""
    return (
        f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{call.base}{path}</tds:XAddr>{wrapped}{_VERSION}</tds:Service>"
    )


def capabilities(call: Call) -> str:
    """The older form of the same; a category that is absent is a fault."""
    parts = {
        "Device": f"<tt:Device><tt:XAddr>{call.base}{PATH}</tt:XAddr>{_SYSTEM}</tt:Device>",
        "Media": f"<tt:Media><tt:XAddr>{call.base}{MEDIA_PATH}</tt:XAddr>{_STREAMING}</tt:Media>",
    }
    wanted = {category.text or "" for category in call.element.findall(f"{_TDS}Category")} - {"All"} or set(parts)
    if not wanted <= set(parts):
        raise Fault("Receiver", ("ter:ActionNotSupported", "ter:NoSuchService"), "there is no such service", 500)
    return f"<tds:Capabilities>{''.join(part for name, part in parts.items() if name in wanted)}</tds:Capabilities>"


def information(call: Call) -> str:
    """What this camera is."""
    unit, flaws = call.unit, call.unit.flaws
    model = "CH-2208 reference camera" if "product-other-model" in flaws else MODEL
    hardware = "2" if "product-board-revision" in flaws else HARDWARE
    return (
        f"<tds:Manufacturer>{MANUFACTURER}</tds:Manufacturer><tds:Model>{model}</tds:Model>"
        f"<tds:FirmwareVersion>{escape(unit.software.version)}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{escape(unit.identity.serial)}</tds:SerialNumber><tds:HardwareId>{hardware}</tds:HardwareId>"
    )


def scopes(_: Call) -> str:
    """Fixed: kind and name."""
    ends = ("type/video_encoder", "name/camlabel", "hardware/emulated-camera")
    return "".join(
        f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/{end}</tt:ScopeItem></tds:Scopes>" for end in ends
    )


def hostname(call: Call) -> str:
    """Made of the serial number."""
    name = f"camera-{call.unit.identity.serial}".lower()
    return f"<tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>{escape(name)}</tt:Name></tds:HostnameInformation>"


def users(call: Call) -> str:
    """All accounts; passwords are never given."""
    return "".join(
        f"<tds:User><tt:Username>{account.user}</tt:Username><tt:UserLevel>{_LEVELS[account.role]}</tt:UserLevel></tds:User>"
        for account in call.unit.accounts.everybody()
    )


def set_user(call: Call) -> str:
    """Change passwords; all of them fit, or none is changed."""
    changes = [_change(call, element) for element in call.element.findall(f"{_TDS}User")]
    for user, password in changes:
        call.unit.change_password(user, password, way="onvif")
        call.unit.events.record("password", call.who.user if call.who else "", call.source)
    return ""


def _change(call: Call, element: Element) -> tuple[str, str]:
    user, password = (text_of(element, f"{_TT}{name}") for name in ("Username", "Password"))
    account = call.unit.accounts.find(user)
    if account is None:
        raise invalid("ter:UsernameMissing", "there is no such user")
    if text_of(element, f"{_TT}UserLevel") != _LEVELS[account.role]:
        raise Fault("Sender", ("ter:OperationProhibited", "ter:FixedUser"), "the level of a user cannot be changed")
    try:
        if "weak-by-onvif" not in call.unit.flaws:
            check_rules(user, password, call.unit.flaws)
    except PasswordRefused as refused:
        raise Fault("Sender", ("ter:OperationProhibited", "ter:PasswordTooWeak"), str(refused)) from None
    return user, password


def create_users(call: Call) -> str:
    """Accounts that may look, as on the page."""
    for element in call.element.findall(f"{_TDS}User"):
        user, password, level = (text_of(element, f"{_TT}{name}") for name in ("Username", "Password", "UserLevel"))
        if level != _LEVELS["viewer"]:
            raise Fault("Sender", ("ter:OperationProhibited", "ter:FixedUser"), "there is one administrator")
        try:
            call.unit.accounts.add(user, "viewer", password)
        except PasswordRefused as refused:
            raise Fault("Sender", ("ter:OperationProhibited", "ter:PasswordTooWeak"), str(refused)) from None
        except AccountRefused as refused:
            raise Fault("Sender", ("ter:OperationProhibited", "ter:UsernameClash"), str(refused)) from None
        call.unit.events.record("account added", call.who.user if call.who else "", call.source, detail=f"viewer {user}")
    return ""


def delete_users(call: Call) -> str:
    """The same accounts."""
    for element in call.element.findall(f"{_TDS}Username"):
        try:
            call.unit.remove_account(element.text or "")
        except AccountRefused as refused:
            raise Fault("Sender", ("ter:OperationProhibited", "ter:FixedUser"), str(refused)) from None
        call.unit.events.record("account removed", call.who.user if call.who else "", call.source, detail=element.text or "")
    return ""


def network_interfaces(call: Call) -> str:
    """One wire."""
    family, prefix = ("IPv6", 64) if ":" in call.unit.address else ("IPv4", 24)
    manual = f"<tt:Address>{call.unit.address}</tt:Address><tt:PrefixLength>{prefix}</tt:PrefixLength>"
    address = f"<tt:{family}><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual>{manual}</tt:Manual>"
    address += f"<tt:DHCP>{'Off' if family == 'IPv6' else 'false'}</tt:DHCP></tt:Config></tt:{family}>"
    info = f"<tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>{call.unit.identity.mac}</tt:HwAddress><tt:MTU>1500</tt:MTU></tt:Info>"
    return f'<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled>{info}{address}</tds:NetworkInterfaces>'


def network_protocols(call: Call) -> str:
    """HTTPS, and RTSP when there is an encoder: that without TLS, for which alone ONVIF has a name."""
    unit = call.unit
    ports = [("HTTPS", True, unit.https_port), *([("RTSP", unit.settings["clear_streams"], unit.rtsp_port)] if unit.media else [])]
    return "".join(
        f"<tds:NetworkProtocols><tt:Name>{name}</tt:Name><tt:Enabled>{str(on).lower()}</tt:Enabled>"
        f"<tt:Port>{port}</tt:Port></tds:NetworkProtocols>"
        for name, on, port in ports
    )


OPERATIONS: dict[str, Operation] = {
    "GetSystemDateAndTime": Operation(Access.BEFORE_LOGIN, date_and_time),
    "GetServices": Operation(Access.BEFORE_LOGIN, services),
    "GetCapabilities": Operation(Access.BEFORE_LOGIN, capabilities),
    "GetServiceCapabilities": Operation(Access.BEFORE_LOGIN, lambda _: _CAPABILITIES),
    "GetDeviceInformation": Operation(Access.READ, information),
    "GetScopes": Operation(Access.READ, scopes),
    "GetHostname": Operation(Access.READ, hostname),
    "GetNetworkInterfaces": Operation(Access.READ, network_interfaces),
    "GetNetworkProtocols": Operation(Access.READ, network_protocols),
    "GetUsers": Operation(Access.OWNER, users),
    "SetUser": Operation(Access.OWNER, set_user),
    "CreateUsers": Operation(Access.OWNER, create_users),
    "DeleteUsers": Operation(Access.OWNER, delete_users),
}
