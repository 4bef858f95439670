"""PHY-01: no usable serial console."""

from itertools import cycle, islice

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, every, none_of
from harness.probes import console


@case("PHY-01")
def test_serial_console_gives_no_shell(dut: Dut, observe: Observe, limits: Limits) -> None:
    """On no cold boot does the serial line run a command or take a listed login."""
    line = observe(console.find_line)
    boots = [
        observe(console.cold_boot, line, keys, limits.credential_pairs_max, limits.post_boot_listen_s)
        for keys in islice(cycle(("from the first second", "when idle", "none")), int(limits.cold_boots))
    ]
    none_of("cold boots on which our command ran", boots, lambda boot: boot.canary_ran)
    none_of("cold boots on which a listed login was taken", boots, lambda boot: bool(boot.logged_in))
    assume("the line is wired both ways, or declared mute and its pads confirmed", every(boots, lambda boot: boot.proven))
