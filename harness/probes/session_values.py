"""What a session carries, in parts: which of them vary from log-in to log-in, and the same session with some of them made up."""

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from harness.probes.actions.recipe import WebSession
from harness.transports.http import Headers, cookie_header

PARTS = 8
COOKIE = "cookie"
_JWT = re.compile(r"(eyJ[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")
_KINDS = ("0123456789", "abcdef", "ABCDEF", "ghijklmnopqrstuvwxyz", "GHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True)
class Value:
    """A part of what one header or cookie carries: from `begin` to `end`, None where it is the last."""

    name: str
    number: int
    begin: int
    end: int | None
    varies: frozenset[int]

    def __str__(self) -> str:
        return f"{self.name} ({self.number + 1} of {PARTS})"


def carried(live: WebSession) -> dict[str, str]:
    """Each header by its name, each cookie of the Cookie header by `cookie` and its name, each value by `value` and its name."""
    headers = {_called(header, name): value for header, name, value in _pieces(live.headers)}
    return headers | {f"value {name}": value for name, value in live.values.items()}


def values_of(seen: Sequence[WebSession]) -> tuple[Value, ...]:
    """The parts that differ between these sessions, of what all of them carry."""
    texts = [carried(live) for live in seen]
    names = [name for name in texts[0] if all(name in each for each in texts)]
    return tuple(value for name in names for value in _split(name, [each[name] for each in texts]))


def joined(live: WebSession, values: Iterable[Value]) -> str:
    """Just these parts; what comes from one header or cookie stays together."""
    texts, parts = carried(live), dict[str, str]()
    for value in values:
        parts[value.name] = parts.get(value.name, "") + texts[value.name][value.begin : value.end]
    return "|".join(parts.values())


def made_up(live: WebSession, values: Collection[Value]) -> WebSession:
    """Each character of these parts that varies is another one of its kind."""
    return _with(live, {name: _otherwise(text, [value for value in values if value.name == name]) for name, text in carried(live).items()})


def _with(live: WebSession, changed: Mapping[str, str]) -> WebSession:
    """The session with other texts in these places."""
    headers: list[tuple[str, str]] = []
    for header, value in live.headers:
        if header.lower() == COOKIE:
            pairs = (f"{name}={changed[_called(header, name)]}" for _, name, _ in _pieces(((header, value),)))
            headers.append((header, "; ".join(pairs)))
        else:
            headers.append((header, changed[header]))
    inside = {name: changed[f"value {name}"] for name in live.values}
    return replace(live, headers=tuple(headers), values=inside, renewed=None)


def unsigned(live: WebSession) -> WebSession | None:
    """The same session with its signed tokens (RFC 7519) saying that they are not signed; None where it carries none."""
    texts = carried(live)
    changed = {name: _JWT.sub(_without_signature, text) for name, text in texts.items()}
    return _with(live, changed) if changed != texts else None


def by_cookies(live: WebSession) -> WebSession | None:
    """What a browser would carry after this log-in, and nothing else; None where no cookie was set."""
    given = {cookie.name: cookie.value for cookie in live.cookies if cookie.value}
    return WebSession((("Cookie", cookie_header(given)),)) if given else None


def _without_signature(found: re.Match[str]) -> str:
    head = found[1]
    with suppress(ValueError):
        said = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        head = base64.urlsafe_b64encode(json.dumps({**said, "alg": "none"}).encode()).decode().rstrip("=")
    return f"{head}.{found[2]}."


def _pieces(headers: Headers) -> Iterator[tuple[str, str, str]]:
    for header, value in headers:
        if header.lower() != COOKIE:
            yield header, "", value
            continue
        for pair in value.split(";"):
            name, _, text = pair.strip().partition("=")
            yield header, name, text


def _called(header: str, cookie: str) -> str:
    return f"{COOKIE} {cookie}" if cookie else header


def _split(name: str, texts: Sequence[str]) -> Iterator[Value]:
    """What varies, in parts of about the same size; where lengths differ the last one has the rest."""
    shortest, longest = min(map(len, texts)), max(map(len, texts))
    varies = [at for at in range(shortest) if len({text[at] for text in texts}) > 1] + list(range(shortest, longest))
    first = [len(varies) * number // PARTS for number in range(PARTS)]
    groups = [varies[begin:end] for begin, end in zip(first, (*first[1:], len(varies)), strict=True)]
    begins = [group[0] for group in groups if group]
    ends = dict(zip(begins, [*begins[1:], None], strict=False))
    for number, group in enumerate(groups):
        if group:
            yield Value(name, number, group[0], ends[group[0]], frozenset(group))


def _otherwise(text: str, values: Iterable[Value]) -> str:
    at = frozenset[int]().union(*(value.varies for value in values))
    return "".join(_another(character) if place in at else character for place, character in enumerate(text))


def _another(character: str) -> str:
    """The middle of its kind away, so that the unused bits of base64's last character are not all that changes."""
    kind = next((kind for kind in _KINDS if character in kind), "")
    return kind[(kind.index(character) + len(kind) // 2) % len(kind)] if kind else character
