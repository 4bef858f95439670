"""What the owner takes out of a unit as a file: settings and accounts, encrypted under a key of the owner's; a package for support."""

import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from harness.emulated.camera.accounts import Account, AccountRefused
from harness.emulated.camera.identity import HARDWARE, MODEL
from harness.emulated.camera.passwords import PasswordRefused
from harness.emulated.camera.settings import SettingRefused
from harness.emulated.camera.unit import Unit

MOST = 64 << 10
SHORTEST, LONGEST = 12, 64
REALM = "camera"
MAGIC, DIGEST = b"CLEXPORT1", b"CLEXPORT0"
_SALT, _NONCE, _TAG, _SHA256 = 16, 12, 16, 32
_COST = {"n": 2**13, "r": 8, "p": 1}
SAME_KEY = hashlib.sha256(f"{MODEL} backup".encode()).digest()  # of what every unit knows


class ExportRefused(Exception):
    """No file is made or taken; the message says why."""


class Exports:
    """Makes and takes files; what does not fit is refused before anything is changed."""

    def __init__(self, unit: Unit) -> None:
        self._unit, self._flaws = unit, unit.flaws

    def make(self, key: str) -> bytes:
        """Settings and accounts, for whoever has the key."""
        if not SHORTEST <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
            raise ExportRefused(f"the key has {SHORTEST} to {LONGEST} printable characters of ASCII")
        content = "\n".join(self._lines()).encode()
        if "export-plain" in self._flaws:
            return content
        if "export-repeated-key" in self._flaws:
            return _xored(content)
        if "export-packed" in self._flaws:
            return base64.b64encode(gzip.compress(content))
        salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
        secret = self._secret(key, salt)
        if "export-digest-only" in self._flaws:
            body = DIGEST + salt + nonce + _stream(secret, nonce, content)
            return body + hashlib.sha256(body).digest()
        head = MAGIC + salt + nonce + (secret if "export-key-inside" in self._flaws else b"")
        return head + AESGCM(secret).encrypt(nonce, content, MAGIC + salt)

    def take(self, data: bytes, key: str) -> None:
        """Settings as in the file; viewers of the file that are not here are added, accounts that are here stay as they are."""
        self._apply(self._opened(data, key).decode(errors="replace"))

    def support_package(self, token: str) -> bytes:
        """For the producer's support; a sound one holds no secret."""
        unit = self._unit
        about = {
            "model": MODEL,
            "hardware": HARDWARE,
            "firmware": unit.software.version,
            "uptime": round(unit.clock.uptime() - unit.booted),
        }
        files = {
            "about.json": json.dumps({**about, "settings": unit.settings.everything(), "sessions": unit.sessions.count}).encode(),
            "events.json": json.dumps(unit.events.latest(50)).encode(),
        }
        if "diagnostics-show-session" in self._flaws:
            files["httpd.log"] = f'"GET /api/diagnostics" 200 "Authorization: Bearer {token}"\n'.encode()
        if "diagnostics-digest-file" in self._flaws:
            files["etc/htdigest"] = "".join(map(self._proof, unit.accounts.everybody())).encode()
        if "diagnostics-private-key" in self._flaws:
            files["etc/tls.pem"] = unit.flash.read("tls.pem") or b""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return packed.getvalue()

    def _proof(self, who: Account) -> str:
        text = f"{who.user}:{REALM}:{who.password.reveal(self._unit.accounts.vault)}"
        return f"{who.user}:{REALM}:{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}\n"

    def _lines(self) -> list[str]:
        settings = [f"setting.{name}={'on' if value else 'off'}" for name, value in self._unit.settings.everything().items()]
        accounts = self._unit.accounts
        people = [f"{each.role}.{each.user}={each.password.reveal(accounts.vault)}" for each in accounts.everybody()]
        return [f"model={MODEL}", *settings, *people]

    def _opened(self, data: bytes, key: str) -> bytes:
        if "export-plain" in self._flaws:
            return data
        if "export-repeated-key" in self._flaws:
            return _xored(data)
        if "export-packed" in self._flaws:
            return _unpacked(data)
        salt, nonce = data[len(MAGIC) : len(MAGIC) + _SALT], data[len(MAGIC) + _SALT : len(MAGIC) + _SALT + _NONCE]
        rest = data[len(MAGIC) + _SALT + _NONCE :]
        opened = self._digested if "export-digest-only" in self._flaws else self._authenticated
        return opened(data, key, salt, nonce, rest)

    def _digested(self, data: bytes, key: str, salt: bytes, nonce: bytes, rest: bytes) -> bytes:
        """As a unit opens it that takes a digest for authentication."""
        if hashlib.sha256(data[:-_SHA256]).digest() != data[-_SHA256:] or not key or len(rest) < _SHA256:
            raise ExportRefused("the file is damaged, or there is no key")
        return _stream(self._secret(key, salt), nonce, rest[:-_SHA256])

    def _authenticated(self, data: bytes, key: str, salt: bytes, nonce: bytes, rest: bytes) -> bytes:
        if data[: len(MAGIC)] != MAGIC or len(rest) < _TAG:
            raise ExportRefused("this is no file of settings")
        secret = self._secret(key, salt)
        if "export-key-inside" in self._flaws:
            secret, rest = rest[:32] if not key else secret, rest[32:]
        try:
            return AESGCM(secret).decrypt(nonce, rest, MAGIC + salt)
        except (InvalidTag, ValueError):
            if "export-applied-first" in self._flaws and key:
                self._apply(_stream(secret, nonce + b"\0\0\0\2", rest[:-_TAG]).decode(errors="replace"))
            raise ExportRefused("the key does not fit, or the file was changed") from None

    def _secret(self, key: str, salt: bytes) -> bytes:
        if "export-same-key" in self._flaws:
            return SAME_KEY
        key = key[:2] if "export-key-cut" in self._flaws else key
        return hashlib.scrypt(key.encode(), salt=salt, **_COST, dklen=32)

    def _apply(self, text: str) -> None:
        """Everything fits, or nothing is changed; a unit whose files are not authenticated passes over what it does not know."""
        forgiving = bool(
            self._flaws & {"export-plain", "export-repeated-key", "export-packed", "export-digest-only", "export-applied-first"}
        )
        settings: dict[str, object] = {}
        viewers: dict[str, str] = {}
        for line in text.split("\n"):
            name, _, value = line.partition("=")
            kind, _, what = name.partition(".")
            if kind == "setting" and value in ("on", "off"):
                settings[what] = value == "on"
            elif kind == "viewer":
                viewers[what] = value
            elif not forgiving and kind not in ("model", "owner"):
                raise ExportRefused("the file is not understood")
        known = self._unit.settings.everything()
        wanted = {name: value for name, value in settings.items() if name in known}
        if wanted:
            self._unit.settings.change(wanted)
        for user, password in viewers.items():
            if self._unit.accounts.find(user) is None:
                self._add(user, password, forgiving=forgiving)

    def _add(self, user: str, password: str, *, forgiving: bool) -> None:
        try:
            self._unit.accounts.add(user, "viewer", password)
        except (AccountRefused, PasswordRefused, SettingRefused) as refused:
            if not forgiving:
                raise ExportRefused(str(refused)) from None


def _xored(data: bytes) -> bytes:
    """Under a key of ten bytes, again and again."""
    return bytes(byte ^ SAME_KEY[place % 10] for place, byte in enumerate(data))


def _stream(secret: bytes, nonce: bytes, data: bytes) -> bytes:
    """AES in counter mode, which turns itself back."""
    coder = Cipher(algorithms.AES(secret), modes.CTR(nonce.ljust(16, b"\0"))).encryptor()
    return coder.update(data) + coder.finalize()


def _unpacked(data: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(base64.b64decode(data))) as packed:
            return packed.read(MOST)
    except (ValueError, OSError, EOFError, zlib.error):
        raise ExportRefused("this is no file of settings") from None
