"""What is inside an exported file, and the same file altered; pure and bounded."""

import base64
import bz2
import hashlib
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.serialization import load_der_private_key

DEEPEST, LAYERS_MAX, LAYER_MAX, WHOLE_MAX = 5, 500, 16 << 20, 64 << 20
PLACES = 8  # in which a byte is changed
KEYS_MAX = 200
Layer = tuple[str, bytes]

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{0,30})PRIVATE KEY-----(.{0,120})", re.DOTALL)
_DER = re.compile(rb"\x30(?:\x81.|\x82..|[\x20-\x7f])\x02\x01[\x00\x01]", re.DOTALL)
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{40,}+[\r\n]*+)++[A-Za-z0-9+/_-]*+={0,2}")
_DIGESTS: tuple[tuple[str, int, Callable[[bytes], bytes]], ...] = (
    ("SHA-512", 64, lambda data: hashlib.sha512(data).digest()),
    ("SHA-256", 32, lambda data: hashlib.sha256(data).digest()),
    ("SHA-1", 20, lambda data: hashlib.sha1(data, usedforsecurity=False).digest()),
    ("MD5", 16, lambda data: hashlib.md5(data, usedforsecurity=False).digest()),
    ("CRC-32", 4, lambda data: zlib.crc32(data).to_bytes(4, "big")),
    ("CRC-32, little end first", 4, lambda data: zlib.crc32(data).to_bytes(4, "little")),
)


_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"PK\3\4")


class TooMuch(Exception):
    """More is packed in it than is looked at."""


def layers(data: bytes) -> Iterator[Layer]:
    """The file as it is, then all that is packed or written otherwise in it, each with where it is; TooMuch when there is no end."""
    waiting: list[tuple[str, bytes, int]] = [("the file", data, 0)]
    seen, whole = 0, 0
    while waiting:
        place, content, depth = waiting.pop(0)
        seen, whole = seen + 1, whole + len(content)
        if seen > LAYERS_MAX or whole > WHOLE_MAX:
            raise TooMuch(f"more than {LAYERS_MAX} parts or {WHOLE_MAX >> 20} MiB are packed in it")
        yield place, content
        if depth < DEEPEST:
            waiting += [(f"{place}, {how}", inner, depth + 1) for how, inner in _inside(content)]


def is_packed(data: bytes) -> bool:
    """Does a file that begins so hold others, or itself in a smaller form?"""
    return data.startswith(_PACKED) or data[257:262] == b"ustar"


def private_keys(data: bytes) -> Iterator[str]:
    """Private keys that anybody can use."""
    for found in _PEM.finditer(data):
        if b"ENCRYPTED" not in found[1] + found[2]:
            yield f"private key in PEM ({found[1].decode().strip() or 'PKCS #8'})"
    for number, at in enumerate(_DER.finditer(data)):
        if number >= KEYS_MAX:
            return
        if (key := _der(data[at.start() :])) is not None:
            yield f"private key in DER ({key})"


