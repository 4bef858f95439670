"""Two records → what changed, with the fact behind it. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC

from harness.model.difference import Change, ChangeKind, Difference, Fact, Shift
from harness.model.errors import UsageError
from harness.model.narrative import Asked, Seen
from harness.model.record import RunRecord
from harness.model.verdict import CaseVerdict, Note, Offender, RequirementVerdict, Verdict

DESELECTED = "deselected"
_SETTLED = (Verdict.PASS, Verdict.NOT_APPLICABLE)
_CONDITIONS = ("lab", "emulated", "flaws", "scripted")
_SEEN = 3
_PACKET = re.compile(r" \([^()]* packet \d+\)")
_ADDRESS = re.compile(r"(?<!no name) at [0-9A-Fa-f.:]+(?= port \d)")
_COUNTED = re.compile(r"passed on \d+ observations?")


def compare(old: RunRecord, new: RunRecord, code: tuple[str, str] = ("", "")) -> Difference:
    """What changed from the old run to the new; `code` are the digests of what judged them. UsageError for two products."""
    refuse_other_product(old, new)
    before, after = _by_id(old), _by_id(new)
    told = (_Told(old), _Told(new))
    pairs = [(before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    changes = tuple(change for pair in pairs if (change := _change(*pair, told)))
    changed = {each.id for each in changes}
    counts = Counter(each.verdict for name, each in after.items() if name not in changed)
    return Difference(
        old=old.run,
        new=new.run,
        product=product(new),
        misleading=tuple(_misleading(old, new, code)),
        shifts=tuple(_shifts(old, new, code)),
        levels=tuple(_levels(old, new)),
        changes=tuple(sorted(changes, key=_urgency)),
        unchanged=tuple((verdict, counts[verdict]) for verdict in Verdict if counts[verdict]),
    )


def product(record: RunRecord) -> str:
    """Whose verdicts these are."""
    return f"{record.device.producer} {record.device.model}"


def refuse_other_product(old: RunRecord, new: RunRecord) -> None:
    """UsageError where the two records are of two products."""
    if (old.device.producer, old.device.model) != (new.device.producer, new.device.model):
        words = f"{old.run} is of {product(old)}, {new.run} of {product(new)}"
        raise UsageError(f"{words}: two products cannot be compared; give two runs of one product")


class _Told:
    """What a record tells of its observations, found by case, attempt and journal line."""

    def __init__(self, record: RunRecord) -> None:
        self._seen: dict[tuple[str, int, int], Seen] = {}
        self._asked: dict[tuple[str, int], list[Asked]] = {}
        self._attempts = {each.id: each.cases for each in record.requirements}
        for group in record.narrative.asked:
            self._asked.setdefault((group.case, group.attempt), []).append(group)
            self._seen |= {(group.case, group.attempt, each.n): each for each in group.shown}

    def offender(self, found: Offender, requirement: str) -> Fact:
        """An offender, with what its lines hold."""
        attempts = [each for each in self._attempts[requirement] if each.case == found.case and _noted(each, found)]
        attempt = attempts[-1].attempt if attempts else 0
        return Fact(
            case=found.case,
            verdict=Verdict.FAIL,
            what=found.what,
            item=found.item,
            again=found.again,
            evidence=found.evidence,
            run=found.run,
            seen=self._words(found.case, attempt, found.evidence),
        )

    def rests_on(self, found: RequirementVerdict) -> Iterator[Fact]:
        """The notes that make a verdict undecided, or what the cases of an earned one asked and saw."""
        for case in found.cases:
            if case.verdict in _SETTLED and found.verdict in _SETTLED:
                yield from self._earned(case)
            elif case.verdict is found.verdict:
                yield from (self._note(case, note) for note in case.notes if note.verdict is case.verdict)

    def _note(self, case: CaseVerdict, note: Note) -> Fact:
        seen = self._words(case.case, case.attempt, note.evidence)
        return Fact(case=case.case, seen=seen, run=case.run, **note.model_dump(exclude={"by_runner"}))

    def _earned(self, case: CaseVerdict) -> Iterator[Fact]:
        for group in self._asked.get((case.case, case.attempt), ()):
            answers = tuple(f"{each.times}× {each.seen}" for each in group.answers[:_SEEN])
            shown = tuple(each.n for each in group.shown[:_SEEN])
            asked = f"asked {group.probe} {group.times}×"
            yield Fact(case=case.case, verdict=case.verdict, what=asked, evidence=shown, seen=answers, run=case.run)

    def _words(self, case: str, attempt: int, lines: Iterable[int]) -> tuple[str, ...]:
        found = (self._seen.get((case, attempt, line)) for line in lines)
        return tuple(f"{each.asked}: {each.seen}" for each in found if each)[:_SEEN]


def _noted(attempt: CaseVerdict, found: Offender) -> bool:
    return any((note.what, note.item, note.evidence) == (found.what, found.item, found.evidence) for note in attempt.notes)


def _by_id(record: RunRecord) -> Mapping[str, RequirementVerdict]:
    return {each.id: each for each in record.requirements}


def _change(old: RequirementVerdict | None, new: RequirementVerdict | None, told: tuple[_Told, _Told]) -> Change | None:
    known = new or old
    if known is None:
        return None
    went = tuple(told[0].offender(each, known.id) for each in _only(old, new))
    came = tuple(told[1].offender(each, known.id) for each in _only(new, old))
    same = old and new and (old.verdict, _steady(old.reason), old.level) == (new.verdict, _steady(new.reason), new.level)
    if same and not (came or went):
        return None
    return Change(
        id=known.id,
        dimension=known.dimension,
        level=known.level,
        title=known.title,
        kind=_kind(old, new, offenders=bool(came or went)),
        before=old.verdict if old else None,
        after=new.verdict if new else None,
        reason_before=old.reason if old else "",
        reason_after=new.reason if new else "",
        came=came,
        went=went,
        rests_on=() if new is None or new.verdict is Verdict.FAIL else tuple(told[1].rests_on(new)),
    )


def _only(one: RequirementVerdict | None, other: RequirementVerdict | None) -> list[Offender]:
    """Offenders of the one that the other does not list."""
    known = {_identity(each) for each in (other.offenders if other else ())}
    return [each for each in (one.offenders if one else ()) if _identity(each) not in known]


def _identity(found: Offender) -> tuple[str, str, str]:
    """What makes an offender the same in two runs: not the packet that shows it, nor which address a name had."""
    return found.case, found.what, _ADDRESS.sub("", _PACKET.sub("", found.item))


def _steady(reason: str) -> str:
    """A reason without the number of observations, which differs from run to run."""
    return _COUNTED.sub("passed", reason)


def _kind(old: RequirementVerdict | None, new: RequirementVerdict | None, *, offenders: bool) -> ChangeKind:
    if new is None:
        return "gone"
    if old is None:
        return "failed" if new.verdict is Verdict.FAIL else "new"
    if new.verdict is Verdict.FAIL:
        return "failed" if old.verdict is not Verdict.FAIL else "offenders" if offenders else "other"
    if new.verdict in _SETTLED:
        return "other" if new.verdict is old.verdict else "earned"
    if old.verdict is Verdict.FAIL:
        return "unsettled"
    return "lost" if old.verdict in _SETTLED else "other"


_ORDER: tuple[ChangeKind, ...] = ("failed", "lost", "offenders", "unsettled", "gone", "new", "earned", "other")


def _urgency(change: Change) -> int:
    return _ORDER.index(change.kind)


def _misleading(old: RunRecord, new: RunRecord, code: tuple[str, str]) -> Iterator[str]:
    """Why a change need not be the device's, and why something that is the same may have escaped."""
    yield from _other_rules(old, new, code)
    yield from _other_extent(old, new)
    if old.device.hardware_revision != new.device.hardware_revision:
        yield f"hardware revision {old.device.hardware_revision}, then {new.device.hardware_revision}"
    if new.started < old.started:
        yield "the new run was made before the old one"
    for name in _CONDITIONS:
        before, after = (", ".join(value for each, value in record.narrative.conditions if each == name) for record in (old, new))
        if before != after:
            yield f"{name}: {before or 'none'}, then {after or 'none'}"


