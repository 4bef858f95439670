"""SYS-06: guessing attacks are impracticable."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, guessing, sharing


@case("SYS-06", side="device")
def test_guessing_is_stopped_and_locks_nobody_out_for_good(dut: Dut, observe: Observe, limits: Limits) -> None:
    """On each surface, on one connection, on new ones, from new addresses, by every spelling and scheme: a limit acts, lasts, and ends."""
    surfaces, plans = observe(account.surfaces), observe(guessing.plans)
    bounds = guessing.bounds_of(limits.attempts, limits.max_failures, limits.lock_s_min, limits.guesses_per_hour_max)
    with controls(owner_is_let_in=lambda: every(surfaces, lambda s: observe(account.let_in, s, dut.owner).granted)):
        plans += tuple(plan for surface in surfaces for plan in observe(guessing.further_plans, surface, dut.owner))
        sieges = [observe(guessing.besiege, plan, dut.owner, bounds) for plan in plans]
    none_of("guessing that no limit stops in time", sieges, lambda siege: not siege.stops_by(limits.max_failures))
    none_of("guessing at a higher rate than the bound", sieges, lambda siege: not siege.below(limits.guesses_per_hour_max))
    none_of("owners who stay locked out after the lock time", sieges, lambda siege: not siege.let_back)
    assume("it was guessed from several addresses too", guessing.from_several(plans))


@case("SYS-06", side="device", when="multi_user", impact="change")
def test_a_second_account_is_no_way_to_guess(dut: Dut, observe: Observe, limits: Limits) -> None:
    """A viewer's password is guarded as the owner's is, and a viewer's own log-ins give nobody more guesses at the owner's."""
    viewer, bounds = (
        dut.account("viewer"),
        guessing.bounds_of(limits.attempts, limits.max_failures, limits.lock_s_min, limits.guesses_per_hour_max),
    )
    assume("the owner can share", observe(sharing.share, observe(sharing.ways)[0]).granted)
    surfaces = [surface for surface in observe(account.usable) if observe(account.let_in, surface, viewer).granted]
    asked = [(guessing.plan_of(surface, guessing.NEW_CONNECTIONS), viewer) for surface in surfaces]
    asked += [(guessing.plan_of(surface, guessing.BETWEEN), dut.owner) for surface in surfaces]
    sieges = [observe(guessing.besiege, plan, who, bounds) for plan, who in asked]
    none_of("guessing that no limit stops in time", sieges, lambda siege: not siege.stops_by(limits.max_failures))
    none_of("guessing at a higher rate than the bound", sieges, lambda siege: not siege.below(limits.guesses_per_hour_max))
    none_of("accounts that stay locked out after the lock time", sieges, lambda siege: not siege.let_back)
