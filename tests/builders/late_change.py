"""Plays a camera that refuses a change and makes it later: the change is made behind the ledger's back."""

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.secret import Credential
from harness.probes.actions.change import ask, prepare


class Landed(Frozen):
    """What the camera said."""

    granted: bool


@acts("change")
def land(bench: Bench, who: Credential) -> Landed:
    """What was offered first takes effect; the ledger is told nothing of it."""
    return Landed(granted=ask(bench, prepare(bench, "web", who), who, who, who.at(2)).granted)
