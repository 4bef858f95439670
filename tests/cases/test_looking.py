"""Declared against observed, thing by thing: what each answer of the detectors comes to."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.cases import looking
from harness.cases.looking import look
from harness.gate.attempt import Attempt, running
from harness.gate.observe import Observe
from harness.model.errors import DeviceSilent, NotPossible
from harness.model.look import Looked
from harness.model.plan import Thing
from harness.model.verdict import CaseVerdict, Verdict
from harness.runner.judge import conclude

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict
Says = Looked | Exception
SEEN = Looked(kind="x", complete=True, seen=("port 23: telnet", "port 24: ssh"))
NOTHING = Looked(kind="x", complete=True)
IN_PART = Looked(kind="x", complete=False, left_out="half of it")
SEEN_IN_PART = IN_PART.model_copy(update={"seen": ("there",)})
AWAY = NotPossible("no eyes")
SILENT = DeviceSilent("no answer")


def judged(monkeypatch: pytest.MonkeyPatch, thing: Thing, *says: Says, without_app: bool = False) -> CaseVerdict:
    """The look's verdict, with detectors that say these, in order."""

    def detector(said: Says) -> Callable[..., Looked]:
        def ask(*_: Any) -> Looked:
            attempt.saw(len(attempt.observed) + 1, "look again", touched=False)
            with attempt.remembering():
                if isinstance(said, Exception):
                    raise said
                return said

        return ask

    attempt = Attempt("declared against observed: uart", "PHY-05", "inspection", 1, "ask")
    monkeypatch.setattr(looking, "DETECTORS", {kind: detector(said) for kind, said in zip(thing.detectors, says, strict=False)})
    with running(attempt):
        look(thing, Observe(None), without_app=without_app)  # type: ignore[arg-type]
    return conclude(attempt, ended=True)


def thing(*kinds: str, declared: bool = False, **more: Any) -> Thing:
    return Thing(id="uart", owner="PHY-05", detectors=kinds, declared=declared, **more)


ONE = ("inspection",)
TWO = ("inspection", "uart")
TABLE: list[tuple[bool, tuple[str, ...], tuple[Says, ...], Verdict, str]] = [
    (False, ONE, (NOTHING,), PASS, "criterion met on 1 observation"),
    (False, ONE, (SEEN,), FAIL, "seen, and declared absent: uart: 2"),
    (False, ONE, (IN_PART,), NOT_TESTED, "absence not checked: half of it (inspection)"),
    (False, ONE, (AWAY,), NOT_TESTED, "absence not checked: no eyes (inspection)"),
    (False, ONE, (SILENT,), NOT_TESTED, "absence not checked: no answer (inspection)"),
    (False, ONE, (), NOT_TESTED, "absence not checked: no detector of this kind here (inspection)"),
    (False, ONE, (SEEN_IN_PART,), FAIL, "seen, and declared absent: uart: 1"),
    (False, TWO, (NOTHING, AWAY), PASS, "criterion met on 2 observations"),
    (False, TWO, (NOTHING, SEEN_IN_PART), FAIL, "seen, and declared absent: uart: 1"),
    (False, TWO, (AWAY, NOTHING), NOT_TESTED, "absence not checked: no eyes (inspection)"),
    (False, TWO, (AWAY, SEEN), FAIL, "seen, and declared absent: uart: 2"),
    (True, ONE, (SEEN,), PASS, "criterion met on 1 observation"),
    (True, ONE, (NOTHING,), INCONCLUSIVE, "not settled: uart is declared, and was not found"),
    (True, ONE, (IN_PART,), NOT_TESTED, "uart declared: presence not checked: half of it (inspection)"),
    (True, TWO, (AWAY, SEEN_IN_PART), PASS, "criterion met on 2 observations"),
]


@pytest.mark.parametrize(("declared", "kinds", "says", "verdict", "reason"), TABLE)
def test_a_look(
    monkeypatch: pytest.MonkeyPatch, declared: bool, kinds: tuple[str, ...], says: tuple[Says, ...], verdict: Verdict, reason: str
) -> None:
    found = judged(monkeypatch, thing(*kinds, declared=declared), *says)
    assert (found.verdict, found.reason) == (verdict, reason)


def test_offenders_have_their_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the detector which saw them."""
    found = judged(monkeypatch, thing(*TWO), NOTHING, SEEN_IN_PART)
    assert [(note.item, note.evidence, note.again) for note in found.notes] == [("there (uart)", (2,), "look again")]


def test_the_one_after_an_app_detector_earns_absence_where_there_is_no_app(monkeypatch: pytest.MonkeyPatch) -> None:
    of_app = thing("app", "capture")
    assert judged(monkeypatch, of_app, AWAY, NOTHING).verdict is NOT_TESTED
    assert judged(monkeypatch, of_app, AWAY, NOTHING, without_app=True).verdict is PASS
    assert judged(monkeypatch, thing("app"), AWAY, without_app=True).reason == "absence not checked: nothing is left that could see it"


def test_what_is_undeclared_is_named_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(monkeypatch, thing("survey", kind="undeclared"), SEEN)
    assert found.reason == "seen and not declared (uart): 2"


def test_a_detector_that_breaks_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ZeroDivisionError):
        judged(monkeypatch, thing(*ONE), ZeroDivisionError())
