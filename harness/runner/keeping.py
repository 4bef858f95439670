"""What a journal says of the cases so far: which verdicts stand, which attempts were cut."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.journal.reader import Line
from harness.model.verdict import CaseVerdict, Verdict

BARRED = "the device could not be brought to the state "  # begins the note of a case that was not run
KEPT = (Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE)


@dataclass
class Standing:
    """Finished attempts in order, how many were begun per case, and the begun ones without a verdict."""

    finished: list[CaseVerdict] = field(default_factory=list)
    begun: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    cut: set[tuple[str, int]] = field(default_factory=set)

    def keeps(self, case: str) -> bool:
        """Will a resume leave this case alone?"""
        return self.kept(case) is not None

    def kept(self, case: str) -> CaseVerdict | None:
        """The verdict that a resume keeps; others are asked again."""
        finished = [verdict for verdict in self.finished if verdict.case == case]
        return finished[-1] if finished and finished[-1].verdict in KEPT else None


def standing(lines: Sequence[Line]) -> Standing:
    """Read the standing of every case from a journal."""
    found = Standing()
    for line in lines:
        if line.kind == "begin":
            key = (line.body["case"], line.body["attempt"])
            found.begun[key[0]] = key[1]
            found.cut.add(key)
        if line.kind == "verdict":
            verdict = CaseVerdict.model_validate(line.body["verdict"])
            found.finished.append(verdict)
            found.cut.discard((verdict.case, verdict.attempt))
        if line.kind == "abandoned":
            found.cut.discard((line.body["case"], line.body["attempt"]))
    return found


def evidence(lines: Sequence[Line]) -> dict[str, tuple[str, ...]]:
    """The artefacts that each case observed, in order; those of cut attempts are left out."""
    finished = {(verdict.case, verdict.attempt) for verdict in standing(lines).finished}
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    by_number = {line.n: line for line in lines}
    for line in lines:
        if line.kind in ("observation", "use") and (line.body["case"], line.body["attempt"]) in finished:
            source = by_number[line.body["of"]] if line.kind == "use" else line
            found[line.body["case"]].update(dict.fromkeys(source.body["artefacts"]))
    return {case: tuple(digests) for case, digests in found.items()}
