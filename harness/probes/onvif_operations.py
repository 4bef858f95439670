"""ONVIF operations that only read, by service; which of them the protocol needs before a log-in."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

TT = "http://www.onvif.org/ver10/schema"
NAMESPACES = {
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
}
OLD_CATEGORIES = {"Device": "tds", "Media": "trt", "PTZ": "tptz", "Events": "tev", "Imaging": "timg"}  # of GetCapabilities

_STREAM_SETUP = (
    f'<trt:StreamSetup><Stream xmlns="{TT}">RTP-Unicast</Stream><Transport xmlns="{TT}"><Protocol>RTSP</Protocol></Transport>'
    "</trt:StreamSetup><trt:ProfileToken>{profile}</trt:ProfileToken>"
)

PLAIN = {
    "tds": (
        "GetSystemDateAndTime GetServiceCapabilities GetHostname GetWsdlUrl GetEndpointReference GetDeviceInformation GetUsers GetScopes "
        "GetDiscoveryMode GetNetworkInterfaces GetNetworkProtocols GetNetworkDefaultGateway GetDNS GetNTP GetDynamicDNS "
        "GetZeroConfiguration GetIPAddressFilter GetRemoteUser GetAccessPolicy GetCertificates GetRelayOutputs GetSystemUris "
        "GetDot11Capabilities GetGeoLocation GetStorageConfigurations GetPasswordComplexityConfiguration"
    ),
    "trt": (
        "GetServiceCapabilities GetProfiles GetVideoSources GetVideoSourceConfigurations GetVideoEncoderConfigurations "
        "GetVideoEncoderConfigurationOptions GetAudioSources GetAudioEncoderConfigurations GetMetadataConfigurations GetOSDs"
    ),
    "tr2": (
        "GetServiceCapabilities GetProfiles GetVideoSourceConfigurations GetVideoEncoderConfigurations "
        "GetVideoEncoderConfigurationOptions GetAudioEncoderConfigurations GetOSDs GetMasks"
    ),
    "tptz": "GetServiceCapabilities GetNodes GetConfigurations",
    "tev": "GetServiceCapabilities GetEventProperties",
    "timg": "GetServiceCapabilities",
}
WITH_ARGUMENTS = {
    "tds:GetServices": "<tds:IncludeCapability>false</tds:IncludeCapability>",
    "tds:GetCapabilities": "<tds:Category>All</tds:Category>",
    "tds:GetSystemLog": "<tds:LogType>System</tds:LogType>",
    "trt:GetProfile": "<trt:ProfileToken>{profile}</trt:ProfileToken>",
    "trt:GetStreamUri": _STREAM_SETUP,
    "trt:GetSnapshotUri": "<trt:ProfileToken>{profile}</trt:ProfileToken>",
    "tr2:GetStreamUri": "<tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>{profile2}</tr2:ProfileToken>",
    "tr2:GetSnapshotUri": "<tr2:ProfileToken>{profile2}</tr2:ProfileToken>",
    "tptz:GetStatus": "<tptz:ProfileToken>{profile}</tptz:ProfileToken>",
    "tptz:GetPresets": "<tptz:ProfileToken>{profile}</tptz:ProfileToken>",
    "timg:GetImagingSettings": "<timg:VideoSourceToken>{source}</timg:VideoSourceToken>",
    "timg:GetOptions": "<timg:VideoSourceToken>{source}</timg:VideoSourceToken>",
}

# Access class PRE_AUTH of the ONVIF core specification, chapter "Device management"; GetServiceCapabilities is so in every service.
NEEDED_BEFORE_LOGIN: frozenset[str] = frozenset(
    {"tds:GetSystemDateAndTime", "tds:GetServices", "tds:GetCapabilities", "tds:GetHostname", "tds:GetWsdlUrl", "tds:GetEndpointReference"}
) | frozenset(f"{prefix}:GetServiceCapabilities" for prefix in NAMESPACES)


@dataclass(frozen=True)
class Operation:
    """One operation: `tds:GetUsers`, and what stands inside its request element."""

    name: str
    arguments: str = ""

    @property
    def prefix(self) -> str:
        """Of its service."""
        return self.name.partition(":")[0]

    @property
    def namespace(self) -> str:
        """Of its service."""
        return NAMESPACES[self.prefix]

    @property
    def answer(self) -> str:
        """The element that answers it."""
        return f"{{{self.namespace}}}{self.name.partition(':')[2]}Response"

    @property
    def action(self) -> str:
        """The SOAP action."""
        return f"{self.namespace}/{self.name.partition(':')[2]}"

    @property
    def needs(self) -> tuple[str, ...]:
        """Which tokens its arguments name."""
        return tuple(token for token in ("profile", "profile2", "source") if f"{{{token}}}" in self.arguments)

    def body(self, tokens: dict[str, str]) -> str:
        """The request element."""
        inside = self.arguments.format(**{name: escape(token) for name, token in tokens.items()}) if self.needs else self.arguments
        opening = f'<{self.name} xmlns:{self.prefix}="{self.namespace}"'
        return f"{opening}>{inside}</{self.name}>" if inside else f"{opening}/>"


OPERATIONS: dict[str, Operation] = {
    f"{prefix}:{name}": Operation(f"{prefix}:{name}") for prefix, names in PLAIN.items() for name in names.split()
} | {name: Operation(name, arguments) for name, arguments in WITH_ARGUMENTS.items()}
