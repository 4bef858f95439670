"""PHY-03: serial output carries no secrets."""

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, every, none_of
from harness.probes import account, console, console_leaks, life
from harness.probes.account import granted


@case("PHY-03", state="normal")
def test_serial_output_carries_no_secrets(dut: Dut, observe: Observe) -> None:
    """Through set-up, right and wrong log-ins, use and a restart the serial line gives no secret away."""
    line = observe(console.find_line)
    surfaces = observe(account.surfaces)
    opened = [observe(account.log_in, s, dut.owner).session for s in surfaces]
    assume("the owner's password and all that it opened are in force", every(observe(account.use, opened), granted))
    assume("a wrong password is refused", not every(surfaces, lambda s: observe(account.log_in, s, dut.owner.wrong).granted))
    day = observe(life.short_day)
    heard = observe(console_leaks.search, line, opened, day)
    none_of("secrets in the serial output", heard.sought, lambda secret: bool(secret.places))
    assume("all of the output was read, from set-up to restart", heard.whole)
    assume("the line is proven to be wired", heard.proven)
