"""DAT-11: exported settings and diagnostics are protected."""

from itertools import product

from harness.cases.dut import Dut
from harness.cases.words import Observe, case, controls, every, none_of
from harness.probes import exports


@case("DAT-11")
def test_no_credential_or_key_can_be_read_in_an_exported_file(dut: Dut, observe: Observe) -> None:
    """No exported file, unpacked as far as that goes, holds a planted or known credential or a private key in a readable form."""
    made = [observe(exports.make, kind) for kind in dut.declared.exports]
    none_of("exported files in which a credential or key can be read", made, lambda file: file.readable)


@case("DAT-11", when="config_export")
def test_only_unaltered_files_are_imported_and_carry_nothing_without_their_key(dut: Dut, observe: Observe) -> None:
    """A file altered in one byte is refused and changes nothing; without its user's key it brings no credential to another unit."""
    files = [observe(exports.make, kind) for kind in dut.declared.imports]
    with controls(own_unit_takes_it=lambda: every(files, lambda file: observe(exports.take_own, file).granted)):
        trials = [observe(exports.offer_altered, file) for file in files]
        none_of("altered files that are imported", [each for trial in trials for each in trial.offered], lambda each: each.taken)
    there = observe.of(dut.sibling)
    none_of(
        "files whose credentials another unit takes without their key",
        product(files, exports.WITHOUT_KEY),
        lambda asked: there(exports.carry, *asked).carried,
    )
