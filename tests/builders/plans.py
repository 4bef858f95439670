"""Small plans and verdicts from which the tables of these tests are made."""

from harness.model.plan import Plan, PlannedCase, PlannedRequirement, Term
from harness.model.verdict import CaseVerdict, Note, Verdict

DIMENSIONS = tuple(
    Term(id=name, zh=zh)
    for name, zh in (
        ("physical-hardware", "物理与硬件安全"),
        ("system-software", "系统与软件安全"),
        ("network-communication", "网络与通信安全"),
        ("data-security", "数据安全"),
        ("personal-information", "个人信息保护"),
        ("security-assurance", "安全保障"),
    )
)
LEVELS = (Term(id="basic", zh="基础级"), Term(id="enhanced", zh="增强级"), Term(id="leading", zh="领先级"))


def requirement(
    name: str = "NET-11", *, level: str = "basic", dimension: str = "network-communication", **more: object
) -> PlannedRequirement:
    """A requirement with one case on the device side, unless told otherwise."""
    entries = {"sides": ("device",), "cases": (PlannedCase(case=f"test_{name}", side="device"),), "title": f"title of {id}", **more}
    return PlannedRequirement.model_validate({"id": name, "dimension": dimension, "level": level, **entries})


def plan(*requirements: PlannedRequirement, level: str = "basic") -> Plan:
    """A plan over the six dimensions and three levels."""
    return Plan.model_validate({"level": level, "dimensions": DIMENSIONS, "levels": LEVELS, "requirements": requirements})


def attempt(
    verdict: Verdict, *, name: str = "NET-11", case: str = "", number: int = 1, side: str = "device", notes: tuple[Note, ...] = ()
) -> CaseVerdict:
    """A finished attempt; a FAIL lists one offender unless told otherwise."""
    if verdict is Verdict.FAIL and not notes:
        notes = (Note(verdict=verdict, what="things that are open", item=f"thing {number}", evidence=(number,), again="curl it"),)
    return CaseVerdict(
        case=case or f"test_{name}",
        requirement=name,
        side=side,
        attempt=number,
        verdict=verdict,
        reason=f"{verdict} because",
        notes=notes,
        observations=3,
    )
