"""NET-11: local stream protocols require a login (RTSP)."""

from itertools import product

from harness.cases.dut import NOBODY, Dut
from harness.cases.words import Observe, case, controls, every, none_of
from harness.probes import rtsp


@case("NET-11", when="rtsp")
def test_rtsp_gives_nothing_without_a_login(dut: Dut, observe: Observe) -> None:
    """No RTSP path, declared or well known, is described, set up or played without a valid login."""
    paths = observe(rtsp.paths)
    declared = [path for path in paths if path.declared]
    with controls(
        owner_is_served=lambda: every(declared, lambda p: observe(rtsp.attempt, p, dut.owner).played),
        nothing_is_served_where_nothing_is=lambda: not observe(rtsp.attempt, rtsp.MISSING, dut.owner).gave,
    ):
        none_of(
            "RTSP requests granted without a login",
            product(paths, (NOBODY, dut.owner.wrong), ("tcp", "udp")),
            lambda asked: bool(observe(rtsp.attempt, *asked).gave),
        )
