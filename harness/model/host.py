"""Hosts as profiles declare them and captures show them: a name, the names below one (`*.name`), or an address."""

import re
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})+")
_NUMBERS = re.compile(r"[0-9.]+")
LONGEST = 253
LABELS_UNDER_STAR = 2  # `*.com` would declare half the world


def plain(name: str) -> str:
    """A name as it is compared: lower case, without the dot of the root."""
    return name.lower().removesuffix(".")


def usual(address: str) -> str:
    """An address in its usual form, an IPv4 one in IPv6 clothes as IPv4; raises ValueError."""
    read = ip_address(address)
    mapped = read.ipv4_mapped if read.version == 6 else None
    return str(mapped or read)


def is_address(host: str) -> bool:
    """Is this an address and no name?"""
    try:
        usual(host)
    except ValueError:
        return False
    return True


def matches(declared: str, seen: str) -> bool:
    """Does a declared host stand for this name or address? `*.` stands for one label or more, and not for the name itself."""
    if declared.startswith("*."):
        return plain(seen).endswith(declared[1:]) and len(plain(seen)) > len(declared[1:])
    return declared == plain(seen)


def _host(text: str) -> str:
    if is_address(text):
        return _single_address(text)
    name = plain(text)
    if "://" in text or "/" in text or ":" in text:
        raise ValueError(f"is {text[:60]!r}; write the host alone, without scheme, port or path")
    if name.startswith("*.") and name.count(".") < LABELS_UNDER_STAR:
        raise ValueError(f"is {text[:60]!r}, which stands for half the world; name the producer's own domain under the star")
    if not _NAME.fullmatch(name) or _NUMBERS.fullmatch(name) or len(name) > LONGEST:
        raise ValueError(f"is {text[:60]!r}; write a full name such as api.example.com, *.example.com, or an address")
    return name


def _single_address(text: str) -> str:
    address = ip_address(usual(text))
    if address.is_unspecified or address.is_multicast:
        raise ValueError(f"is {text[:60]!r}, which is no server's address; write the address of one server")
    return str(address)


Host = Annotated[str, AfterValidator(_host)]
