"""NET-09: forward secrecy and authenticated encryption."""

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import capture, device, tls
from harness.probes.detectors import survey


@case("NET-09")
def test_tls_services_agree_on_forward_secrecy(dut: Dut, observe: Observe) -> None:
    """Common clients are led to ephemeral keys and authenticated encryption; suites without ephemeral keys are refused or excepted."""
    found = observe(tls.places, observe(survey.survey, "normal").services)

    def static_and_not_excepted(place: tls.Place) -> bool:
        taken = observe(tls.taken, place)
        return not dut.declared.excepts(place.services, taken.static, taken.on)

    with controls(a_current_handshake_is_completed=lambda: every(found, lambda place: observe(tls.handshake, place).current)):
        none_of("default negotiations without it", found, lambda place: bool(observe(tls.taken, place).not_forward_secret))
        none_of("suites without ephemeral keys taken", found, static_and_not_excepted)
        assume("a common offer was taken on every port", every(found, lambda place: bool(observe(tls.taken, place).by_default)))
        assume("every suite was offered", every(found, lambda place: not observe(tls.taken, place).left_out))
        assume("every offer was answered", every(found, lambda place: not observe(tls.taken, place).unclear))


@case("NET-09", when="cloud_service", state="end", impact="login")
def test_the_device_itself_prefers_forward_secrecy(dut: Dut, observe: Observe) -> None:
    """The first suite of every hello to its servers has ephemeral keys and authenticated encryption."""
    observe(device.call_home)
    said = observe(capture.hellos)
    none_of("hellos that prefer something else", said.hellos, lambda hello: not tls.prefers_secrecy(hello))
    servers = dut.declared.tls_destinations
    assume("every declared server was greeted", every(servers, lambda to: tls.greeted(said, to.host, to.port)))
    assume(f"the capture is whole (gaps: {'; '.join(said.lost) or 'none'})", not said.lost)
