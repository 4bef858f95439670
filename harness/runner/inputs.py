"""Everything a run goes by, read and checked before anything is started, and its copies in the run's folder."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from harness.cases.dut import Declared, Dut, Limits
from harness.cases.registry import CaseInfo, Registry, scan
from harness.catalogue.load import load
from harness.gate.attempt import Attempt
from harness.gate.observe import Observe
from harness.journal.files import write_durably
from harness.lab.emulated import kind_of
from harness.model.bench import BenchFile
from harness.model.errors import UsageError
from harness.model.operator import FILE_MOST
from harness.model.overlay import Clauses
from harness.model.plan import Plan, PlannedRequirement
from harness.model.profile import Profile
from harness.model.requirement import Catalogue
from harness.model.vocabulary import State
from harness.places import folder as packaged
from harness.profile.overlay import laid_over, read_clauses, read_overlay, told
from harness.profile.read import read_both
from harness.runner.folder import RunFolder, create
from harness.runner.places import testcases
from harness.runner.plan import make_plan, order, state_of
from harness.runner.settings import Settings

COMPARED = frozenset({"SYS-09"})  # one unit is enough, and a second is compared with it where the bench has one
CLAUSES = "clauses.yaml"
_ENTERED: dict[State, State] = {"factory": "factory", "setup": "factory", "normal": "normal", "privacy": "privacy", "end": "normal"}


@dataclass(frozen=True)
class Inputs:
    """What was asked, and what it was asked of."""

    settings: Settings
    catalogue: Catalogue
    registry: Registry
    profile: Profile
    bench: BenchFile
    plan: Plan
    profile_path: Path
    bench_path: Path

    def attempt(self, info: CaseInfo, number: int) -> Attempt:
        """An attempt with what catalogue and marker say."""
        entry = self.catalogue.requirement(info.requirement)
        return Attempt(info.name, info.requirement, info.side or entry.sides[0], number, info.impact or entry.impact)

    def fixtures(self, info: CaseInfo, observe: Observe) -> tuple[Dut, Observe, Limits]:
        """What a case is given."""
        sample, *others = self.bench.samples
        dut = Dut(sample.name, Declared(self.profile), tuple(sample.accounts), others[0] if self.units > 1 else None)
        entry = self.catalogue.requirement(info.requirement)
        numbers = {name: limit.value for name, limit in entry.thresholds.items() if isinstance(limit.value, int | float)}
        return dut, observe, Limits(entry.id, numbers)

    @property
    def driver_path(self) -> Path | None:
        """The profile's driver, if it has one."""
        return self.profile_path.parent / self.profile.driver.file if self.profile.driver else None

    @property
    def units(self) -> int:
        """How many take part: as many as a case of the plan needs or the bench asks for, and has."""
        planned = [each.id for each in self.plan.requirements if any(case.runs for case in each.cases)]
        needed = max((2 if name in COMPARED else self.catalogue.requirement(name).samples for name in planned), default=1)
        asked = self.bench.emulated.units if self.bench.emulated else 1
        return min(max(needed, asked), len(self.bench.samples))

    def state_of(self, info: CaseInfo) -> State:
        """The first state in which a case runs. In state `setup` it finds the device as delivered, at the end in use."""
        return _ENTERED[state_of(info, self.catalogue)]

    def shows_set_up(self, info: CaseInfo) -> bool:
        """Does the case look back at all that the device sent, or said on its serial line, its set-up too?"""
        entry = self.catalogue.requirement(info.requirement)
        if state_of(info, self.catalogue) == "end" and "router" in entry.needs:
            return True
        return bool(info.state) and info.state != "setup" and "setup" in entry.state and "uart" in entry.needs

    def first_state(self, keeps: Callable[[str], bool]) -> State:
        """Of the first case that still has to run."""
        cases = {info.name: info for info in self.registry.cases}
        pending = (cases[name] for name in order(self.plan, self.registry, self.catalogue) if not keeps(name))
        return next((self.state_of(info) for info in pending), "normal")

    def procedures(self) -> dict[str, dict[str, object]]:
        """Thresholds by requirement that say how much is done: another value needs a new run."""
        return {
            entry.id: {name: limit.value for name, limit in entry.thresholds.items() if limit.role == "procedure"}
            for entry in self.catalogue.requirements
            if self.registry.of(entry.id)
        }