def _other_rules(old: RunRecord, new: RunRecord, code: tuple[str, str]) -> Iterator[str]:
    if old.catalogue.digest != new.catalogue.digest:
        yield f"judged by two catalogues, {old.catalogue.version} and {new.catalogue.version}: a change may be the rule's"
    if old.overlay != new.overlay:
        yield "judged under two overlays: a change may be of the lab's own levels and thresholds"
    if all(code) and code[0] != code[1]:
        yield "asked and judged by two versions of camlabel or of a lab's own cases: a change may be theirs"


def _other_extent(old: RunRecord, new: RunRecord) -> Iterator[str]:
    if narrower := _deselected(new) - _deselected(old):
        yield f"the new run is narrower: {len(narrower)} deselected that were not in the old one ({_some(narrower)})"
    if wider := _deselected(old) - _deselected(new):
        yield f"the old run is narrower: {len(wider)} deselected that are not in the new one ({_some(wider)})"
    if old.effort != new.effort:
        yield f"effort {old.effort}, then {new.effort}: quick leaves undecided what full decides"
    for which, each in (("old", old), ("new", new)):
        if each.why_stopped:
            yield f"the {which} run was stopped before its end"


def _deselected(record: RunRecord) -> set[str]:
    """What was not asked for, by level, selection or case."""
    return {each.id for each in record.requirements if each.verdict is Verdict.NOT_TESTED and each.reason.startswith(DESELECTED)}


def _some(names: set[str]) -> str:
    rest = len(names) - _SEEN
    return ", ".join(sorted(names)[:_SEEN]) + (f" and {rest} more" if rest > 0 else "")


def _shifts(old: RunRecord, new: RunRecord, code: tuple[str, str]) -> Iterator[Shift]:
    for what, before, after in zip((*_FACTS, *_MADE), _facts(old, code[0]), _facts(new, code[1]), strict=True):
        if before != after:
            yield Shift(what=what, before=before, after=after)


_FACTS = ("firmware", "hardware revision", "serial number", "MAC address", "profile", "catalogue", "overlay", "effort")
_MADE = ("asked level", "tool", "code", "made")


def _facts(record: RunRecord, code: str) -> tuple[str, ...]:
    device, catalogue = record.device, record.catalogue
    return (
        device.firmware_version,
        device.hardware_revision,
        device.serial,
        device.mac,
        _short(record.profile_digest),
        f"{catalogue.version} ({_short(catalogue.digest)})",
        "; ".join(record.overlay) or "none",
        record.effort,
        record.asked,
        record.tool,
        _short(code),
        record.started.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def _short(digest: str) -> str:
    return f"{digest[:12]}…" if digest else "not known"


def _levels(old: RunRecord, new: RunRecord) -> Iterator[Shift]:
    before = {each.id: _reached(each.reached, each.automated_part_reached, len(each.blockers)) for each in old.levels}
    for each in new.levels:
        after = _reached(each.reached, each.automated_part_reached, len(each.blockers))
        if before.get(each.id) != after:
            yield Shift(what=each.id, before=before.get(each.id, "not there"), after=after)


def _reached(reached: bool, automated: bool, blockers: int) -> str:
    if reached:
        return "reached"
    return "automated part reached" if automated else f"not reached, {blockers} in the way"
