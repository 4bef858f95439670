"""The record of an earlier run: as it was kept, or, before runs kept theirs, from its journal and its plan as they are."""

from dataclasses import replace
from pathlib import Path

from harness.journal.reader import read
from harness.model.errors import UsageError
from harness.model.plan import Plan
from harness.model.record import RunRecord
from harness.output import record as kept
from harness.output.manifest import NAME as MANIFEST
from harness.output.verify import verify
from harness.runner.folder import RunFolder
from harness.runner.inputs import kept_settings, read_inputs
from harness.runner.keeping import standing
from harness.runner.record import make_record
from harness.runner.settings import Settings


def sealed(path: Path) -> RunRecord:
    """The record of a run that is as it was sealed; UsageError where it is not."""
    found = kept.read(path) if (path / kept.NAME).exists() or not (path / MANIFEST).exists() else None
    if differences := verify(path):
        raise UsageError(f"{path}: not as it was sealed ({differences[0]}); what is said of it would not be true")
    return found or record_of(path)


def code_of(path: Path) -> str:
    """The digest of the code that a run was asked and judged by; empty where its journal does not say."""
    return next((str(line.body["made_with"]["code"]) for line in read(path / "journal") if line.kind == "run"), "")


def record_of(path: Path) -> RunRecord:
    """The same verdicts as then; UsageError where this version would roll them up otherwise, or the run had no end."""
    folder = RunFolder(path.resolve())
    then = {each["id"]: each["verdict"] for each in folder.read("verdicts.json")["requirements"]}
    lines = read(folder.journal)
    ends = [line.body["stopped"] for line in lines if line.kind == "end"]
    if not ends:
        raise UsageError(f"{path}: this run had no end; `camlabel run --resume {path}` goes on with it")
    plan = next(line.body["plan"] for line in lines if line.kind == "run")
    inputs = replace(read_inputs(kept_settings(folder, Settings(resume=folder.path))), plan=Plan.model_validate(plan))
    record = make_record(inputs, folder, lines, standing(lines).finished, ends[-1], {})
    if then != {each.id: each.verdict for each in record.requirements}:
        raise UsageError(f"{path}: this version would say other verdicts; `camlabel rejudge {path}` tells which")
    return record
