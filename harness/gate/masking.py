"""Secrets in evidence are replaced by their labels, in every common encoding."""

import base64
import hashlib
import html
import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

MASKED_FROM = 8
_WIDTH, _STEP = 5, 4  # no form is shorter than both together less one, so that one of its samples stands at a step of the data
_BLOCK = 1 << 16


class Mask:
    """Finds forms by samples of them, so that it does not slow down when a run learns a session token every second."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._labels: dict[bytes, bytes] = {}
        self._by_sample: defaultdict[bytes, list[bytes]] = defaultdict(list)

    def add(self, name: str, value: str) -> None:
        """Mask this value from now on; short ones are ordinary text and stay."""
        if len(value) < MASKED_FROM:
            return
        with self._lock:
            for form in encodings(value) - self._labels.keys():
                self._labels[form] = name.encode()
                for at in range(_STEP):
                    self._by_sample[form[at : at + _WIDTH]].append(form)

    def __call__(self, data: bytes) -> bytes:
        """The data with each form replaced by its label; of forms that begin at one place the longest wins."""
        forms = sorted(self._forms_in(data), key=len, reverse=True)
        if not forms:
            return data
        return re.sub(b"|".join(map(re.escape, forms)), lambda found: self._labels[found[0]], data)

    def _forms_in(self, data: bytes) -> set[bytes]:
        with self._lock:
            samples = {sample for block in _samples(data) for sample in self._by_sample.keys() & block}
            return {form for sample in samples for form in self._by_sample[sample] if form in data}


def encodings(value: str) -> set[bytes]:
    """How a value may appear in traffic and files: plain, in other case, escaped, UTF-16, hex, base64 at any alignment, digests."""
    forms = {form for text in (value, value.upper(), value.lower()) for form in _spellings(text)}
    return forms | set(_digests(value.encode()))


def _spellings(text: str) -> Iterator[bytes]:
    plain = text.encode()
    yield from (plain, text.encode("utf-16-le"), text.encode("utf-16-be"))
    yield from (plain.hex().encode(), plain.hex().upper().encode())
    yield from (escaped.encode() for escape in (_url, _html, _json) for escaped in escape(text))
    yield from _base64_cores(plain)


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


def _digests(plain: bytes) -> Iterator[bytes]:
    hashers: tuple[Callable[[bytes], hashlib._Hash], ...] = (hashlib.md5, hashlib.sha1, hashlib.sha256, hashlib.sha512)
    for hasher in hashers:
        raw = hasher(plain).digest()
        yield from (raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"="))


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
