"""SYS-10: every function checks authorisation."""

from itertools import product

from harness.cases.dut import NOBODY, Dut
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import first_use, functions, onvif, storage


def judge_streams(dut: Dut, observe: Observe) -> None:
    """Every declared stream by every transport: given to its owner, and to nobody else."""
    streams = [request for request in observe(first_use.requests) if request.kind == "rtsp"]
    with controls(owner_is_served=lambda: every(streams, lambda stream: observe(first_use.ask, stream, dut.owner).granted)):
        none_of("streams given without a log-in", streams, lambda stream: observe(first_use.ask, stream, NOBODY).granted)


@case("SYS-10", side="device")
def test_the_interface_serves_and_obeys_nobody_without_a_session(dut: Dut, observe: Observe) -> None:
    """Without a session, with a false, cut or ended one, no function of the interface gives something or does something."""
    found = observe(functions.find)
    with controls(
        owner_is_given_all=lambda: every(found.giving, lambda f: observe(functions.read_as_owner, f).granted),
        owner_is_obeyed=lambda: every(found.doing, lambda f: observe(functions.do_as_owner, f).granted),
    ):
        none_of("functions that give without a session", found.giving, lambda f: observe(functions.read_without, f).served)
        none_of("functions that obey without a session", found.doing, lambda f: observe(functions.do_without, f).served)
        none_of("open functions that tell or change what is guarded", found.free, lambda f: bool(observe(functions.ask_free, f).tells))
    none_of("functions that the profile does not declare", found.all, lambda f: not f.declared)


@case("SYS-10", side="device", when="rtsp")
def test_streams_are_played_to_those_who_log_in(dut: Dut, observe: Observe) -> None:
    """No declared stream is given over any transport without a log-in."""
    judge_streams(dut, observe)


@case("SYS-10", side="device", when="rtsps")
def test_streams_inside_tls_are_played_to_those_who_log_in(dut: Dut, observe: Observe) -> None:
    """TLS is no log-in: no declared stream is given over any transport without one."""
    judge_streams(dut, observe)


@case("SYS-10", side="device", when="onvif")
def test_onvif_services_answer_those_who_log_in(dut: Dut, observe: Observe) -> None:
    """No operation of the services that the device itself lists answers without a log-in or with one of yesterday."""
    free = onvif.NEEDED_BEFORE_LOGIN & dut.declared.before_login
    guarded = [operation for operation in observe(onvif.operations) if operation not in free]
    asked = product(guarded, ((NOBODY, "none"), (dut.owner, "stale")))
    with controls(owner_is_answered=lambda: every(guarded, lambda op: observe(onvif.call, op, dut.owner, "fresh").granted)):
        none_of("ONVIF operations granted without a valid log-in", asked, lambda each: observe(onvif.call, each[0], *each[1]).granted)
        none_of("passwords set by ONVIF for nobody", (dut.owner,), lambda who: observe(functions.set_password_as_nobody, who).granted)


@case("SYS-10", side="firmware")
def test_no_function_that_firmware_names_is_hidden(dut: Dut, observe: Observe) -> None:
    """What pages and programs of the unit's software name is declared, or is not there."""
    named = observe(functions.named_in_firmware, observe(storage.copy))
    none_of("functions named in firmware, there and not declared", named.paths, lambda path: observe(functions.look_at, path).hidden)
    assume("all of the software was read", not named.troubles)
