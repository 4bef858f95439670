"""Tries one action of a profile on its device, with the lab, the gate and the obligations of a run; judges nothing."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from harness.gate.attempt import Attempt, running
from harness.gate.obligations import open_obligations
from harness.journal.reader import read
from harness.lab.keeper import Keeper
from harness.lab.namespaces import enter
from harness.model.errors import CamlabelError, NotPossible, RecordLost, UsageError
from harness.model.impact import above
from harness.model.recipe import ActionName
from harness.model.secret import Credential
from harness.model.vocabulary import State
from harness.probes import trial
from harness.probes.trial import IMPACTS, Tried
from harness.runner.inputs import Inputs
from harness.runner.session import LiveSession
from harness.runner.times import Times

OWNER = "owner"
NOT_TRIED = {"install_update": "SYS-16 tries it, with packages of its own", "offer_update": "SYS-16 tries it, with packages of its own"}
AS_DELIVERED = ("set_up", "is_factory")
ASKING = {"change": trial.ask_change, "reboot": trial.ask_restart, "reset": trial.ask_reset}
Question = tuple[Callable[..., Tried], tuple[Any, ...]]


@dataclass
class Trial:
    """One action by its ways, or by one of them."""

    inputs: Inputs
    action: ActionName
    way: str = ""
    keeper: Keeper | None = None

    def refuse(self) -> None:
        """UsageError, before anything is started, where it cannot be tried."""
        if self.action not in IMPACTS:
            raise UsageError(f"{self.action} is not tried here: {NOT_TRIED.get(self.action, 'only the cases that need it ask for it')}")
        permitted = self.inputs.bench.impact
        if above(IMPACTS[self.action], permitted):
            raise UsageError(f"{self.action} is an act of {IMPACTS[self.action]}, and the bench permits acts up to {permitted}")

    def enter_world(self) -> int | None:
        """As a run does: the status of the world, or None inside it."""
        bench = self.inputs.bench
        if bench.emulated is None and bench.router is None:
            return None
        self.keeper = Keeper() if bench.router else None
        try:
            return enter()
        except NotPossible as error:
            if bench.router:
                raise UsageError(f"lab: router is not possible here: {error}") from error
            return None

    def run(self) -> Iterator[Tried]:
        """Each question in turn. What was changed is put back; where that fails the folder of the trial is named."""
        alone = replace(self.inputs, plan=self.inputs.plan.model_copy(update={"requirements": ()}))
        first: State = "factory" if self.action in AS_DELIVERED else "normal"
        session = LiveSession(alone, None, Times(time.monotonic()), keeper=self.keeper, first=first)
        try:
            session.prepare()
            if session.stopped:
                raise UsageError(session.stopped)
            for probe, arguments in self._questions(session):
                yield self._asked(session, probe, arguments)
        finally:
            session.close()
            if session.folder and open_obligations(read(session.folder.journal)):
                raise UsageError(f"{session.stopped}; camlabel settle {session.folder.path} lists what is owed to the device")

    def _questions(self, session: LiveSession) -> Iterator[Question]:
        bench = session.live.bench
        ways = trial.ways_of(bench, self.action)
        if self.way and self.way not in ways:
            raise UsageError(f"{self.action} by {self.way}: the profile has {', '.join(ways) or 'no way of it'}")
        owner = bench.credential(OWNER)
        for way in (self.way,) if self.way else ways or ("",):
            yield from self._of(way, owner)

    def _of(self, way: str, owner: Credential) -> Iterator[Question]:
        """With what should be granted; where a recipe says what a refusal looks like, with what should be refused too."""
        if self.action == "log_in":
            yield trial.log_in, (way, owner, "granted")
            yield trial.log_in, (way, owner.wrong, "refused")
        elif self.action == "change_password":
            yield trial.change_password, (owner, way, owner.wrong, "refused")
            yield trial.change_password, (owner, way, owner, "granted")
        else:
            asking = ASKING.get(IMPACTS[self.action], trial.ask)
            expected = "" if self.action in AS_DELIVERED else "granted"
            yield asking, (self.action, way, expected)
            if self.action == "use_session":
                yield asking, (self.action, way, "refused", False)

    def _asked(self, session: LiveSession, probe: Callable[..., Tried], arguments: tuple[Any, ...]) -> Tried:
        """One question; what it owes is settled at once."""
        attempt = Attempt(f"(runner) try {self.action}", "", "", session.live.journal.next, IMPACTS[self.action])
        try:
            with running(attempt):
                return session.observe(probe, *arguments)
        except RecordLost:
            raise
        except CamlabelError as error:
            way = arguments[0] if self.action == "log_in" else arguments[1]
            return Tried(what=f"{self.action} by {way}" if way else self.action, expected="", state="unclear", why=str(error))
        finally:
            session.settle(attempt)
