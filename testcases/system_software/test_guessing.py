"""SYS-06: guessing attacks are impracticable."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, guessing


@case("SYS-06", side="device")
def test_guessing_is_stopped_and_locks_nobody_out_for_good(dut: Dut, observe: Observe, limits: Limits) -> None:
    """On each surface, on one connection, on new ones and from new addresses: a limit acts in time, lasts, and ends."""
    surfaces, plans = observe(account.surfaces), observe(guessing.plans)
    bounds = guessing.bounds_of(limits.attempts, limits.max_failures, limits.lock_s_min, limits.guesses_per_hour_max)
    with controls(owner_is_let_in=lambda: every(surfaces, lambda s: observe(account.let_in, s, dut.owner).granted)):
        sieges = [observe(guessing.besiege, plan, dut.owner, bounds) for plan in plans]
    none_of("guessing that no limit stops in time", sieges, lambda siege: not siege.stops_by(limits.max_failures))
    none_of("guessing at a higher rate than the bound", sieges, lambda siege: not siege.below(limits.guesses_per_hour_max))
    none_of("owners who stay locked out after the lock time", sieges, lambda siege: not siege.let_back)
    assume("it was guessed from several addresses too", guessing.from_several(plans))
