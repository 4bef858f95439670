"""Secrets in evidence are replaced by their labels, in every common encoding."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

MASKED_FROM = 8
_RECENT_MOST = 16


@dataclass
class Forms:
    """Values by label, and one expression for all their forms."""

    values: dict[str, str] = field(default_factory=dict)
    _names: dict[bytes, str] = field(default_factory=dict)
    _expression: re.Pattern[bytes] | None = None

    def add(self, values: dict[str, str]) -> None:
        """More values to look for."""
        self.values |= values
        self._names |= {form: name for name, value in values.items() for form in encodings(value)}
        self._expression = None

    def mask(self, data: bytes) -> bytes:
        """The data with each form replaced by its label; the longest one wins."""
        if not self._names:
            return data
        if self._expression is None:
            self._expression = re.compile(b"|".join(map(re.escape, sorted(self._names, key=len, reverse=True))))
        return self._expression.sub(lambda found: self._names[found[0]].encode(), data)


@dataclass
class Mask:
    """New values go into a small expression first: a large one takes long to compile, and a run learns a session token every second."""

    _settled: Forms = field(default_factory=Forms)
    _recent: Forms = field(default_factory=Forms)

    def add(self, name: str, value: str) -> None:
        """Mask this value from now on; short ones are ordinary text and stay."""
        if len(value) < MASKED_FROM:
            return
        self._recent.add({name: value})
        if len(self._recent.values) >= _RECENT_MOST:
            self._settled.add(self._recent.values)
            self._recent = Forms()

    def __call__(self, data: bytes) -> bytes:
        """The masked data."""
        return self._recent.mask(self._settled.mask(data))


def encodings(value: str) -> set[bytes]:
    """How a value may appear in traffic and files: plain, escaped, UTF-16, hex, all three base64 alignments, common digests."""
    plain = value.encode()
    forms = {plain, quote(value, safe="").encode(), html.escape(value).encode(), json.dumps(value)[1:-1].encode()}
    forms |= {value.encode("utf-16-le"), value.encode("utf-16-be"), plain.hex().encode(), plain.hex().upper().encode()}
    forms |= {hasher(plain).hexdigest().encode() for hasher in (hashlib.md5, hashlib.sha1, hashlib.sha256)}
    return forms | set(_base64_cores(plain))


def _base64_cores(plain: bytes) -> Iterator[bytes]:
    """The characters of each alignment that depend on the value alone."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + plain)
        core = text[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))
