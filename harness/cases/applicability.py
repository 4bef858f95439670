"""What applies, from declared and seen together. Pure: a plan and the verdicts of looks → the plan as it stands now.

A capability is present when it is declared or was seen. It is absent when it is declared absent, the detector that earns absence ran
completely in this run, and nobody saw it. Else it is unchecked: what hangs on it is NOT_TESTED, never NOT_APPLICABLE.
"""

from collections.abc import Iterable, Mapping, Sequence

from harness.model.base import Frozen
from harness.model.plan import Condition, Plan, PlannedCase, PlannedRequirement, Thing
from harness.model.verdict import CaseVerdict, Verdict

ABSENCE = "absence not checked"
EARNED = "looked for and not seen"
LOOK = "declared against observed: "


class Presence(Frozen):
    """Is a capability there. `there` None is unchecked, with the reason `why`; `confirmed`: declared, and seen in this run."""

    there: bool | None
    confirmed: bool = False
    why: str = ""


Presences = Mapping[str, Presence]


def look_of(thing: str) -> str:
    """The name of the built-in case that compares declared with observed for one thing."""
    return f"{LOOK}{thing}"


def presences(plan: Plan, decided: Mapping[str, CaseVerdict]) -> dict[str, Presence]:
    """Every capability of the plan, by the verdicts of its looks so far (by case name; one each, and earned)."""
    return {each.id: _presence(each, decided.get(look_of(each.id))) for each in plan.things if each.kind == "capability"}


def settle(plan: Plan, found: Presences) -> Plan:
    """The plan as it stands with what was found."""
    return plan.model_copy(update={"requirements": tuple(_settled(each, found) for each in plan.requirements)})


def _presence(thing: Thing, look: CaseVerdict | None) -> Presence:
    verdict = look.verdict if look else None
    if thing.declared:
        return Presence(there=True, confirmed=verdict is Verdict.PASS)
    if verdict is Verdict.FAIL:
        return Presence(there=True)
    if verdict is Verdict.PASS:
        return Presence(there=False)
    return Presence(there=None, why=look.reason if look else "")


def _settled(planned: PlannedRequirement, found: Presences) -> PlannedRequirement:
    """What was deselected stays so; whatever hangs on nothing that is known stays as it is."""
    gone = tuple((side, words) for side, names in planned.side_when if (words := _fallen(side, names, found)))
    fallen = {side for side, _ in gone}
    cases = tuple(_case(each, found) for each in planned.cases)
    update: dict[str, object] = {
        "sides": tuple(side for side in planned.sides if side not in fallen),
        "fallen_sides": (*planned.fallen_sides, *gone),
        "cases": (*cases, *_uncovered(planned.condition, cases, found)),
    }
    if not planned.not_tested:
        away = _does_not_apply(planned.condition, found)
        update |= {"not_applicable": away, "not_tested": "" if away else _unchecked(planned.condition, found)}
    return planned.model_copy(update=update)


def _does_not_apply(condition: Condition, found: Presences) -> str:
    """Why it does not apply, as seen in this run; empty where that was not seen."""
    lacking = [name for name in condition.requires if _is(found, name, there=False)]
    if condition.any_of and all(_is(found, name, there=False) for name in condition.any_of):
        lacking += condition.any_of
    if lacking:
        return f"{_listed(lacking)} declared absent, {EARNED}"
    there = [name for name in condition.unless if name in found and found[name].confirmed]
    return f"does not apply with {_listed(there)}, declared and seen" if there else ""


def _unchecked(condition: Condition, found: Presences) -> str:
    """Why it cannot be said whether it applies; empty where it does."""
    lacking = [name for name in condition.requires if _is(found, name, there=None)]
    if condition.any_of and not any(_is(found, name, there=True) for name in condition.any_of):
        lacking += [name for name in condition.any_of if _is(found, name, there=None)]
    if lacking:
        whys = {found[name].why for name in lacking}
        return f"{_listed(lacking)} declared absent: {whys.pop() if len(whys) == 1 and whys != {''} else ABSENCE}"
    there = [name for name in condition.unless if _is(found, name, there=True)]
    return f"does not apply with {_listed(there)}, which was not both declared and seen: presence not checked" if there else ""


def _fallen(side: str, names: Sequence[str], found: Presences) -> str:
    """Why a side falls away; empty where it does not."""
    known = [name for name in names if name in found]
    if not known or any(found[name].there for name in known):
        return ""
    unchecked = any(found[name].there is None for name in known)
    return f"{side} side falls away: {_listed(names)} declared absent, {ABSENCE if unchecked else EARNED}"


def _case(case: PlannedCase, found: Presences) -> PlannedCase:
    presence = found.get(case.when) if case.when else None
    if presence is None or presence.there:
        return case
    earned = presence.there is False
    reason = f"{case.when} declared absent: {EARNED if earned else ABSENCE}"
    return case.model_copy(update={"runs": False, "reason": reason, "absent": True, "earned": earned})


def _uncovered(condition: Condition, cases: Sequence[PlannedCase], found: Presences) -> Iterable[PlannedCase]:
    """What makes the requirement apply and is there, but no case asks about: other cases must not pass for it."""
    covered = {case.when for case in cases}
    for name in (*condition.requires, *condition.any_of):
        if cases and not covered & {None, name} and _is(found, name, there=True):
            yield PlannedCase(case=f"({name})", side=cases[0].side, when=name, runs=False, reason=f"no case yet for {name}")


def _is(found: Presences, name: str, *, there: bool | None) -> bool:
    return name in found and found[name].there is there


def _listed(names: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(names))
