"""Secrets of a run: labels outside, values in a private store (mode 0600), masked in everything that is recorded.

Generated values are HMAC(run key, name): a kill cannot lose a new password, since the key was stored before it was needed.
"""

import hashlib
import hmac
import json
import os
import secrets as random
import string
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from harness.gate.masking import Mask
from harness.journal.files import lost_unless_written, write_all, write_durably
from harness.model.secret import Credential, Login, Secret

_WHAT = "the private store"
_ALPHABET = string.ascii_letters + string.digits


def label(unit: str, role: str, version: int) -> str:
    """The public name of a version of a password."""
    return f"⟦{unit}/{role}-password#{version}⟧"


def cut_label(name: str, length: int) -> str:
    """The public name of the first characters of a password."""
    return f"{name.removesuffix('⟧')} cut to {length}⟧"


class SecretStore:
    """Values by label. `known` maps (unit, role) to the user name and the bench's password, None where it is generated."""

    def __init__(self, folder: Path, known: Mapping[tuple[str, str], tuple[str, str | None]]) -> None:
        with lost_unless_written(_WHAT):
            folder.mkdir(mode=0o700, exist_ok=True)
            self._key = _run_key(folder / "run.key")
        self._file = folder / "secrets.jsonl"
        self._lock = threading.RLock()
        self._users = {account: user for account, (user, _) in known.items()}
        self._values: dict[str, str] = {}
        self._mask = Mask()
        self._given = 0
        self._take_over()
        benchs = {label(*account, 1): password for account, (_, password) in known.items()}
        for name, password in benchs.items():
            self._hold(name, password or self._derive(name))
        self._of_bench = tuple(benchs)

    def login(self, who: Credential, version: int) -> Login:
        """User name and password of an exact version, or of a password that was never valid."""
        user = self._users[who.unit, who.role]
        if who.which == "wrong":
            return Login(user=user, password=self._derive(f"{who.unit}/{who.role} wrong{who.version or ''}"))
        name = label(who.unit, who.role, version)
        with self._lock:
            if name not in self._values:
                self._hold(name, self._derive(name))
            return Login(user=user, password=self._cut(name, who.cut) if who.cut else self._values[name])

    def user(self, who: Credential) -> str:
        """The user name of an account."""
        return self._users[who.unit, who.role]

    def role_of(self, unit: str, user: str) -> str:
        """The account of this unit that has this user name; the name itself when the bench has none."""
        return next((role for (name, role), known in self._users.items() if (name, known) == (unit, user)), user)

    def keep(self, name: str, value: str) -> Secret:
        """Register a value that the device gave; the same value keeps its first label."""
        with self._lock:
            for known, held in self._values.items():
                if held == value:
                    return Secret(label=known)
            self._given += 1
            secret = Secret(label=f"⟦{name}#{self._given}⟧")
            self._hold(secret.label, value, given=True)
            return secret

    def reveal(self, secret: Secret) -> str:
        """The value behind a label."""
        return self._values[secret.label]

    def fingerprints(self) -> dict[str, str]:
        """HMAC of every value that the bench gave: notices a changed bench without telling the secret."""
        return {name: hmac.new(self._key, self._values[name].encode(), hashlib.sha256).hexdigest() for name in self._of_bench}

    def mask(self, data: bytes) -> bytes:
        """The data with every registered value of 8 characters or more, in any common encoding, replaced by its label."""
        return self._mask(data)

    def unmask(self, data: bytes) -> bytes:
        """The data with each label replaced by what was masked, spelled as it was."""
        return self._mask.undo(data)

    def _cut(self, name: str, length: int) -> str:
        """The first characters, masked like the whole."""
        value = self._values[name][:length]
        self._mask.add(cut_label(name, length), value)
        return value

    def _take_over(self) -> None:
        """What an earlier process of this run knew is masked, and no label is given twice."""
        raw = self._file.read_bytes() if self._file.exists() else b""
        for line in raw.splitlines():
            with suppress(ValueError):  # a kill tears a line
                kept = json.loads(line)
                self._values[kept["label"]] = kept["value"]
                self._mask.add(kept["label"], kept["value"])
                self._given += kept["given"]
        if not raw.endswith(b"\n") and raw:
            self._append(b"\n")

    def _hold(self, name: str, value: str, *, given: bool = False) -> None:
        if self._values.get(name) == value:
            return
        self._values[name] = value
        self._mask.add(name, value)
        self._append(json.dumps({"label": name, "value": value, "given": given}).encode() + b"\n")

    def _append(self, data: bytes) -> None:
        with lost_unless_written(_WHAT):
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                write_all(descriptor, data)
            finally:
                os.close(descriptor)

    def _derive(self, name: str) -> str:
        """14 letters and digits with at least one of each kind."""
        digest = hmac.new(self._key, name.encode(), hashlib.sha512).digest()
        body = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:11])
        return body + string.ascii_uppercase[digest[11] % 26] + string.ascii_lowercase[digest[12] % 26] + string.digits[digest[13] % 10]


def _run_key(path: Path) -> bytes:
    """The key of this run, made durable before anything is derived from it."""
    if not path.exists():
        write_durably(path, random.token_bytes(32), mode=0o600)
    return path.read_bytes()
