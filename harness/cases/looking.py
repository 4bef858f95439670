"""The built-in case of every thing that is declared or not: what is declared is compared with what each detector sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.cases.applicability import ABSENCE
from harness.gate.attempt import Attempt, current
from harness.gate.observe import Observe
from harness.model.errors import NotPossible, Undecided
from harness.model.look import Looked
from harness.model.plan import Thing
from harness.model.verdict import Verdict
from harness.probes.detectors import contacts, inspection, line, survey

Detector = Callable[[Observe, Thing], Looked]


@dataclass(frozen=True)
class Answer:
    """What one detector saw, or why it could not look; `since` is where its observations begin."""

    kind: str
    looked: Looked | None
    why: str = ""
    since: int = 0

    @property
    def seen(self) -> tuple[str, ...]:
        """What was seen."""
        return self.looked.seen if self.looked else ()

    @property
    def lacks(self) -> str:
        """Why seeing nothing here says nothing; empty where it earns absence."""
        if self.looked is None:
            return f"{self.why} ({self.kind})"
        return "" if self.looked.complete else f"{self.looked.left_out} ({self.kind})"


def look(thing: Thing, observe: Observe, *, without_app: bool) -> None:
    """Ask every detector, and note how that agrees with what is declared.

    The first detector earns absence; where there is no companion app, the one after an app detector does.
    """
    answers = [_asked(thing, kind, observe) for kind in thing.detectors]
    earning = next((each for each in answers if not (without_app and each.kind == "app")), None)
    current().judged += 1
    judge(thing, answers, earning.lacks if earning else "nothing is left that could see it", current())


def judge(thing: Thing, answers: Sequence[Answer], lacks: str, attempt: Attempt) -> None:
    """Note what follows; `lacks` says why absence is not earned."""
    seen = [(answer, item) for answer in answers for item in answer.seen]
    match thing.declared, bool(seen):
        case True, True:
            return
        case True, False if lacks:
            attempt.note(Verdict.NOT_TESTED, f"{thing.id} declared: presence not checked: {lacks}")
        case True, False:
            attempt.note(Verdict.INCONCLUSIVE, f"{thing.id} is declared, and was not found")
        case False, True:
            for answer, item in seen:
                attempt.note(Verdict.FAIL, _offence(thing), f"{item} ({answer.kind})", answer.since)
        case _ if lacks:
            attempt.note(Verdict.NOT_TESTED, f"{ABSENCE}: {lacks}")


def _offence(thing: Thing) -> str:
    if thing.kind == "undeclared":
        return f"seen and not declared ({thing.id})"
    return f"seen, and declared absent: {thing.id}"


def _asked(thing: Thing, kind: str, observe: Observe) -> Answer:
    """A detector that cannot look is no trouble of the device."""
    attempt = current()
    since, unanswered = len(attempt.observed), len(attempt.unanswered)
    try:
        looked = DETECTORS[kind](observe, thing) if kind in DETECTORS else None
    except (Undecided, NotPossible) as error:
        del attempt.unanswered[unanswered:]
        return Answer(kind, None, str(error), since)
    if looked is None:
        return Answer(kind, None, "no detector of this kind here", since)
    attempt.touched += 1
    return Answer(kind, looked, since=since)


def _inspection(observe: Observe, thing: Thing) -> Looked:
    return observe(inspection.look, thing.id, thing.looked_for)


def _survey(observe: Observe, thing: Thing) -> Looked:
    return survey.looked_for(thing.name, observe(survey.survey, thing.state))


def _capture(observe: Observe, thing: Thing) -> Looked:
    return contacts.looked_for(thing.id, observe(contacts.contacts))


def _uart(observe: Observe, thing: Thing) -> Looked:
    if thing.id != "uart":
        raise NotPossible(f"what the serial line says was not searched for {thing.id}")
    return observe(line.look)


DETECTORS: dict[str, Detector] = {"inspection": _inspection, "survey": _survey, "capture": _capture, "uart": _uart}
