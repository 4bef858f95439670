"""Recognises in files of a release what would open every unit: private keys, hashes of passwords, secrets of services, log-ins.

Pure functions of bytes. A word that only names such a thing, as libraries are full of, is none.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key

PRIVATE_KEY, HASH, CLOUD, ADDRESS, SERVICE, OPENS = (
    "private key",
    "hash of a password that is in force",
    "key of a cloud service",
    "password in an address",
    "secret of a service",
    "key that opens what a unit keeps",
)
KINDS = (PRIVATE_KEY, HASH, CLOUD, ADDRESS, SERVICE, OPENS)
FOUND_MAX = 200
DER_MAX = 64
_PEM = re.compile(
    rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY-----\s+(?:[A-Za-z-]+: [^\n]*\s+){0,4}"
    rb"((?:[A-Za-z0-9+/=]{16,76}\s+){2,400}|[A-Za-z0-9+/=]{60,76}\s)"
)
_PUTTY = re.compile(rb"PuTTY-User-Key-File-\d: \S+\r?\n(?:.*\r?\n){1,40}?Private-Lines: \d+\r?\n([A-Za-z0-9+/=\s]{40,8000})")
_DROPBEAR = re.compile(rb"\0\0\0[\x07\x0b\x13](?:ssh-rsa|ssh-ed25519|ecdsa-sha2-nistp256)\0\0[\0\x01]")
_DER = re.compile(rb"\x30(?:\x82(..)|\x81(.)|([\x2e-\x7f]))\x02\x01[\x00\x01]", re.DOTALL)
_CRYPT = re.compile(rb"^([a-z_][\w.-]{0,31}):(\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9=,$]{12,200}|[./0-9A-Za-z]{13}):", re.MULTILINE)
_EMPTY = re.compile(rb"^([a-z_][\w.-]{0,31})::\d*:\d*:[^:\n]*:[^:\n]*:(/bin/(?:ba|a|da)?sh)?$", re.MULTILINE)
_CLOUD = re.compile(rb"(?<![A-Za-z0-9])((?:AKIA|ASIA)[A-Z0-9]{16}|LTAI[A-Za-z0-9]{16,24}|AKID[A-Za-z0-9]{32})(?![A-Za-z0-9])")
_ADDRESS = re.compile(rb"(?<![A-Za-z0-9])[a-z][a-z0-9+.-]{2,15}://([^\s/:@\"'<>%{}$]{1,64}):([^\s/@\"'<>%{}$]{1,64})@[A-Za-z0-9.-]{4,}")
_NAMED = re.compile(
    rb"(?i)(?<![A-Za-z0-9])((?:[a-z0-9]{1,20}[_.-]?){0,3}"
    rb"(?:secret(?:[_-]?key)?|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|app[_-]?key|device[_-]?secret|psk))"
    rb"[\"']?[ \t]{0,4}(?:[:=]|\0)[ \t]{0,4}[\"']?([A-Za-z0-9+/_=.-]{12,128})[\"'\s,;<\0]"
)
_USER = re.compile(rb"(?i)(?<![a-z])(?:user(?:name)?|login|account)[\"']?[ \t]{0,4}[:=>][ \t]{0,4}[\"']?([A-Za-z][\w.-]{1,31})[\"'\s,;<\0]")
_PASSWORD = re.compile(
    rb"(?i)(?<![a-z])(?:password|passwd|pwd|pass)(?:[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']|=|>)"
    rb"([^\s\"'<>;,()\[\]{}$]{4,40})[\"'\s;<\0]"
)
_NO_VALUE = re.compile(
    rb"(?i)(?:user(?:name)?|pass(?:word|wd)?|pwd|secret|token|null|none|true|false|required|example|changeme|x+|\*+|\.+)"
)


@dataclass(frozen=True)
class Found:
    """One thing: what it is, where in the file, and its bytes, which stay inside."""

    kind: str
    offset: int
    value: bytes
    name: str = ""


def found_in(data: bytes) -> Iterator[Found]:
    """Everything in one file."""
    return itertools.chain(private_keys(data), _accounts(data), _secrets(data))


def _accounts(data: bytes) -> Iterator[Found]:
    """Hashes of passwords, and accounts with a shell that need none."""
    for match in _CRYPT.finditer(data):
        yield Found(HASH, match.start(), match[2], f"account {match[1].decode('ascii', 'replace')}")
    for match in _EMPTY.finditer(data):
        if match[2]:
            yield Found(HASH, match.start(), b"", f"account {match[1].decode('ascii', 'replace')} without a password")


def _secrets(data: bytes) -> Iterator[Found]:
    for match in _CLOUD.finditer(data):
        if b"EXAMPLE" not in match[1] and _mixed(match[1]):
            yield Found(CLOUD, match.start(), match[1])
    for match in _ADDRESS.finditer(data):
        if not _NO_VALUE.fullmatch(match[2]):
            yield Found(ADDRESS, match.start(), match[2])
    for match in _NAMED.finditer(data):
        if _mixed(match[2]) and not _NO_VALUE.fullmatch(match[2]):
            yield Found(SERVICE, match.start(), match[2], match[1].decode("ascii", "replace"))


def private_keys(data: bytes) -> Iterator[Found]:
    """As text and as bytes; only such as have a body. The value tells one key from another."""
    yield from whole_keys(data)
    for match in _DROPBEAR.finditer(data):
        if len(data) <= 4096:
            yield Found(PRIVATE_KEY, match.start(), data[match.start() :], "host key of dropbear")


def whole_keys(data: bytes) -> Iterator[Found]:
    """Those that nothing else looks like."""
    for match in (*_PEM.finditer(data), *_PUTTY.finditer(data)):
        yield Found(PRIVATE_KEY, match.start(), b"".join(match[1].split()))
    tries = 0
    for match in _DER.finditer(data):
        length = int.from_bytes(match[1] or match[2] or match[3], "big")
        whole = data[match.start() : match.start() + length + (4 if match[1] else 3 if match[2] else 2)]
        if tries < DER_MAX and length >= 40:
            tries += 1
            if is_key(whole):
                yield Found(PRIVATE_KEY, match.start(), whole)


def log_ins(data: bytes) -> tuple[tuple[str, str], ...]:
    """Pairs of a name and a password that a file gives; a password without a name has an empty one."""
    users = [match[1].decode() for match in _USER.finditer(data)][:10]
    words = [match[1].decode("utf-8", "replace") for match in _PASSWORD.finditer(data) if _is_word(match[1])][:10]
    return tuple(dict.fromkeys((user, word) for word in words for user in (*users, "")))


def _is_word(value: bytes) -> bool:
    """A constant that could be a password, and not a piece of a program."""
    return not _NO_VALUE.fullmatch(value) and not re.fullmatch(rb"[A-Za-z_]\w*(?:\.\w+)+", value) and value.isascii()


def _mixed(value: bytes) -> bool:
    """Letters and digits, as chance makes them."""
    return bool(re.search(rb"[A-Za-z]", value)) and bool(re.search(rb"\d", value)) and len(set(value)) >= 8


def is_key(data: bytes) -> bool:
    """A private key in DER that no password guards?"""
    try:
        load_der_private_key(data, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
