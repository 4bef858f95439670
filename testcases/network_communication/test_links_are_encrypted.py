"""NET-04: credentials and management traffic are encrypted."""

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, clear_streams, device, links


@case("NET-04", side="device", state="end")
def test_nothing_secret_or_managed_goes_unprotected(dut: Dut, observe: Observe) -> None:
    """In all that was sent in this run no password or token is seen; log-ins, set-up, changes and servers go by TLS or the like."""
    planted, surfaces = observe(links.plant), observe(account.usable)
    with controls(owner_is_let_in=lambda: every(surfaces, lambda each: observe(account.let_in, each, dut.owner).granted)):
        before = [observe(account.log_in, each, dut.owner) for each in surfaces]
        assume("the owner can change the password", observe(account.change_password, dut.owner, dut.owner).granted)
        if dut.declared.clear_choice == "offered":
            observe(clear_streams.allow)
        after = [observe(account.log_in, each, dut.owner) for each in surfaces]
        viewed = [*observe(links.view)]
        if dut.declared.clear_choice == "offered":
            viewed += observe(links.view, True)
            observe(clear_streams.forbid)
        observe(device.call_home)
    seen = observe(links.seen, observe(links.use_of, before, after), planted)
    none_of("secrets seen on the way", seen.secrets, lambda each: bool(each.found))
    none_of("management without protection", filter(links.manages, seen.flows), links.in_the_clear)
    assume("every log-in was granted", every([*before, *after], account.granted))
    assume("every declared stream was played", not viewed or every(viewed, lambda each: each.played))
    assume("every act is in the capture with its conversation", not seen.missing)
    assume("what was sent in the clear on purpose was found", seen.control_seen)
    assume(f"the capture is whole (gaps: {'; '.join(seen.lost) or 'none'})", not seen.lost)
