"""The same function asked for by other methods and by headers that name another address: who guards one may forget the other. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.transports.http import HttpRequest

REWRITES = ("X-Original-URL", "X-Rewrite-URL", "X-Override-URL")  # what stands in front looks at the address, what lies behind at these
NO_METHOD = "CAMLABEL"


@dataclass(frozen=True)
class Manner:
    """`nothing` asks in the same way for what does not exist."""

    words: str
    request: HttpRequest
    nothing: HttpRequest


def by_method(request: HttpRequest, missing: str) -> Iterator[Manner]:
    """What reads, by methods that few guards think of."""
    for method, words in (("HEAD", "by HEAD"), ("get", "by a method in small letters"), (NO_METHOD, "by a method that there is not")):
        yield Manner(words, *(HttpRequest(method, path, request.headers, request.body) for path in (request.path, missing)))


def by_rewriting(request: HttpRequest, missing: str, opens: Iterable[str]) -> Iterator[Manner]:
    """At addresses that are open to everybody, with the one that is meant in a header."""
    for place in opens:
        asked, nothing = (
            HttpRequest(request.method, place, (*((name, path) for name in REWRITES), *request.headers), request.body)
            for path in (request.path, missing)
        )
        yield Manner(f"at {place}, by a header that names the address", asked, nothing)
