"""Reads a recording of a serial line for known values and for what looks like a secret; nothing here touches the line."""

import base64
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.gate.masking import encodings
from harness.probes.captures.search import Search
from harness.probes.console_keys import keys_in
from harness.probes.firmware_patterns import PRIVATE_KEY, whole_keys
from harness.transports.console import Window

FOUND_MOST = 1000
DOUBTFUL_MOST = 20
OVERLAP = 4096
NAMED = "value named as a secret"
DUMP = "a dump of bytes"
_SHAPES = {
    PRIVATE_KEY: (
        rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY|b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"  # the second is that of OpenSSH, without a passphrase
        rb"|\b(?:priv|privateExponent):[ \t]{0,8}\r?\n[ \t]{0,16}(?:[0-9a-f]{2}:){14}"
    ),
    "hash of a password": rb"\$(?:1|2[abxy]?|5|6|7|y|gy|argon2id?)\$([./A-Za-z0-9=,$]{12,200})",
    "JSON web token": rb"\beyJ[\w-]{8,2000}\.(eyJ[\w-]{4,2000}\.[\w-]{16,700})",
    "password in an address": rb"\b[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s/:@]{1,64}:([^\s/@]{1,128})@",
    "Authorization header": rb"(?i:\bauthorization)[\"']?[ \t]*[:=][ \t]*[\"']?(?i:basic|bearer)[ \t]+([\w+/=.~-]{8,2000})",
    "key of a cloud service": rb"\b((?:AKIA|ASIA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{32})\b",
}
KINDS = (*_SHAPES, NAMED)
_SECRETS = {kind: re.compile(shape) for kind, shape in _SHAPES.items()}
_NAMES = (
    rb"(?:password|passwd|passphrase|passwort|passcode|pwd|psk|secret|token|session_?id|ltk|pmk|ha1"
    rb"|(?:api|private|access|auth|device|local|cloud|secret|shared|session|master|product|aes|hmac|enc|encryption|wpa|wep)[_ ]?key)"
)
_PREFIX = rb"(?:[a-z0-9]{1,20}[_-]){0,4}(?:[a-z0-9]{1,20}(?-i:(?=[A-Z])))?"
_NAMED = re.compile(  # a prompt that is shown once more behind itself is no value: what stands behind that one may be
    rb"(?i)(?<![A-Za-z0-9])(?P<name>" + _PREFIX + rb"(?P<word>" + _NAMES + rb"))"
    rb"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?(?!(?P=word)[ \t]{0,8}[:=])(?P<value>[^\s\"',;&<>]{1,512})"
)
_WHOSE = (
    rb"user|admin|root|login|account|auth|owner|guest|default|wi-?fi|wlan|sta|ap|wpa|db|mqtt|ftp|smtp|e?mail|rtsp|onvif|https?|web|ssh|telnet|cloud"
    rb"|p2p|pppoe|d?dns|sip|proxy|nas|smb|device|dev|cam|camera|client|tls|ssl|key"
)
_PASS = re.compile(  # of tests too: what follows is a number there
    rb"(?i)(?<![A-Za-z0-9_.-])(?P<name>(?P<whose>(?:[a-z0-9]{1,20}[_-]){0,2}(?:" + _WHOSE + rb")[_.-]?)?pass)"
    rb"[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?(?P<value>[^\s\"',;&<>]{1,512})"
)
_ELEMENT = re.compile(  # of XML; what is proven by a digest in it is proven once
    rb"(?i)<(?:[\w.]{1,30}:)?(?P<name>" + _PREFIX + rb"(?:" + _NAMES + rb"|(?P<pass>pass)))(?P<rest>[ \t][^<>]{0,300})?>\s{0,40}"
    rb"(?:<!\[CDATA\[)?(?P<value>[^<>\s]{1,512}?)(?:\]\]>)?\s{0,40}</"
)
_ENTRY = re.compile(  # <string name="wifi_password">…, <param name="password" value="…"/>, {"name": "password", "value": "…"}
    rb"(?i)\b(?:name|key)[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"'](?P<name>" + _PREFIX + rb"(?:" + _NAMES + rb"|(?P<pass>pass)))[\"']"
    rb"(?:[^<>{}]{0,100}?\bvalue[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"'](?P<value>[^\s\"'<>]{1,512})[\"']"
    rb"|[^<>]{0,100}>\s{0,40}(?P<inside>[^<>\s]{1,512})\s{0,40}</)"
)
_BLOCK = re.compile(  # bytes behind a name, as many as the shortest key has
    rb"(?i)(?<![A-Za-z0-9])(?P<name>" + _PREFIX + rb"(?:" + _NAMES + rb"|ptk|gtk|kck|kek|msk)(?<!(?i:session.id))(?<!(?i:sessionid)))"
    rb"[ \t]{0,8}(?:(?:\([^()\r\n]{0,40}\)|\[[^\]\r\n]{0,20}\]|-? ?hexdump(?:_ascii)?)[ \t]{0,8}){0,3}[:=][ \t]{0,8}\{?\s{0,16}"
    rb"(?P<value>(?:(?:0x|\\x)?[0-9a-f]{2}[ \t:,-]{1,3}){15}(?:0x|\\x)?[0-9a-f]{2})"
)
_BESIDE = re.compile(rb"(?i)(?<![A-Za-z0-9])(?:user(?:[_-]?name)?|login|account|ssid)[\"']?[ \t]{0,8}[:=>]")
_TAG = re.compile(rb"<[A-Za-z][\w:.-]*\s[^<>\r\n]*$")
_REFERENCE = re.compile(  # ONVIF calls names of its things tokens
    rb"(?i)(?:^|[_-]|(?<=[a-z])(?-i:(?=[A-Z])))(?:profile|config(?:uration)?|source|encoder|decoder|output|input|osd|node|preset|relay|interface|mask"
    rb"|ptz|analytics|metadata|recording|track|job|receiver|tour|rule|engine|area|door|point|schedule|layout|window)_?token$"
)
_FIGURE = re.compile(rb"(?i)(?:0x)?[0-9a-f]+|v?[\d.,:/+-]+[a-z%]{0,8}(?:/s)?|\d+of\d+|[\w.-]*/[\w./-]*|[a-z]\w*_\w*")
_NO_VALUE = re.compile(
    rb"(?i)[*x.#_-]+|\(?(?:null|nil|none|empty|hidden|masked|redacted|removed|true|false|yes|no|on|off|ok|set|unset|enabled?|disabled?|loaded"
    rb"|invalid|valid|expired|missing|required|changed|failed|error|wrong|incorrect)\)?[.!]?|-?\d{1,3}|0x0+"
)
_PASSWORDS = re.compile(rb"(?i)(?:pass(?:word|wd|phrase|wort|code)?|pwd|psk)$")
_PAIR = re.compile(rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}(?![0-9A-Fa-f])")
_MORE = rb"(?:(?:[ \t:,\r\n-]|0x|\\x){1,6}[0-9A-Fa-f]{2}(?![0-9A-Fa-f]))"
_DUMP = re.compile(  # four and more, or behind the place at the begin of a line
    rb"(?<![0-9A-Fa-f])[0-9A-Fa-f]{2}" + _MORE + rb"{3,4095}|^(?:0x)?[0-9A-Fa-f]{4,8}" + _MORE + rb"{1,63}", re.MULTILINE
)
_WORD = rb"[0-9A-Fa-f]{%d}"
_WORDS = {  # two or four bytes at a time, as xxd, od and the md of a boot loader show them
    size: re.compile(
        rb"(?<![0-9A-Fa-f])([0-9A-Fa-f]{4,16}:[ \t]{1,2})?"
        rb"((?:" + _WORD % (2 * size) + rb"[ \t]{1,2}){0,15}" + _WORD % (2 * size) + rb"(?:[ \t][0-9A-Fa-f]{2})?)(?![0-9A-Fa-f:])"
    )
    for size in (2, 4)
}
_WORDS_LEAST = 4  # without the place at the begin of the line


