"""A campaign: runs of one product merged into one record, and its folder, which holds the runs as they were sealed."""

import os
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from harness.cases import campaign as cases
from harness.cases.rollup import roll_up
from harness.journal.files import write_durably
from harness.journal.reader import read
from harness.model.errors import UsageError
from harness.model.narrative import Moment, Narrative
from harness.model.plan import Plan
from harness.model.record import CaseTime, Device, MergedRun, RunRecord, Wait
from harness.model.verdict import CaseVerdict
from harness.output import campaign, grid
from harness.output.manifest import NAME as MANIFEST
from harness.output.manifest import files
from harness.output.record import NAME as RECORD
from harness.output.renderers import write
from harness.output.seal import seal
from harness.output.verify import verify
from harness.runner.earlier import code_of, sealed
from harness.runner.folder import RunFolder, create
from harness.runner.keeping import standing

MOST_MOMENTS = 3000
_NAME = re.compile(campaign.Member.model_fields["run"].metadata[0].pattern)
_SAME: dict[str, Callable[[RunRecord], str]] = {
    "product": lambda record: f"{record.device.producer} {record.device.model}",
    "hardware revision": lambda record: record.device.hardware_revision,
    "firmware": lambda record: record.device.firmware_version,
    "catalogue": lambda record: record.catalogue.digest,
    "overlay": lambda record: "; ".join(record.overlay),
    "profile": lambda record: record.profile_digest,
}


@dataclass(frozen=True)
class Run:
    """A run to be merged, by its name in the campaign."""

    name: str
    path: Path
    record: RunRecord
    plan: Plan
    code: str

    @property
    def part(self) -> cases.Part:
        """What is judged."""
        return cases.Part(run=self.name, plan=self.plan, requirements=self.record.requirements)

    @property
    def merged(self) -> MergedRun:
        """What the campaign tells of it."""
        return MergedRun(
            run=self.name,
            started=self.record.started,
            sample=self.record.device.sample,
            lab=next((value for name, value in self.record.narrative.conditions if name == "lab"), "desk"),
            effort=self.record.effort,
            exit_status=self.record.exit_status,
            seal=campaign.seal_of(self.path),
        )


def open_runs(paths: Sequence[Path]) -> list[Run]:
    """Runs that verify and may be merged, the earliest first; UsageError says why not."""
    if len(paths) < 2:
        raise UsageError("a campaign is made of two runs or more; give their folders below runs/")
    runs = sorted((_open(path) for path in paths), key=lambda each: (each.record.started, each.name))
    twice = [name for name, count in Counter(each.name for each in runs).items() if count > 1]
    if twice:
        raise UsageError(f"{twice[0]}: given twice; each run counts once")
    for what, value in _SAME.items():
        values = {value(each.record): each.name for each in runs}
        if len(values) > 1:
            words = ", ".join(f"{name} has {each[:60] or 'none'}" for each, name in values.items())
            raise UsageError(f"these runs are not of the same {what} and cannot be merged: {words}; merge those that are")
    return runs


def _open(path: Path) -> Run:
    if campaign.is_campaign(path):
        raise UsageError(f"{path}: a campaign; give its runs, which lie below {path / campaign.RUNS}, and the others")
    record = sealed(path)
    if not _NAME.match(record.run):
        raise UsageError(f"{path}: its run has a name that no folder may have: {record.run[:100]!r}")
    lines = read(path / "journal")
    plan = next((line.body.get("plan") for line in lines if line.kind == "run"), None)
    if plan is None:
        raise UsageError(f"{path}: its journal holds no plan, so it cannot be said what it was to judge")
    run = Run(record.run, path, record, Plan.model_validate(plan), code_of(path))
    if sorted(map(_told, run.part.attempts)) != sorted(map(_told, standing(lines).finished)):
        raise UsageError(f"{path}: its record and its journal tell of different verdicts; `camlabel rejudge {path}` says which are true")
    return run


