"""The device answers: scope, governor, obligation, intent, probe, artefacts, observation, in this order."""

import json
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.gate.access import GateAccess
from harness.gate.attempt import Attempt, running
from harness.gate.bench import Bench
from harness.gate.governor import Governor
from harness.gate.health import Health
from harness.gate.obligations import Obligation, Obligations, arguments
from harness.gate.outcome import answer_or_raise, failure_of, spelled
from harness.gate.polling import Poll, Polled, judge, pauses
from harness.gate.question import Question, ask
from harness.gate.revealing import revealed
from harness.gate.secrets import SecretStore
from harness.journal.artefacts import Artefacts
from harness.journal.writer import Journal
from harness.model.errors import CamlabelError, DeviceSilent, NotPossible, RecordLost
from harness.model.impact import IMPACTS, above


@dataclass
class Activity:
    """What runs now, for the progress line."""

    sentence: str = ""
    count: int = 0


@dataclass(frozen=True)
class Neighbour:
    """Another unit of the run."""

    bench: Bench
    health: Health


@dataclass
class Live:
    """Implements harness.gate.observe.Source on a device."""

    bench: Bench
    access: GateAccess
    journal: Journal
    artefacts: Artefacts
    secrets: SecretStore
    obligations: Obligations
    health: Health
    governor: Governor
    activity: Activity = field(default_factory=Activity)
    epoch: int = 0
    neighbours: dict[str, Neighbour] = field(default_factory=dict)
    _shared: dict[tuple[int, str, str, str], Mapping[str, Any]] = field(default_factory=dict)

    def answer(self, attempt: Attempt, question: Question) -> Any:
        """One observation."""
        shared = self._shared.get((self.epoch, question.unit, question.name, question.args))
        if question.mark.once and shared is not None and not attempt.fresh:
            self.journal.append("use", {**_where(attempt, question), "of": shared["n"]})
            see(attempt, shared["n"], shared)
            return answer_or_raise(question, shared)
        body = self._observe(attempt, question, lambda: self._asked(question))
        if question.mark.once and "failure" not in body:
            self._shared[self.epoch, question.unit, question.name, question.args] = body
        return answer_or_raise(question, body)

    def poll(self, attempt: Attempt, question: Question, ready: Callable[[Any], bool], within: float) -> Polled[Any]:
        """Ask at growing intervals of device time; all polls are one record."""
        settled: list[Polled[Any] | Exception] = []

        def ask_until() -> dict[str, Any]:
            kept: list[dict[str, Any]] = []
            try:
                settled.append(judge(self._polls(question, kept, within), ready, within, complete=True))
            except Exception as error:  # noqa: BLE001 - raised again when the polls are recorded
                settled.append(error)
            return {"polls": kept, "way": self.bench.clock.way}

        body = self._observe(attempt, question, ask_until)
        if "failure" in body:
            answer_or_raise(question, body)
        [outcome] = settled
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @contextmanager
    def load(self, attempt: Attempt, question: Question) -> Iterator[None]:
        """Run the probe in a thread of its own; its record follows when it ends. Raises what it raised."""
        self._begin(attempt, question)
        if self._changes(question):
            self.new_epoch(f"{question.name} begins")
        with ThreadPoolExecutor(1, question.name) as threads:
            loading = threads.submit(self._recorded, lambda: self._asked(question))
            try:
                yield
            finally:
                body = self._end(attempt, question, loading.result())
        answer_or_raise(question, body)

    def settle(self, attempt: Attempt, owed: Obligation, undo: Callable[..., Any]) -> Any:
        """Run an undo and discharge it; returns what it saw. Raises what went wrong, and the obligation stays open."""
        values = arguments(undo, owed.args)
        attempt.impact = IMPACTS[-1]  # what was permitted to be done is permitted to be undone
        self._health(owed.unit).try_again()
        with running(attempt):
            seen = self.answer(attempt, ask(attempt, undo, values, {}, unit=owed.unit))
        self.obligations.discharge(owed, "undone and verified")
        return seen

    def new_epoch(self, why: str) -> None:
        """Nothing that was asked once holds any longer."""
        self.epoch += 1
        self.journal.append("epoch", {"epoch": self.epoch, "why": why}, durable=False)

    def _observe(self, attempt: Attempt, question: Question, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self._begin(attempt, question)
        return self._end(attempt, question, self._recorded(lambda: self._guarded(question, run)))

    def _begin(self, attempt: Attempt, question: Question) -> None:
        """What must be known of an act before it is done."""
        self.activity.sentence, self.activity.count = question.sentence, self.activity.count + 1
        self.bench.doing.text = ""
        self.obligations.owe(question, attempt.case)
        if question.mark.acts:
            self.journal.append("intent", _where(attempt, question), durable=self._changes(question))

    def _recorded(self, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The outcome with what belongs to it: time, traffic, hints of this thread."""
        began, paced, outer = time.monotonic(), self.governor.spent.paced, (self.bench.noted.take(), self.bench.spared.take())
        attached_outside = self.bench.attached.take()
        with self.access.recorder.recording() as tape:
            outcome = run()
        hints, spared = self.bench.noted.take(), self.bench.spared.take()
        self.bench.noted.texts, self.bench.spared.texts = outer
        files, self.bench.attached.digests = self.bench.attached.take(), attached_outside
        return outcome | {
            "took": round(time.monotonic() - began, 6),
            "paced": round(self.governor.spent.paced - paced, 6),
            "again": [self._masked(hint) for hint in hints],
            "artefacts": [*self._store(tape.transcript(self.secrets.mask)), *dict.fromkeys(files)],
            **({"spared": spared} if spared else {}),
        }

    def _end(self, attempt: Attempt, question: Question, outcome: dict[str, Any]) -> dict[str, Any]:
        body = {**_where(attempt, question), "chain": question.chain, "epoch": self.epoch, **outcome}
        number = self.journal.append("observation", body, durable=self._changes(question))
        see(attempt, number, body)
        if self._changes(question):
            self.new_epoch(question.name)
        return {**body, "n": number}

    def _guarded(self, question: Question, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """A device that is gone is not asked; only reads are asked again after it was away."""
        try:
            health = self._health(question.unit)
        except NotPossible as error:
            return {"failure": vars(failure_of(error))}
        if reason := health.not_worth_asking():
            return {"failure": vars(failure_of(DeviceSilent(reason)))}
        began, outcome = time.monotonic(), self._caught(run)
        if outcome.get("failure", {}).get("kind") != "DeviceSilent":
            return outcome
        if health.came_back_after(time.monotonic() - began) and not question.mark.acts:
            return {**self._caught(run), "asked_again": True}
        return outcome

    def _asked(self, question: Question) -> dict[str, Any]:
        def answer() -> dict[str, Any]:
            values = [revealed(value, self.secrets.unmask) for value in question.values]
            with self.governor.permitting(besieges=question.mark.besieges, disturbs=self._changes(question)):
                seen = question.probe(self._bench(question.unit), *values)
            return {"result": spelled(question, seen, self.secrets.mask)}

        return self._caught(answer)

    def _caught(self, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return run()
        except RecordLost:
            raise
        except Exception as error:  # noqa: BLE001 - a probe that breaks is journalled and raised again by its record
            failure = {name: self._masked(text) for name, text in vars(failure_of(error)).items()}
            expected = isinstance(error, CamlabelError)
            return {"failure": failure} if expected else {"failure": failure, "trace": self._masked(traceback.format_exc())}

    def _polls(self, question: Question, kept: list[dict[str, Any]], within: float) -> Iterator[Poll]:
        clock = self.bench.clock
        began = clock.now()
        for due in pauses(within):
            waited = self._caught(partial(self._wait_until, began + due))
            kept.append({"due": due, "at": round(clock.now() - began, 3), **(waited or self._asked(question))})
            yield poll_of(question, kept[-1])

    def _wait_until(self, then: float) -> dict[str, Any]:
        self.bench.wait(then - self.bench.clock.now())
        return {}

    def _bench(self, unit: str) -> Bench:
        return self._neighbour(unit).bench if unit and unit != self.bench.sample.name else self.bench

    def _health(self, unit: str) -> Health:
        return self._neighbour(unit).health if unit and unit != self.bench.sample.name else self.health

    def _neighbour(self, unit: str) -> Neighbour:
        if unit not in self.neighbours:
            raise NotPossible(f"{unit} does not take part in this run")
        return self.neighbours[unit]

    def _changes(self, question: Question) -> bool:
        return question.mark.acts and (question.mark.impact is None or above(question.mark.impact, "login"))

    def _store(self, transcript: bytes) -> list[str]:
        return [self.artefacts.put(transcript)] if transcript else []

    def _masked(self, text: str) -> str:
        return self.secrets.mask(text.encode("utf-8", "replace")).decode()


def poll_of(question: Question, body: Mapping[str, Any]) -> Poll:
    """One journalled poll."""
    return Poll(body["at"], lambda: answer_or_raise(question, body))


def _where(attempt: Attempt, question: Question) -> dict[str, Any]:
    return {
        "case": attempt.case,
        "attempt": attempt.number,
        "probe": question.name,
        "args": json.loads(question.args),
        "key": question.key,
        "occurrence": question.occurrence,
        **({"unit": question.unit} if question.unit else {}),
    }


def see(attempt: Attempt, number: int, body: Mapping[str, Any]) -> None:
    """The attempt hears of an observation, live and in playback."""
    attempt.saw(number, hint_of(body), touched=bool(body["artefacts"]), spared=body.get("spared", ()))


def hint_of(body: Mapping[str, Any]) -> str:
    """How to see it again: a command where the probe gave one, and the exact bytes."""
    bytes_at = [f"exact bytes: artefacts/{name}" for name in body.get("artefacts", ())]
    return "; ".join([*body.get("again", ()), *bytes_at])
