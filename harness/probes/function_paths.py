"""Which addresses a page names: links of HTML, and texts of scripts that read like addresses; pure and bounded."""

import re
from collections.abc import Iterator
from typing import Literal, get_args
from urllib.parse import urljoin, urlsplit

READ_MOST, FOUND_MOST, LONGEST = 1 << 20, 400, 200
_LINK = re.compile(
    r"""(?:\bhref|\bsrc|\baction|\bdata-url|\bformaction)\s*=\s*(?:"([^"]{1,200})"|'([^']{1,200})'|([^\s"'<>]{1,200}))""", re.IGNORECASE
)
_TEXT = re.compile(r"""["'`](/[A-Za-z0-9_~.%+-]{1,80}(?:/[A-Za-z0-9_~.%+-]{1,80}){0,8}/?)(?=["'`?])""")
_BEGUN = re.compile(r"""["'`](/(?:[A-Za-z0-9_~.%+-]{1,80}/){1,8})(?=\$\{|["'`]\s{0,4}\+)""")
_IN_PROGRAMS = re.compile(
    rb"""(?:^|[\x00\s"'`=(>])(/(?:api|cgi-bin|cgi|onvif|ISAPI|web|goform|rpc|action|config|debug)[A-Za-z0-9_~./-]{0,120})"""
)
_NEAR = 40
# An address that names one of these may do it when it is only looked at.
_DANGEROUS = re.compile(
    "reboot|restart|reset|default|format|erase|delete|remove|log_?out|upgrade|update|shutdown|power|factory|wipe", re.IGNORECASE
)
_STATIC = re.compile(
    r"\s*(text/(html|css|javascript)|application/(x-)?javascript|application/(wasm|manifest\+json)|font/|image/(svg|x-icon|vnd))",
    re.IGNORECASE,
)
_STATIC_ENDS = (".html", ".htm", ".css", ".js", ".mjs", ".map", ".ico", ".svg", ".woff", ".woff2", ".ttf", ".png", ".gif", ".wasm")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS: tuple[Method, ...] = get_args(Method)


def named_in(text: str, path: str) -> tuple[tuple[Method, str], ...]:
    """Method and path of all that a page or script at `path` names on its own host, in the order of the text."""
    found: dict[tuple[Method, str], None] = {}
    for method, address in _addresses(text[:READ_MOST]):
        place = _on_same_host(path, address)
        if place and len(found) < FOUND_MOST:
            found[method, place] = None
    return tuple(found)


def named_in_program(data: bytes) -> tuple[str, ...]:
    """What a program's texts name below the usual roots of interfaces, in their order."""
    found = (text[1].decode() for text in _IN_PROGRAMS.finditer(data))
    return tuple(dict.fromkeys(path for path in found if len(path) <= LONGEST))[:FOUND_MOST]


def begun_in(text: str) -> tuple[str, ...]:
    """Folders that a script goes on from: "/a/b/" + name, `/a/b/${name}`."""
    return tuple(dict.fromkeys(_BEGUN.findall(text[:READ_MOST])))[:FOUND_MOST]


def is_dangerous(path: str) -> bool:
    """May only looking at it do harm?"""
    return _DANGEROUS.search(path) is not None


def is_presentation(content_type: str, path: str) -> bool:
    """Is it how the interface looks, not what the device knows: pages, styles, scripts, drawings, letters?"""
    if content_type:
        return _STATIC.match(content_type) is not None or (content_type.startswith("image/") and path.lower().endswith(_STATIC_ENDS))
    return path.lower().endswith(_STATIC_ENDS)


def variants(path: str) -> Iterator[tuple[str, str]]:
    """Other ways to write an address, each with its name: servers that forgive them sometimes forget the log-in."""
    place, mark, query = path.partition("?")
    tail = mark + query
    yield f"{place}/{tail}", "a slash behind it"
    yield f"/{place}{tail}", "a doubled slash"
    yield f"/.{place}{tail}", "a dot segment"
    yield f"/{place[1:].replace('/', '//', 1)}{tail}", "a doubled slash inside"
    yield f"{place}/a.css{tail}", "the end of a style sheet"
    yield f"{place};a.css{tail}", "a style sheet as its parameter"
    yield f"/a.css/..{place}{tail}", "a way back from a style sheet"
    yield f"{path}{'&' if query else '?'}auth=YWRtaW46MTEK", "a made-up auth in its query"
    yield f"{path}{'&' if query else '?'}currentsetting.htm&a.jpg", "names of open files in its query"
    yield place.upper() + tail, "upper case"


def _addresses(text: str) -> Iterator[tuple[Method, str]]:
    for link in _LINK.finditer(text):
        yield "GET", next(group for group in link.groups() if group is not None)
    for literal in _TEXT.finditer(text):
        yield _method_near(text, literal.start()), literal[1]


def _method_near(text: str, at: int) -> Method:
    """The last method that is named just before it in the same call, as in fetch and XMLHttpRequest.open; what a button carries is sent."""
    before = re.split(r"[\n;]", text[max(0, at - _NEAR) : at])[-1]
    if before.lower().endswith("value="):
        return "POST"
    named: list[Method] = [method for method in METHODS if re.search(rf"\b{method}\b", before)]
    return named[-1] if named else "GET"


def _on_same_host(base: str, address: str) -> str:
    """The path without query and fragment; empty for other hosts and schemes."""
    try:
        parts = urlsplit(urljoin(f"http://device{base}", address))
    except ValueError:
        return ""
    if parts.scheme != "http" or parts.netloc != "device" or len(parts.path) > LONGEST or re.search(r"[^\x21-\x7e]|\$\{", parts.path):
        return ""
    return parts.path or "/"
