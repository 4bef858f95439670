"""A run judged again from its journal, without the device."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.cases.registry import CaseInfo
from harness.gate.attempt import Attempt
from harness.gate.observe import Observe
from harness.gate.playback import Playback
from harness.journal.reader import Line
from harness.model.verdict import CaseVerdict, Note, Verdict
from harness.runner.folder import RunFolder
from harness.runner.inputs import Inputs
from harness.runner.judge import conclude
from harness.runner.keeping import BARRED, Standing, standing


@dataclass
class ReplaySession:
    """Answers the plugin from the journal; writes nothing."""

    inputs: Inputs
    folder: RunFolder
    lines: Sequence[Line]
    begun: bool = False
    stopped: str = ""
    interrupted: bool = False
    verdicts: list[CaseVerdict] = field(default_factory=list)
    _standing: Standing = field(default_factory=Standing)

    @property
    def limits(self) -> tuple[str, ...]:
        """What the lab could not do then."""
        return tuple(limit for line in self.lines if line.kind == "run" for limit in line.body["lab_limits"])

    def activity(self) -> str:
        """What is asked now, for people."""
        return "from the journal"

    def prepare(self) -> None:
        """Find the finished attempts."""
        self.begun = True
        self._standing = standing(self.lines)

    @property
    def observe(self) -> Observe:
        """What cases hold."""
        return Observe(Playback(self.lines))

    def attempts(self, info: CaseInfo) -> Iterator[Attempt]:
        """Every finished attempt of the case, in order."""
        for verdict in self._standing.finished:
            if verdict.case == info.name:
                attempt = self.inputs.attempt(info, verdict.attempt)
                attempt.barred = next((note for note in verdict.notes if note.by_runner and note.what.startswith(BARRED)), None)
                yield attempt

    def settle(self, attempt: Attempt) -> None:
        """What the runner itself noted after the case then (an undo that could not be verified) stands."""
        for then in self._standing.finished:
            if (then.case, then.attempt) == (attempt.case, attempt.number):
                attempt.notes.extend(note for note in then.notes if note.by_runner and note != attempt.barred)

    def conclude(self, attempt: Attempt, *, ended: bool) -> CaseVerdict:
        """Judge by today's rules; a changed procedure needs a new run."""
        for note in self._changed_procedure(attempt):
            attempt.notes.append(note)
        verdict = conclude(attempt, ended=ended)
        self.verdicts.append(verdict)
        return verdict

    def kept(self, _info: CaseInfo) -> CaseVerdict | None:
        """Nothing is kept: everything is judged again."""
        return None

    def stop(self, why: str) -> None:
        """No further case is judged."""
        self.stopped = self.stopped or why

    def close(self) -> None:
        """A run that was stopped then was stopped."""
        ends = [line.body["stopped"] for line in self.lines if line.kind == "end"]
        self.stopped = self.stopped or (ends[-1] if ends else "")

    def _changed_procedure(self, attempt: Attempt) -> Iterator[Note]:
        run = next(line.body for line in self.lines if line.kind == "run")
        then = run["procedures"].get(attempt.requirement, {})
        for name, value in self.inputs.procedures().get(attempt.requirement, {}).items():
            if then.get(name) != value:
                what = f"{name} was {then.get(name)} and is now {value}: how much is done has changed, it needs a new run"
                yield Note(verdict=Verdict.INCONCLUSIVE, what=what)
