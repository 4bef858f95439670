"""The plan for people: what will happen for every requirement and side, why not, and how long it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.cases.applicability import ABSENCE, look_of, presences, settle
from harness.model.counting import counted
from harness.model.outlook import Line, Outlook, What
from harness.model.plan import Plan, PlannedRequirement
from harness.model.requirement import Requirement
from harness.runner import expected
from harness.runner.expected import Costs
from harness.runner.inputs import Inputs
from harness.runner.reach import lacking, lacks, why_not_earned

INSPECTION = "inspection"


def outlook(inputs: Inputs, speed: float | None = None, *, attended: bool = False, worldless: str = "") -> Outlook:
    """Everything as it can be said before the first question; `speed` is how slow this machine is, found out where it is not given."""
    return _Looking(inputs, speed, attended, worldless if inputs.bench.emulated else "").outlook()


@dataclass
class _Looking:
    inputs: Inputs
    speed: float | None
    attended: bool
    worldless: str

    def outlook(self) -> Outlook:
        lines = tuple(line for each in self._plan.requirements for line in self._lines(each))
        expected_s, basis = self._measured() or self._estimated(lines)
        plan = self.inputs.plan
        return Outlook(
            asked=plan.level, effort=plan.effort, overlay=plan.overlay, expected_s=round(expected_s, 1), basis=basis, lines=lines
        )

    @cached_property
    def _plan(self) -> Plan:
        plan = self.inputs.plan
        return settle(plan, presences(plan, {}))

    @cached_property
    def _present(self) -> frozenset[str]:
        return frozenset(each.id for each in self.inputs.plan.things if each.declared)

    @cached_property
    def _missing(self) -> dict[str, str]:
        return lacking(self.inputs.bench, attended=self.attended, worldless=self.worldless)

    @cached_property
    def _unearned(self) -> dict[str, str]:
        """Of everything that is declared absent: why that cannot be shown here, empty where it can."""
        effort, bench = self.inputs.plan.effort, self.inputs.bench
        things = {each.id: each for each in self.inputs.plan.things if each.kind == "capability" and not each.declared}
        app = things.get("mobile_app")
        without_app = app is not None and not why_not_earned(app, bench, self._missing, effort, self._present, without_app=False)
        return {
            name: why_not_earned(each, bench, self._missing, effort, self._present, without_app=without_app)
            for name, each in things.items()
        }

    def _lines(self, planned: PlannedRequirement) -> Iterator[Line]:
        entry = self.inputs.catalogue.requirement(planned.id)
        whole = self._whole(planned)
        for side in planned.sides:
            what, why = whole or self._side(planned, entry, side)
            yield self._line(entry, planned, side, what, why)
        for side, words in planned.fallen_sides:
            hangs_on = next(names for name, names in planned.side_when if name == side)
            yield self._line(entry, planned, side, *(whole or self._absent(hangs_on, words, all_of_them=True)))

    def _whole(self, planned: PlannedRequirement) -> tuple[What, str] | None:
        """What holds for all sides alike."""
        if not planned.not_tested:
            return ("not possible here", planned.broken or "no case yet") if not planned.cases else None
        absent = [name for name in planned.condition.names if name in self._unearned]
        if ABSENCE not in planned.not_tested or not absent:
            return "not possible here", planned.not_tested
        requires = [name for name in planned.condition.requires if name in self._unearned]
        return self._absent(requires or absent, planned.not_tested, all_of_them=not requires)

    def _absent(self, names: Sequence[str], words: str, *, all_of_them: bool) -> tuple[What, str]:
        """Absence that will be shown, if nothing is seen, or that cannot be."""
        whys = [self._unearned.get(name, "") for name in names]
        if any(whys) if all_of_them else all(whys):
            return (
                "not possible here",
                f"{words.removesuffix(ABSENCE).rstrip(':, ')}: absence cannot be checked: {next(filter(None, whys))}",
            )
        return "not applicable", f"{words.removesuffix(ABSENCE).rstrip(':, ')}, unless it is seen"

    def _side(self, planned: PlannedRequirement, entry: Requirement, side: str) -> tuple[What, str]:
        cases = [each for each in planned.cases if each.side == side]
        reasons = [each.reason for each in cases if not each.runs and not each.absent]
        if not cases or reasons:
            return "not possible here", "; ".join(dict.fromkeys(reasons)) or f"no case yet for the {side} side"
        if not any(each.runs for each in cases):
            return self._absent([each.when for each in cases if each.when], cases[0].reason, all_of_them=True)
        if side == INSPECTION or entry.automation == "manual":
            return (
                ("operator", "a person at the bench looks")
                if "operator" not in self._missing
                else ("not possible here", self._missing["operator"])
            )
        return "run", ", ".join(each.case for each in cases if each.runs)

    def _line(self, entry: Requirement, planned: PlannedRequirement, side: str, what: What, why: str) -> Line:
        inputs = self.inputs
        missing: tuple[str, ...] = ()
        if what != "not applicable":
            missing = tuple(lacks(entry, side, inputs.catalogue, inputs.bench, self._missing, self._present))
        stopped = [each for each in missing if each != self._missing.get("operator")]
        if what == "run" and stopped:
            what, why = "not possible here", "; ".join(stopped)
        if what in ("run", "operator") and planned.broken:
            why = f"{why}; and ERROR, since {planned.broken}"
        share = self._minutes(entry, planned, side) if what in ("run", "operator") else 0.0
        return Line(
            requirement=entry.id,
            level=entry.level,
            title=entry.title,
            side=side,
            what=what,
            why=why,
            lacks=missing,
            minutes=round(share, 3),
        )

    def _minutes(self, entry: Requirement, planned: PlannedRequirement, side: str) -> float:
        """Measured where all cases of this side were, else its share of the catalogue's estimate."""
        cases = {each.case for each in planned.cases if each.side == side and each.runs}
        if self._costs and cases <= self._costs.seconds.keys():
            return self._costs.of(cases, self._speed) / 60
        estimates = entry.expected_minutes
        return (estimates.emulated if self.inputs.bench.emulated else estimates.real) / max(1, len(planned.sides))

    @cached_property
    def _costs(self) -> Costs | None:
        """None on devices that were not measured at this effort."""
        device = self.inputs.bench.emulated.device if self.inputs.bench.emulated else ""
        return expected.measured().costs(device, self.inputs.plan.effort)

    @cached_property
    def _speed(self) -> float:
        return self.speed or expected.loop_s() / expected.measured().loop_s

    def _measured(self) -> tuple[float, str] | None:
        """Only on devices that were measured at this effort; the catalogue estimates cases that came since."""
        costs = self._costs
        if costs is None:
            return None
        speed = self._speed
        runs = {case.case: each for each in self._plan.requirements for case in each.cases if case.runs and not each.not_tested}
        later = [each for case, each in runs.items() if case not in costs.seconds]
        asked = {each.id for each in self._plan.requirements if not each.not_tested}
        looks = {look_of(thing.id) for thing in self._plan.things if thing.owner in asked}
        expected_s = costs.of([*((runs.keys() | looks) & costs.seconds.keys()), expected.LOOKS, expected.REST], speed)
        expected_s += 60 * sum(self.inputs.catalogue.requirement(each.id).expected_minutes.emulated / len(each.cases) for each in later)
        basis = f"measured on {expected.measured().date}, our share scaled to this machine (×{speed:.2f})"
        return expected_s, f"{basis}; {counted(len(later), 'case')} by the catalogue" if later else basis

    def _estimated(self, lines: Sequence[Line]) -> tuple[float, str]:
        return 60 * sum(each.minutes for each in lines), "the catalogue's estimates at full effort"
