"""DAT-07: factory reset erases user data."""

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, every, expect, none_of
from harness.probes import account, device, erasing, storage
from harness.probes.account import granted


@case("DAT-07", side="storage")
def test_every_reset_erases_user_data(dut: Dut, observe: Observe) -> None:
    """After each reset on offer no planted value is in a file of flash or card."""
    media = observe(storage.media)
    for way in dut.declared.resets:
        observe(device.bring_to, "normal")
        planted = observe(erasing.plant)
        assume("every value was taken", every(planted, granted))
        before = observe(erasing.find, [observe(storage.copy, medium) for medium in media], planted)
        assume("each value is found before", every(before, lambda each: bool(each.places)))
        expect(f"the device is reset by {way}", observe(erasing.reset, way).granted)
        after = observe(erasing.find, [observe(storage.copy, medium) for medium in media], planted)
        none_of(f"values of its owner left after a reset by {way}", after, lambda each: not each.gone)


@case("DAT-07", side="device")
def test_no_token_outlives_a_reset(dut: Dut, observe: Observe) -> None:
    """After each reset on offer former tokens are refused, also once the device was set up anew, which it can be."""
    for way in dut.declared.resets:
        observe(device.bring_to, "normal")
        tokens = [observe(account.log_in, s, dut.owner).session for s in observe(account.usable)]
        assume("each token works before", every(observe(account.use, tokens), granted))
        expect(f"the device is reset by {way}", observe(erasing.reset, way).granted)
        none_of(f"tokens that outlive a reset by {way}", observe(account.use, tokens), granted)
        observe(device.bring_to, "normal")
        none_of(f"tokens of before a reset by {way} that a new set-up brings back", observe(account.use, tokens), granted)
