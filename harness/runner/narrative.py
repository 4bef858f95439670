"""What a report tells beside the verdicts, made from journal, catalogue and registry."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from harness.gate.marks import mark_of
from harness.gate.question import answer_type
from harness.journal.reader import Line
from harness.model.counting import counted
from harness.model.errors import CamlabelError
from harness.model.impact import above
from harness.model.narrative import Alike, Asked, Narrative, Paper, Purpose, Seen
from harness.model.requirement import Requirement, Threshold
from harness.model.verdict import CaseVerdict, Verdict
from harness.output.grid import MIND
from harness.runner.answers import answers, photos
from harness.runner.inputs import Inputs
from harness.runner.session import resolve
from harness.runner.timeline import moments
from harness.runner.words import asked, brief, cut, verdict_facts, whole

FIRST = 3
MOST_SHOWN = 25
MOST_ALIKE = 8
MOST_GROUPS = 400
SHOWN = 1500
ALONE = 900
_HINTS = 4
_HINT = 1000


def narrative(inputs: Inputs, lines: Sequence[Line], verdicts: Sequence[CaseVerdict], artefacts: Path) -> Narrative:
    """All that is told; of cases, only finished attempts."""
    told, left_out = moments(lines, _act)
    return Narrative(
        papers=tuple(map(_paper, inputs.catalogue.requirements)),
        purposes=tuple(Purpose(case=info.name, text=info.docstring) for info in inputs.registry.cases),
        asked=tuple(_asked(lines, verdicts)),
        photos=tuple(photos(lines, artefacts)),
        moments=told,
        left_out=left_out,
        conditions=tuple(_conditions(inputs, lines)),
    )


def _paper(entry: Requirement) -> Paper:
    return Paper(
        id=entry.id,
        title_zh=entry.title_zh,
        statement=entry.statement,
        criterion=entry.pass_criterion,
        procedure=entry.procedure,
        controls=entry.controls,
        limits=tuple(_limit(name, each) for name, each in entry.thresholds.items()),
        basis=entry.basis,
        level_basis=entry.level_basis,
        limits_basis=entry.threshold_basis,
        automation=entry.automation,
        method=entry.method,
        minutes=entry.expected_minutes.real,
    )


def _limit(name: str, limit: Threshold) -> str:
    return f"{name.replace('_', ' ')}: {brief(limit.value)} {limit.unit} ({limit.role})"


def _conditions(inputs: Inputs, lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """Under which conditions the run was made, by their words' id."""
    bench, settings = inputs.bench, inputs.settings
    yield "lab", bench.lab
    if bench.emulated:
        yield "emulated", bench.emulated.device
        if flaws := settings.flaws or bench.emulated.flaws:
            yield "flaws", ", ".join(flaws)
    if any(each.scripted for line in lines if line.kind == "observation" for each in answers(line.body.get("result"))):
        yield "scripted", "yes"
    minds = dict.fromkeys(line.body["mind"] for line in lines if line.kind == "remark" and line.body.get("mind"))
    yield from ((MIND, mind) for mind in minds)
    yield from (
        ("limit", limit) for limit in dict.fromkeys(each for line in lines if line.kind == "run" for each in line.body["lab_limits"])
    )


def _asked(lines: Sequence[Line], verdicts: Sequence[CaseVerdict]) -> Iterator[Asked]:
    """By attempt and probe, in the order in which each was first asked."""
    finished = {(each.case, each.attempt) for each in verdicts}
    offending = {number for each in verdicts for note in each.notes if note.verdict is Verdict.FAIL for number in note.evidence}
    by_number = {line.n: line for line in lines}
    groups: defaultdict[tuple[str, int, str], list[Line]] = defaultdict(list)
    for line in lines:
        if line.kind in ("observation", "use") and (line.body["case"], line.body["attempt"]) in finished:
            source = by_number[line.body["of"]] if line.kind == "use" else line
            groups[line.body["case"], line.body["attempt"], line.body["probe"]].append(source)
    for (case, attempt, probe), group in list(groups.items())[:MOST_GROUPS]:
        yield _group(case, attempt, probe, group, offending)


def _group(case: str, attempt: int, probe: str, group: Sequence[Line], offending: set[int]) -> Asked:
    answers = [_answer(line.body) for line in group]
    words = verdict_facts if len(group) > 1 else partial(whole, longest=ALONE)
    alike = Counter(_failure(line.body) or words(answer) for line, answer in zip(group, answers, strict=True))
    chosen = _chosen(group, offending)
    return Asked(
        case=case,
        attempt=attempt,
        probe=probe,
        times=len(group),
        unanswered=sum("failure" in line.body for line in group),
        answers=tuple(Alike(seen=seen, times=times) for seen, times in alike.most_common(MOST_ALIKE)),
        shown=tuple(_seen(group[index], answers[index]) for index in chosen),
    )


def _chosen(group: Sequence[Line], offending: set[int]) -> list[int]:
    """The first ones, those that an offender rests on, and the first without an answer."""
    first = range(min(FIRST, len(group)))
    shown = [index for index, line in enumerate(group) if line.n in offending]
    failed = [index for index, line in enumerate(group) if "failure" in line.body]
    return sorted({*first, *shown[:MOST_SHOWN], *failed[:FIRST]})


def _seen(line: Line, answer: Any) -> Seen:
    body = line.body
    return Seen(
        n=line.n,
        at=datetime.fromisoformat(body["at"]),
        asked=asked(body, answer),
        seen=_failure(body) or _polled(body) + whole(answer, SHOWN),
        failed="failure" in body,
        again=tuple(cut(hint, _HINT) for hint in body.get("again", ())[:_HINTS]),
        artefacts=tuple(body.get("artefacts", ())),
    )


def _answer(body: Mapping[str, Any]) -> Any:
    """The answer as it was, or as it was kept where this version has no such probe; of a polling the last one."""
    polls = [each["result"] for each in body.get("polls", ()) if "result" in each]
    kept = polls[-1] if polls else body.get("result")
    try:
        return answer_type(resolve(body["probe"])).validate_json(json.dumps(kept)) if kept is not None else None
    except (CamlabelError, ValueError, TypeError):
        return kept


def _failure(body: Mapping[str, Any]) -> str:
    return cut(f"{body['failure']['kind']}: {body['failure']['message']}") if "failure" in body else ""


def _polled(body: Mapping[str, Any]) -> str:
    polls = body.get("polls", ())
    return f"polled {counted(len(polls), 'time')} over {polls[-1]['at']:g} s, at last: " if polls else ""


def _act(body: Mapping[str, Any]) -> str:
    """An observation that changed the device in a sentence; empty for one that did not."""
    if not _changes(body["probe"]):
        return ""
    answer = _answer(body)
    return f"{asked(body, answer)}: {_failure(body) or _polled(body) + verdict_facts(answer) or 'done'}"


@cache
def _changes(probe: str) -> bool:
    """Does a probe of this name change the device, as far as this version knows?"""
    try:
        mark = mark_of(resolve(probe))
    except CamlabelError:
        return False
    return mark.acts and (mark.impact is None or above(mark.impact, "login"))
