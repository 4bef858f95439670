"""Puts the gate together for one run on one sample."""

from collections.abc import Sequence

from harness.gate.access import GateAccess
from harness.gate.bench import Bench
from harness.gate.clock import Clock
from harness.gate.governor import Governor
from harness.gate.health import Health, Patience
from harness.gate.ledger import Ledger
from harness.gate.live import Live
from harness.gate.obligations import Obligations
from harness.gate.recorder import Attached
from harness.gate.secrets import SecretStore
from harness.journal.artefacts import Artefacts
from harness.journal.reader import Line
from harness.journal.writer import Journal
from harness.model.bench import Sample
from harness.probes.device import alive
from harness.runner.folder import RunFolder
from harness.runner.inputs import Inputs
from harness.runner.means import Means


def secret_store(folder: RunFolder, sample: Sample) -> SecretStore:
    """The run's secrets, with the bench's passwords as version 1."""
    passwords = {role: account.password.get_secret_value() if account.password else None for role, account in sample.accounts.items()}
    return SecretStore(folder.private, {(sample.name, role): (sample.accounts[role].user, passwords[role]) for role in passwords})


def build_gate(inputs: Inputs, folder: RunFolder, means: Means, clock: Clock, secrets: SecretStore, lines: Sequence[Line]) -> Live:
    """A gate with the state that an earlier process of this run left in the journal."""
    journal, sample = Journal(folder.journal), means.sample
    surfaces = inputs.profile.ixit.auth_mech
    brute_force = {surface.id: surface.brute_force for surface in surfaces if surface.brute_force}
    governor = Governor(inputs.bench.governor, clock, brute_force, journal.append)
    ledger = Ledger(((sample.name, role) for role in sample.accounts), journal.append)
    access = GateAccess([sample.address], governor, secrets, ledger)
    artefacts = Artefacts(folder.artefacts)
    attached = Attached(lambda data: artefacts.put(secrets.mask(data)))
    bench = Bench(
        inputs.profile,
        sample,
        access,
        clock,
        ledger,
        inputs.settings.effort,
        attached=attached,
        operator=means.operator,
        reset=means.reset,
        console=means.console,
        power=means.power,
        capture=means.capture,
        stand_in=means.stand_in,
        lacks=means.lacks,
    )
    health = Health(lambda: alive(bench), journal.append, governor.spent, Patience(away_s=inputs.bench.governor.away_s))
    live = Live(bench, access, journal, artefacts, secrets, Obligations(journal, lines), health, governor)
    for line in lines:
        _restore(live, line)
    return live


def _restore(live: Live, line: Line) -> None:
    match line.kind:
        case "password" | "password_is":
            live.bench.ledger.restore(line.kind, line.body)
        case "tried":
            live.governor.restore(line.body)
