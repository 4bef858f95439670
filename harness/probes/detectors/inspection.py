"""Looking at the sample: the person at the bench says whether a thing is there. The question's key is the thing's name."""

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.errors import NotPossible
from harness.model.look import Looked
from harness.model.operator import Choice, Question, Words
from harness.probes.operator import asked
from harness.transports.operator import NOBODY_THERE

SEEN, NOTHING, IN_PART = "yes", "no", "in-part"
CHOICES = (
    Choice(id=SEEN, words=Words(en="yes, it is there", zh="有")),
    Choice(id=NOTHING, words=Words(en="no: all of it was looked at, and it is not there", zh="无：已全部检查，未发现")),
    Choice(id=IN_PART, words=Words(en="not all of it could be looked at", zh="未能全部检查")),
)


@reads(once=True)
def look(bench: Bench, thing: str, what: str) -> Looked:
    """One look; `what` says what the thing is and where to look."""
    if bench.operator is None:
        raise NotPossible(NOBODY_THERE)
    words = Words(en=f"Is there, on this sample: {what}", zh=f"样品上是否有（{thing}）：{what}")
    answer = asked(bench, Question(key=thing, kind="choice", words=words, choices=CHOICES))
    who = f"{answer.who}{' (scripted)' if answer.scripted and 'scripted' not in answer.who else ''}"
    return Looked(
        kind="inspection",
        complete=answer.value != IN_PART,
        seen=(f"seen on the sample by {who}",) if answer.value == SEEN else (),
        left_out="not all of the sample could be looked at" if answer.value == IN_PART else "",
        answer=answer,
    )
