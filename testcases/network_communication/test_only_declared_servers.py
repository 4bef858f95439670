"""NET-24: the device contacts only the servers that its producer declares."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, none_of
from harness.probes import capture, life


@case("NET-24")
def test_only_declared_servers_are_contacted(dut: Dut, observe: Observe, limits: Limits) -> None:
    """In set-up, idling, use, outage and every other test of this run, only declared servers are contacted."""
    day = observe(life.ordinary_day, limits.capture_s_min)
    traffic = observe(capture.traffic, "since power-on")
    none_of("destinations not declared", traffic.destinations, lambda to: not dut.declared.covers(to))
    none_of("destinations declared without purpose or region", dut.declared.destinations, lambda to: not (to.purpose and to.region))
    assume("every phase of the day took place", not day.left_out)
    assume("no gap, and all that the stand-in cloud received is in the capture", not traffic.lost and not traffic.unseen)
