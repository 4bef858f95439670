"""SYS-07: credentials can be changed and old ones die."""

from harness.cases.dut import NOBODY, Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, expect, none_of
from harness.probes import account, restarting
from harness.probes.account import granted, none_granted


@case("SYS-07", side="device", impact="change")
def test_a_changed_password_ends_all_that_the_old_one_opened(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Only the current password changes it; then the old one, its sessions and its streams are dead."""
    surfaces = observe(account.surfaces)
    opened = [observe(account.log_in, s, dut.owner).session for s in surfaces for _ in range(2)]
    with controls(owner_is_let_in=lambda: every(surfaces, lambda s: observe(account.log_in, s, dut.owner).granted)):
        assume("all sessions work before", every(observe(account.use, opened), granted))
        none_of(
            "changes granted without the current password",
            (NOBODY, dut.owner.wrong, dut.owner.listed("")),
            lambda current: observe(account.change_password, dut.owner, current).granted,
        )
        expect("the owner can change the password", observe(account.change_password, dut.owner, dut.owner).granted)
        none_of("surfaces that take the old password", surfaces, lambda s: observe(account.log_in, s, dut.owner.former).granted)
        alive = observe.until(none_granted, limits.revoke_within_s, account.use, opened)
        none_of("sessions and streams that outlive the old password", alive.last, granted)


@case("SYS-07", side="device")
def test_a_changed_password_outlasts_a_restart(dut: Dut, observe: Observe) -> None:
    """By whichever way it was changed, after a restart the new password is taken, and the old one and its sessions are not."""
    surfaces = observe(account.surfaces)
    for way in observe(account.ways_of_changing):
        opened = [observe(account.log_in, s, dut.owner).session for s in surfaces]
        sessions = [each for each in opened if each.kind == "session"]
        if sessions:
            assume("all sessions work before", every(observe(account.use, sessions), granted))
        expect("the owner can change the password", observe(account.change_password_by, dut.owner, way).granted)
        assume("it restarts", observe(restarting.restart).granted)
        none_of("surfaces that take the old password again", surfaces, lambda s: observe(account.let_in, s, dut.owner.former).granted)
        if sessions:
            none_of("sessions of the old password that are there again", observe(account.use, sessions), granted)
        expect("the new password holds", every(surfaces, lambda s: observe(account.let_in, s, dut.owner).granted))
