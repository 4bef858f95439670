"""One run from settings to sealed folder; the plugin and the command line hold it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from harness.cases.dut import Dut, Limits
from harness.cases.registry import CaseInfo
from harness.gate.attempt import Attempt
from harness.gate.observe import Observe
from harness.journal.reader import Line, read
from harness.lab.keeper import Keeper
from harness.lab.namespaces import enter
from harness.model.errors import NotPossible, RecordLost, UsageError
from harness.model.plan import PlannedRequirement
from harness.model.record import STOPPED, RunRecord
from harness.model.verdict import CaseVerdict
from harness.output.renderers import prepare, write
from harness.output.seal import seal
from harness.output.visible import visible
from harness.runner import digests
from harness.runner.folder import RunFolder
from harness.runner.inputs import Inputs, kept_settings, read_inputs
from harness.runner.judge import conclude
from harness.runner.looks import Looks, worth_saying
from harness.runner.plan import order
from harness.runner.record import make_record
from harness.runner.replay import ReplaySession
from harness.runner.reporter import Reporter
from harness.runner.session import LiveSession
from harness.runner.settings import Settings
from harness.runner.times import Times
from harness.transports.operator import Operator

INTERRUPTED = "it was interrupted"


@dataclass
class Engine:
    """`record` is there after `finish`, unless the run broke before there was anything to record."""

    inputs: Inputs
    session: LiveSession | ReplaySession
    times: Times
    reporter: Reporter = field(default_factory=Reporter)
    record: RunRecord | None = None
    limits: list[str] = field(default_factory=list)
    uncollected: dict[str, str] = field(default_factory=dict)
    finished: bool = False

    @cached_property
    def looks(self) -> Looks:
        """The detectors."""
        return Looks(self.inputs, self.session)

    @property
    def needs_world(self) -> bool:
        """Does this run start an emulated device, or hold real ones behind a router of its own."""
        return isinstance(self.session, LiveSession) and (self.inputs.bench.emulated is not None or self.inputs.bench.router is not None)

    def enter_world(self) -> int | None:
        """Step into a private world, after the keeper of a network card was started outside it.

        Where a world is not possible an emulated device goes on over loopback; real ones behind a router cannot be reached.
        """
        needs_card = self.inputs.bench.router is not None
        if needs_card and isinstance(self.session, LiveSession):
            self.session.keeper = Keeper()
        try:
            return enter()
        except NotPossible as error:
            if needs_card:
                raise UsageError(f"lab: router is not possible here: {error}") from error
            self.limits.append(str(error))
            return None

    @property
    def exit_status(self) -> int:
        """0 level reached, 1 something failed, 2 undecided, 3 wrong use or broken bench."""
        return self.record.exit_status if self.record else STOPPED

    @property
    def report(self) -> Path | None:
        """The report for people, where one was written."""
        folder = self.session.folder if isinstance(self.session, LiveSession) else None
        return self.inputs.settings.out / folder.name / "reports" / "report.html" if folder and self.record else None

    @cached_property
    def _order(self) -> list[str]:
        return order(self.inputs.plan, self.inputs.registry, self.inputs.catalogue)

    def order(self) -> list[str]:
        """Names of the cases that run, in order."""
        return self._order

    def case(self, name: str) -> CaseInfo | None:
        """A case of the registry."""
        return next((info for info in self.inputs.registry.cases if info.name == name), None)

    def markers(self, info: CaseInfo) -> Iterator[str]:
        """What -m may select a case by: requirement, level, dimension, impact."""
        entry = self.inputs.catalogue.requirement(info.requirement)
        for word in (entry.id, entry.level, entry.dimension, info.impact or entry.impact):
            yield word.lower().replace("-", "_")

    def marker_names(self) -> list[str]:
        """All markers of all cases."""
        return sorted({name for info in self.inputs.registry.cases for name in self.markers(info)})

    def fixtures(self, info: CaseInfo) -> tuple[Dut, Observe, Limits]:
        """What a case is given."""
        return self.inputs.fixtures(info, self.session.observe)

    def attend(self, terminal: Operator | None) -> None:
        """Who may be asked while the run goes on."""
        if isinstance(self.session, LiveSession):
            self.session.terminal = terminal

    def start(self) -> None:
        """Begin the run; what goes wrong stops it. What reports are made with is read while the device starts."""
        threading.Thread(target=prepare, daemon=True).start()
        try:
            self.session.prepare()
        except (UsageError, NotPossible, RecordLost) as error:
            self.session.stop(str(error))
        for limit in dict.fromkeys([*self.limits, *self.session.limits]):
            self.reporter.remark(f"not tested here: {limit}")
        self._tell()
        self.reporter.starts(self.session.activity)

    def turn(self, info: CaseInfo) -> str:
        """Look for what the case hangs on. Returns why it does not run, as seen by now."""
        self._look(lambda: self.looks.before(info))
        cases = (case for each in self.looks.plan().requirements if each.id == info.requirement for case in _cases(each))
        why = next((why for name, why in cases if name == info.name), "")
        if not why:
            self._look(lambda: self.looks.along_with(info))
        return why

    def look_for_the_rest(self) -> None:
        """What no case needed."""
        if not self.session.stopped:
            self._look(self.looks.rest)

    def _look(self, look: Callable[[], list[CaseVerdict]]) -> None:
        try:
            verdicts = look()
        except RecordLost as error:
            self.session.stop(str(error))
            return
        for each in filter(worth_saying, verdicts):
            self.reporter.remark(f"{each.requirement}  {each.verdict:<12} {each.case}: {each.reason}")

    def preview(self, attempt: Attempt, ended: bool) -> CaseVerdict:
        """The verdict as it stands before teardown."""
        return conclude(attempt, ended=ended)

    def conclude(self, attempt: Attempt, *, ended: bool) -> CaseVerdict | None:
        """Journal the verdict; None when it cannot be recorded any more."""
        self._tell()
        try:
            return self.session.conclude(attempt, ended=ended)
        except RecordLost as error:
            self.session.stop(str(error))
            return None

    def _tell(self) -> None:
        """What pytest would have captured while a case ran."""
        while isinstance(self.session, LiveSession) and self.session.minds:
            self.reporter.remark(self.session.minds.pop(0))

    def not_collected(self, file: str, why: str) -> None:
        """Remember why no case of a file of this name can run."""
        reason = f"{file} cannot be collected: {visible(why.strip().splitlines()[-1], 300)}"
        self.reporter.remark(reason)
        for info in self.inputs.registry.cases:
            if info.path.name == file:
                self.uncollected[info.requirement] = reason

    def interrupted(self) -> None:
        """Ctrl-C or the debugger's quit: what is in flight stays without a verdict."""
        self.session.interrupted = True

    def finish(self) -> None:
        """Close everything, make the record, write reports, seal. Does nothing the second time."""
        if self.finished or not self.session.begun:
            return
        self.finished = True
        self.reporter.stops()
        self.session.close()
        try:
            self._write()
        except (RecordLost, OSError, UsageError) as error:
            self.session.stop(f"the record cannot be written: {error}")
            self.record = None

    def _write(self) -> None:
        folder = self.session.folder
        lines = read(folder.journal) if folder else []
        if not folder or not lines:
            return
        stopped = self.session.stopped or _why_it_ended(lines)
        self.record = make_record(self.inputs, folder, lines, self.session.verdicts, stopped, self.uncollected)
        if isinstance(self.session, LiveSession):
            shares = self.times.shares(self.session.live.governor.spent)
            folder.write("times.json", shares)
            write(self.record, folder.path, self.inputs.settings.undecided_as)
            seal(folder.path, folder.name)


def _why_it_ended(lines: Sequence[Line]) -> str:
    """Before its time, by the journal, so that a rejudgement says the same; empty where the run came to its end."""
    end = next((line.body for line in reversed(lines) if line.kind == "end"), {})
    return end.get("stopped") or (INTERRUPTED if end.get("interrupted") else "")


def _cases(planned: PlannedRequirement) -> Iterator[tuple[str, str]]:
    """Its cases, each with why it does not run now."""
    whole = planned.not_applicable or planned.not_tested
    yield from ((case.case, whole or ("" if case.runs else case.reason)) for case in planned.cases)


def open_engine(settings: Settings) -> Engine:
    """Read and check everything; nothing is started and nothing written. Raises UsageError."""
    earlier = settings.rejudge or settings.resume
    folder = RunFolder(earlier.resolve()) if earlier else None
    inputs = read_inputs(kept_settings(folder, settings) if folder else settings)
    times = Times(settings.began)
    if settings.rejudge and folder:
        lines = read(folder.journal)
        digests.refuse_other(lines, digests.made_with(inputs, folder), digests.JUDGED_BY)
        return Engine(inputs, ReplaySession(inputs, folder, lines), times)
    return Engine(inputs, LiveSession(inputs, folder, times), times)
