"""Polling as one record: every poll is kept, so that another bound can be judged without the device."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from harness.model.errors import Diverged, Undecided

R = TypeVar("R")
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 16.0


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

    `complete`: the polls reach as far as was asked. Raises Diverged when the record ends before the bound, and what the
    last poll raised when nothing else is left.
    """
    seen: list[Poll] = []
    for poll in polls:
        if seen and poll.at > within:
            return _timed_out(seen)
        seen.append(poll)
        if _is_ready(poll, ready):
            return Polled(poll.answer(), len(seen), poll.at, timed_out=poll.at > within)
    if not complete and (not seen or seen[-1].at < within):
        raise Diverged(f"the record of this polling ends after {seen[-1].at if seen else 0:g} s, the bound is now {within:g} s")
    return _timed_out(seen)


def _timed_out(seen: list[Poll]) -> Polled[Any]:
    return Polled(seen[-1].answer(), len(seen), seen[-1].at, timed_out=True)


def _is_ready(poll: Poll, ready: Callable[[Any], bool]) -> bool:
    try:
        return ready(poll.answer())
    except Undecided:
        return False
