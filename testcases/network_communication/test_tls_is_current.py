"""NET-05: current TLS versions and ciphers."""

from itertools import product

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import capture, device, false_servers, tls
from harness.probes.detectors import survey


@case("NET-05")
def test_tls_services_refuse_what_is_old_or_weak(dut: Dut, observe: Observe, limits: Limits) -> None:
    """No TLS port goes into a version below 1.2 or a weak suite, and each has a key that is long enough."""
    found = observe(tls.places, observe(survey.survey, "normal").services)
    shortest = {"RSA": limits.rsa_bits_min, "EC": limits.ec_bits_min}
    with controls(a_current_handshake_is_completed=lambda: every(found, lambda place: observe(tls.handshake, place).current)):
        none_of("old versions taken", product(found, tls.OLD_VERSIONS), lambda asked: observe(tls.taken, asked[0]).takes(asked[1]))
        none_of("weak suites taken", product(found, tls.KINDS), lambda asked: observe(tls.taken, asked[0]).takes_kind(asked[1]))
        keys = [(place, key) for place in found for key in observe(tls.taken, place).keys]
        none_of("keys that are too short", keys, lambda asked: asked[1].bits < shortest.get(asked[1].kind, 1e9))
        assume("a key was seen on every port", every(found, lambda place: bool(observe(tls.taken, place).keys)))
        assume("every version and suite was offered", every(found, lambda place: not observe(tls.taken, place).left_out))
        assume("every offer was answered", every(found, lambda place: not observe(tls.taken, place).unclear))


@case("NET-05", when="cloud_service", state="end", impact="login")
def test_the_device_itself_asks_for_current_tls_only(dut: Dut, observe: Observe) -> None:
    """What it offers holds no version below 1.2 and no weak suite; where it does not say its versions, it talks to no old server."""
    observe(device.call_home)
    said = observe(capture.hellos)
    none_of("hellos that offer old versions", said.hellos, lambda hello: tls.lists_versions(hello) and tls.offers_old(hello))
    if [hello for hello in said.hellos if not tls.lists_versions(hello)]:
        tried = observe(false_servers.in_old_versions, observe(false_servers.servers))
        none_of("servers of old versions that are talked to", tried, lambda each: each.sent > 0)
        assume("each of them was tried", every(tried, lambda each: each.attempts > 0))
    none_of("hellos that offer weak suites", said.hellos, lambda hello: bool(tls.offered_kinds(hello)))
    servers = dut.declared.tls_destinations
    assume("every declared server was greeted", every(servers, lambda to: tls.greeted(said, to.host, to.port)))
    assume(f"the capture is whole (gaps: {'; '.join(said.lost) or 'none'})", not said.lost)
