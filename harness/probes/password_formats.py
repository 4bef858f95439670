"""How a password is kept, shown by doing it again: what stands in a file is compared with what the password, a salt and a method give.

Pure functions of bytes; nothing here asks a device.
"""

import base64
import binascii
import hashlib
import hmac
import itertools
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from harness.transports.crypt import crypt

Strength = Literal["slow", "fast", "readable", "unproven"]
TOKENS_MAX = 96
SECONDS_MAX = 20.0
PBKDF2_ROUNDS = (1000, 4096, 10000)  # others are found where the profile, or the format, names them
_HEX = re.compile(rb"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){4,512}(?![0-9A-Fa-f])")
_BASE64 = re.compile(rb"(?<![\w+/-])[\w+/-]{10,2048}={0,2}(?![\w+/=-])")
_SALT = re.compile(rb"(?<![\w./+-])[\w./+-]{4,64}(?![\w./+-])")
_WORD = re.compile(rb"[\x21-\x7e]{1,64}")
_CRYPT = re.compile(rb"\$(1|2[abxy]?|5|6|7|y|gy|argon2id?|argon2i|scrypt|pbkdf2[a-z0-9-]{0,16})\$[./A-Za-z0-9=,$+_-]{12,250}")
_TAGGED = re.compile(rb"\b(pbkdf2|scrypt)[:_](sha1|sha256|sha512|\d+)[:$](\d+)(?::(\d+))?\$([^\s$\"']{4,64})\$([0-9A-Za-z+/=]{20,200})")
_DES = re.compile(rb"^[a-z_][\w-]{0,31}:([./0-9A-Za-z]{13}):", re.MULTILINE)
_SLOW_TAGS = ("2", "2a", "2b", "2x", "2y", "5", "6", "7", "y", "gy", "argon2id", "argon2i", "argon2d", "scrypt")


@dataclass(frozen=True)
class Store:
    """One way in which the password was found to be kept. `rounds` and `memory_kib` are what a guess costs, where that is known."""

    method: str
    strength: Strength
    rounds: int = 0
    memory_kib: int = 0
    used: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Method:
    """A slow method that the producer declares, with its cost."""

    name: str
    n: int = 0
    r: int = 8
    p: int = 1
    rounds: int = 0
    digest: str = "sha256"


def tokens(data: bytes) -> dict[bytes, bytes]:
    """What looks like bytes written as text, and the bytes: as hex where that is possible, else as base64."""
    found: dict[bytes, bytes] = {}
    for match in _HEX.finditer(data):
        found.setdefault(match[0], bytes.fromhex(match[0].decode()))
    for match in _BASE64.finditer(data):
        if match[0] not in found and (raw := _from_base64(match[0])):
            found.setdefault(match[0], raw)
    return found


def fresh(after: bytes, before: bytes) -> dict[bytes, bytes]:
    """The tokens that a change of the password brought, at most so many."""
    new = ((text, raw) for text, raw in tokens(after).items() if text not in before)
    return dict(itertools.islice(new, TOKENS_MAX))


@dataclass(frozen=True)
class Account:
    """Whose password it is; `realms` are names that digest log-ins may go by."""

    user: str
    password: str
    realms: tuple[str, ...] = ()

    @property
    def secret(self) -> bytes:
        """The password's bytes."""
        return self.password.encode()


def stores(after: bytes, before: bytes, whose: Account, declared: Iterable[Method]) -> tuple[Store, ...]:
    """Every way in which these bytes keep the password, as far as doing it again shows."""
    new = fresh(after, before)
    known = {raw: text for text, raw in new.items()}
    salts = {**known, **{text: text for text in new}}
    found = [*_crypt_stores(after, before, whose.secret), *_tagged(after, whose.secret)]
    words = itertools.islice((word for word in dict.fromkeys(_SALT.findall(after)) if word not in before), TOKENS_MAX)
    found += [*_fast_stores(whose, {word: word for word in words} | salts, known), *_digests(whose, known)]
    return tuple(dict.fromkeys((*found, *(() if found else _slow_stores(whose.secret, salts, known, declared)))))


def _fast_stores(whose: Account, salts: Mapping[bytes, bytes], known: Mapping[bytes, bytes]) -> Iterator[Store]:
    for salt, text in salts.items():
        for method, made in _fast(whose.secret, salt, whose.user.encode()):
            if made in known:
                yield Store(method, "fast", used=(text, known[made]))


def _digests(whose: Account, known: Mapping[bytes, bytes]) -> Iterator[Store]:
    for realm in dict.fromkeys(("", *whose.realms)):
        for name in ("md5", "sha256"):
            made = hashlib.new(name, f"{whose.user}:{realm}:{whose.password}".encode()).digest()
            if made in known:
                yield Store(f"{name} of user, realm and password, as digest log-ins need it", "fast", used=(known[made],))


def _slow_stores(secret: bytes, salts: Mapping[bytes, bytes], known: Mapping[bytes, bytes], declared: Iterable[Method]) -> Iterator[Store]:
    """By the declared methods first, then by usual ones, as long as there is time."""
    until = time.monotonic() + SECONDS_MAX
    usual = (Method("pbkdf2", rounds=rounds, digest=name) for rounds in PBKDF2_ROUNDS for name in ("sha1", "sha256"))
    digests = [raw for raw in known if len(raw) >= 16]
    for method, (salt, text) in itertools.product((*declared, *usual), salts.items()) if digests else ():
        if time.monotonic() > until:
            return
        made = _derived(method, secret, salt)
        hit = next((raw for raw in digests if made[: len(raw)] == raw), None)
        if hit is not None:
            yield Store(_told(method), "slow", method.rounds or method.n, _memory(method), (text, known[hit]))
            return


