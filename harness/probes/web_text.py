"""What a web page says to browsers and holds in its code. Pure."""

import re

from harness.transports.http import HttpReply

KEEPS_AWAY = ("X-Frame-Options", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Resource-Policy")
SHOWN, LOOKED_AT, FOUND_MOST = 200, 512 * 1024, 8
_MARKUP = re.compile(r"^\s*<(?:!doctype|html|head|body|script|!--|[a-z])", re.IGNORECASE)
_SINK = re.compile(
    r"\.(?:inner|outer)HTML\s*\+?=(?!=)|insertAdjacentHTML\s*\(|document\.write(?:ln)?\s*\(|\$\([^)\n]{0,80}\)\.html\s*\(\s*[^)\s]"
)
_TOKEN = re.compile(
    r"""["'`](/[\w./-]{1,100})\?(?:[\w=&.%-]{0,60}&)?((?:access_?)?token|session(?:_?id)?|sid|sess(?:id)?|auth|jwt)=(?:["'`]\s*\+|\$\{)""",
    re.IGNORECASE,
)
_NOBODY_ELSE = ("'none'", "'self'")


def is_markup(reply: HttpReply) -> bool:
    """Will a browser show it as a page? Without a kind it guesses, unless it is told not to."""
    kind = (reply.header("Content-Type") or "").lower()
    if kind:
        return any(word in kind for word in ("html", "svg", "text/xml", "application/xml"))
    guesses = (reply.header("X-Content-Type-Options") or "").lower() != "nosniff"
    return guesses and bool(_MARKUP.match(reply.body[:512].decode("latin-1")))


def is_code(reply: HttpReply) -> bool:
    """Is it a script?"""
    return "script" in (reply.header("Content-Type") or "").lower()


def framing(reply: HttpReply) -> tuple[str, ...]:
    """The headers that keep other pages away, as they stand."""
    return tuple(f"{name}: {value[:SHOWN]}" for name in KEEPS_AWAY for value in reply.all_headers(name))


def may_be_framed(reply: HttpReply) -> bool:
    """May another origin's page show it inside its own? A policy's frame-ancestors goes before the older header, as in browsers."""
    policies = [words for value in reply.all_headers("Content-Security-Policy") if (words := _ancestors(value)) is not None]
    if policies:
        return not any(all(word in _NOBODY_ELSE for word in words) for words in policies)
    older = {word.strip().upper() for value in reply.all_headers("X-Frame-Options") for word in value.split(",")}
    return not (older and older <= {"DENY", "SAMEORIGIN"})


def markup_sinks(text: str) -> tuple[str, ...]:
    """Places of code that write text as markup: whether that text can be another's, only a browser shows."""
    return tuple(dict.fromkeys(found[0][:SHOWN] for found in _SINK.finditer(text[:LOOKED_AT])))[:FOUND_MOST]


def token_places(text: str) -> tuple[tuple[str, str], ...]:
    """Path and word of addresses that code ends with a session's value."""
    return tuple(dict.fromkeys((found[1], found[2]) for found in _TOKEN.finditer(text[:LOOKED_AT])))[:FOUND_MOST]


def _ancestors(policy: str) -> list[str] | None:
    """Of one policy; None where it says nothing of them."""
    for directive in policy.split(";"):
        name, *words = directive.split()[:50] or [""]
        if name.lower() == "frame-ancestors":
            return [word.lower() for word in words] or ["'none'"]
    return None
