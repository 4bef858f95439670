"""NET-02: no obsolete or cleartext management protocols."""

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import device, management, ports
from harness.probes.detectors import survey


@case("NET-02")
def test_nothing_is_managed_in_the_clear(dut: Dut, observe: Observe) -> None:
    """No port speaks telnet, FTP, remote shell, TFTP or old SNMP; HTTP without TLS is closed or only leads to TLS."""
    found = observe(survey.survey, "normal")
    with controls(the_device_is_up=lambda: observe(device.is_up)):
        none_of("prompts in the clear", found.services, lambda each: observe(management.prompts, each).answers())
        none_of("web management in the clear", found.services, lambda each: observe(management.plain_web, each).answers())
        datagrams = [each for scan in found.scans for each in observe(management.datagrams, scan.address)]
        none_of("management by datagrams", datagrams, lambda each: each.answers())
    waiting = [each for each in observe(ports.waiting) if dut.declared.serves((each.service,), "normal")]
    assume("every declared service was met", every(waiting, lambda each: each.met is True))
    assume(f"every port was asked ({found.left_out})", not found.left_out)
