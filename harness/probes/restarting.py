"""A restart that a case has the device make, to see what outlasts it."""

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.probes.actions.outcome import Decided
from harness.probes.life_phases import Left
from harness.probes.life_phases import restart as restarted


class Restarted(Decided):
    """Granted where it showed."""


@acts("reboot")
def restart(bench: Bench) -> Restarted:
    """Shown by services that went and came back."""
    try:
        seen = restarted(bench)
    except Left as why:
        return Restarted(state="unclear", why=str(why), asked="a restart")
    return Restarted(state="granted", why=seen.what, asked="a restart")