def altered(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The file with one byte changed in many places, shorter and longer; what each is, and its bytes. Digests are made anew where there
    are any, and what is packed is changed inside. What comes to the same once it is unpacked is left out."""
    meaning = _meaning(data)
    yield from ((how, other) for how, other in _altered(data) if _meaning(other) != meaning)


def _altered(data: bytes) -> Iterator[tuple[str, bytes]]:
    for how, other in _changed(data):
        yield how, other
        for name, renewed in _renewed(data, other):
            yield f"{how}, {name} made anew", renewed
    yield "cut by its last byte", data[:-1]
    yield "cut in half", data[: len(data) // 2]
    yield "with a byte more", data + b"\0"
    for how, wrap, inner in _packed(data):
        for what, other in _changed(inner):
            yield f"{what}, inside of {how}", wrap(other)


def _meaning(data: bytes) -> bytes:
    """What is left when all that it is packed in as a whole is taken off."""
    for _ in range(DEEPEST):
        inner = next((inner for _, _, inner in _wrappings(data)), None)
        if inner is None:
            break
        data = inner
    return data


def _changed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """A bit of one byte; where it is text, also another letter or digit for one, so that what reads it goes on."""
    if not data:
        return
    places = sorted({0, len(data) - 1, *(number * len(data) // PLACES for number in range(PLACES))})
    for at in places:
        yield f"bit of byte {at}", _with(data, at, data[at] ^ 1)
    near = [range(start, min(start + 64, len(data))) for start in places]
    letters = [[at for at in some if data[at] < 0x80 and chr(data[at]).isalnum()][:1] for some in near]
    for at in sorted({at for some in letters for at in some}):
        yield f"letter at byte {at}", _with(data, at, _other(data[at]))


def _with(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


def _other(letter: int) -> int:
    """The next of its kind."""
    first, last = next((a, b) for a, b in ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)) if a <= letter <= b)
    return first if letter == last else letter + 1


def _renewed(data: bytes, other: bytes) -> Iterator[tuple[str, bytes]]:
    """Where the file ends or begins with a plain digest of the rest, one that fits what was changed."""
    for name, size, made in _DIGESTS:
        for length, spelled in ((size, bytes), (2 * size, _hex)):
            if len(data) <= length:
                continue
            if data[-length:] == spelled(made(data[:-length])):
                yield f"{name} at its end", other[:-length] + spelled(made(other[:-length]))
            if data[:length] == spelled(made(data[length:])):
                yield f"{name} at its beginning", spelled(made(other[length:])) + other[length:]


def _hex(digest: bytes) -> bytes:
    return digest.hex().encode()


def _packed(data: bytes) -> Iterator[tuple[str, Callable[[bytes], bytes], bytes]]:
    """What it is packed in as a whole, how to pack it again, and what is inside: first one layer, then two."""
    for how, wrap, inner in _wrappings(data):
        yield how, wrap, inner
        for second, again, innermost in _wrappings(inner):
            yield f"{how} and {second}", lambda other, wrap=wrap, again=again: wrap(again(other)), innermost  # type: ignore[misc]


def _wrappings(data: bytes) -> Iterator[tuple[str, Callable[[bytes], bytes], bytes]]:
    if data[:2] == b"\x1f\x8b" and (inner := _inflated(data, 31)):
        yield "gzip", lambda other: _deflated(other, 31), inner
    if data[:1] == b"\x78" and (inner := _inflated(data, 15)):
        yield "zlib", lambda other: _deflated(other, 15), inner
    if _BASE64.fullmatch(data.strip()) and (inner := _from_base64(data.strip())):
        yield "base64", base64.b64encode, inner


def _deflated(data: bytes, kind: int) -> bytes:
    packer = zlib.compressobj(wbits=kind)
    return packer.compress(data) + packer.flush()


def _inflated(data: bytes, kind: int) -> bytes:
    try:
        return zlib.decompressobj(wbits=kind).decompress(data, LAYER_MAX)
    except zlib.error:
        return b""


def _from_base64(text: bytes) -> bytes:
    joined = b"".join(text.split()).rstrip(b"=")
    try:
        return base64.b64decode(joined + b"=" * (-len(joined) % 4), altchars=b"-_" if b"-" in joined or b"_" in joined else None)
    except ValueError:
        return b""


def _inside(data: bytes) -> Iterator[Layer]:
    if data[:2] == b"\x1f\x8b":
        yield "unpacked by gzip", _inflated(data, 31)
    elif data[:1] == b"\x78":
        yield "unpacked by zlib", _inflated(data, 15)
    elif data[:3] == b"BZh" or data[:6] == b"\xfd7zXZ\0" or data[:3] == b"\x5d\0\0":
        yield "unpacked", _other_packer(data)
    elif data[:4] == b"PK\3\4":
        yield from _zip(data)
    elif data[257:262] == b"ustar":
        yield from _tar(data)
    else:
        for number, found in enumerate(_BASE64.finditer(data)):
            if number < KEYS_MAX and (inner := _from_base64(found[0])):
                yield f"base64 at byte {found.start()}", inner


def _other_packer(data: bytes) -> bytes:
    try:
        return (
            bz2.BZ2Decompressor().decompress(data, LAYER_MAX) if data[:3] == b"BZh" else lzma.LZMADecompressor().decompress(data, LAYER_MAX)
        )
    except (OSError, ValueError, lzma.LZMAError, EOFError):
        return b""


def _zip(data: bytes) -> Iterator[Layer]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist()[:LAYERS_MAX]:
                if not member.flag_bits & 1:
                    with archive.open(member) as file:
                        yield f"in {member.filename[:80]!r}", file.read(LAYER_MAX)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error, lzma.LZMAError):
        return


def _tar(data: bytes) -> Iterator[Layer]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for number, member in enumerate(archive):
                file = archive.extractfile(member) if member.isfile() and number < LAYERS_MAX else None
                if file is not None:
                    yield f"in {member.name[:80]!r}", file.read(LAYER_MAX)
    except (tarfile.TarError, OSError, ValueError, EOFError):
        return


def _der(data: bytes) -> str | None:
    """The kind of a key that begins here."""
    first = data[1]
    head, size = (2, first) if first < 0x80 else (2 + (first & 0x7F), int.from_bytes(data[2 : 2 + (first & 0x7F)], "big"))
    try:
        return type(load_der_private_key(data[: head + size], None)).__name__.strip("_")
    except Exception:  # noqa: BLE001 - hostile bytes make the library raise in many ways, and none of them is a key
        return None
