"""NET-12: local streams can be encrypted and are by default."""

from harness.cases.dut import NOBODY, Dut
from harness.cases.words import Observe, assume, case, expect, none_of
from harness.probes import clear_streams, device, erasing
from harness.probes.detectors import survey


@case("NET-12", state="factory")
def test_nothing_streams_in_the_clear_as_delivered_and_after_a_reset(dut: Dut, observe: Observe) -> None:
    """As delivered, after set-up, and after each reset of a device whose owner had allowed it, no stream is given without TLS."""
    none_of("streams in the clear as delivered", observe(clear_streams.forms), lambda f: observe(clear_streams.ask, f, NOBODY).gave)
    observe(device.bring_to, "normal")
    forms = [*observe(clear_streams.forms, observe(survey.survey, "normal").services), *observe(clear_streams.forms_told)]
    none_of("streams in the clear by default", forms, lambda f: observe(clear_streams.ask, f, dut.owner).gave)
    for way in dut.declared.resets if dut.declared.clear_choice == "offered" else ():
        assume("its owner can allow them", observe(clear_streams.allow).granted)
        shown = [form for form in forms if observe(clear_streams.ask, form, dut.owner).gave]
        assume("they are seen where they are allowed", len(shown) > 0)
        expect(f"the device is reset by {way}", observe(erasing.reset, way).granted)
        none_of(f"streams in the clear after a reset by {way}", shown, lambda f: observe(clear_streams.ask, f, NOBODY).gave)
        observe(device.bring_to, "normal")
        none_of(f"streams in the clear that a reset by {way} left allowed", shown, lambda f: observe(clear_streams.ask, f, dut.owner).gave)


@case("NET-12", state="normal", impact="change")
def test_streams_come_encrypted_and_in_the_clear_only_after_a_warning(dut: Dut, observe: Observe) -> None:
    """Every stream plays inside TLS, with nothing beside it; without TLS only from the owner's yes to a warning until the owner's no."""
    streams = dut.declared.streams
    none_of("streams that do not come encrypted", streams, lambda s: not observe(clear_streams.play_encrypted, s, dut.owner).encrypted)
    none_of("media in the clear beside TLS", streams, lambda s: observe(clear_streams.beside_tls, s, dut.owner).gave)
    assume("the profile says whether clear streams may be allowed", dut.declared.clear_choice != "unsaid")
    if dut.declared.clear_choice == "offered":
        forms = observe(clear_streams.forms)
        observe(clear_streams.forbid)
        expect("the owner is warned before they are allowed", observe(clear_streams.warn).granted)
        none_of("streams in the clear after the warning alone", forms, lambda f: observe(clear_streams.ask, f, dut.owner).gave)
        expect("the owner can allow them", observe(clear_streams.allow).granted)
        shown = [form for form in forms if observe(clear_streams.ask, form, dut.owner).gave]
        assume("they are seen where they are allowed", len(shown) > 0)
        observe(clear_streams.forbid)
        none_of("streams in the clear that are not allowed any more", shown, lambda f: observe(clear_streams.ask, f, dut.owner).gave)
