"""SYS-03: credentials must be set before first use."""

from harness.cases.dut import NOBODY, Dut
from harness.cases.words import Observe, assume, case, every, none_of
from harness.probes import device, first_calls, first_use


@case("SYS-03")
def test_as_delivered_nothing_is_served_before_credentials_are_set(dut: Dut, observe: Observe) -> None:
    """Before set-up nobody gets a stream, a picture, settings or functions, and set-up does not end without a password."""
    requests = observe(first_use.requests)
    none_of("served before credentials were set", requests, lambda request: observe(first_use.ask, request, NOBODY).granted)
    calls = observe(first_calls.changing)
    if calls:
        none_of("functions by which anybody sets it up", observe(first_calls.as_nobody, calls), lambda call: call.in_use)
    orders = observe(first_calls.onvif_orders)
    if orders:
        none_of("ONVIF operations that obey before set-up", observe(first_calls.orders_by_nobody, orders), lambda order: order.granted)
    how_none = observe(first_use.no_passwords)
    none_of("set-ups that end without a password", how_none, lambda how: observe(first_use.set_up, dut.owner, how).granted)
    observe(device.bring_to, "normal")
    assume("its owner gets the same after set-up", every(requests, lambda request: observe(first_use.ask, request, dut.owner).granted))
    if calls:
        none_of("functions that obeyed before credentials were set", observe(first_calls.compared, calls), lambda call: call.granted)
