"""The journal answers instead of the device; a question that it cannot answer is INCONCLUSIVE."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from harness.gate.attempt import Attempt
from harness.gate.live import poll_of, see
from harness.gate.outcome import answer_or_raise
from harness.gate.polling import Poll, Polled, judge, pauses
from harness.gate.question import Question, went_otherwise
from harness.journal.reader import Line
from harness.model.errors import Diverged

Body = Mapping[str, Any]


class Playback:
    """Implements harness.gate.observe.Source on a journal."""

    def __init__(self, lines: Sequence[Line]) -> None:
        by_number = {line.n: line.body for line in lines}
        self._answers: dict[tuple[str, int], tuple[int, Body]] = {}
        for line in lines:
            if line.kind == "observation":
                self._answers[line.body["key"], line.body["occurrence"]] = line.n, line.body
            if line.kind == "use":
                self._answers[line.body["key"], line.body["occurrence"]] = line.body["of"], by_number[line.body["of"]]

    def answer(self, attempt: Attempt, question: Question) -> Any:
        """The recorded observation."""
        return answer_or_raise(question, self._recorded(attempt, question))

    def poll(self, attempt: Attempt, question: Question, ready: Callable[[Any], bool], within: float) -> Polled[Any]:
        """The recorded polls, judged by today's predicate and bound. What ends otherwise than then leads to another device."""
        body = self._recorded(attempt, question)
        if "polls" not in body:
            answer_or_raise(question, body)
        taken: list[float] = []
        polls = body["polls"]
        try:
            return judge(_taking(question, polls, taken), ready, within, complete=bool(polls) and polls[-1]["due"] >= within)
        finally:
            if len(taken) < len(polls) or taken != list(islice(pauses(within), len(taken))):
                went_otherwise(attempt, f"polled up to {taken[-1:]}")

    @contextmanager
    def load(self, attempt: Attempt, question: Question) -> Iterator[None]:
        """The recorded load; it is seen when it ends, as it was then."""
        number, body = self._found(question)
        try:
            yield
        finally:
            see(attempt, number, body)
        answer_or_raise(question, body)

    def _recorded(self, attempt: Attempt, question: Question) -> Body:
        number, body = self._found(question)
        see(attempt, number, body)
        return body

    def _found(self, question: Question) -> tuple[int, Body]:
        found = self._answers.get((question.key, question.occurrence))
        if found is None:
            raise Diverged(f"diverged at {question.sentence}: this run did not ask it, or not after these acts; it needs a new run")
        return found


def _taking(question: Question, polls: Sequence[Body], taken: list[float]) -> Iterator[Poll]:
    """Notes when each poll was due that is asked for."""
    for poll in polls:
        taken.append(poll["due"])
        yield poll_of(question, poll)
