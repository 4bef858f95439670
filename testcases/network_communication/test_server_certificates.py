"""NET-06: server certificates are verified."""

from itertools import product

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import device, false_servers


@case("NET-06", side="device")
def test_false_servers_are_sent_nothing(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Whatever false certificate one of its servers shows, in use or after a restart, the device sends no data, protected or not."""
    observe(device.call_home)
    found = observe(false_servers.servers)
    assume("every declared server can be stood in for", every(found, lambda each: "*" not in each.host))
    with controls(
        each_server_is_sent_data=lambda: every(observe(false_servers.undisturbed, found, limits.retry_s), lambda each: each.sent > 0)
    ):
        ways = product(false_servers.FALSE_CERTIFICATES, (false_servers.in_turn, false_servers.at_boot))
        tries = [each for certificate, way in ways for each in observe(way, found, certificate, limits.retry_s)]
        none_of("data sent to false servers", tries, lambda each: each.sent > 0)
        none_of("data sent in the clear instead", tries, lambda each: bool(each.instead))
    assume(
        "each certificate was shown by each server, in use and at boot",
        len(tries) == 2 * len(found) * len(false_servers.FALSE_CERTIFICATES),
    )
    assume("a connection was attempted each time", every(tries, lambda each: each.attempts > 0))
    assume("there was time to try again each time", every(tries, lambda each: each.waited_s >= limits.retry_s))
    assume("nothing was sent in a protocol that is not known", every(tries, lambda each: not each.unclear))
