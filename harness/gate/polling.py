"""Polling as one record: every poll is kept, so that another bound can be judged without the device."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from harness.model.errors import Diverged, Undecided

R = TypeVar("R")
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 16.0
CLOCK_SLACK_S = 0.25  # a poll that begins at the bound is within it, however long the clock took to say so


@dataclass(frozen=True)
class Polled(Generic[R]):
    """`last` answer, how many polls, seconds of device time to the last one, and whether the bound passed without `ready`."""

    last: R
    count: int
    elapsed: float
    timed_out: bool


@dataclass(frozen=True)
class Poll:
    """One poll: device seconds since the first, and a function that gives its answer or raises what was raised."""

    at: float
    answer: Callable[[], Any]


def pauses(within: float) -> Iterator[float]:
    """When to ask, in seconds from the start: at once, then ever more rarely, and exactly at the bound."""
    at, pause = 0.0, FIRST_PAUSE_S
    while at < within:
        yield at
        at, pause = at + pause, min(pause * 2, LONGEST_PAUSE_S)
    yield within


def judge(polls: Iterable[Poll], ready: Callable[[Any], bool], within: float, *, complete: bool) -> Polled[Any]:
    """The same for live and playback: the first ready poll ends it; else the last poll within the bound stands.

    `complete`: the polls reach as far as was asked. Raises Diverged when the record ends before the bound, Undecided when nobody
    looked at the bound and it may have come true by then, and what the last poll raised when nothing else is left.
    """
    seen: list[Poll] = []
    for poll in polls:
        if seen and poll.at > within + CLOCK_SLACK_S:
            return _passed_between(seen, poll, ready, within)
        seen.append(poll)
        if _is_ready(poll, ready):
            return Polled(poll.answer(), len(seen), min(poll.at, within), timed_out=False)
    if not complete or not seen:
        raise Diverged(f"the record of this polling ends after {seen[-1].at if seen else 0:g} s, the bound is now {within:g} s")
    return _timed_out(seen, within)


def _passed_between(seen: list[Poll], after: Poll, ready: Callable[[Any], bool], within: float) -> Polled[Any]:
    """The bound lies before this poll: unless it was looked at, one that is not ready even later settles it, and nothing else does."""
    if seen[-1].at < within and _is_ready(after, ready) is not False:
        raise Undecided(
            f"asked at {seen[-1].at:g} s and at {after.at:g} s, not at the bound of {within:g} s; it may have come true by then"
        )
    return _timed_out(seen, within)


def _timed_out(seen: list[Poll], within: float) -> Polled[Any]:
    return Polled(seen[-1].answer(), len(seen), min(seen[-1].at, within), timed_out=True)


def _is_ready(poll: Poll, ready: Callable[[Any], bool]) -> bool | None:
    """None: unclear."""
    try:
        found = ready(poll.answer())
    except Undecided:
        return None
    if not isinstance(found, bool):
        raise TypeError(f"the condition of a polling gave a {type(found).__name__}, not True or False")
    return found