@dataclass(frozen=True)
class Leak:
    """One place: `value` is what stood there where only its shape tells that it is a secret."""

    what: str
    offset: int
    at: float
    spelled: str = ""
    value: str = ""


@dataclass
class _Dumped:
    """Bytes that were shown as digits, in one order, and where each stood."""

    data: bytes = b""
    stood: list[int] = field(default_factory=list)

    def add(self, data: bytes, stood: list[int], overlap: int) -> None:
        """More of them; of those before only so many are kept."""
        self.data, self.stood = self.data[-overlap:] + data, [*self.stood[-overlap:], *stood]


@dataclass
class Reader:
    """Takes windows of a recording in order. `values` by label; `digests`, as hex, with the label of what they open and how; `doubtful`
    is what only a person can judge."""

    values: Mapping[str, str]
    digests: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    found: list[Leak] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        sought = {**self.values, **{digest: digest for digest in self.digests}}
        self._forms = {(label, kind): form for label, value in sought.items() for form, kind in self._spelled(value).items()}
        self._search = Search(sought, self._spelled) if sought else None
        self._overlap = max([OVERLAP, *map(len, self._forms.values())])
        self._before, self._seen = b"", set[tuple[str, int]]()
        self._dumped = {order: _Dumped() for order in ((1, "big"), *((size, order) for size in _WORDS for order in ("big", "little")))}

    def read(self, window: Window) -> None:
        """The next one; what reaches over its edge is found too."""
        begin, data = window.begin - len(self._before), self._before + window.data
        ends, end = [], window.begin
        for chunk in window.chunks:
            end += len(chunk.data)
            ends.append(end)
        for leak in (*self._known(data), *self._dumps(window), *self._shaped(data), *self._named(data), *self._keys(data)):
            place = leak.offset if leak.spelled == DUMP else begin + leak.offset
            if (leak.what, place) not in self._seen and len(self.found) < FOUND_MOST:
                self._seen.add((leak.what, place))
                at = window.chunks[min(bisect_right(ends, place), len(ends) - 1)].at if ends else 0.0
                self.found.append(Leak(leak.what, place, at, leak.spelled, leak.value))
        self._before = data[-self._overlap :]

    def _spelled(self, value: str) -> dict[bytes, str]:
        """Of a digest its bytes and usual texts, else every common encoding."""
        if value not in self.digests:
            return encodings(value)
        raw = bytes.fromhex(value)
        return {value.encode(): "", value.upper().encode(): "upper case", raw: "bytes", base64.b64encode(raw).rstrip(b"="): "base64"}

    def _leak(self, label: str, kind: str, at: int, spelled: str = "") -> Leak:
        """One of what was sought; a digest is masked as it stood there."""
        if label not in self.digests:
            return Leak(label, at, 0.0, spelled or kind)
        what, told = self.digests[label]
        return Leak(what, at, 0.0, spelled or " ".join(filter(None, (told, kind))), self._forms[label, kind].decode("latin-1"))

    def _known(self, data: bytes) -> Iterator[Leak]:
        """Values of this run, as they are and in every common encoding."""
        for label, kind in self._forms_in(data):
            form, at = self._forms[label, kind], -1
            while (at := data.find(form, at + 1)) >= 0:
                yield self._leak(label, kind, at)

    def _dumps(self, window: Window) -> Iterator[Leak]:
        """Bytes shown as digits, line by line; what stands between the lines is skipped."""
        begin = window.begin
        for order, rows in _shown(window.data):
            dumped = self._dumped[order]
            dumped.add(b"".join(row for _, row in rows), [begin + at for at, row in rows for _ in row], self._overlap)
            for label, kind in self._forms_in(dumped.data):
                yield self._leak(label, kind, dumped.stood[dumped.data.find(self._forms[label, kind])], DUMP)
            for key in whole_keys(dumped.data):
                yield Leak(PRIVATE_KEY, dumped.stood[key.offset], 0.0, DUMP)

    def _keys(self, data: bytes) -> Iterator[Leak]:
        """Without the line that names it."""
        for at, row in keys_in(data):
            yield Leak(PRIVATE_KEY, at, 0.0, "rows without a name", row.decode())

    def _forms_in(self, data: bytes) -> list[tuple[str, str]]:
        """Labels and encodings of what is in these bytes."""
        if self._search is None:
            return []
        self._search.found.clear()
        self._search.look(data + b"\0" * (-len(data) % 8), "")
        return [(found.label, found.encoding) for found in self._search.found]

    def _shaped(self, data: bytes) -> Iterator[Leak]:
        for kind, pattern in _SECRETS.items():
            for match in pattern.finditer(data):
                value = match[1] if pattern.groups else b""
                if not value or not _NO_VALUE.fullmatch(value):
                    yield Leak(kind, match.start(), 0.0, "", value.decode("latin-1"))

    def _named(self, data: bytes) -> Iterator[Leak]:
        """A name and a value: a long or mixed one is a secret, a word may be one."""
        for at, name, value, sure in named_in(data):
            if _NO_VALUE.fullmatch(value) or _REFERENCE.search(name) or value.lower() == name.lower():
                continue
            if sure and _is_secret(name, value):
                yield Leak(NAMED, at, 0.0, name.decode("latin-1"), value.decode("latin-1"))
            elif sure or (_is_secret(name, value) and not _FIGURE.fullmatch(value)):
                self._doubt(f"is {value[:1].decode('latin-1')}…, {len(value)} characters after {name.decode('latin-1')!r}, a secret?")
        for match in _BLOCK.finditer(data):
            if len(set(_PAIR.findall(match["value"]))) > 2:
                yield Leak(NAMED, match.start(), 0.0, match["name"].decode("latin-1"), match["value"].decode("latin-1"))

    def _doubt(self, question: str) -> None:
        if question not in self.doubtful and len(self.doubtful) < DOUBTFUL_MOST:
            self.doubtful.append(question)


