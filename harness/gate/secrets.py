"""Secrets of a run: labels outside, values in a private store (mode 0600), masked in everything that is recorded.

Generated values are HMAC(run key, name): a kill cannot lose a new password, since the key was stored before it was needed.
"""

import base64
import hashlib
import hmac
import html
import json
import os
import re
import secrets as random
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from harness.journal.files import write_durably
from harness.model.secret import Credential, Login, Secret

MASKED_FROM = 8
_ALPHABET = string.ascii_letters + string.digits


def label(unit: str, role: str, version: int) -> str:
    """The public name of a version of a password."""
    return f"⟦{unit}/{role}-password#{version}⟧"


class SecretStore:
    """Values by label. `known` maps (unit, role) to the user name and the bench's password, None where it is generated."""

    def __init__(self, folder: Path, known: Mapping[tuple[str, str], tuple[str, str | None]]) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._key = _run_key(folder / "run.key")
        self._users = {account: user for account, (user, _) in known.items()}
        self._values: dict[str, str] = {}
        self._mask: re.Pattern[bytes] | None = None
        self._names: dict[bytes, str] = {}
        self._given = 0
        for (unit, role), (_, password) in known.items():
            self._hold(label(unit, role, 1), password or self._derive(label(unit, role, 1)))

    def login(self, who: Credential, version: int) -> Login:
        """User name and password of an exact version, or of a password that was never valid."""
        if who.which == "wrong":
            return Login(user=self._users[who.unit, who.role], password=self._derive(f"{who.unit}/{who.role} wrong"))
        name = label(who.unit, who.role, version)
        if name not in self._values:
            self._hold(name, self._derive(name))
        return Login(user=self._users[who.unit, who.role], password=self._values[name])

    def keep(self, name: str, value: str) -> Secret:
        """Register a value that the device gave; the same value keeps its first label."""
        for known, held in self._values.items():
            if held == value:
                return Secret(label=known)
        self._given += 1
        secret = Secret(label=f"⟦{name}#{self._given}⟧")
        self._hold(secret.label, value)
        return secret

    def reveal(self, secret: Secret) -> str:
        """The value behind a label."""
        return self._values[secret.label]

    def fingerprints(self) -> dict[str, str]:
        """HMAC of every value that the bench gave: notices a changed bench without telling the secret."""
        return {name: hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest() for name, value in self._values.items()}

    def mask(self, data: bytes) -> bytes:
        """The data with every registered value of 8 characters or more, in any common encoding, replaced by its label."""
        if self._mask is None:
            self._names = dict(self._encodings())
            longest_first = sorted(self._names, key=len, reverse=True)
            self._mask = re.compile(b"|".join(re.escape(form) for form in longest_first) or b"(?!)")
        return self._mask.sub(lambda found: self._names[found[0]].encode(), data)

    def _encodings(self) -> Iterator[tuple[bytes, str]]:
        for name, value in self._values.items():
            if len(value) >= MASKED_FROM:
                yield from ((form, name) for form in encodings(value))

    def _hold(self, name: str, value: str) -> None:
        self._values[name] = value
        self._mask = None
        line = json.dumps({"label": name, "value": value}) + "\n"
        descriptor = os.open(self._folder / "secrets.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(line)

    def _derive(self, name: str) -> str:
        """14 letters and digits with at least one of each kind."""
        digest = hmac.new(self._key, name.encode(), hashlib.sha512).digest()
        body = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:11])
        return body + string.ascii_uppercase[digest[11] % 26] + string.ascii_lowercase[digest[12] % 26] + string.digits[digest[13] % 10]


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


def _run_key(path: Path) -> bytes:
    """The key of this run, made durable before anything is derived from it."""
    if not path.exists():
        write_durably(path, random.token_bytes(32), mode=0o600)
    return path.read_bytes()
