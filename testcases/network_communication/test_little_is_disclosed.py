"""NET-03: little is disclosed before a log-in."""

from harness.cases.dut import Dut, State
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, device, disclosure, shared_logins
from harness.probes.detectors import survey
from harness.probes.detectors.service import Service


def judge(observe: Observe, services: tuple[Service, ...], state: State) -> None:
    """What each service and broadcast tells anybody holds nothing but what the profile declares for discovery."""
    told = [observe(disclosure.service, each, state) for each in services]
    spread = observe(disclosure.broadcasts, state)
    none_of("services that tell too much", told, lambda each: each.tells_too_much)
    none_of("broadcasts that tell too much", spread, lambda each: each.tells_too_much)
    assume("every service and broadcast was read", every((*told, *spread), lambda each: not each.unread))


@case("NET-03", state="factory")
def test_little_is_disclosed_as_delivered(dut: Dut, observe: Observe) -> None:
    """Before set-up no service and no broadcast tells versions, identifiers beyond those declared, or streams."""
    found = observe(survey.survey, "factory")
    with controls(the_device_is_up=lambda: observe(device.is_up)):
        judge(observe, found.services, "factory")
    assume(f"every port was asked ({found.left_out})", not found.left_out)


@case("NET-03", state="setup", impact="change")
def test_little_is_disclosed_during_set_up(dut: Dut, observe: Observe) -> None:
    """While it is set up its declared services and broadcasts tell no more."""
    with controls(the_device_is_up=lambda: observe(device.is_up)), observe.during(device.bring_to, "normal"):
        judge(observe, observe(disclosure.declared_services, "setup"), "setup")


@case("NET-03", state="normal")
def test_little_is_disclosed_in_use(dut: Dut, observe: Observe) -> None:
    """In use nobody is told versions, accounts, network settings or streams, and no identifier is a password."""
    found = observe(survey.survey, "normal")
    with controls(the_device_is_up=lambda: observe(device.is_up)):
        judge(observe, found.services, "normal")
        none_of("what it said until it was set up", (observe(disclosure.said_before_set_up),), lambda each: each.tells_too_much)
        tried = [observe(shared_logins.offer_identifiers, surface, dut.owner) for surface in observe(account.usable)]
        none_of("surfaces that take an identifier for a password", tried, lambda each: bool(each.taken))
        assume("each identifier was refused or taken", every(tried, lambda each: each.checked))
    assume(f"every port was asked ({found.left_out})", not found.left_out)
