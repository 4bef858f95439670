"""Secrets in evidence are replaced by their labels, in every common encoding."""

import base64
import hashlib
import html
import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MASKED_FROM = 8
_WIDTH, _STEP = 5, 4  # no form is shorter than both together less one, so that one of its samples stands at a step of the data
_BLOCK = 1 << 16
_LABEL = re.compile("⟦[^⟧]{1,200}⟧".encode())


class Mask:
    """Finds forms by samples of them, so that it does not slow down when a run learns a session token every second.

    Each form has a label of its own, so that what was masked can be asked again as the device spelled it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._labels: dict[bytes, bytes] = {}
        self._forms: dict[bytes, bytes] = {}
        self._by_sample: defaultdict[bytes, list[bytes]] = defaultdict(list)

    def add(self, name: str, value: str) -> None:
        """Mask this value from now on; short ones are ordinary text and stay."""
        if len(value) < MASKED_FROM:
            return
        with self._lock:
            for form, kind in encodings(value).items():
                if form not in self._labels:
                    self._add(f"{name.removesuffix('⟧')} as {kind}⟧" if kind else name, form)

    def __call__(self, data: bytes) -> bytes:
        """The data with each form replaced by its label; of forms that begin at one place the longest wins."""
        forms = sorted(self._forms_in(data), key=len, reverse=True)
        if not forms:
            return data
        return re.sub(b"|".join(map(re.escape, forms)), lambda found: self._labels[found[0]], data)

    def undo(self, data: bytes) -> bytes:
        """The data with each label replaced by what it stands for."""
        return _LABEL.sub(lambda found: self._forms.get(found[0], found[0]), data)

    def _add(self, name: str, form: bytes) -> None:
        self._labels[form], self._forms[name.encode()] = name.encode(), form
        for at in range(_STEP):
            self._by_sample[form[at : at + _WIDTH]].append(form)

    def _forms_in(self, data: bytes) -> set[bytes]:
        with self._lock:
            samples = {sample for block in _samples(data) for sample in self._by_sample.keys() & block}
            return {form for sample in samples for form in self._by_sample[sample] if form in data}


def encodings(value: str) -> dict[bytes, str]:
    """How a value may appear in traffic and files, and the name of each form: the plain one has none."""
    found: dict[bytes, str] = {}
    for case, text in (("", value), ("upper case", value.upper()), ("lower case", value.lower())):
        for kind, form in _spellings(text):
            found.setdefault(form, f"{case} {kind}".strip())
    for kind, form in _digests(value.encode()):
        found.setdefault(form, kind)
    return found


def _spellings(text: str) -> Iterator[tuple[str, bytes]]:
    plain = text.encode()
    yield from (("", plain), ("UTF-16", text.encode("utf-16-le")), ("UTF-16 BE", text.encode("utf-16-be")))
    yield from (("hex", plain.hex().encode()), ("HEX", plain.hex().upper().encode()))
    escapes = () if text.isascii() and text.isalnum() else (("URL", _url), ("HTML", _html), ("JSON", _json))
    for kind, escape in escapes:
        yield from ((f"{kind} {number}", escaped.encode()) for number, escaped in enumerate(escape(text)))
    yield from ((f"base64 {number}", core) for number, core in enumerate(_base64_cores(plain)))


def _url(text: str) -> Iterator[str]:
    for spelled in (quote(text, safe=""), quote(text, safe="/"), quote(text, safe="!'()*~"), quote_plus(text)):
        yield spelled
        yield re.sub("%..", lambda found: found[0].lower(), spelled)


def _html(text: str) -> Iterator[str]:
    escaped = html.escape(text)
    yield from (escaped, html.escape(text, quote=False), escaped.replace("&#x27;", "&#39;"), escaped.replace("&#x27;", "&apos;"))
    yield escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")


def _json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        spelled = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield from (spelled, spelled.replace("/", "\\/"))
        yield re.sub("[<>&'+]", lambda found: f"\\u{ord(found[0]):04x}", spelled)


def _digests(plain: bytes) -> Iterator[tuple[str, bytes]]:
    for name in ("md5", "sha1", "sha256", "sha512"):
        raw = hashlib.new(name, plain).digest()
        yield from ((name, raw.hex().encode()), (name.upper(), raw.hex().upper().encode()))
        yield f"{name} base64", base64.b64encode(raw).rstrip(b"=")


def _base64_cores(plain: bytes) -> Iterator[bytes]:
    """The characters of each alignment that depend on the value alone."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + plain)
        core = text[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))


def _samples(data: bytes) -> Iterator[set[bytes]]:
    """The bytes at every step, a part of the data at a time."""
    for begin in range(0, len(data), _BLOCK):
        yield {data[at : at + _WIDTH] for at in range(begin, min(begin + _BLOCK, len(data)), _STEP)}
