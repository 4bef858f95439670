"""SYS-04: minimum password quality enforced."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, every, none_of
from harness.probes import password_rules


@case("SYS-04", side="device")
def test_weak_passwords_are_refused_by_every_way_of_changing_one(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Short, single-class and well-known passwords and the account's name are refused by the device itself, for new accounts too."""
    ways = observe(password_rules.ways)
    rules = password_rules.rules_of(limits.length_min, limits.classes_min, limits.common_list)
    offers = [observe(password_rules.offer_weak, dut.owner, way, rules) for way in ways]
    offers += [observe(password_rules.offer_weak_viewer, way, rules) for way in observe(password_rules.viewer_ways)]
    none_of("ways that take a weak password", offers, lambda offer: bool(offer.taken))
    assume("every weak password was offered and weighed", every(offers, lambda offer: offer.whole))
    assume("a good password is taken by each", every(ways, lambda way: observe(password_rules.offer_good, dut.owner, way, rules).granted))