def _told(each: CaseVerdict) -> tuple[str, int, str, str]:
    return each.case, each.attempt, each.verdict, each.reason


def merged_record(runs: Sequence[Run], name: str) -> RunRecord:
    """One record of all; the worst verdict counts."""
    parts = [each.part for each in runs]
    plan, result = cases.planned_together(parts), cases.merge(parts)
    records = [each.record for each in runs]
    return RunRecord(
        run=name,
        started=min(each.started for each in records),
        ended=max(each.ended for each in records),
        exit_status=result.exit_status,
        asked=plan.level,
        effort=plan.effort,
        overlay=records[0].overlay,
        device=_device([each.device for each in records]),
        catalogue=records[0].catalogue,
        profile_digest=records[0].profile_digest,
        tool=f"camlabel {version('camlabel')}",
        dimension_terms=plan.dimensions,
        level_terms=plan.levels,
        levels=result.levels,
        cells=result.cells,
        requirements=result.requirements,
        waits=_waits(records),
        times=_times(records),
        narrative=_narrative(runs, cases.numbers(parts)),
        runs=tuple(each.merged for each in runs),
    )


def merge(paths: Sequence[Path], out: Path) -> tuple[RunFolder, RunRecord]:
    """Merge runs into a sealed campaign below `out`, which holds copies of all that they sealed."""
    runs = open_runs(paths)
    folder = create(out, "campaign")
    record = merged_record(runs, folder.name)
    try:
        _copy(runs, folder)
        members = tuple(campaign.Member(run=each.name, seal=campaign.seal_of(each.path)) for each in runs)
        write_durably(folder.path / campaign.NAME, campaign.spelled(campaign.Campaign(run=folder.name, runs=members)))
        write(record, folder.path)
    except OSError as error:
        raise UsageError(f"{folder.path}: the campaign cannot be written: {error.strerror}") from error
    seal(folder.path, folder.name)
    return folder, record


def differences(path: Path) -> list[str]:
    """`verify`, and also whether the verdicts are those that the journal, or a campaign's runs, give today."""
    return verify(path) or _unearned(path, sealed(path))


def earned(path: Path) -> RunRecord:
    """The record of a run that is as it was sealed, with the verdicts that it earned; UsageError where it is not."""
    record = sealed(path)
    if found := _unearned(path, record):
        raise UsageError(f"{path}: {found[0]}; what is said of it would not be true")
    return record


def _unearned(path: Path, record: RunRecord) -> list[str]:
    """Verdicts that nothing gives: whoever makes a seal anew can seal anything."""
    if not campaign.is_campaign(path):
        return _unlike_its_journal(path, record)
    members = campaign.members(path)
    if isinstance(members, str):
        return [members]
    again = merged_record(open_runs(members), record.run)
    told = ("requirements", "levels", "cells", "exit_status")
    return [f"{each}: not what its runs give by this version" for each in told if getattr(record, each) != getattr(again, each)]


def _unlike_its_journal(path: Path, record: RunRecord) -> list[str]:
    """Verdicts of a run that its journal does not give. Of a run without a record nothing: its record is made from the journal."""
    lines = read(path / "journal")
    plan = next((line.body.get("plan") for line in lines if line.kind == "run"), None)
    if plan is None or not (path / RECORD).is_file():
        return []
    finished = standing(lines).finished
    attempts = [each for found in record.requirements for each in found.cases]
    if sorted(map(_told, attempts)) != sorted(map(_told, finished)):
        return [f"{RECORD}: its attempts are not those of the journal"]
    again = roll_up(Plan.model_validate(plan), finished)
    told = {each.id: each.verdict for each in record.requirements}
    given = {each.id: each.verdict for each in again.requirements}
    wrong = [f"{RECORD}: {name}: {told.get(name)}, and its journal gives {given[name]}" for name in given if told.get(name) != given[name]]
    if not wrong and (record.levels, record.cells) != (again.levels, again.cells):
        wrong.append(f"{RECORD}: levels: not what its journal gives by this version")
    shown = {each["id"]: each["verdict"] for each in RunFolder(path.resolve()).read("verdicts.json")["requirements"]}
    return wrong + ([] if shown == told else [f"verdicts.json: its verdicts are not those of {RECORD}"])


