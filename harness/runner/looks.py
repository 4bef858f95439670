"""Detectors at their turn: before a case those that its requirement hangs on, at the end of the run all others that were asked for.

Each look is a built-in case of the owner of what is looked for: begun, judged, journalled, kept and judged again like any other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from harness.cases.applicability import look_of, presences, settle
from harness.cases.looking import look
from harness.cases.registry import CaseInfo
from harness.cases.rollup import decided
from harness.gate.attempt import Attempt, running
from harness.model.errors import RecordLost
from harness.model.plan import Plan, PlannedRequirement, Thing
from harness.model.verdict import CaseVerdict, Verdict
from harness.model.vocabulary import State
from harness.runner.inputs import Inputs
from harness.runner.judge import note_exception
from harness.runner.replay import ReplaySession
from harness.runner.session import LiveSession

TOGETHER = "survey"  # what one survey can tell is looked for at once
LAST = "capture"  # tells of the whole run
IN_USE: State = "normal"


@dataclass
class Looks:
    """`done` holds what this process has looked for."""

    inputs: Inputs
    session: LiveSession | ReplaySession
    done: set[str] = field(default_factory=set)

    def plan(self) -> Plan:
        """The plan as it stands now."""
        plan = self.inputs.plan
        return settle(plan, presences(plan, decided(self.session.verdicts)))

    def before(self, info: CaseInfo) -> list[CaseVerdict]:
        """Look for all that decides whether the case runs; a survey waits until the device is in use, a capture until all was tried."""
        wanted = {name for each in self.inputs.plan.requirements if each.id == info.requirement for name in _decided_by(each)}
        later = {LAST} if self.inputs.state_of(info) == IN_USE else {LAST, TOGETHER}
        in_use = [each for each in self._asked_for if each.state == IN_USE]
        things = [each for each in in_use if each.id in wanted and not later & {*each.detectors}]
        if any(TOGETHER in each.detectors for each in things):
            things += [each for each in in_use if TOGETHER in each.detectors and each not in things]
        return self._look_for(things)

    def along_with(self, info: CaseInfo) -> list[CaseVerdict]:
        """Look for what may be there only in the state of a case that runs now."""
        state = self.inputs.state_of(info)
        return self._look_for(each for each in self._asked_for if each.state == state != IN_USE)

    def rest(self) -> list[CaseVerdict]:
        """Look for all that was asked for and not yet looked for; the state as delivered is not brought back for it."""
        return self._look_for(each for each in self._asked_for if each.state == IN_USE)

    @cached_property
    def _asked_for(self) -> list[Thing]:
        """What a requirement that was asked for owns or hangs on."""
        asked = [each for each in self.inputs.plan.requirements if not each.not_tested]
        owners = {each.id for each in asked}
        names = {name for each in asked if each.cases for name in _hangs_on(each)}
        return [each for each in self.inputs.plan.things if each.owner in owners or each.id in names]

    def _look_for(self, things: Iterable[Thing]) -> list[CaseVerdict]:
        return [verdict for each in things if each.id not in self.done for verdict in self._look(each)]

    def _look(self, thing: Thing) -> list[CaseVerdict]:
        self.done.add(thing.id)
        apps = [each for each in self.inputs.plan.things if each.id == "mobile_app" and each.id != thing.id and "app" in thing.detectors]
        before = self._look_for(apps)
        info = self._info(thing)
        if self.session.kept(info):
            return before
        return [*before, *(self._attempt(thing, attempt) for attempt in self.session.attempts(info))]

    def _attempt(self, thing: Thing, attempt: Attempt) -> CaseVerdict:
        ended = True
        if attempt.barred:
            attempt.note(Verdict.NOT_TESTED, attempt.barred.what)
            return self.session.conclude(attempt, ended=ended)
        with running(attempt):
            try:
                look(thing, self.session.observe, without_app=self._without_app())
            except RecordLost:
                raise
            except Exception as error:  # noqa: BLE001 - where looks are judged
                note_exception(attempt, error)
                ended = False
        return self.session.conclude(attempt, ended=ended)

    def _without_app(self) -> bool:
        app = presences(self.inputs.plan, decided(self.session.verdicts)).get("mobile_app")
        return app is not None and app.there is False

    def _info(self, thing: Thing) -> CaseInfo:
        side = self.inputs.catalogue.requirement(thing.owner).sides[0]
        state = thing.state if TOGETHER in thing.detectors else None
        return CaseInfo(look_of(thing.id), thing.owner, None, side, state, "ask", Path(__file__), 1, f"Is {thing.id} as declared?")


def worth_saying(verdict: CaseVerdict) -> bool:
    """Is it news for the person who waits."""
    return verdict.verdict.rank <= Verdict.INCONCLUSIVE.rank


def _decided_by(planned: PlannedRequirement) -> set[str]:
    """What says whether its cases run."""
    return {*planned.condition.names, *(each.when for each in planned.cases if each.when)}


def _hangs_on(planned: PlannedRequirement) -> set[str]:
    return _decided_by(planned) | {name for _, names in planned.side_when for name in names}
