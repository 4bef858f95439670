"""Folders of finished runs that never were, sealed."""

from pathlib import Path

from harness.journal.writer import Journal
from harness.model.plan import Plan
from harness.model.record import RunRecord
from harness.output.renderers import write
from harness.output.seal import seal


def finished(folder: Path, made: RunRecord, planned: Plan | None = None, code: str = "0" * 64, artefacts: tuple[bytes, ...] = ()) -> Path:
    """A record, with a journal that names plan and code, as a sealed run."""
    (folder / "artefacts").mkdir(parents=True)
    with_plan = {"plan": planned.model_dump(mode="json")} if planned else {}
    journal = Journal(folder / "journal")
    journal.append("run", {"made_with": {"code": code}, **with_plan})
    for each in made.requirements:
        for case in each.cases:
            journal.append("begin", {"case": case.case, "attempt": case.attempt})
            journal.append("verdict", {"verdict": case.model_dump(mode="json")})
    journal.append("end", {"stopped": ""})
    journal.close()
    write(made, folder)
    for number, data in enumerate(artefacts):
        (folder / "artefacts" / f"note-{number}").write_bytes(data)
    seal(folder, made.run)
    return folder
