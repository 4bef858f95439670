"""The ONVIF media service: two fixed profiles of one sensor."""

from dataclasses import dataclass

from harness.emulated.camera.onvif.operation import Access, Call, Operation, host_of
from harness.emulated.camera.onvif.soap import TRT, TT, invalid, not_supported
from harness.emulated.camera.onvif.xml import text_of

_TRT, _TT = f"{{{TRT}}}", f"{{{TT}}}"
_RATE = 10


@dataclass(frozen=True)
class Stream:
    """A profile: its token, its path on RTSP, its size."""

    token: str
    path: str
    width: int
    height: int


STREAMS = (Stream("main", "/live/main", 640, 360), Stream("sub", "/live/sub", 320, 180))
_SOURCE = (
    "<tt:Name>sensor</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>sensor</tt:SourceToken>"
    '<tt:Bounds x="0" y="0" width="640" height="360"/>'
)


def capabilities(_: Call) -> str:
    """What the service can do."""
    return (
        '<trt:Capabilities SnapshotUri="true" Rotation="false" OSD="false">'
        '<trt:ProfileCapabilities MaximumNumberOfProfiles="2"/>'
        '<trt:StreamingCapabilities RTPMulticast="false" RTP_TCP="true" RTP_RTSP_TCP="true"/></trt:Capabilities>'
    )


def profiles(_: Call) -> str:
    """Main and sub stream."""
    return "".join(_profile(stream) for stream in STREAMS)


def stream_uri(call: Call) -> str:
    """Where the stream of a profile is: inside TLS, unless it is asked for over UDP and its owner allows clear streams."""
    stream = _wanted(call)
    if not call.unit.media:
        raise not_supported("there is no encoder")
    if text_of(call.element, f"{_TRT}StreamSetup/{_TT}Stream") not in ("", "RTP-Unicast"):
        raise invalid("ter:InvalidStreamSetup", "unicast only")
    over_udp = text_of(call.element, f"{_TRT}StreamSetup/{_TT}Transport/{_TT}Protocol") == "UDP"
    if over_udp and call.unit.settings["clear_streams"]:
        return _uri(f"rtsp://{host_of(call.unit)}:{call.unit.rtsp_port}{stream.path}")
    return _uri(f"rtsps://{host_of(call.unit)}:{call.unit.rtsps_port}{stream.path}")


def snapshot_uri(call: Call) -> str:
    """Where the still picture is; it wants a session of the page."""
    _wanted(call)
    return _uri(f"{call.base}/snapshot.jpg")


def video_sources(_: Call) -> str:
    """One sensor."""
    size = "<tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution>"
    return f'<trt:VideoSources token="sensor"><tt:Framerate>{_RATE}</tt:Framerate>{size}</trt:VideoSources>'


def source_configurations(_: Call) -> str:
    """Its one configuration."""
    return f'<trt:Configurations token="sensor">{_SOURCE}</trt:Configurations>'


def encoder_configurations(_: Call) -> str:
    """One for each profile."""
    return "".join(f'<trt:Configurations token="{stream.token}">{_encoder(stream)}</trt:Configurations>' for stream in STREAMS)


def _wanted(call: Call) -> Stream:
    token = text_of(call.element, f"{_TRT}ProfileToken")
    for stream in STREAMS:
        if stream.token == token:
            return stream
    raise invalid("ter:NoProfile", "there is no such profile")


def _uri(uri: str) -> str:
    return (
        f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
        "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
    )


def _profile(stream: Stream) -> str:
    return (
        f'<trt:Profiles token="{stream.token}" fixed="true"><tt:Name>{stream.token}</tt:Name>'
        f'<tt:VideoSourceConfiguration token="sensor">{_SOURCE}</tt:VideoSourceConfiguration>'
        f'<tt:VideoEncoderConfiguration token="{stream.token}">{_encoder(stream)}</tt:VideoEncoderConfiguration></trt:Profiles>'
    )


def _encoder(stream: Stream) -> str:
    size = f"<tt:Resolution><tt:Width>{stream.width}</tt:Width><tt:Height>{stream.height}</tt:Height></tt:Resolution>"
    rate = (
        f"<tt:FrameRateLimit>{_RATE}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>1200</tt:BitrateLimit>"
    )
    nowhere = "<tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
    return (
        f"<tt:Name>{stream.token}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>{size}<tt:Quality>5</tt:Quality>"
        f"<tt:RateControl>{rate}</tt:RateControl>"
        "<tt:H264><tt:GovLength>5</tt:GovLength><tt:H264Profile>Baseline</tt:H264Profile></tt:H264>"
        f"<tt:Multicast>{nowhere}<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        "<tt:SessionTimeout>PT60S</tt:SessionTimeout>"
    )


OPERATIONS: dict[str, Operation] = {
    "GetServiceCapabilities": Operation(Access.BEFORE_LOGIN, capabilities),
    "GetProfiles": Operation(Access.READ, profiles),
    "GetStreamUri": Operation(Access.READ, stream_uri),
    "GetSnapshotUri": Operation(Access.READ, snapshot_uri),
    "GetVideoSources": Operation(Access.READ, video_sources),
    "GetVideoSourceConfigurations": Operation(Access.READ, source_configurations),
    "GetVideoEncoderConfigurations": Operation(Access.READ, encoder_configurations),
}
