"""Bad packages made of an official one: bytes changed by the producer's own layout. Pure."""

import hashlib
import zlib
from collections.abc import Callable, Mapping

from harness.model.errors import Undecided
from harness.model.package import DigestField, PackageLayout, Span

UNSIGNED = ("signature cut off", "signature of zeros")
PAYLOAD = (
    "first byte of the payload",
    "byte at a quarter of the payload",
    "middle byte of the payload",
    "byte at three quarters of the payload",
    "last byte of the payload",
)
RENEWED = ", digests made anew"
HEADER = ("last byte of the header", "version in the header")
CHANGES: tuple[str, ...] = (*UNSIGNED, *PAYLOAD, *(f"{each}{RENEWED}" for each in PAYLOAD), *HEADER)

_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
}


def possible(layout: PackageLayout) -> tuple[str, ...]:
    """The changes that this layout has a place for."""
    left = {f"{each}{RENEWED}" for each in PAYLOAD} if not layout.digests else set()
    return tuple(each for each in CHANGES if each not in left and not (each == HEADER[1] and layout.version is None))


def damage(data: bytes, layout: PackageLayout) -> str:
    """Why this cannot be a whole package of the producer, by its own digests and layout; empty where nothing says so."""
    for name, span in (("header", layout.header), ("payload", layout.payload), ("signature", layout.signature)):
        place = span.within(len(data))
        if place.stop <= place.start:
            return f"it has {len(data)} bytes and no place for its {name}"
    for each in layout.digests:
        if _fits(data, each) is False:
            return f"the {each.kind} in it is not that of what it is made of"
    return ""


def proven(data: bytes, layout: PackageLayout) -> bool:
    """Does a digest inside it say that all of the payload is the producer's?"""
    payload = layout.payload.within(len(data))
    over = [each.over.within(len(data)) for each in layout.digests]
    return any(each.start <= payload.start and each.stop >= payload.stop for each in over) and not damage(data, layout)


def changed(data: bytes, layout: PackageLayout, how: str) -> bytes:
    """The package with this change; Undecided where it would change nothing."""
    made = _changed(data, layout, how.removesuffix(RENEWED))
    if how.endswith(RENEWED):
        made = _renewed(made, layout)
    if made == data:
        raise Undecided(f"{how}: that changes nothing in this package; is the layout in ixit.upd_mech right?")
    return made


def _changed(data: bytes, layout: PackageLayout, how: str) -> bytes:
    signature, payload = layout.signature.within(len(data)), layout.payload.within(len(data))
    if how == UNSIGNED[0]:
        return data[: signature.start] + data[signature.stop :]
    if how == UNSIGNED[1]:
        return data[: signature.start] + bytes(signature.stop - signature.start) + data[signature.stop :]
    if how == HEADER[1] and layout.version is not None:
        return _at(data, _last_digit(data, layout.version), count=True)
    parts = (payload.start + (payload.stop - payload.start) * quarter // 4 for quarter in range(4))
    places = (*parts, payload.stop - 1, layout.header.within(len(data)).stop - 1)
    return _at(data, dict(zip((*PAYLOAD, HEADER[0]), places, strict=True))[how])


def _at(data: bytes, place: int, *, count: bool = False) -> bytes:
    """One byte changed: a digit to the next one, any other in its lowest bit."""
    byte = data[place]
    other = (byte - ord("0") + 1) % 10 + ord("0") if count and chr(byte).isdecimal() else byte ^ 1
    return data[:place] + bytes([other]) + data[place + 1 :]


def _last_digit(data: bytes, version: Span) -> int:
    place = version.within(len(data))
    return max((at for at in range(place.start, place.stop) if chr(data[at]).isdecimal()), default=place.start)


def _renewed(data: bytes, layout: PackageLayout) -> bytes:
    """Every digest as the changed package needs it, in the order of the layout."""
    for each in layout.digests:
        at, over = each.at.within(len(data)), each.over.within(len(data))
        fits = _DIGESTS[each.kind](data[over])
        fits = fits[::-1] if each.kind == "crc32" and each.little else fits
        data = data[: at.start] + fits + data[at.start + len(fits) :]
    return data


def _fits(data: bytes, each: DigestField) -> bool:
    at, over = each.at.within(len(data)), each.over.within(len(data))
    fits = _DIGESTS[each.kind](data[over])
    return data[at] == (fits[::-1] if each.kind == "crc32" and each.little else fits)
