"""SYS-16: updates are authenticated before installation."""

from harness.cases.dut import Dut
from harness.cases.words import Observe, assume, case, every, expect, none_of
from harness.probes import update


@case("SYS-16")
def test_only_what_its_producer_signed_for_it_is_installed(dut: Dut, observe: Observe) -> None:
    """On no path do unsigned, altered, foreign or misdirected packages change anything, also after a restart; the official one installs."""
    paths = dut.declared.update_paths
    expect("there is a way to update the device", bool(paths))
    trials = [observe(update.offer_bad, path) for path in paths]
    none_of("bad packages that were installed", [each for trial in trials for each in trial.offered], lambda each: each.installed)
    none_of("paths on which a refused package is there after a restart", trials, lambda trial: trial.left_behind)
    installs = [observe(update.install_official, path) for path in paths]
    none_of("paths on which the official package does not install", installs, lambda each: each.refused)
    assume("the flash that was read is the one that was written", every(installs, lambda each: each.on_flash))
    assume("every bad package was offered", every(trials, lambda trial: not trial.held_back))
