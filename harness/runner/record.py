"""The record of a run, made from its journal: the same after the run, after a resume and from the journal alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version

from harness.cases.rollup import roll_up
from harness.journal.reader import Line
from harness.model.plan import Plan, PlannedCase
from harness.model.record import STOPPED, CaseTime, Device, RunRecord, Stamp, Wait
from harness.model.verdict import CaseVerdict
from harness.runner.folder import RunFolder
from harness.runner.inputs import Inputs
from harness.runner.keeping import evidence
from harness.runner.narrative import narrative


def make_record(
    inputs: Inputs, folder: RunFolder, lines: Sequence[Line], verdicts: Sequence[CaseVerdict], stopped: str, broken: Mapping[str, str]
) -> RunRecord:
    """Roll up the verdicts over the plan.

    `stopped` is why the run could not go on, and makes the exit status 3; `broken` says of which requirements a file was not collected.
    """
    result = roll_up(_with_reason(_with_broken(inputs.plan, broken), verdicts, stopped), verdicts, evidence(lines))
    return RunRecord(
        run=folder.name,
        started=_at(lines[0]),
        ended=_at(lines[-1]),
        exit_status=STOPPED if stopped else result.exit_status,
        asked=inputs.plan.level,
        effort=inputs.plan.effort,
        overlay=inputs.plan.overlay,
        device=_device(inputs, lines),
        catalogue=Stamp(version=inputs.catalogue.catalogue.version, digest=inputs.catalogue.digest),
        profile_digest=next(line.body["made_with"]["profile"] for line in lines if line.kind == "run"),
        tool=f"camlabel {version('camlabel')}",
        dimension_terms=inputs.plan.dimensions,
        level_terms=inputs.plan.levels,
        levels=result.levels,
        cells=result.cells,
        requirements=result.requirements,
        waits=tuple(_waits(lines)),
        times=tuple(_times(lines)),
        narrative=narrative(inputs, lines, verdicts, folder.artefacts),
        stopped=stopped,
    )


def _with_broken(plan: Plan, broken: Mapping[str, str]) -> Plan:
    requirements = (each.model_copy(update={"broken": broken.get(each.id, each.broken)}) for each in plan.requirements)
    return plan.model_copy(update={"requirements": tuple(requirements)})


def _with_reason(plan: Plan, verdicts: Sequence[CaseVerdict], stopped: str) -> Plan:
    """A stopped run says why at every case that it did not come to."""
    if not stopped:
        return plan
    finished = {verdict.case for verdict in verdicts}

    def explained(case: PlannedCase) -> PlannedCase:
        cut_off = case.runs and case.case not in finished
        return case.model_copy(update={"runs": False, "reason": f"the run was stopped: {stopped}"}) if cut_off else case

    requirements = tuple(each.model_copy(update={"cases": tuple(map(explained, each.cases))}) for each in plan.requirements)
    return plan.model_copy(update={"requirements": requirements})


def _device(inputs: Inputs, lines: Sequence[Line]) -> Device:
    dut = inputs.profile.dut
    seen = [
        line.body["result"]
        for line in lines
        if line.kind == "observation" and line.body["probe"] == "device.identity" and "result" in line.body and not line.body.get("unit")
    ]
    identity = {name: value for told in seen for name, value in told.items() if value}
    return Device(
        producer=dut.producer,
        model=dut.model,
        hardware_revision=dut.hardware_revision,
        firmware_version=dut.firmware_version,
        sample=inputs.bench.samples[0].name,
        serial=identity.get("serial") or "",
        mac=identity.get("mac") or "",
    )


def _waits(lines: Sequence[Line]) -> Iterator[Wait]:
    paced = [line.body["paced"] for line in lines if line.kind == "observation" and line.body.get("paced")]
    if paced:
        yield Wait(what="the bench's budget of connections and failed log-ins", seconds=round(sum(paced), 3), times=len(paced))


def _times(lines: Sequence[Line]) -> Iterator[CaseTime]:
    begun: dict[tuple[str, int], datetime] = {}
    seconds: defaultdict[str, float] = defaultdict(float)
    for line in lines:
        if line.kind == "begin":
            begun[line.body["case"], line.body["attempt"]] = _at(line)
        if line.kind == "verdict":
            verdict = line.body["verdict"]
            began = begun[verdict["case"], verdict["attempt"]]
            seconds[verdict["case"]] += (_at(line) - began).total_seconds()
    yield from (CaseTime(case=case, seconds=round(spent, 3)) for case, spent in seconds.items())


def _at(line: Line) -> datetime:
    return datetime.fromisoformat(line.body["at"])
