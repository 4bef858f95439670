"""Log-ins that are failed on purpose: what is shown, what it counts for, and who may go beyond the budget."""

from pathlib import Path

import pytest

from harness.gate.marks import acts
from harness.model.errors import NotPossible
from harness.model.secret import Credential
from tests.builders.emulated import emulated

OWNER = Credential(unit="cam-1", role="owner")


@pytest.mark.once
def test_guesses_differ_and_listed_ones_are_in_clear(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        shown = [bench.access.login(OWNER.guess(number), "") for number in (1, 2)]
        assert len({each.password for each in shown if each}) == 2
        listed = bench.access.login(OWNER.listed("12345", "root"), "web")
        assert listed is not None
        assert (listed.user, listed.password) == ("root", "12345")
        assert "listed root/12345" in str(OWNER.listed("12345", "root"))
        assert str(OWNER.of_other("cam-2")) == "owner with the password of cam-2"


@pytest.mark.once
def test_only_a_marked_act_may_besiege(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        with pytest.raises(NotPossible, match="would lock the account"), bench.access.siege("web", OWNER):
            pass
        governor = bench.access._governor  # type: ignore[attr-defined]
        began = bench.clock.now()
        with governor.permitting(besieges=True, disturbs=False), bench.access.siege("web", OWNER):
            for number in range(30):
                bench.access.login(OWNER.guess(number + 1), "web")
        assert bench.clock.now() - began < 60
        bench.access.login(OWNER.wrong, "web")
        assert bench.clock.now() - began > 250, "the next case waits for what was failed"


def test_an_act_that_besieges_owes_an_undo() -> None:
    with pytest.raises(ValueError, match="owes an undo"):
        acts("login", besieges=True)


@pytest.mark.once
def test_another_address_of_ours_is_all_that_differs(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        other = bench.access.from_address("127.0.0.2")
        assert (other.source, bench.access.source) == ("127.0.0.2", "")
        assert other.in_scope("127.0.0.1")