def opened(blobs: Iterable[bytes], keys: Iterable[tuple[bytes, str]], password: str) -> Iterator[str]:
    """Places of keys under which one of these blobs turns out to be the password."""
    wanted = (password.encode(), password.encode("utf-16-le"))
    listed = [blob for blob in blobs if 8 <= len(blob) <= 4096]
    for key, place in keys:
        if any(word in plain for blob in listed for plain in _plains(key, blob) for word in wanted):
            yield place


def keys_in(data: bytes) -> Iterator[bytes]:
    """What may be a key of AES: 16, 24 or 32 bytes, written as text or all that there is."""
    if len(data) in {16, 24, 32}:
        yield data
    yield from (raw for raw in tokens(data).values() if len(raw) in {16, 24, 32})
    yield from (word[0] for word in _WORD.finditer(data) if len(word[0]) in {16, 24, 32})


def _crypt_stores(after: bytes, before: bytes, secret: bytes) -> Iterator[Store]:
    for match in _CRYPT.finditer(after):
        text, tag = match[0], match[1].decode()
        made = crypt(secret, text)
        if made is False or (made is None and text in before):
            continue  # another's password, or one that did not change with it
        slow = tag in _SLOW_TAGS or tag.startswith("pbkdf2")
        yield Store(f"${tag}$ of crypt", "slow" if slow else "fast", _rounds(text, tag), 0, (text,))
    for match in _DES.finditer(after):
        if match[0] not in before:
            yield Store("DES of crypt", "fast", used=(match[1],))


def _rounds(text: bytes, tag: str) -> int:
    if tag.startswith("2"):
        cost = text.split(b"$")[2]
        return int(2 ** min(31, int(cost))) if cost.isdigit() else 0
    if tag in {"5", "6"}:
        told = re.search(rb"rounds=(\d{1,9})", text)
        return int(told[1]) if told else 5000
    found = re.search(rb"\$(?:i=)?(\d{3,9})\$", text) if tag.startswith("pbkdf2") else None
    return int(found[1]) if found else 0


def _tagged(after: bytes, secret: bytes) -> Iterator[Store]:
    """As web frameworks write it: method:digest:rounds$salt$hash."""
    for kind, first, second, third, salt, digest in _TAGGED.findall(after):
        raw = bytes.fromhex(digest.decode()) if _HEX.fullmatch(digest) else _from_base64(digest) or b"?"
        if kind == b"pbkdf2":
            method = Method("pbkdf2", rounds=min(int(second), 10_000_000), digest=first.decode() if not first.isdigit() else "sha256")
        else:
            method = Method("scrypt", n=min(int(first) if first.isdigit() else 0, 1 << 20), r=int(second), p=int(third or 1))
        if _derived(method, secret, salt)[: len(raw)] == raw[:64]:
            yield Store(_told(method), "slow", method.rounds or method.n, _memory(method), (salt, digest))


def _fast(secret: bytes, salt: bytes, user: bytes) -> Iterator[tuple[str, bytes]]:
    for name in ("md5", "sha1", "sha256", "sha512"):
        for order in (salt + secret, secret + salt, salt + b":" + secret, secret + b":" + salt, user + salt + secret):
            once = hashlib.new(name, order).digest()
            yield f"{name} with a salt, once", once
            yield f"{name} with a salt, twice", hashlib.new(name, once).digest()
        inner = hashlib.new(name, secret).hexdigest().encode()
        yield f"{name} of {name} with a salt", hashlib.new(name, salt + inner).digest()
        yield f"{name} of {name} with a salt", hashlib.new(name, inner + salt).digest()
        yield f"{name} with a key", hmac.digest(salt, secret, name)


def _derived(method: Method, secret: bytes, salt: bytes) -> bytes:
    try:
        if method.name == "scrypt":
            return hashlib.scrypt(secret, salt=salt, n=method.n, r=method.r, p=method.p, maxmem=1 << 28, dklen=64)
        if method.name == "pbkdf2":
            return hashlib.pbkdf2_hmac(method.digest, secret, salt, method.rounds, 64)
    except (ValueError, OverflowError):
        return b""
    return b""


def _memory(method: Method) -> int:
    return 128 * method.n * method.r >> 10 if method.name == "scrypt" else 0


def _told(method: Method) -> str:
    if method.name == "scrypt":
        return f"scrypt with N={method.n}, r={method.r}, p={method.p}"
    return f"PBKDF2-{method.digest} with {method.rounds} rounds"


def _plains(key: bytes, blob: bytes) -> Iterator[bytes]:
    """What a blob may say under a key: block by block, chained, or as a stream with the nonce before it."""
    cipher, block = algorithms.AES(key), len(blob) - len(blob) % 16
    ways: list[tuple[modes.ECB | modes.CBC | modes.CTR, bytes]] = [
        (modes.ECB(), blob[:block]),  # noqa: S305 - what others did is undone here
        (modes.CBC(bytes(16)), blob[:block]),
    ]
    if len(blob) >= 32:
        ways += [(modes.CBC(blob[:16]), blob[16:block]), (modes.CTR(blob[:16]), blob[16:])]
    if len(blob) > 12:
        ways.append((modes.CTR(blob[:12] + b"\0\0\0\2"), blob[12:]))
    for mode, data in ways:
        if data:
            made = Cipher(cipher, mode).decryptor()
            yield made.update(data) + made.finalize()


def _from_base64(text: bytes) -> bytes:
    try:
        raw = base64.b64decode(text.translate(bytes.maketrans(b"-_", b"+/")) + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if len(raw) >= 8 else b""
