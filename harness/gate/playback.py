"""The journal answers instead of the device; a question that it cannot answer is INCONCLUSIVE."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from harness.gate.attempt import Attempt
from harness.gate.live import hint_of, poll_of
from harness.gate.outcome import answer_or_raise
from harness.gate.polling import Polled, judge
from harness.gate.question import Question
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
        """The recorded polls, judged by today's predicate and bound."""
        body = self._recorded(attempt, question)
        if "polls" not in body:
            answer_or_raise(question, body)
        return judge((poll_of(question, poll) for poll in body["polls"]), ready, within, complete=False)

    @contextmanager
    def load(self, attempt: Attempt, question: Question) -> Iterator[None]:
        """The recorded load."""
        yield
        self._recorded(attempt, question)

    def _recorded(self, attempt: Attempt, question: Question) -> Body:
        found = self._answers.get((question.key, question.occurrence))
        if found is None:
            raise Diverged(f"diverged at {question.sentence}: this run did not ask it, or not after these acts; it needs a new run")
        number, body = found
        attempt.saw(number, hint_of(body))
        return body
