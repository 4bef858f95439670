"""Every flaw turns exactly the requirements that it breaks to FAIL; the others stay PASS."""

from pathlib import Path

import pytest

from harness.emulated.camera.flaws import FLAWS, Flaw
from tests.system.command import IN_A_HURRY, camlabel


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_a_flaw_breaks_exactly_what_it_says(flaw: Flaw, tmp_path: Path) -> None:
    """FAIL with offenders for what it breaks, PASS for the rest."""
    done = camlabel("run", "--json", *IN_A_HURRY, "--flaw", flaw.name, "--out", str(tmp_path))
    expected = {name: "FAIL" if name in flaw.breaks else "PASS" for name in ("NET-11", "SYS-07")}
    reasons = {name: done.requirement(name)["reason"] for name in expected}
    assert done.verdicts == expected, (reasons, done.err[-2000:])
    assert done.status == 1
    for name in flaw.breaks:
        assert done.requirement(name)["offenders"], name
        assert all(offender["again"] for offender in done.requirement(name)["offenders"])


def test_every_requirement_with_a_case_has_a_flaw() -> None:
    """A check that no flaw turns red may be a check that cannot fail."""
    broken = {name for flaw in FLAWS for name in flaw.breaks}
    assert broken == {"NET-11", "SYS-07"}
