"""`observe`: the only way of a test case to the device, the operator, the clock and chance."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from harness.gate.attempt import Attempt, current
from harness.gate.bench import Bench
from harness.gate.polling import Polled
from harness.gate.question import Question, ask, went_otherwise

P = ParamSpec("P")
R = TypeVar("R")


class Source(Protocol):
    """Who answers: the device (harness.gate.live) or the journal (harness.gate.playback)."""

    def answer(self, attempt: Attempt, question: Question) -> Any:
        """The observation, as restored from its record; raises what the probe raised."""
        ...

    def poll(self, attempt: Attempt, question: Question, ready: Callable[[Any], bool], within: float) -> Polled[Any]:
        """Ask until ready or until the bound."""
        ...

    def load(self, attempt: Attempt, question: Question) -> AbstractContextManager[None]:
        """Run a probe while the body looks."""
        ...


class Unit(Protocol):
    """A device that has a name on the bench."""

    @property
    def unit(self) -> str:
        """Its name."""
        ...


class Observe:
    """What a case holds."""

    def __init__(self, source: Source, unit: str = "") -> None:
        self._source, self._unit = source, unit

    def of(self, other: Unit) -> "Observe":
        """The same of another unit of the run: `observe.of(dut.sibling)(device.identity)`."""
        return Observe(self._source, other.unit)

    def __call__(self, probe: Callable[Concatenate[Bench, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask once; the answer is the recorded observation. Raises DeviceSilent, Undecided, NotPossible."""
        attempt = current()
        with attempt.remembering():
            answer: R = self._source.answer(attempt, ask(attempt, probe, args, kwargs, unit=self._unit))
        attempt.answered(answer)
        return answer

    def until(
        self, ready: Callable[[R], bool], within: float, probe: Callable[Concatenate[Bench, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Polled[R]:
        """Ask until `ready` holds or `within` seconds of device time have passed; one record."""
        attempt = current()
        with attempt.remembering():
            return self._source.poll(attempt, ask(attempt, probe, args, kwargs, "until", self._unit), ready, within)

    @contextmanager
    def during(self, load: Callable[Concatenate[Bench, P], object], *args: P.args, **kwargs: P.kwargs) -> Iterator[None]:
        """Look while `load` runs; its own observation is recorded when it ends. Raises what the load raised."""
        attempt = current()
        with attempt.remembering():
            try:
                with self._source.load(attempt, ask(attempt, load, args, kwargs, "during", self._unit)):
                    yield
            finally:
                went_otherwise(attempt, "the load ended")
