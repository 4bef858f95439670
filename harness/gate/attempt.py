"""One attempt of one case while it runs: what was noted and what was observed."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from pydantic import BaseModel

from harness.model.impact import Impact
from harness.model.verdict import Note, Verdict

_CURRENT: ContextVar["Attempt"] = ContextVar("attempt")


@dataclass
class Attempt:
    """`chain` stands for the acts so far, `asked` counts equal questions; both are part of the key of playback.

    `judged` counts the criteria that were put to the facts, `touched` the observations that reached the device: a case without
    either has concluded nothing.
    `barred` says why the case is not run at all, `fresh`: what is shared for an epoch is asked again, as a control must be.
    `spared`: how much effort quick did instead of all.
    """

    case: str
    requirement: str
    side: str
    number: int
    impact: Impact
    notes: list[Note] = field(default_factory=list)
    observed: list[int] = field(default_factory=list)
    hints: dict[int, str] = field(default_factory=dict)
    chain: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    unanswered: list[Exception] = field(default_factory=list)
    judged: int = 0
    touched: int = 0
    fresh: bool = False
    barred: Note | None = None
    answers: dict[int, tuple[object, int]] = field(default_factory=dict)
    spared: dict[str, None] = field(default_factory=dict)

    def answered(self, answer: object) -> None:
        """Remember which observation gave this answer, or these answers: a case may judge them later."""
        for each in answer if isinstance(answer, tuple) else (answer,):
            if self.observed and isinstance(each, BaseModel):  # a plain value may be the same thing elsewhere
                self.answers[id(each)] = (each, self.observed[-1])

    def saw(self, number: int, hint: str, *, touched: bool, spared: Iterable[str] = ()) -> None:
        """Remember the journal line of an observation, how to see it again, whether anything was exchanged for it, and what was spared."""
        self.touched += touched
        self.spared.update(dict.fromkeys(spared))
        self.observed.append(number)
        self.hints[number] = hint

    @contextmanager
    def remembering(self) -> Iterator[None]:
        """Remember a question that got no answer, so that a case that swallows it cannot PASS."""
        try:
            yield
        except Exception as error:
            self.unanswered.append(error)
            raise

    def note(self, verdict: Verdict, what: str, item: str = "", since: int | None = None, of: object = None) -> None:
        """Note; the observations from index `since` of `observed` on are the evidence, without any that whose answer `of` is, else
        the last one."""
        _, own = self.answers.get(id(of), (None, None))
        evidence = tuple((self.observed[since:] if since is not None else []) or ([own] if own is not None else self.observed[-1:]))
        again = next((hint for number in reversed(evidence) if (hint := self.hints.get(number))), "")
        self.notes.append(Note(verdict=verdict, what=what, item=item, evidence=evidence, again=again))


def current() -> Attempt:
    """The attempt that runs; LookupError outside of a case."""
    return _CURRENT.get()


@contextmanager
def running(attempt: Attempt) -> Iterator[Attempt]:
    """Make an attempt the current one."""
    token = _CURRENT.set(attempt)
    try:
        yield attempt
    finally:
        _CURRENT.reset(token)
