"""A link in other words: made up, counted on, with another one's parts, later, and climbing out of its folder. Pure and bounded."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from harness.probes.actions.recipe import WebSession
from harness.probes.session_values import Value, joined, made_up, values_of

LONGEST, SWAPS, NUMBERS = 1500, 4, 4
LATER_S = 7 * 86400
_NAME = "link"
_SAFE = "/%:@!$&'()*+,;=~-._?[]"
_DIGITS = re.compile(r"\d{1,18}")
_UPWARDS = ("../", "..%2f", "%2e%2e/", "....//")
_DEPTH = 8
OUTSIDE: dict[str, re.Pattern[bytes]] = {
    "etc/passwd": re.compile(rb"^[^:\n]{1,40}:[^:\n]*:0:0:", re.MULTILINE),
    "etc/os-release": re.compile(rb"^(PRETTY_)?NAME=", re.MULTILINE),
    "proc/version": re.compile(rb"^Linux version "),
}


@dataclass(frozen=True)
class Links:
    """Links of one kind, in the order in which a device gave them."""

    paths: tuple[str, ...]

    @property
    def values(self) -> tuple[Value, ...]:
        """The parts that differ from link to link."""
        return values_of([_as_live(path) for path in self.paths]) if len(set(self.paths)) > 1 else ()

    def joined(self, values: Sequence[Value]) -> tuple[str, ...]:
        """Of each link just these parts."""
        return tuple(joined(_as_live(path), values) for path in self.paths)


def otherwise(path: str, values: Sequence[Value]) -> str:
    """The link with these parts made up."""
    return made_up(_as_live(path), values).values[_NAME]


def neighbours(path: str, values: Sequence[Value]) -> Iterator[tuple[str, str]]:
    """The numbers in these parts, counted on and back."""
    runs = [run for run in _DIGITS.finditer(path) if _touches(values, run.start(), run.end())]
    for run in runs[-NUMBERS:]:
        for step in (-2, -1, 1, 2):
            number = int(run[0]) + step
            if number >= 0:
                yield f"{run[0]} {'plus' if step > 0 else 'minus'} {abs(step)}", _replaced(path, run, f"{number:0{len(run[0])}d}")


def swapped(path: str, other: str, values: Sequence[Value]) -> Iterator[tuple[str, str]]:
    """Each part of a path or query that touches these in the place of the same one of another link."""
    pieces = re.split(r"([/?&=;,])", path)
    others = re.split(r"([/?&=;,])", other)
    if len(pieces) != len(others):
        return
    places = [at for at, (one, two) in enumerate(zip(pieces, others, strict=True)) if one != two]
    if len(places) > 1:  # with one that differs it is the other link
        begins = [len("".join(pieces[:at])) for at in range(len(pieces))]
        for at in [at for at in places if _touches(values, begins[at], begins[at] + len(pieces[at]))][:SWAPS]:
            yield f"{others[at][:60]} of another link", "".join((*pieces[:at], others[at], *pieces[at + 1 :]))


def without(path: str, values: Sequence[Value]) -> Iterator[tuple[str, str]]:
    """A link that lacks what these parts are the value of, or has it empty: checks that are made only where there is something."""
    place, _, query = path.partition("?")
    pairs, begin = query.split("&") if query else [], len(place) + 1
    for at, pair in enumerate(pairs[:8]):
        name = pair.partition("=")[0]
        if _touches(values, begin, begin + len(pair)):
            kept, emptied = (*pairs[:at], *pairs[at + 1 :]), (*pairs[:at], f"{name}=", *pairs[at + 1 :])
            yield f"without {name}", f"{place}?{'&'.join(kept)}" if kept else place
            yield f"with an empty {name}", f"{place}?{'&'.join(emptied)}"
        begin += len(pair) + 1


def later(path: str) -> Iterator[tuple[str, str]]:
    """Each number that may say when it ends, a week later, and each query without it."""
    for run in list(_DIGITS.finditer(path))[-NUMBERS:]:
        unit = 1000 if len(run[0]) >= 13 else 1
        yield f"{run[0]} and a week", _replaced(path, run, str(int(run[0]) + LATER_S * unit))
    place, _, query = path.partition("?")
    pairs = query.split("&") if query else []
    for at, pair in enumerate(pairs[:8]):
        kept = "&".join((*pairs[:at], *pairs[at + 1 :]))
        yield f"without {pair.partition('=')[0]}", f"{place}?{kept}" if kept else place


def climbing(path: str) -> Iterator[tuple[str, str]]:
    """Files of the system in the place of what a link names last, of its first folder's content, and of each value of its query."""
    place, _, query = path.partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair][:4]
    around = [(place[: place.rindex("/") + 1], f"?{query}" if query else "")]
    for at, (name, _, _) in enumerate(pairs):
        before, behind = ("&".join(map("".join, some)) for some in (pairs[:at], pairs[at + 1 :]))
        around.append((f"{place}?{before}{'&' if before else ''}{name}=", f"{'&' if behind else ''}{behind}"))
    for head, tail in around:
        for file in OUTSIDE:
            for upwards in _UPWARDS:
                yield file, f"{head}{upwards * _DEPTH}{file}{tail}"
        yield "etc/passwd", f"{head}/etc/passwd{tail}"


def path_of(link: str, hosts: Sequence[str]) -> str | None:
    """The path and query of a link on one of these hosts, or without one; None where it leads elsewhere."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return None
    if len(link) > LONGEST or parts.scheme not in ("", "http", "https") or (parts.netloc and parts.netloc not in hosts):
        return None
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return quote(f"{path}?{parts.query}" if parts.query else path, safe=_SAFE)


def _touches(values: Sequence[Value], begin: int, end: int) -> bool:
    return any(begin <= at < end for value in values for at in value.varies)


def _replaced(path: str, run: re.Match[str], text: str) -> str:
    return f"{path[: run.start()]}{text}{path[run.end() :]}"


def _as_live(path: str) -> WebSession:
    return WebSession(values={_NAME: path})
