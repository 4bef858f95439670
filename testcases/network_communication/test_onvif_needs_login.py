"""NET-11: local stream protocols require a login (ONVIF)."""

from itertools import product

from harness.cases.dut import NOBODY, STRANGER, Dut
from harness.cases.words import Observe, case, controls, every, none_of
from harness.probes import onvif


@case("NET-11", when="onvif", impact="login")
def test_onvif_answers_only_fresh_logins(dut: Dut, observe: Observe) -> None:
    """Operations refuse absent, wrong, stale and repeated credentials, strangers, names alone, and false log-ins by HTTP itself."""
    free = onvif.NEEDED_BEFORE_LOGIN & dut.declared.before_login
    guarded = [operation for operation in observe(onvif.operations) if operation not in free]
    bad = ((NOBODY, "none"), (dut.owner.wrong, "fresh"), (dut.owner, "stale"), (dut.owner, "repeated"))
    strangers = ((dut.owner.listed("", STRANGER), "fresh"), (dut.owner.listed(""), "unproven"))
    by_http = ((dut.owner.wrong, "basic"), (dut.owner.listed(""), "basic"), (dut.owner.wrong, "digest"))
    with controls(owner_is_answered=lambda: every(guarded, lambda op: observe(onvif.call, op, dut.owner, "fresh").granted)):
        none_of(
            "ONVIF operations granted without a valid login",
            product(guarded, bad),
            lambda asked: observe(onvif.call, asked[0], *asked[1]).granted,
        )
        none_of(
            "ONVIF operations granted for a log-in of HTTP that is not valid",
            product(guarded[: onvif.DOORS], by_http),
            lambda asked: observe(onvif.call, asked[0], *asked[1]).granted,
        )
        none_of(
            "ONVIF operations granted to strangers and to names without a password",
            product(guarded[: onvif.DOORS], strangers),
            lambda asked: observe(onvif.call, asked[0], *asked[1]).granted,
        )
