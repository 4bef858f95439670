"""The description of a stream (RFC 4566)."""

import base64

from harness.emulated.camera.media.channel import CLOCK_HZ, FRAMES_PER_S, Channel
from harness.emulated.camera.media.microphone import RATE_HZ
from harness.emulated.camera.rtsp.rtp import PAYLOAD_TYPE

TRACK, SOUND_TRACK = "trackID=0", "trackID=1"


def describe(channel: Channel, parameters: tuple[bytes, bytes], address: str, moment: float, *, sound: bool = False) -> bytes:
    """What a viewer needs before SETUP."""
    sets = ",".join(base64.b64encode(unit).decode() for unit in parameters)
    family, anywhere = ("IP6", "::") if ":" in address else ("IP4", "0.0.0.0")
    lines = (
        "v=0",
        f"o=- {int(moment)} 1 IN {family} {address}",
        f"s=camlabel emulated camera, {channel.name}",
        f"c=IN {family} {anywhere}",
        "t=0 0",
        "a=range:npt=now-",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={parameters[0][1:4].hex().upper()};sprop-parameter-sets={sets}",
        f"a=framerate:{FRAMES_PER_S}",
        f"a=x-dimensions:{channel.width},{channel.height}",
        f"a=control:{TRACK}",
        *(("m=audio 0 RTP/AVP 8", f"a=rtpmap:8 PCMA/{RATE_HZ}", f"a=control:{SOUND_TRACK}") if sound else ()),
    )
    return "".join(f"{line}\r\n" for line in lines).encode()
