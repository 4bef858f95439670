"""From an attempt to its verdict; the same live and in playback."""

from harness.cases.judging import judge
from harness.gate.attempt import Attempt
from harness.model.errors import CamlabelError, NotPossible, Undecided
from harness.model.verdict import CaseVerdict, Verdict


def note_exception(attempt: Attempt, error: Exception) -> None:
    """What left the case instead of its end: a silence or an unclear answer is the device's, all else is ours."""
    attempt.note(word_for(error), str(error) if isinstance(error, CamlabelError) else f"{type(error).__name__}: {error}")


def word_for(error: Exception) -> Verdict:
    """The verdict word of an exception."""
    if isinstance(error, Undecided):
        return Verdict.INCONCLUSIVE
    return Verdict.NOT_TESTED if isinstance(error, NotPossible) else Verdict.ERROR


def conclude(attempt: Attempt, *, ended: bool) -> CaseVerdict:
    """The verdict, with questions that got no answer and that no word noted brought to light."""
    noted = {note.verdict for note in attempt.notes}
    worst = min(attempt.unanswered, key=lambda error: word_for(error).rank, default=None)
    if worst and not noted & {word_for(worst), Verdict.FAIL, Verdict.ERROR}:
        note_exception(attempt, worst)
    verdict, reason = judge(attempt.notes, len(attempt.observed), ended, tuple(attempt.spared))
    if verdict is Verdict.PASS and (lacking := _lacking(attempt)):
        verdict, reason = Verdict.ERROR, lacking
    return CaseVerdict(
        case=attempt.case,
        requirement=attempt.requirement,
        side=attempt.side,
        attempt=attempt.number,
        verdict=verdict,
        reason=reason,
        notes=tuple(attempt.notes),
        observations=len(attempt.observed),
        complete=ended,
    )


def _lacking(attempt: Attempt) -> str:
    """What a PASS must be earned by, where it is not there."""
    if not attempt.judged:
        return "the case came to its end without a criterion: neither none_of nor expect was asked"
    return "" if attempt.touched else "nothing was exchanged with the device: what the case observed is only what is declared"
