"""ASR-10: tested sample equals filed product."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, expect, none_of
from harness.probes import product


@case("ASR-10", side="device")
def test_the_unit_is_the_product_that_was_filed(dut: Dut, observe: Observe) -> None:
    """Model, hardware and firmware are those of the profile wherever they are told, and the unit's software is that of the package."""
    told = observe(product.identifiers)
    none_of("identifiers of another product", told.said, lambda each: each.other)
    software = observe(product.software)
    none_of("software of another product", [software], lambda each: bool(each.strangers))
    assume("the unit itself tells model, hardware and firmware", not told.silent)
    assume("its software was compared with a package or a filed digest", software.compared)


@case("ASR-10", side="document")
def test_the_label_is_that_of_the_product(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Every field of the label is there, agrees with profile and report and holds, or is open before filing; the unit is of its model."""
    papers, told = observe(product.papers), observe(product.identifiers)
    none_of("label fields that are missing or wrong", papers.fields, lambda each: each.wrong)
    expect("the label has all its fields", papers.right >= limits.label_fields)
    none_of("models that are not the label's", [each for each in told.said if each.what == "model"], lambda each: each.other)
