"""SYS-36: delivered configuration is secure."""

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, every, none_of
from harness.probes import defaults, device, management
from harness.probes.detectors import survey


@case("SYS-36", state="factory")
def test_what_is_delivered_and_what_set_up_suggests_protects(dut: Dut, observe: Observe) -> None:
    """As delivered, and after a set-up with what it suggests: protection is on, what opens the device is off."""
    decisions = observe(defaults.decisions)
    none_of("unsafe as delivered", decisions.of("factory"), lambda each: not observe(defaults.look, each, "factory").safe)
    open_then = observe(survey.survey, "factory").services
    none_of("management in the clear as delivered", open_then, lambda each: observe(management.prompts, each).answers())
    observe(device.bring_to, "normal")
    none_of("unsafe after set-up", decisions.of("normal"), lambda each: not observe(defaults.look, each, "normal").safe)
    open_now = observe(survey.survey, "normal").services
    none_of("management in the clear after set-up", open_now, lambda each: observe(management.prompts, each).answers())
    assume("a decision of each kind is listed, or said not to be offered", every(defaults.KINDS, decisions.covers))
