"""The words of a test case. They note and go on; the verdict is a pure function of the notes (harness.cases.judging)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from harness.gate.attempt import Attempt, current
from harness.gate.observe import Observe
from harness.model.errors import NotPossible, Undecided
from harness.model.impact import Impact
from harness.model.verdict import Verdict
from harness.model.vocabulary import Side, State

__all__ = ["Observe", "assume", "case", "controls", "every", "expect", "none_of"]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., None])

MARK = "__camlabel_case__"
_LONGEST_ITEM = 400


@dataclass(frozen=True)
class CaseMark:
    """What `case` says of a function."""

    requirement: str
    when: str | None
    side: Side | None
    state: State | None
    impact: Impact | None


def case(
    id: str,  # noqa: A002 - the papers' own word
    *,
    when: str | None = None,
    side: Side | None = None,
    state: State | None = None,
    impact: Impact | None = None,
) -> Callable[[F], F]:
    """Mark a function as a test case of requirement `id`; what is None is the catalogue entry's."""

    def decorate(function: F) -> F:
        setattr(function, MARK, CaseMark(id, when, side, state, impact))
        return function

    return decorate


def none_of(what: str, items: Iterable[T], offends: Callable[[T], bool]) -> None:
    """Note FAIL for each item that offends.

    An item without an answer is INCONCLUSIVE and the next ones are still asked; no item at all is INCONCLUSIVE too.
    """
    attempt, count = current(), 0
    attempt.judged += 1
    with _noting(what):
        for item in items:
            count += 1
            since = len(attempt.observed)
            with _noting(what, item, since):
                if _truth(what, offends(item)):
                    attempt.note(Verdict.FAIL, what, _item(item), since, item)
        if not count:
            attempt.note(Verdict.INCONCLUSIVE, f"{what}: there was nothing to ask")


def expect(what: str, fact: bool) -> None:
    """Note FAIL when untrue."""
    current().judged += 1
    if not _truth(what, fact):
        current().note(Verdict.FAIL, what)


def assume(what: str, fact: bool) -> None:
    """Note INCONCLUSIVE when untrue."""
    if not _truth(what, fact):
        current().note(Verdict.INCONCLUSIVE, what)


@contextmanager
def controls(**asked_twice: Callable[[], bool]) -> Iterator[None]:
    """Ask each before and after the body. One that is untrue or undecided is INCONCLUSIVE and never hides what the body finds."""
    if not asked_twice:
        raise TypeError("controls without a control prove nothing")
    _ask_controls("before", asked_twice)
    yield
    _ask_controls("after", asked_twice)


def every(items: Iterable[T], holds: Callable[[T], bool]) -> bool:
    """Like `all`, but of nothing it is undecided, and so is an item without an answer when no other is untrue."""
    count, undecided = 0, None
    for item in items:
        count += 1
        try:
            if not _truth("every", holds(item)):
                return False
        except Undecided as error:
            undecided = undecided or error
    if undecided:
        raise undecided
    if not count:
        raise Undecided("there was nothing to ask")
    return True


@contextmanager
def _noting(what: str, item: object = "", since: int | None = None) -> Iterator[None]:
    """A question without an answer is noted, and what follows is still asked."""
    try:
        yield
    except Undecided as error:
        current().note(Verdict.INCONCLUSIVE, f"{what}: {error}", _item(item), since, item)
    except NotPossible as error:
        current().note(Verdict.NOT_TESTED, f"{what}: {error}", _item(item), since, item)


def _ask_controls(when: str, asked: dict[str, Callable[[], bool]]) -> None:
    """Each asks the device, and anew: what is shared with others says nothing of now."""
    attempt = current()
    before, attempt.fresh = attempt.fresh, True
    try:
        for name, ask in asked.items():
            _ask_control(attempt, f"control {when}: {name.replace('_', ' ')}", ask)
    finally:
        attempt.fresh = before


def _ask_control(attempt: Attempt, words: str, ask: Callable[[], bool]) -> None:
    seen = len(attempt.observed)
    with _noting(words):
        assume(words, ask())
        if len(attempt.observed) == seen:
            raise TypeError(f"{words}: it asked nothing; a control is asked before and after")


def _truth(what: str, fact: object) -> bool:
    """Only True and False are facts: an observation or a list given by mistake would always be true."""
    if not isinstance(fact, bool):
        raise TypeError(f"{what!r} was given a {type(fact).__name__} where a fact, True or False, is needed")
    return fact


def _item(item: object) -> str:
    """An item in words, bounded."""
    text = _words(item)
    return text if len(text) <= _LONGEST_ITEM else text[: _LONGEST_ITEM - 1] + "…"


def _words(item: object) -> str:
    if isinstance(item, tuple):
        return " · ".join(map(_words, item))
    return str(getattr(item, "asked", item))
