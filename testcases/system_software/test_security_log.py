"""SYS-37: security events are recorded."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import audit


@case("SYS-37", side="device")
def test_each_security_event_leaves_a_whole_record_for_its_owner(dut: Dut, observe: Observe, limits: Limits) -> None:
    """Log-ins, changes of passwords, users and settings, refused updates: who, whence, when, how it ended; the owner alone reads it."""
    with controls(owner_reads_the_log=lambda: observe(audit.read, dut.owner).granted):
        caused = [observe(audit.cause, each) for each in observe(audit.causes, limits.times_each)]
        assume("each event was seen to happen", every(caused, lambda event: event.happened))
        none_of("events without a whole record", caused, lambda event: event.happened and bool(event.lacks(limits.time_error_s_max)))
        none_of("others who read the log", observe(audit.readers), lambda who: observe(audit.read_as, who).granted)


@case("SYS-37", side="device")
def test_a_reset_leaves_a_record(dut: Dut, observe: Observe, limits: Limits) -> None:
    """After each reset the new owner finds in the log that and when it was done."""
    resets = [observe(audit.reset) for _ in range(int(limits.times_each))]
    assume("each reset was seen to happen", every(resets, lambda event: event.happened))
    none_of("resets without a record", resets, lambda event: event.happened and bool(event.lacks(limits.time_error_s_max)))
