"""PHY-07: reset control returns to a protected state."""

from harness.cases.dut import NOBODY, Dut, Limits
from harness.cases.words import Observe, assume, case, every, expect, none_of
from harness.probes import account, first_use, ports, reset_control
from harness.probes.account import granted


@case("PHY-07")
def test_only_a_deliberate_press_resets_and_nothing_is_open_then(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Short presses change nothing; after a full one it asks to be set up, is open where declared only, and gives nothing of before."""
    surfaces, declared = observe(account.usable), dut.declared.press_s
    requests = [each for each in observe(first_use.requests) if each.gives]
    opened = [observe(account.log_in, surface, dut.owner).session for surface in surfaces]
    assume("all that the owner opened is in force", every(observe(account.use, opened), granted))
    expect("the declared time is at least the bound", declared >= limits.min_press_s)
    none_of("short presses that reset", (reset_control.TAP_S, declared / 2), lambda s: observe(reset_control.press, s).changed)
    full = observe(reset_control.press, declared * reset_control.LONGER)
    expect("the device is up after a full press", full.back)
    expect("it asks to be set up", full.as_delivered)
    none_of("served before new credentials", requests, lambda each: observe(first_use.ask, each, NOBODY).granted)
    none_of("former passwords that are taken", surfaces, lambda surface: observe(account.log_in, surface, dut.owner).granted)
    none_of("former sessions and streams that go on", observe(account.use, opened), granted)
    found = observe(ports.open_ports, ports.TCP, ports.UDP)
    none_of("open ports not declared as delivered", found.found, lambda each: not dut.declared.serves(each.services, "factory"))
    assume(f"every port was asked and told ({found.left_out})", not found.left_out)
