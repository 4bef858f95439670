"""What a text that anybody can read tells of a device: versions, identifiers, accounts, its network, its streams. Pure."""

import html
import re
from collections.abc import Iterator
from typing import Literal
from urllib.parse import unquote

from harness.model.base import Frozen

Kind = Literal["software version", "serial number", "MAC address", "account name", "network setting", "stream address"]
Form = Literal["head", "body", "script", "bytes"]  # headers and banners; pages and data; code of a page; what is no text
SHOWN, LOOKED_AT = 80, 256 * 1024
USUAL_NAMES = frozenset({"admin", "administrator", "camera", "guest", "operator", "owner", "root", "service", "user", "viewer"})
_RUNS = re.compile(rb"[\x20-\x7e]{3,}")
_NO_VERSION = re.compile(
    r"""(?ix) \b(?:HTTPS?|RTSP|SIP|UPnP|SOAP|TLS|SSL|SSH|DTD\ X?HTML|DLNADOC|RTP/AVP|XML|HTML)[/ -]v?\d+(?:\.\d+)*
    | https?://(?:www\.w3|schemas?\.|www\.onvif|docs\.oasis|purl\.)[^\s"'<>]* | \burn:[\w:.%/-]+ | \bversion\s*=\s*\\?["']1\.[01]\\?["']
    | (?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])""",
)
_PRODUCT = re.compile(r"\b[A-Za-z][A-Za-z0-9+-]{1,30}[/_ -]v?\d+(?:\.\d+){1,4}[\w.-]*")
_PRODUCT_IN_BODY = re.compile(r"\b[A-Za-z][A-Za-z+-]{2,30}/v?\d+(?:\.\d+){1,4}\b")
_NUMBER = r"""[\w ."'<>:=,()\\-]{0,24}?(?<![\d.])v?(?:\d+(?:\.\d+)+|20\d{6})"""
_VERSION = re.compile(r"(?i)(?<![a-z])(?:firmware|software|build|release|fw|sw|ver|version)(?![a-z])" + _NUMBER)
_VERSION_IN_SCRIPT = re.compile(r"(?i)(?:firmware|software)(?:[ _-]?version)?" + _NUMBER.replace("{0,24}", "{1,6}"))
_SERIAL = re.compile(
    r"""(?i:\bserial(?:[ _-]?(?:number|no))?|\bs/n)[\\"'<>:=\s]{1,6}"""
    r"""(?=[A-Z0-9-]*\d[A-Z0-9-]*\d[A-Z0-9-]*\d)[A-Z0-9-]{6,40}\b"""
)
_STREAM = re.compile(r"""(?i)\b(?:rtsps?|rtmps?|srt|mms)://[^\s"'<>/\\]+/[^\s"'<>\\]{2,}|\.m3u8\b""")
_NETWORK = re.compile(
    r"""(?ix)(?:gateway|net ?mask|subnet|(?<![a-z])dns\w{0,8}|name ?server)[\\"'<>:=\s\w/.]{1,24}?\d{1,3}(?:\.\d{1,3}){3}
    |\b255\.255\.(?:255|254|252|248|240|0)\.\d{1,3}\b
    |\b(?:ssid|psk|wpa_passphrase)\\?["']?\s*[:=>]\s*\\?["']?[^\s"'<>,;]{2,}""",
)


class Known(Frozen):
    """What is known of the unit, and must not be met: `mac` with colons, `gateways` of its network, `paths` of its streams."""

    firmware: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    mac: str = ""
    users: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class Told(Frozen):
    """One thing that was told, as it stood there."""

    kind: Kind
    shown: str


def tells(content: bytes, form: Form, known: Known) -> tuple[Told, ...]:
    """Each kind once, with its first place."""
    text = text_in(content[:LOOKED_AT], form)
    found: dict[str, Told] = {}
    for kind, shown in (*_known(text, known), *_shapes(text, form)):
        found.setdefault(kind, Told(kind=kind, shown=" ".join(shown.split())[:SHOWN]))
    return tuple(found.values())


def text_in(content: bytes, form: Form) -> str:
    """As it is and with its escapes undone; of other bytes what can be read in them, in one byte a character and in two."""
    if form == "bytes":
        wide = _RUNS.findall(content.replace(b"\0", b"")) if b"\0" in content else []
        return "\n".join(run.decode("ascii") for run in (*_RUNS.findall(content), *wide))
    text = content.decode("utf-8", errors="replace")
    plain = html.unescape(unquote(text))
    return text if plain == text else f"{text}\n{plain}"


def _known(text: str, known: Known) -> Iterator[tuple[Kind, str]]:
    without_protocols = _NO_VERSION.sub(" ", text)
    for version in known.firmware:
        exactly = rf"(?<![\d.]){re.escape(version)}(?![\d.]*\d)"
        yield from (("software version", each[0]) for each in re.finditer(exactly, without_protocols))
    for serial in known.serials:
        yield from (("serial number", each[0]) for each in re.finditer(re.escape(serial), text, re.IGNORECASE))
    for form in _spellings(known.mac):
        yield from (("MAC address", each[0]) for each in re.finditer(rf"(?<![0-9a-f]){form}(?![0-9a-f])", text, re.IGNORECASE))
    for user in known.users:
        yield from (("account name", each[0]) for each in _name(user).finditer(text))
    for gateway in known.gateways:
        yield from (("network setting", each[0]) for each in re.finditer(rf"(?<![\d.]){re.escape(gateway)}(?![\d.]*\d)", text))
    for path in known.paths:
        yield from (("stream address", each[0]) for each in re.finditer(rf"{re.escape(path)}(?![\w/-])", text, re.IGNORECASE))


def _spellings(mac: str) -> tuple[str, ...]:
    """Whole in three ways, and its end, which alone tells units of a maker apart."""
    pairs = mac.split(":")
    return ("[:-]".join(pairs), "".join(pairs), "".join(pairs[3:]), "[:-]".join(pairs[3:])) if mac else ()


def _name(user: str) -> re.Pattern[str]:
    """A name that everybody gives says something only where it stands as that of an account."""
    if user.lower() in USUAL_NAMES:
        field = r"""(?:user(?:[ _-]?name)?|account|owner|login)s?\\?["']?\s*[:=>]\s*(?:\[\s*)?\\?["']?"""
        return re.compile(rf"(?i)\b{field}{re.escape(user)}\b")
    return re.compile(rf"(?<!\w){re.escape(user)}(?!\w)", re.IGNORECASE)


def _shapes(text: str, form: Form) -> Iterator[tuple[Kind, str]]:
    without_protocols = _NO_VERSION.sub(" ", text)
    patterns = [_VERSION_IN_SCRIPT] if form == "script" else [_VERSION, _PRODUCT if form == "head" else _PRODUCT_IN_BODY]
    for pattern in patterns:
        yield from (("software version", each[0]) for each in pattern.finditer(without_protocols))
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("serial number", _SERIAL),
        ("network setting", _NETWORK),
        ("stream address", _STREAM),
    )
    for kind, pattern in kinds:
        yield from ((kind, each[0]) for each in pattern.finditer(text))
