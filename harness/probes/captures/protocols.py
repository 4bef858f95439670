"""Which protocol a conversation speaks, by the first bytes of both ends."""

import re
from collections.abc import Callable

HEAD_MOST = 512
_RTMP_MOST = 64
TLS, HTTP, RTSP, TEXT, UNKNOWN, NOTHING = "TLS", "HTTP", "RTSP", "text", "unknown", "nothing"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_TO_TLS = re.compile(rb"^location:[ \t]*https://", re.IGNORECASE | re.MULTILINE)
_NO_SERVICE = (b"400", b"404", b"405", b"426", b"501", b"505")
_REQUEST = re.compile(rb"[A-Z_-]{3,20} \S{1,200}")
_PRINTABLE = bytes(range(32, 127)) + b"\r\n\t"
_MOSTLY = 0.9
_MQTT, _STUN = (b"MQTT", b"MQIsdp"), b"\x21\x12\xa4\x42"
_BY_PORT = {53: "DNS", 67: "DHCP", 68: "DHCP", 123: "NTP", 546: "DHCP", 547: "DHCP", 853: TLS}
PROTECTED = frozenset((TLS, "SSH", "QUIC", "DTLS"))
OF_THE_NETWORK = frozenset(("DNS", "DHCP", "NTP", "STUN", NOTHING))  # names, addresses, time and reachability: nothing is managed by them
MEDIA = frozenset((RTSP, "RTMP"))


class Head:
    """The first bytes of one direction."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data = b""

    def take(self, data: bytes | None) -> None:
        """The next bytes; what is missing is left out."""
        if data and len(self.data) < HEAD_MOST:
            self.data = (self.data + data)[:HEAD_MOST]


def of_stream(client: bytes, server: bytes) -> str:
    """Of a TCP connection; `client` opened it."""
    return next((name for name, speaks in _STREAMS if speaks(client, server)), UNKNOWN)


def served(spoken: str, server: bytes) -> bool:
    """Did the server go into it? A port that is asked in another protocol than its own hangs up, sends an alert, or tells where to go."""
    if not server or (spoken != TLS and server[:2] == b"\x15\x03"):
        return False
    status = _STATUS.match(server)
    return spoken != HTTP or (status is not None and status[1] not in _NO_SERVICE and not _TO_TLS.search(server))


def of_datagrams(port: int, first: bytes, *, quic: bool) -> str:
    """Of datagrams to a port, by the first of them."""
    if quic or port in _BY_PORT:
        return "QUIC" if quic else _BY_PORT[port]
    if first[4:8] == _STUN:
        return "STUN"
    if first[:1] in (b"\x14", b"\x15", b"\x16", b"\x17") and first[1:3] in (b"\xfe\xff", b"\xfe\xfd"):
        return "DTLS"
    return (TEXT if _is_text(first) else UNKNOWN) if first else NOTHING


def _is_text(data: bytes) -> bool:
    return bool(data) and len(data.translate(None, _PRINTABLE)) <= len(data) * (1 - _MOSTLY)


def _is_request(client: bytes, what: bytes) -> bool:
    """Its line may be longer than what is kept of it."""
    line = client.split(b"\r\n", 1)[0]
    whole = b"\n" in client
    return bool(_REQUEST.match(line)) and (what in line if whole else what == b" HTTP/" and b"rtsp" not in line.lower())


_STREAMS: tuple[tuple[str, Callable[[bytes, bytes], bool]], ...] = (
    (NOTHING, lambda client, server: not client and not server),
    (TLS, lambda client, _: client[:2] == b"\x16\x03"),
    ("SSH", lambda client, server: client[:4] == b"SSH-" or server[:4] == b"SSH-"),
    (RTSP, lambda client, _: b"rtsp://" in client[:200].lower() or _is_request(client, b" RTSP/")),
    (HTTP, lambda client, server: _is_request(client, b" HTTP/") or server[:5] == b"HTTP/"),
    ("MQTT", lambda client, _: client[:1] == b"\x10" and any(name in client[:16] for name in _MQTT)),
    ("RTMP", lambda client, _: client[:1] == b"\x03" and len(client) >= _RTMP_MOST and client[5:9] == bytes(4)),
    ("Telnet", lambda client, server: server[:1] == b"\xff" or client[:1] == b"\xff"),
    (TEXT, lambda client, server: _is_text(client or server)),
)
