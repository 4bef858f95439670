"""What recorders heard, as events for the time line: console output in bursts, and what the stand-in internet was asked. Bounded."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from harness.model.counting import counted
from harness.transports.console import Chunk, Console
from harness.transports.recorders import StandIn

MOST = 350
MOST_BYTES = 4 << 20
_QUIET_S = 0.5
_SHOWN = 3
_LINE = 120
_TOLD = 8
_TELLING = re.compile(r"[#$>]$|[#$>] \S|login|incorrect|denied|panic|oops|error|fail|root", re.IGNORECASE)
_AT_FIRST = 2
_REST_S = 5.0
_NUMBERS = re.compile("[0-9]+ bytes sent, [0-9]+ answered")
_SEPARATOR = " ⏎ "
Event = tuple[float, str]
Mask = Callable[[bytes], bytes]


def heard(console: Console | None, stand_in: StandIn | None, mask: Mask) -> Iterator[dict[str, Any]]:
    """A journal line for each recorder that heard something; without secrets."""
    if console:
        yield from _told("console", bursts(_chunks(console), mask))
    if stand_in:
        yield from _told("network", sorted(without_repeats(sorted((at, _masked(text, mask)) for at, text in _network(stand_in)))))


def bursts(chunks: Iterable[Chunk], mask: Mask) -> Iterator[Event]:
    """Lines that came without a pause, told by the first and the last ones; masked before anything is cut."""
    began = last = 0.0
    data = bytearray()
    for chunk in chunks:
        if data and chunk.at - last > _QUIET_S:
            yield began, _lines(mask(bytes(data)))
            data.clear()
        began = began if data else chunk.at
        last = chunk.at
        data += chunk.data
    if data:
        yield began, _lines(mask(bytes(data)))


def _lines(data: bytes) -> str:
    """The first and last lines, and between them those that tell of a prompt, a log-in or trouble."""
    lines = _counted(line for raw in data.decode("utf-8", "replace").splitlines() if (line := raw.strip()))
    if not lines:
        return f"{counted(len(data), 'byte')} without a line"
    between = range(_SHOWN, len(lines) - _SHOWN)
    telling = sorted({lines[index]: index for index in reversed(between) if _TELLING.search(lines[index])}.values())
    ends = {*range(_SHOWN), *range(len(lines) - _SHOWN, len(lines))}
    return _SEPARATOR.join(_with_gaps(lines, sorted({*ends, *telling[:_TOLD]})))


def _counted(lines: Iterable[str]) -> list[str]:
    """Equal lines in a row once."""
    rows = [(line[:_LINE], len(list(same))) for line, same in groupby(lines)]
    return [f"{line} ({times}×)" if times > 1 else line for line, times in rows]


def _with_gaps(lines: Sequence[str], chosen: Sequence[int]) -> Iterator[str]:
    before = -1
    for index in chosen:
        if 0 <= index < len(lines):
            if index - before > 1:
                yield f"… {counted(index - before - 1, 'line')} …"
            yield lines[index]
            before = index


def _chunks(console: Console) -> Iterator[Chunk]:
    begin = 0
    while begin < MOST_BYTES:
        window = console.window(begin)
        yield from window.chunks
        if window.end <= begin:
            return
        begin = window.end


def _network(stand_in: StandIn) -> Iterator[Event]:
    for asked in stand_in.questions():
        yield asked.at, f"{asked.source} asks for the name {asked.name} ({asked.kind}): {asked.answer or 'no address'}"
    for came in stand_in.received():
        to = f"{came.name or came.address}:{came.port}" + (f" ({came.address})" if came.name else "")
        how = " ".join(filter(None, (came.transport, came.protocol)))
        came_of_it = f"refused: {came.refused}" if came.refused else f"{came.sent} bytes sent, {came.answered} answered"
        yield came.at, f"{came.source} to {to}, {how}: {came_of_it}"


def without_repeats(events: Iterable[Event]) -> Iterator[Event]:
    """What comes again and again, whatever its size, is told at first and then every few seconds, with how often meanwhile."""
    times: Counter[str] = Counter()
    told: dict[str, float] = {}
    untold: Counter[str] = Counter()
    last: dict[str, float] = {}
    for at, text in events:
        alike = _NUMBERS.sub("", text)
        times[alike] += 1
        last[alike] = at
        if times[alike] > _AT_FIRST and at - told[alike] < _REST_S:
            untold[alike] += 1
            continue
        told[alike] = at
        between = untold.pop(alike, 0)
        yield at, f"{text} (and {counted(between, 'time')} since it was last told)" if between else text
    for alike, count in untold.items():
        yield last[alike], f"{alike.rstrip(': ')}, {counted(count, 'time')} more"


def _told(lane: str, events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    every = list(events)
    if every:
        kept = [{"at": round(at, 3), "text": text} for at, text in _spread(every)]
        yield {"lane": lane, "events": kept, "left_out": len(every) - len(kept)}


def _masked(text: str, mask: Mask) -> str:
    return mask(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _spread(events: Sequence[Event]) -> Sequence[Event]:
    """The first and the last ones, where they are too many."""
    return events if len(events) <= MOST else [*events[: MOST // 2], *events[-MOST // 2 :]]
