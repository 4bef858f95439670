"""SYS-09: no hard-coded credentials or keys."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, firmware, storage


@case("SYS-09")
def test_nothing_in_the_software_opens_every_unit(dut: Dut, observe: Observe, limits: Limits) -> None:
    """The software holds no private key, no secret of a service and no account that is let in; two units share no keys."""
    surfaces, taken = observe(account.surfaces), observe(storage.copy, "flash")
    scan = observe(firmware.scan, taken)
    with controls(owner_is_let_in=lambda: every(surfaces, lambda s: observe(account.let_in, s, dut.owner).granted)):
        trials = [observe(firmware.offer, s, dut.owner, taken) for s in surfaces]
    none_of("secrets in the software of every unit", scan.sought, lambda kind: bool(kind.places))
    none_of("surfaces that take a log-in of the software", trials, lambda trial: bool(trial.taken))
    for other in (dut.sibling,) if dut.other else ():
        shared = observe(firmware.compare, taken, observe.of(other)(storage.copy, "flash"))
        none_of("keys that two units share", shared, lambda kind: bool(kind.places))
    assume("the image is unpacked, as far as the bound asks", taken.explained >= limits.explained_min)
    assume("all of the software was read and understood", scan.whole)
    assume("every log-in of the software was answered", every(trials, lambda trial: trial.checked))
