"""Gates against a baseline: what breaks them, what leaves them undecided, and that worse is never better."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model.difference import GATES, Gate, GateResult
from harness.model.errors import UsageError
from harness.model.record import RunRecord, Stamp
from harness.model.verdict import Note, RequirementVerdict, Verdict
from harness.output.diff import compare
from harness.output.diff_text import show_gate
from harness.output.gate import BROKEN, HOLDS, UNDECIDED, decide, refuse_pair
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import record

FAIL, ERROR, INCONCLUSIVE, NOT_TESTED, PASS, NOT_APPLICABLE = Verdict
SEVERITY = (HOLDS, UNDECIDED, BROKEN)
NAMES = ("NET-01", "NET-11", "SYS-06")
VERDICTS = st.tuples(*(st.sampled_from(list(Verdict)) for _ in NAMES))


MADE = record(plan(*(requirement(name) for name in NAMES)), [attempt(FAIL, name=name) for name in NAMES])


def run(*verdicts: Verdict) -> RunRecord:
    """A run with these verdicts, each with the offender that it needs."""
    return MADE.model_copy(update={"requirements": tuple(map(_with, MADE.requirements, verdicts))})


def _with(found: RequirementVerdict, verdict: Verdict) -> RequirementVerdict:
    kept = found.offenders if verdict is FAIL else ()
    return found.model_copy(update={"verdict": verdict, "reason": f"{verdict} because", "offenders": kept})


def status(gate: Gate, old: RunRecord, new: RunRecord) -> int:
    return decide(gate, compare(old, new)).exit_status


@pytest.mark.parametrize(
    ("before", "after", "failures", "passes"),
    [
        (PASS, PASS, HOLDS, HOLDS),
        (PASS, NOT_APPLICABLE, HOLDS, HOLDS),
        (PASS, NOT_TESTED, UNDECIDED, BROKEN),
        (PASS, INCONCLUSIVE, UNDECIDED, BROKEN),
        (PASS, ERROR, UNDECIDED, BROKEN),
        (PASS, FAIL, BROKEN, BROKEN),
        (NOT_APPLICABLE, NOT_TESTED, UNDECIDED, UNDECIDED),
        (NOT_APPLICABLE, FAIL, BROKEN, BROKEN),
        (NOT_TESTED, FAIL, BROKEN, BROKEN),
        (NOT_TESTED, ERROR, HOLDS, HOLDS),
        (FAIL, FAIL, HOLDS, HOLDS),
        (FAIL, PASS, HOLDS, HOLDS),
        (FAIL, INCONCLUSIVE, HOLDS, HOLDS),
    ],
)
def test_what_a_gate_says(before: Verdict, after: Verdict, failures: int, passes: int) -> None:
    old, new = run(before, PASS, FAIL), run(after, PASS, FAIL)
    assert (status("no-new-failures", old, new), status("no-lost-pass", old, new)) == (failures, passes)


def test_a_new_offender_of_an_old_failure_is_a_new_failure() -> None:
    ports = [Note(verdict=FAIL, what="undeclared ports", item=item) for item in ("8554", "23")]
    old, new = (record(plan(requirement()), [attempt(FAIL, notes=tuple(ports[:n]))]) for n in (1, 2))
    result = decide("no-new-failures", compare(old, new))
    assert (result.exit_status, result.because) == (BROKEN, ("NET-11: FAIL with 1 new offender, undeclared ports: 23",))
    assert status("no-new-failures", new, old) == HOLDS


@settings(deadline=None)
@given(VERDICTS, VERDICTS, st.integers(0, len(NAMES) - 1), st.sampled_from(list(Verdict)), st.sampled_from(GATES))
def test_a_worse_verdict_never_opens_a_gate(
    old: tuple[Verdict, ...], new: tuple[Verdict, ...], index: int, other: Verdict, gate: Gate
) -> None:
    worse, better = sorted((new[index], other), key=lambda each: each.rank)
    found = [status(gate, run(*old), run(*new[:index], each, *new[index + 1 :])) for each in (worse, better)]
    assert SEVERITY.index(found[0]) >= SEVERITY.index(found[1])


@settings(deadline=None)
@given(VERDICTS, VERDICTS)
def test_the_one_gate_is_the_stricter(old: tuple[Verdict, ...], new: tuple[Verdict, ...]) -> None:
    found = [SEVERITY.index(status(gate, run(*old), run(*new))) for gate in GATES]
    assert found[0] <= found[1]


@settings(deadline=None)
@given(VERDICTS, st.sampled_from(GATES))
def test_a_run_holds_against_itself(verdicts: tuple[Verdict, ...], gate: Gate) -> None:
    assert status(gate, run(*verdicts), run(*verdicts)) == HOLDS


def test_a_stopped_run_is_no_result() -> None:
    assert decide("no-lost-pass", compare(run(PASS), run(PASS)), stopped=True).exit_status == 3


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({"catalogue": Stamp(version="0.1.0", digest="0" * 64)}, "another catalogue"),
        ({"overlay": ("NET-11 moved",)}, "another overlay"),
        ({"exit_status": 3}, "stopped before its end"),
        ({"device": run().device.model_copy(update={"producer": "somebody"})}, "two products"),
    ],
)
def test_a_baseline_that_lets_things_through_is_refused(update: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        refuse_pair(run(PASS).model_copy(update=update), run(PASS))
    refuse_pair(run(PASS), run(FAIL))


@pytest.mark.parametrize(("code", "words"), [(0, "holds"), (1, "does not hold"), (2, "is undecided"), (3, "the run was stopped")])
def test_the_result_in_words(code: int, words: str) -> None:
    out = io.StringIO()
    show_gate(
        GateResult(
            gate="no-lost-pass", baseline="20260101T000000Z-cam", exit_status=code, because=("NET-11: \x1b[2J",), misleading=("two codes",)
        ),
        out,
    )
    assert "Mind: two codes" in out.getvalue()
    assert words in out.getvalue()
    assert "\x1b" not in out.getvalue()