def read_inputs(settings: Settings) -> Inputs:
    """Read catalogue, cases, profile and bench; UsageError names every mistake."""
    catalogue, registry = load(), scan(testcases(), *settings.testcases)
    overlay = read_overlay(settings.overlay, catalogue) if settings.overlay else None
    words, catalogue = (told(overlay, catalogue), laid_over(catalogue, overlay)) if overlay else ((), catalogue)
    clauses = read_clauses(packaged("reports") / CLAUSES, catalogue)
    profile_path, bench_path = _paths(settings)
    profile, bench = read_both(profile_path, bench_path)
    plan = make_plan(catalogue, profile, bench, registry, settings.level, settings.select, settings.effort)
    plan = plan.model_copy(update={"overlay": words, "requirements": tuple(_numbered(each, clauses) for each in plan.requirements)})
    return Inputs(settings, catalogue, registry, profile, bench, plan, profile_path, bench_path)


def _numbered(planned: PlannedRequirement, clauses: Clauses) -> PlannedRequirement:
    numbers = clauses.clauses.get(planned.id, ())
    standard = f"{clauses.standard} " if clauses.standard else ""
    return planned.model_copy(update={"clauses": tuple(f"{standard}{number}" for number in numbers)})


def kept_settings(folder: RunFolder, asked: Settings) -> Settings:
    """What an earlier process of this run was asked, for a resume or a rejudgement of its copies."""
    kept = folder.read("run.json")["settings"]
    again = {name: getattr(asked, name) for name in ("resume", "rejudge", "began", "undecided_as")}
    again["overlay"] = folder.overlay if folder.overlay.exists() else None
    update = {"device": "", "profile": folder.profile, "bench": folder.bench, "out": folder.path.parent, **again}
    return Settings.model_validate({**kept, **update})


def new_run(inputs: Inputs) -> RunFolder:
    """A folder with copies of what the run goes by, so that it can go on and be judged again without the originals."""
    folder = create(inputs.settings.out, inputs.settings.device or inputs.bench.samples[0].name)
    copyfile(inputs.profile_path, folder.profile)
    if inputs.settings.overlay:
        copyfile(inputs.settings.overlay, folder.overlay)
    if inputs.driver_path:
        copyfile(inputs.driver_path, folder.path / inputs.driver_path.name)
    write_durably(folder.bench, inputs.bench_path.read_bytes(), mode=0o600)
    for answer in inputs.bench.operator.answers.values():
        _keep_answer_file(inputs.bench_path.parent, str(answer), folder)
    settings = inputs.settings.model_dump(mode="json", exclude={"resume", "rejudge", "out", "began"})
    public = [json.loads(sample.model_dump_json(exclude={"accounts", "power"})) for sample in inputs.bench.samples]
    folder.write("run.json", {"schema": "camlabel-run/1", "run": folder.name, "settings": settings, "samples": public})
    return folder


def _keep_answer_file(beside: Path, name: str, folder: RunFolder) -> None:
    """What the bench file gives for a photo lies beside it; a resume needs it too."""
    with suppress(OSError, ValueError):
        if name == Path(name).name and (beside / name).is_file() and (beside / name).stat().st_size <= FILE_MOST:
            folder.answers.mkdir(mode=0o700, exist_ok=True)
            copyfile(beside / name, folder.answers / name)


def _paths(settings: Settings) -> tuple[Path, Path]:
    if settings.device:
        kind = kind_of(settings.device)
        return settings.profile or kind.profile, settings.bench or kind.bench
    if settings.profile is None or settings.bench is None:
        raise UsageError("a run needs --profile and --bench, or --emulate; see `camlabel run --help`")
    return settings.profile, settings.bench
