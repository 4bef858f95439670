"""SYS-01: no universal or default password."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, shared_logins


@case("SYS-01", state="factory")
def test_as_delivered_no_listed_password_is_taken(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Before set-up no surface takes a password from public lists, the declared default, or none at all."""
    trials = [observe(shared_logins.offer_listed, s, dut.owner, limits.pairs_max) for s in observe(account.surfaces)]
    none_of("surfaces that take a listed password", trials, lambda trial: bool(trial.taken))
    assume("the whole list was tried, and every try answered", every(trials, lambda trial: trial.checked))


@case("SYS-01", state="normal")
def test_in_use_no_password_is_taken_that_is_not_its_own(dut: Dut, observe: Observe, limits: Limits) -> None:
    """After set-up no surface takes a listed password, or the one of another unit."""
    surfaces, other = observe(account.surfaces), dut.sibling
    with controls(owner_is_let_in=lambda: every(surfaces, lambda s: observe(account.let_in, s, dut.owner).granted)):
        trials = [observe(shared_logins.offer_listed, s, dut.owner, limits.pairs_max) for s in surfaces]
        trials += [observe(shared_logins.offer_others, s, dut.owner, other.unit) for s in surfaces]
    none_of("surfaces that take a password which is not the unit's own", trials, lambda trial: bool(trial.taken))
    assume("the whole list was tried, and every try answered", every(trials, lambda trial: trial.checked))