def _copy(runs: Sequence[Run], folder: RunFolder) -> None:
    """Each run as it was sealed, and all artefacts by their digest at the place where the report looks for them."""
    folder.artefacts.mkdir()
    for each in runs:
        there = folder.path / campaign.RUNS / each.name
        for name in [*files(each.path), MANIFEST]:
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each.path / name, there / name)
        if problems := verify(there):
            raise UsageError(f"{each.path}: changed while it was merged ({problems[0]})")
        for artefact in sorted((there / "artefacts").glob("*")):
            if not (folder.artefacts / artefact.name).exists():
                os.link(artefact, folder.artefacts / artefact.name)


def _device(devices: Sequence[Device]) -> Device:
    """The product, and all units that took part."""
    units = {
        name: ", ".join(dict.fromkeys(filter(None, (getattr(each, name) for each in devices)))) for name in ("sample", "serial", "mac")
    }
    return devices[0].model_copy(update=units)


def _waits(records: Iterable[RunRecord]) -> tuple[Wait, ...]:
    found: defaultdict[str, list[Wait]] = defaultdict(list)
    for record in records:
        for each in record.waits:
            found[each.what].append(each)
    return tuple(
        Wait(what=what, seconds=round(sum(each.seconds for each in waits), 3), times=sum(each.times for each in waits))
        for what, waits in found.items()
    )


def _times(records: Iterable[RunRecord]) -> tuple[CaseTime, ...]:
    seconds: Counter[str] = Counter()
    for record in records:
        for each in record.times:
            seconds[each.case] += each.seconds  # type: ignore[assignment]
    return tuple(CaseTime(case=case, seconds=round(spent, 3)) for case, spent in seconds.items())


def _narrative(runs: Sequence[Run], numbers: dict[tuple[str, str, int], int]) -> Narrative:
    """All that the runs tell, attempts by their number in the campaign."""
    told = [each.record.narrative for each in runs]
    moments = sorted((each for one in told for each in one.moments), key=_when)
    return Narrative(
        papers=told[0].papers,
        purposes=tuple({each.case: each for one in told for each in one.purposes}.values()),
        asked=tuple(
            each.model_copy(update={"attempt": numbers[run.name, each.case, each.attempt]})
            for run in runs
            for each in run.record.narrative.asked
            if (run.name, each.case, each.attempt) in numbers
        ),
        photos=tuple(each for one in told for each in one.photos),
        moments=tuple(moments[:MOST_MOMENTS]),
        left_out=sum(one.left_out for one in told) + max(0, len(moments) - MOST_MOMENTS),
        conditions=tuple(dict.fromkeys([each for one in told for each in one.conditions] + [(grid.MIND, each) for each in _minds(runs)])),
    )


def _when(each: Moment) -> tuple[float, int]:
    return each.at.timestamp(), each.n


def _minds(runs: Sequence[Run]) -> Iterator[str]:
    """What a reader must know: verdicts of several units, codes, conditions or of a stopped run stand side by side."""
    if len({each.record.device.serial or each.record.device.sample for each in runs}) > 1:
        yield "the runs are of several units"
    if len({each.code for each in runs}) > 1:
        yield "the runs were asked and judged by different versions of camlabel or of a lab's own cases"
    for name, words in (("emulated", "emulated devices"), ("flaws", "flaws")):
        if len({tuple(value for each, value in run.record.narrative.conditions if each == name) for run in runs}) > 1:
            yield f"the runs differ in {words}"
    yield from (f"run {each.name} was stopped before its end: {why}" for each in runs if (why := each.record.why_stopped))
