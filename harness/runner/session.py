"""A run on a device: lab, gate, prelude, attempts, end."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from inspect import isfunction
from typing import Any

from harness.cases.applicability import LOOK
from harness.cases.dut import Declared, Dut
from harness.cases.registry import CaseInfo
from harness.gate.attempt import Attempt, running
from harness.gate.clock import AdvancedClock, Clock, RealClock
from harness.gate.live import Live
from harness.gate.observe import Observe
from harness.gate.question import probe_name
from harness.gate.secrets import SecretStore
from harness.journal.reader import Line, read
from harness.lab.keeper import Keeper
from harness.lab.namespaces import COST, inside
from harness.model.action import Undone
from harness.model.counting import counted
from harness.model.errors import CamlabelError, DeviceSilent, NotPossible, RecordLost, Undecided, UsageError
from harness.model.impact import above
from harness.model.verdict import CaseVerdict, Note, Verdict
from harness.model.vocabulary import State
from harness.probes import device as device_probes
from harness.probes.actions.login import reachable
from harness.probes.device import OWNER, Identity
from harness.runner import digests
from harness.runner.build import build_gate, secret_store
from harness.runner.folder import RunFolder
from harness.runner.heard import heard
from harness.runner.inputs import Inputs, new_run
from harness.runner.judge import conclude, word_for
from harness.runner.keeping import BARRED, Standing, standing
from harness.runner.means import Means, make_means
from harness.runner.outlook import outlook
from harness.runner.times import Times
from harness.transports.operator import Operator, Scripted

NORMAL: State = "normal"
NOT_IN_USE = "{unit} is not seen in use, so what needs its owner stays undecided ({why}); is accounts.owner of the bench file right?"
WHY_MOST = 200


@dataclass
class LiveSession:
    """Answers the plugin on a device. `stopped` says why no further case may run: exit status 3; `first` is the state to begin in, where
    it is not that of the first case; `minds`: what people should hear of as soon as they can."""

    inputs: Inputs
    folder: RunFolder | None
    times: Times
    begun: bool = False
    stopped: str = ""
    interrupted: bool = False
    identity: Identity | None = None
    terminal: Operator | None = None
    means: Means | None = None
    keeper: Keeper | None = None
    first: State | None = None
    minds: list[str] = field(default_factory=list)
    _live: Live | None = None
    _state: str = ""
    _in_use: bool = True
    _sibling_there: bool = False
    _standing: Standing = field(default_factory=Standing)

    @property
    def live(self) -> Live:
        """The gate; it is there after `prepare`."""
        if self._live is None:
            raise UsageError("the run was not prepared")
        return self._live

    @property
    def observe(self) -> Observe:
        """What cases hold."""
        return Observe(self.live)

    @property
    def limits(self) -> tuple[str, ...]:
        """What this lab cannot do."""
        return self.means.limits if self.means else ()

    def activity(self) -> str:
        """What is asked now, for people."""
        now = self._live.activity if self._live else None
        doing = self._live.bench.doing.text if self._live else ""
        return f"{counted(now.count, 'observation')}, asking {now.sentence}{f': {doing}' if doing else ''}" if now else "starting"

    def prepare(self) -> None:
        """Start the lab and the gate, settle what an earlier process owes, put the device into its state."""
        self.begun = True
        folder = self.folder = self.folder or self._new_folder()
        lines = read(folder.journal) if folder.journal.exists() else []
        self._standing, self.identity = standing(lines), _identity_in(lines)
        secrets = secret_store(folder, self.inputs.bench.samples)
        made_with = {**digests.made_with(self.inputs, folder), "secrets": secrets.fingerprints()}
        digests.refuse_other(lines, made_with, digests.MADE_BY)
        means = self._start_lab(folder, secrets)
        self._live = build_gate(self.inputs, folder, means, self._clock(means), secrets, lines)
        plan = self.inputs.plan.model_dump(mode="json")
        self._record("run", made_with=made_with, plan=plan, procedures=self.inputs.procedures(), lab_limits=list(self.limits))
        for began in means.began:
            self._record("recording", **began)
        for case, number in sorted(self._standing.cut):
            self._record("abandoned", case=case, attempt=number)
        self._settle_open("an earlier process")
        if not self.stopped:
            self._begin_in(self.first or self.inputs.first_state(self._standing.keeps))

    def attempts(self, info: CaseInfo) -> Iterator[Attempt]:
        """One new attempt, begun in the journal, with the device in its state; none when the run was stopped. A look may take any state."""
        look = info.name.startswith(LOOK)
        barred = None if self.stopped or (look and info.state is None) else self._enter(info)
        if self.stopped:
            return
        if not look:
            self.live.governor.rest()
        self._standing.begun[info.name] += 1
        attempt = self.inputs.attempt(info, self._standing.begun[info.name])
        self.live.bench.ledger.attempt_begins()
        self._record("begin", case=attempt.case, attempt=attempt.number, requirement=attempt.requirement)
        attempt.barred = barred
        yield attempt
        self.live.bench.lives.leave()  # the next case has the whole budget of connections
        if not look and (self._state != NORMAL or above(attempt.impact, "reboot")):
            self._state = ""  # the case may have left it in another

    def settle(self, attempt: Attempt) -> None:
        """Undo what the case owes; what only the undo found is FAIL, what cannot be verified is ERROR and stops the run."""
        if why := self._settle_open(attempt.case, attempt.notes):
            attempt.notes.append(Note(verdict=Verdict.ERROR, what=why, by_runner=True))

    def conclude(self, attempt: Attempt, *, ended: bool) -> CaseVerdict:
        """Judge and journal, after all evidence is durable."""
        verdict = conclude(attempt, ended=ended)
        self.live.artefacts.sync()
        self._record("verdict", verdict=verdict.model_dump(mode="json"))
        self._standing.finished.append(verdict)
        return verdict

    @property
    def verdicts(self) -> Sequence[CaseVerdict]:
        """All finished attempts, those of earlier processes too."""
        return self._standing.finished

    def kept(self, info: CaseInfo) -> CaseVerdict | None:
        """The verdict of an earlier process of this run that stands."""
        return self._standing.kept(info.name)

    def stop(self, why: str) -> None:
        """No further case may run."""
        self.stopped = self.stopped or why

    def close(self) -> None:
        """Put the device back and close everything, whatever happened before."""
        try:
            if self._live and not self.stopped:
                self._settle_open("the end of the run")
            if self._live:
                self._stop_recorders()
                self._record("end", interrupted=self.interrupted, stopped=self.stopped)
        except RecordLost as error:
            self.stop(str(error))
        finally:
            self._close()

    def _new_folder(self) -> RunFolder:
        """With the plan, and what it means to people."""
        folder = new_run(self.inputs)
        told = outlook(self.inputs, attended=self.terminal is not None, worldless="" if inside() else COST).model_dump(mode="json")
        folder.write("plan.json", {**self.inputs.plan.model_dump(mode="json"), "outlook": told})
        return folder

    def _close(self) -> None:
        try:
            if self._live:
                self._live.bench.lives.close_all()
                self._live.journal.close()
        except RecordLost as error:
            self.stop(str(error))
        finally:
            if self.means:
                with self.times.child():
                    self.means.close()

    def _stop_recorders(self) -> None:
        self._tell_what_was_heard()
        with self.times.child():
            stopped = list(self.means.stop_recorders()) if self.means else []
        for recorded in stopped:
            self._record("recorded", **recorded)

    def _tell_what_was_heard(self) -> None:
        """For the time line; one that broke has told so where it mattered."""
        try:
            for told in heard(self.means.console, self.means.stand_in, self.live.secrets.mask) if self.means else ():
                self._record("heard", **told)
        except RecordLost:
            raise
        except (CamlabelError, OSError) as error:
            self._record("remark", text=f"the time line lacks what a recorder heard: {error}")

    def _record(self, kind: str, **body: Any) -> None:
        self.live.journal.append(kind, body)

    def _start_lab(self, folder: RunFolder, secrets: SecretStore) -> Means:
        """Means first, then their recorders, then power: nothing that the device does is missed."""
        with self.times.child():
            means = self.means = make_means(self.inputs, folder, secrets, self.keeper)
            means.operator = self._operator(folder)
            means.start_recorders(folder.recordings, self.inputs)
            means.power_on()
        return means

    def _operator(self, folder: RunFolder) -> Operator | None:
        """On an emulated device the bench file answers; elsewhere whoever is at the terminal, if anybody is."""
        bench = self.inputs.bench
        if not bench.emulated:
            return self.terminal
        return Scripted(bench.operator.answers, folder.answers) if bench.operator.answers else None

    def _clock(self, means: Means) -> Clock:
        if means.device and means.device.has_clock:
            return AdvancedClock(means.advance)
        return RealClock()

    def _settle_open(self, whose: str, notes: list[Note] | None = None) -> str:
        """Undo in reverse order. Returns, and stops the run with, the sentence that says what could not be put back."""
        for owed in reversed(tuple(self.live.obligations.open)):
            own = self._own_attempt(f"undo for {whose}")
            try:
                found = _found(self.live.settle(own, owed, resolve(owed.undo)), own)
                self._note(found, [] if notes is None else notes)
            except RecordLost:
                raise
            except CamlabelError as error:
                self.stop(f"the device could not be put back as it was ({owed.sentence}): {error}")
                return self.stopped
        return ""

    def _note(self, found: Note | None, notes: list[Note]) -> None:
        """Where no case is there to be told, the journal is."""
        if found:
            notes.append(found)
            self._record("remark", text=f"an undo found: {found.what}: {found.item}")

    def _begin_in(self, state: State) -> None:
        """A device that does not answer ends the run before its first case; nothing is reset before a case asks for it."""
        with running(self._own_attempt(f"to the state {state}")):
            try:
                self.observe(device_probes.bring_to, state)
                self._state, self._in_use = state, state == NORMAL
            except DeviceSilent as error:
                self.stop(f"the device at {self.live.bench.sample.address} does not answer ({error}); is it on, and is this its address?")
            except RecordLost:
                raise
            except CamlabelError as error:
                self._unconfirmed(state, error)
                self._state = NORMAL if state == NORMAL else ""
        self._check_identity()

    def _enter(self, info: CaseInfo) -> Note | None:
        """Bring the device to the case's state; the note says why its case cannot run."""
        self._check_identity()
        if self.stopped:
            return None
        state = self.inputs.state_of(info)
        if problem := self._bring_sibling(state):
            return Note(verdict=word_for(problem), what=f"{BARRED}{state}, as to the second unit: {problem}", by_runner=True)
        bench = self.live.bench
        if self.inputs.shows_set_up(info) and (bench.capture or bench.console) and bench.happened.last(device_probes.SET_UP) is None:
            self._reach("factory")  # where that is not possible, the case says what is left out
        problem = None if state == self._state else self._reach(state)
        if problem is None or state == NORMAL:
            return None
        return Note(verdict=word_for(problem), what=f"{BARRED}{state}: {problem}", by_runner=True)

    def _reach(self, state: State) -> Exception | None:
        """The device is in this state, or what was in the way. The state as delivered is brought back where the bench permits a reset."""
        self._state = ""
        with running(self._own_attempt(f"to the state {state}")):
            try:
                self._bring_to(state)
            except RecordLost:
                raise
            except CamlabelError as error:
                self._unconfirmed(state, error)
                self._state = state if state == NORMAL else ""
                return error
        self._state, self._in_use = state, state == NORMAL
        self._check_identity()
        return None

    def _unconfirmed(self, state: State, error: CamlabelError) -> None:
        """Journal it; that nobody is let in has one likely cause, of which people hear at once and in the report."""
        bench, why = self.live.bench, str(error).replace("; ", ", ")[:WHY_MOST]
        asked = state == NORMAL and OWNER in bench.sample.accounts and reachable(bench)
        mind = {"mind": NOT_IN_USE.format(unit=bench.sample.name, why=why)} if asked else {}
        self._record("remark", text=f"the state {state} was not confirmed: {error}", **mind)
        self.minds += mind.values()

    def _bring_to(self, state: State) -> None:
        try:
            self.observe(device_probes.bring_to, state)
        except NotPossible as error:
            if state != "factory":
                raise
            self._reset(error)

    def _bring_sibling(self, state: State) -> Exception | None:
        """The second unit is in use in all cases; one that finds it as delivered has to say so itself."""
        for name in self.live.neighbours if state == NORMAL and not self._sibling_there else ():
            with running(self._own_attempt(f"{name} to the state normal")):
                beside = self.observe.of(Dut(name, Declared(self.inputs.profile), ()))
                try:
                    beside(device_probes.bring_to, NORMAL)
                    beside(device_probes.identity)
                except RecordLost:
                    raise
                except CamlabelError as error:
                    return error
        self._sibling_there = self._sibling_there or state == NORMAL
        return None

    def _reset(self, why: NotPossible) -> None:
        """By the first way that does it."""
        permitted, ways = self.inputs.bench.impact, device_probes.resets_of(self.live.bench)
        if above("reset", permitted):
            raise NotPossible(f"{why}, and the bench permits acts up to {permitted}, no reset") from why
        if not ways:
            raise NotPossible(f"{why}, and the bench has no way to reset it") from why
        if not device_probes.can_be_set_up(self.live.bench):
            raise NotPossible(f"{why}, and is not reset: nothing could set it up again (actions.set_up in the profile)") from why
        own = self._own_attempt("reset")
        own.impact = "reset"
        with running(own):
            done = self.observe(device_probes.reset, ways[0])
            if done.state != "granted":
                raise Undecided(f"{why}, and a reset did not bring that back: {done.why}")

    def _check_identity(self) -> None:
        with running(self._own_attempt("identity")):
            try:
                self._recognise(self.observe(device_probes.identity, self._in_use))
            except RecordLost:
                raise
            except CamlabelError:
                return

    def _recognise(self, seen: Identity) -> None:
        """Stop when another device answers than before, also than before a resume; what is not told now stays known."""
        known, self.identity = self.identity, _both(self.identity, seen)
        if known and (changed := _other_device(known, seen)):
            self.stop(f"another device answers: {changed}")
        elif known and known.firmware != self.identity.firmware:
            self.live.new_epoch(f"firmware {known.firmware} → {seen.firmware}")

    def _own_attempt(self, what: str) -> Attempt:
        """An attempt of the runner itself, numbered by the journal so that its questions are never mistaken for a case's."""
        return Attempt(f"(runner) {what}", "", "", self.live.journal.next, "change")


