"""What RTSP replies say of a stream, pure: descriptions (SDP, RFC 8866), addresses of tracks, transports, sessions."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.probes.rtsp_messages import Reply
from harness.transports.http import text_of

TRACKS_MAX = 16
SESSION_TIMEOUT_S = 60.0
DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}

_MEDIA_LINE = re.compile(rb"^m=(?:audio|video|text|image|application|message|data)\s", re.MULTILINE)
_SDP_BEGINS = re.compile(rb"\A\s*v=0\s*\r?\n")
_URI = re.compile(r"rtsps?://[^\s\"'<>\\]{1,500}", re.IGNORECASE)


def is_description(body: bytes) -> bool:
    """Does it hold a stream's description, or any media line of one?"""
    return bool(_SDP_BEGINS.match(body) or _MEDIA_LINE.search(body))


@dataclass(frozen=True)
class Description:
    """The controls that an SDP names: of the whole, and of each track in order."""

    control: str
    tracks: tuple[str, ...]


def read_description(body: bytes) -> Description:
    """The controls; a track without one is controlled as the whole."""
    controls = [""]
    for line in re.split(r"\r\n|\n|\r", text_of(body)):
        if line.startswith("m="):
            controls.append("")
        elif line.startswith("a=control:"):
            controls[-1] = controls[-1] or line.removeprefix("a=control:").strip()
    return Description(controls[0], tuple(controls[1 : TRACKS_MAX + 1]))


def track_urls(reply: Reply, asked: str) -> tuple[str, ...]:
    """The addresses of all tracks of a description that was asked for at this URL."""
    described = read_description(reply.body)
    base = aggregate_url(reply, asked)
    return tuple(resolve(control, base) for control in described.tracks)


def aggregate_url(reply: Reply, asked: str) -> str:
    """The address of the whole: what PLAY is sent to."""
    base = reply.header("Content-Base") or reply.header("Content-Location") or asked
    return resolve(read_description(reply.body).control, resolve(base, asked))


def resolve(control: str, base: str) -> str:
    """As clients do: an absolute address as it is, `*` or nothing for the base, anything else behind it."""
    if control in ("", "*"):
        return base
    if re.match(r"(?i)rtsps?://", control):
        return control
    return f"{base.rstrip('/')}/{control.lstrip('/')}"


def url(host: str, port: int, *, tls: bool, path: str) -> str:
    """How clients write the address of a path."""
    scheme = "rtsps" if tls else "rtsp"
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}{'' if port == DEFAULT_PORTS[scheme] else f':{port}'}{path}"


def path_of(address: str) -> str:
    """Path and query of an address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def same_host(address: str, host: str) -> bool:
    """Does an address name literally this host?"""
    try:
        return ipaddress.ip_address(urlsplit(address).hostname or "") == ipaddress.ip_address(host)
    except ValueError:
        return False


def addresses_in(text: str) -> tuple[str, ...]:
    """All RTSP addresses that a text names."""
    return tuple(_URI.findall(text))


@dataclass(frozen=True)
class Session:
    """A Session header: its id, after how many seconds without a sign of life the device ends it."""

    id: str
    timeout_s: float


def read_session(header: str) -> Session:
    """Id and timeout; 60 s when none is said."""
    name, _, rest = header.partition(";")
    said = re.search(r"timeout\s*=\s*([0-9]{1,6})", rest, re.IGNORECASE)
    return Session(name.strip(), float(said[1]) if said and int(said[1]) else SESSION_TIMEOUT_S)


@dataclass(frozen=True)
class TransportAnswer:
    """How media will come, as the device says."""

    text: str

    def ports(self, name: str) -> tuple[int, ...]:
        """The numbers of a parameter such as interleaved or server_port."""
        found = re.search(rf"(?:^|;)\s*{name}\s*=\s*([0-9]{{1,5}})(?:-([0-9]{{1,5}}))?", self.text, re.IGNORECASE)
        return tuple(int(each) for each in found.groups() if each) if found else ()

    @property
    def multicast(self) -> bool:
        """To a group, where we do not listen."""
        return bool(re.search(r"(?:^|;)\s*multicast\b", self.text, re.IGNORECASE))
