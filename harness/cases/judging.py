"""Notes → the verdict of an attempt; attempts → the verdict of a case. Pure: nothing here looks at anything but its arguments."""

from collections.abc import Iterable, Sequence

from harness.model.counting import counted
from harness.model.verdict import CaseVerdict, Note, Verdict

_PHRASES = 3
_PHRASE_LENGTH = 300
_CONCLUSIONS = (Verdict.FAIL, Verdict.PASS, Verdict.NOT_APPLICABLE)
_UNDECIDED = (Verdict.ERROR, Verdict.INCONCLUSIVE)

QUICK, FULL = "effort quick: ", "--effort full does the rest"


def judge(notes: Sequence[Note], observations: int, ended: bool, spared: Sequence[str] = ()) -> tuple[Verdict, str]:
    """The verdict of one attempt and one sentence why: the worst note wins.

    Nothing is concluded from no observation. An attempt that did not come to its end keeps what it found, and never passes. One that is
    not settled says what effort quick spared it.
    """
    worst = min((note.verdict for note in notes), key=lambda verdict: verdict.rank, default=Verdict.PASS)
    if not observations and worst in _CONCLUSIONS:
        return Verdict.ERROR, "concluded without a single observation of the device" + _claimed(notes)
    if not ended and worst not in (Verdict.FAIL, *_UNDECIDED, Verdict.NOT_TESTED):
        return Verdict.ERROR, "the case did not come to its end, and nothing says why"
    reason = _reason(worst, notes, observations)
    quick = _quick(reason, spared) if worst is Verdict.INCONCLUSIVE else ""
    return worst, reason + quick + ("" if ended else "; incomplete")


def sticky(attempts: Sequence[CaseVerdict]) -> CaseVerdict:
    """The verdict of a case over its finished attempts of one run; attempts cut by a kill are not to be given.

    A FAIL stays, with all that any attempt found. Else the last attempt counts, but no better than INCONCLUSIVE after one that was
    ERROR or INCONCLUSIVE. NOT_TESTED asked nothing and does not count as a try.
    """
    if not attempts:
        raise ValueError("a case without a finished attempt has no verdict")
    ordered = sorted(attempts, key=lambda each: (each.attempt, -each.verdict.rank, each.reason))
    last = ordered[-1]
    failed = [each for each in ordered if each.verdict is Verdict.FAIL]
    if failed:
        return _stuck(failed, last)
    undecided = [each for each in ordered if each is not last and each.verdict in _UNDECIDED]
    return _capped(last, undecided[-1]) if undecided and last.verdict.rank > Verdict.INCONCLUSIVE.rank else last


def _stuck(failed: Sequence[CaseVerdict], last: CaseVerdict) -> CaseVerdict:
    """The latest FAIL, and before its notes what only earlier ones found."""
    latest = failed[-1]
    again = {(note.what, note.item) for note in latest.notes}
    earlier = {(note.what, note.item): note for each in failed[:-1] for note in each.notes if note.verdict is Verdict.FAIL}
    only_earlier = (note for key, note in earlier.items() if key not in again)
    later = "" if latest is last else f"; attempt {last.attempt} was {last.verdict}, a FAIL stays"
    return latest.model_copy(update={"notes": (*only_earlier, *latest.notes), "reason": latest.reason + later})


def _capped(last: CaseVerdict, earlier: CaseVerdict) -> CaseVerdict:
    reason = f"{last.verdict} only on attempt {last.attempt}; attempt {earlier.attempt} was {earlier.verdict}: {earlier.reason}"
    return last.model_copy(update={"verdict": Verdict.INCONCLUSIVE, "reason": reason})


def _claimed(notes: Sequence[Note]) -> str:
    count = sum(note.verdict is Verdict.FAIL for note in notes)
    return f"; offenders noted: {count}" if count else ""


def _reason(verdict: Verdict, notes: Sequence[Note], observations: int) -> str:
    if verdict is Verdict.PASS:
        return f"criterion met on {counted(observations, 'observation')}"
    return _sentence(_phrase(verdict, what, items) for what, items in _grouped(verdict, notes).items())


def _quick(reason: str, spared: Sequence[str]) -> str:
    """That it is the effort which leaves this open, where that is so; what the reason says already is not said again."""
    if not spared:
        return ""
    unsaid = _sentence(each for each in spared if f"{QUICK}{each}" not in reason)
    return f"{f'; {QUICK}{unsaid}' if unsaid else ''}; {FULL}"


def _grouped(verdict: Verdict, notes: Sequence[Note]) -> dict[str, int]:
    """What was noted with this verdict, in order, with the number of items; 0 where it was noted as a whole."""
    groups: dict[str, int] = {}
    for note in notes:
        if note.verdict is verdict:
            groups[note.what] = groups.get(note.what, 0) + bool(note.item)
    return groups


def _phrase(verdict: Verdict, what: str, items: int) -> str:
    text = what if len(what) <= _PHRASE_LENGTH else what[:_PHRASE_LENGTH] + "…"
    if verdict is Verdict.FAIL:
        return f"{text}: {items}" if items else f"not so: {text}"
    if verdict is Verdict.INCONCLUSIVE:
        return f"not settled for {items}: {text}" if items else f"not settled: {text}"
    return text


def _sentence(phrases: Iterable[str]) -> str:
    every = list(phrases)
    rest = len(every) - _PHRASES
    return "; ".join(every[:_PHRASES]) + (f"; and {rest} more" if rest > 0 else "")
