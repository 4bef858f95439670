"""SYS-08: passwords are stored as salted hashes."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, password_store, storage


@case("SYS-08")
def test_a_password_in_use_cannot_be_read_from_flash_or_card(dut: Dut, observe: Observe, limits: Limits) -> None:
    """After a change the new password stands nowhere in a form that can be turned back, and its own store is salted and slow."""
    surfaces, before = observe(account.surfaces), observe(storage.copy, "flash")
    with controls(owner_is_let_in=lambda: every(surfaces, lambda s: observe(account.let_in, s, dut.owner).granted)):
        assume("the owner can change the password", observe(account.change_password, dut.owner, dut.owner).granted)
        copies = [observe(storage.copy, medium) for medium in observe(storage.media)]
        sought = [observe(password_store.search, taken, dut.owner) for taken in copies]
    none_of("media from which a password can be read", sought, lambda each: bool(each.places))
    store = observe(password_store.examine, before, copies[0], dut.owner)
    none_of(
        "ways of keeping it that can be turned back", store.kept, lambda kept: not kept.is_slow(limits.rounds_min, limits.memory_kib_min)
    )
    assume("the place of the password was found and understood", store.found)
    assume("every part was searched", every(sought, lambda each: each.whole))