def resolve(name: str) -> Callable[..., Any]:
    """A journalled act as the function; UsageError when this version has none of that name."""
    module, _, function = name.rpartition(":") if ":" in name else f"harness.probes.{name}".rpartition(".")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"this version knows no act {name}; settle it by hand and discharge it") from error
    if not isfunction(found):
        raise UsageError(f"{name} is not an act")
    return found


def _found(seen: object, own: Attempt) -> Note | None:
    """What an undo found that nobody had seen before."""
    if not isinstance(seen, Undone) or not seen.offence:
        return None
    evidence = tuple(own.observed[-1:])
    again = own.hints[evidence[0]] if evidence else ""
    return Note(verdict=Verdict.FAIL, what=seen.offence, item=seen.offender, evidence=evidence, again=again, by_runner=True)


def _both(known: Identity | None, seen: Identity) -> Identity:
    told = {name: value for name, value in seen.model_dump().items() if value}
    return (known or Identity()).model_copy(update=told)


def _identity_in(lines: Sequence[Line]) -> Identity | None:
    """What earlier processes of this run were told."""
    told = [line.body for line in lines if _is_identity(line)]
    found = [Identity.model_validate(body["result"]) for body in told if "result" in body]
    return reduce(_both, found, None) if found else None


def _is_identity(line: Line) -> bool:
    """Of the run's own unit."""
    own = line.kind == "observation" and not line.body.get("unit")
    return own and line.body["probe"] == probe_name(device_probes.identity)


def _other_device(known: Identity, seen: Identity) -> str:
    for what in ("serial", "mac"):
        before, now = getattr(known, what), getattr(seen, what)
        if before and now and before != now:
            return f"its {what} was {before} and is now {now}"
    return ""