def _shown(data: bytes) -> Iterator[tuple[tuple[int, str], list[tuple[int, bytes]]]]:
    """Each sort of dump that is in these bytes: how many bytes it shows at a time and in which order, and the rest with its places."""
    pairs = [pair for each in _DUMP.finditer(data) for pair in _PAIR.finditer(data, each.start(), each.end())]
    if pairs:
        yield (1, "big"), [(pair.start(), bytes([int(pair[0], 16)])) for pair in pairs]
    for size, pattern in _WORDS.items():
        rows = [each for each in pattern.finditer(data) if each[1] or len(each[2].split()) >= _WORDS_LEAST]
        words = [(each.start(2), bytes.fromhex(word.decode())) for each in rows for word in each[2].split()]
        if words:
            yield (size, "big"), words
            yield (size, "little"), [(at, word[::-1]) for at, word in words]


def named_in(data: bytes) -> Iterator[tuple[int, bytes, bytes, bool]]:
    """Place, name and value of what is named as a secret; not sure where a test may have passed, and nobody's name is beside it."""
    for match in _NAMED.finditer(data):
        if match["name"] != b"token" or not _TAG.search(data[max(0, match.start() - 300) : match.start()]):
            yield match.start(), match["name"], match["value"], True
    for match in _PASS.finditer(data):
        yield match.start(), match["name"], match["value"], bool(match["whose"]) or _beside(data, match, b"\n")
    for match in _ELEMENT.finditer(data):
        if b"PasswordDigest" not in (match["rest"] or b""):
            yield (
                match.start(),
                match["name"],
                match["value"],
                match["pass"] is None or match["name"] != match["pass"] or _beside(data, match),
            )
    for match in _ENTRY.finditer(data):
        yield match.start(), match["name"], match["value"] or match["inside"], match["pass"] is None or _beside(data, match)


def _beside(data: bytes, match: re.Match[bytes], within: bytes = b"\0") -> bool:
    """Whose it is stands close by, on the same line or in the element before or behind."""
    before = data[max(0, match.start() - 120) : match.start()].split(within)[-1]
    return bool(_BESIDE.search(before) or _BESIDE.search(data[match.end() : match.end() + 60].split(within)[0]))


def _is_secret(name: bytes, value: bytes) -> bool:
    """Letters and digits together, long enough for what it is called."""
    mixed = bool(re.search(rb"[A-Za-z]", value)) and bool(re.search(rb"\d", value))
    return mixed and len(value) >= (8 if _PASSWORDS.search(name) else 16)
