"""NET-01: only declared ports are open, as delivered, during set-up and in use."""

from harness.cases.dut import Dut, Limits, State
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, device, ports


def judge(dut: Dut, found: ports.Ports, state: State) -> None:
    """What is open is declared for this state and has a purpose; what is declared was met; nothing was left out."""
    none_of("open ports that are not declared", found.found, lambda each: not dut.declared.serves(each.services, state))
    none_of("declared services without a purpose", dut.declared.in_state(state), lambda each: not dut.declared.purpose(each))
    waiting = [each for each in found.declared if dut.declared.serves((each.service,), state)]
    assume("every declared service was met", every(waiting, lambda each: each.met is True))
    assume(f"every port was asked and told ({found.left_out})", not found.left_out)


@case("NET-01", state="factory")
def test_only_declared_ports_are_open_as_delivered(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Before set-up no TCP or UDP port answers but those that are declared for it, over IPv4 and IPv6."""
    with controls(the_device_is_up=lambda: observe(device.is_up)):
        judge(dut, observe(ports.open_ports, limits.tcp_ports, limits.udp_common), "factory")


@case("NET-01", state="setup", impact="change")
def test_only_declared_ports_are_open_during_set_up(dut: Dut, observe: Observe, limits: Limits) -> None:
    """While it is set up nothing else opens."""
    with controls(the_device_is_up=lambda: observe(device.is_up)), observe.during(device.bring_to, "normal"):
        judge(dut, observe(ports.open_ports, limits.tcp_ports, limits.udp_common), "setup")


@case("NET-01", state="normal")
def test_only_declared_ports_are_open_in_use(dut: Dut, observe: Observe, limits: Limits) -> None:
    """With sessions open, streams playing and an update asked for, nothing else answers."""
    surfaces = observe(account.usable)
    with controls(the_device_is_up=lambda: observe(device.is_up)):
        opened = [observe(account.log_in, surface, dut.owner) for surface in surfaces]
        assume("sessions and streams are open", every(opened, lambda each: each.granted))
        if dut.declared.has("ota_update"):
            assume("an update was asked for", observe(device.ask_for_update).state == "granted")
        judge(dut, observe(ports.open_ports, limits.tcp_ports, limits.udp_common), "normal")
